// Two accounts: what the Functions host keeps (package, leases, durable state), and what people upload.
targetScope = 'resourceGroup'

@maxLength(24)
param hostAccountName string
@maxLength(24)
param uploadsAccountName string
param location string
param tags object
param publicAccess bool
param zoneRedundant bool
param workspaceId string

var sku = zoneRedundant ? 'Standard_ZRS' : 'Standard_LRS'
var access = publicAccess ? 'Enabled' : 'Disabled'
var defaultAction = publicAccess ? 'Allow' : 'Deny'

resource host 'Microsoft.Storage/storageAccounts@2025-06-01' = {
  name: hostAccountName
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: sku }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    publicNetworkAccess: access
    supportsHttpsTrafficOnly: true
    networkAcls: { bypass: 'AzureServices', defaultAction: defaultAction }
  }
}

resource hostBlobs 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' = {
  parent: host
  name: 'default'
  properties: { deleteRetentionPolicy: { enabled: true, days: 7 } }
}

resource packages 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' = {
  parent: hostBlobs
  name: 'app-package'
  properties: { publicAccess: 'None' }
}

resource uploads 'Microsoft.Storage/storageAccounts@2025-06-01' = {
  name: uploadsAccountName
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: sku }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    publicNetworkAccess: access
    supportsHttpsTrafficOnly: true
    networkAcls: { bypass: 'AzureServices', defaultAction: defaultAction }
  }
}

// A person's file is gone when Nexus says so (docs/notebook.md): a short soft delete for mistakes of operators, no versions.
resource uploadBlobs 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' = {
  parent: uploads
  name: 'default'
  properties: {
    deleteRetentionPolicy: { enabled: true, days: 1 }
    isVersioningEnabled: false
  }
}

resource uploadContainer 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' = {
  parent: uploadBlobs
  name: 'uploads'
  properties: { publicAccess: 'None' }
}

// who touched a person's file, when; never what is in it
resource uploadDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: uploadBlobs
  name: 'to-workspace'
  properties: {
    workspaceId: workspaceId
    logs: [
      { category: 'StorageRead', enabled: true }
      { category: 'StorageWrite', enabled: true }
      { category: 'StorageDelete', enabled: true }
    ]
  }
}

output hostId string = host.id
output hostBlobEndpoint string = host.properties.primaryEndpoints.blob
output hostQueueEndpoint string = host.properties.primaryEndpoints.queue
output hostTableEndpoint string = host.properties.primaryEndpoints.table
output packageContainerName string = packages.name
output uploadsId string = uploads.id
output uploadsBlobEndpoint string = uploads.properties.primaryEndpoints.blob
