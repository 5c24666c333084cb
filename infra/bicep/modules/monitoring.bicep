// Where logs go, and who is told. Queries, alerts and the workbook are in alerts.bicep and workbook.bicep.
targetScope = 'resourceGroup'

param name string
param location string
param tags object

param operations operation

@export()
type operation = {
  @description('Who is told; at least one.')
  @minLength(1)
  alertEmails: string[]
  @description('A month, in the currency of the subscription\'s billing.')
  @minValue(1)
  budgetAmount: int
  @description('The first day of the month in which the budget is first made, as 2026-12-01.')
  budgetStart: string
  @minValue(30)
  @maxValue(730)
  logRetentionDays: int
  @description('What a runaway log may cost a day, in GB; -1 for no limit.')
  logDailyQuotaGb: int
  @description('Hours after which a library counts as behind: twice the period of the timer or more.')
  @minValue(2)
  @maxValue(23)
  syncBehindHours: int
}

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' = {
  name: 'log-${name}'
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: operations.logRetentionDays
    workspaceCapping: { dailyQuotaGb: operations.logDailyQuotaGb }
    features: {
      disableLocalAuth: true
      enableLogAccessUsingOnlyResourcePermissions: true
    }
  }
}

// With local authentication off the connection string is an address and no secret.
resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: 'appi-${name}'
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    IngestionMode: 'LogAnalytics'
    DisableLocalAuth: true
  }
}

// One reading of the app's log lines for alerts, workbook and people: `NexusLog | where message == "run ended"`.
resource nexusLog 'Microsoft.OperationalInsights/workspaces/savedSearches@2025-07-01' = {
  parent: workspace
  name: 'nexus-log'
  properties: {
    category: 'Nexus'
    displayName: 'NexusLog'
    functionAlias: 'NexusLog'
    query: loadTextContent('../queries/nexus-log.kql')
    version: 2
  }
}

resource operators 'Microsoft.Insights/actionGroups@2024-10-01-preview' = {
  name: 'ag-${name}'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: take(replace(name, '-', ''), 12)
    enabled: true
    emailReceivers: [
      for (address, index) in operations.alertEmails: {
        name: 'operator-${index}'
        emailAddress: address
        useCommonAlertSchema: true
      }
    ]
  }
}

output workspaceId string = workspace.id
output insightsName string = insights.name
output insightsConnectionString string = insights.properties.ConnectionString
output actionGroupId string = operators.id
