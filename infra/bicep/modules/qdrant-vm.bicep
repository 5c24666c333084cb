// Qdrant on one machine with a disk of its own, for those whose passages must stay in their tenant. It has no public
// address, asks Key Vault for its API key at each start, and does not start without one.
targetScope = 'resourceGroup'

param name string
param location string
param tags object
param subnetId string
param vaultName string
@description('The image, by version: an index is migrated forward only.')
param image string

param machine machineSize

@export()
type machineSize = {
  vmSize: string
  @minValue(32)
  diskGb: int
  adminUserName: string
  @description('For emergencies over a bastion: the machine takes no password.')
  sshPublicKey: string
  @description('One zone of the region, as \'1\'; empty where it has none.')
  zone: string
}

param workspaceId string

var zones = empty(machine.zone) ? [] : [machine.zone]
var cloudInit = replace(replace(loadTextContent('../qdrant-cloud-init.yaml'), '__IMAGE__', image), '__VAULT__', vaultName)

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-${name}-qdrant'
  location: location
  tags: tags
}

resource card 'Microsoft.Network/networkInterfaces@2025-05-01' = {
  name: 'nic-${name}-qdrant'
  location: location
  tags: tags
  properties: {
    ipConfigurations: [
      {
        name: 'default'
        properties: {
          privateIPAllocationMethod: 'Dynamic'
          subnet: { id: subnetId }
        }
      }
    ]
  }
}

// apart from the machine, so that a new machine finds the old index
resource disk 'Microsoft.Compute/disks@2025-01-02' = {
  name: 'disk-${name}-qdrant'
  location: location
  tags: tags
  sku: { name: 'Premium_LRS' }
  zones: zones
  properties: {
    creationData: { createOption: 'Empty' }
    diskSizeGB: machine.diskGb
    networkAccessPolicy: 'DenyAll'
    publicNetworkAccess: 'Disabled'
  }
}

resource server 'Microsoft.Compute/virtualMachines@2025-04-01' = {
  name: 'vm-${name}-qdrant'
  location: location
  tags: tags
  zones: zones
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identity.id}': {} }
  }
  properties: {
    hardwareProfile: { vmSize: machine.vmSize }
    securityProfile: {
      securityType: 'TrustedLaunch'
      uefiSettings: { secureBootEnabled: true, vTpmEnabled: true }
    }
    storageProfile: {
      imageReference: {
        publisher: 'Canonical'
        offer: 'ubuntu-24_04-lts'
        sku: 'server'
        version: 'latest'
      }
      osDisk: { createOption: 'FromImage', managedDisk: { storageAccountType: 'Premium_LRS' }, deleteOption: 'Delete' }
      dataDisks: [
        { lun: 0, createOption: 'Attach', caching: 'None', managedDisk: { id: disk.id }, deleteOption: 'Detach' }
      ]
    }
    osProfile: {
      computerName: 'qdrant'
      adminUsername: machine.adminUserName
      customData: base64(cloudInit)
      linuxConfiguration: {
        disablePasswordAuthentication: true
        ssh: { publicKeys: [{ path: '/home/${machine.adminUserName}/.ssh/authorized_keys', keyData: machine.sshPublicKey }] }
        patchSettings: { patchMode: 'AutomaticByPlatform', assessmentMode: 'AutomaticByPlatform' }
      }
    }
    networkProfile: { networkInterfaces: [{ id: card.id, properties: { deleteOption: 'Detach' } }] }
    diagnosticsProfile: { bootDiagnostics: { enabled: true } }
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: card
  name: 'to-workspace'
  properties: {
    workspaceId: workspaceId
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

output url string = 'http://${card.properties.ipConfigurations[0].properties.privateIPAddress}:6333'
output identityPrincipalId string = identity.properties.principalId
