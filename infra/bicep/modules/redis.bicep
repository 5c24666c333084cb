// Azure Managed Redis, keys off: the app signs in with a token of its identity.
targetScope = 'resourceGroup'

param clusterName string
param location string
param tags object
param publicAccess bool
param highAvailability bool
param skuName string
param appPrincipalId string
param workspaceId string

resource cluster 'Microsoft.Cache/redisEnterprise@2025-07-01' = {
  name: clusterName
  location: location
  tags: tags
  sku: { name: skuName }
  properties: {
    highAvailability: highAvailability ? 'Enabled' : 'Disabled'
    minimumTlsVersion: '1.2'
    publicNetworkAccess: publicAccess ? 'Enabled' : 'Disabled'
  }
}

resource database 'Microsoft.Cache/redisEnterprise/databases@2025-07-01' = {
  parent: cluster
  name: 'default'
  properties: {
    accessKeysAuthentication: 'Disabled'
    clientProtocol: 'Encrypted'
    // one shard: the client is a plain one, and a few hundred MB of sessions and run logs need no more
    clusteringPolicy: 'NoCluster'
    // all of Nexus' keys have a lifetime: any volatile policy would evict sessions first, and log people out silently
    evictionPolicy: 'NoEviction'
    port: 10000
  }
}

resource appAccess 'Microsoft.Cache/redisEnterprise/databases/accessPolicyAssignments@2025-07-01' = {
  parent: database
  name: 'app'
  properties: {
    // the only policy there is
    accessPolicyName: 'default'
    user: { objectId: appPrincipalId }
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: database
  name: 'to-workspace'
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'ConnectionEvents', enabled: true }]
  }
}

output id string = cluster.id
output hostName string = cluster.properties.hostName
output port int = database.properties.port
