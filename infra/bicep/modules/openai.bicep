// Azure OpenAI without keys; one deployment a model.
targetScope = 'resourceGroup'

@description('Also the account\'s sub-domain: tokens are taken by an address of its own only.')
param accountName string
param location string
param tags object
param publicAccess bool
param workspaceId string
param deployments modelDeployment[]

@export()
type modelDeployment = {
  @description('What NEXUS_CHAT_MODEL or NEXUS_EMBEDDING_MODEL names.')
  name: string
  model: string
  version: string
  @description('Standard, GlobalStandard, DataZoneStandard, ProvisionedManaged, …: where texts may be processed.')
  sku: string
  @description('Thousands of tokens a minute for the Standard kinds.')
  @minValue(1)
  capacity: int
}

resource account 'Microsoft.CognitiveServices/accounts@2025-06-01' = {
  name: accountName
  location: location
  tags: tags
  kind: 'OpenAI'
  sku: { name: 'S0' }
  properties: {
    customSubDomainName: accountName
    disableLocalAuth: true
    publicNetworkAccess: publicAccess ? 'Enabled' : 'Disabled'
    networkAcls: { defaultAction: publicAccess ? 'Allow' : 'Deny' }
  }
}

// in series: the account takes one change at a time
@batchSize(1)
resource models 'Microsoft.CognitiveServices/accounts/deployments@2025-06-01' = [
  for each in deployments: {
    parent: account
    name: each.name
    sku: { name: each.sku, capacity: each.capacity }
    properties: {
      model: { format: 'OpenAI', name: each.model, version: each.version }
      // a model that changes by itself changes answers, and an embedding model would spoil the index
      versionUpgradeOption: 'OnceCurrentVersionExpired'
    }
  }
]

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: account
  name: 'to-workspace'
  properties: {
    workspaceId: workspaceId
    // Audit only: RequestResponse and Trace are about prompts, which belong in no log
    logs: [{ category: 'Audit', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

output id string = account.id
output endpoint string = account.properties.endpoint
