// A private address in the network for each service, and the zones by which the app finds it.
targetScope = 'resourceGroup'

param name string
param location string
param tags object
param networkId string
param subnetId string
param hostStorageId string
param uploadsStorageId string
param vaultId string
param postgresId string
param redisId string
@description('Empty without Azure OpenAI.')
param openAiId string

var zoneNames = {
  blob: 'privatelink.blob.${environment().suffixes.storage}'
  queue: 'privatelink.queue.${environment().suffixes.storage}'
  table: 'privatelink.table.${environment().suffixes.storage}'
  vault: 'privatelink.vaultcore.azure.net'
  postgres: 'privatelink.postgres.database.azure.com'
  redis: 'privatelink.redis.azure.net'
  openAi: 'privatelink.openai.azure.com'
}
var openAiEndpoints = empty(openAiId)
  ? []
  : [{ name: 'openai', resourceId: openAiId, groupId: 'account', zoneName: zoneNames.openAi }]
var endpoints = concat(
  [
    { name: 'host-blob', resourceId: hostStorageId, groupId: 'blob', zoneName: zoneNames.blob }
    { name: 'host-queue', resourceId: hostStorageId, groupId: 'queue', zoneName: zoneNames.queue }
    { name: 'host-table', resourceId: hostStorageId, groupId: 'table', zoneName: zoneNames.table }
    { name: 'uploads-blob', resourceId: uploadsStorageId, groupId: 'blob', zoneName: zoneNames.blob }
    { name: 'vault', resourceId: vaultId, groupId: 'vault', zoneName: zoneNames.vault }
    { name: 'postgres', resourceId: postgresId, groupId: 'postgresqlServer', zoneName: zoneNames.postgres }
    { name: 'redis', resourceId: redisId, groupId: 'redisEnterprise', zoneName: zoneNames.redis }
  ],
  openAiEndpoints
)

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for zone in items(zoneNames): {
    name: zone.value
    location: 'global'
    tags: tags
  }
]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (zone, index) in items(zoneNames): {
    parent: zones[index]
    name: 'link-${name}'
    location: 'global'
    tags: tags
    properties: {
      registrationEnabled: false
      virtualNetwork: { id: networkId }
    }
  }
]

resource privateEndpoints 'Microsoft.Network/privateEndpoints@2025-05-01' = [
  for endpoint in endpoints: {
    name: 'pe-${name}-${endpoint.name}'
    location: location
    tags: tags
    properties: {
      subnet: { id: subnetId }
      customNetworkInterfaceName: 'nic-pe-${name}-${endpoint.name}'
      privateLinkServiceConnections: [
        {
          name: endpoint.name
          properties: {
            privateLinkServiceId: endpoint.resourceId
            groupIds: [endpoint.groupId]
          }
        }
      ]
    }
  }
]

resource zoneGroups 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2025-05-01' = [
  for (endpoint, index) in endpoints: {
    parent: privateEndpoints[index]
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [
        {
          name: endpoint.groupId
          properties: { privateDnsZoneId: resourceId('Microsoft.Network/privateDnsZones', endpoint.zoneName) }
        }
      ]
    }
    dependsOn: [zones]
  }
]
