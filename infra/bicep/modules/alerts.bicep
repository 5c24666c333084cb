// What wakes somebody. docs/operate.md has a page for each, under the alert's name.
targetScope = 'resourceGroup'

param name string
param location string
param tags object
param workspaceId string
param actionGroupId string
param siteId string
param vaultId string
param postgresId string
param redisId string
param hostStorageId string

@description('Of one instance; three quarters of it for an hour mean a leak, which a restart clears.')
param memoryMb int

@description('The server\'s max_connections.')
param postgresConnections int

param syncBehindHours int

// column: what the query projects, compared with the threshold; every row is an alert of its own
var logAlerts = [
  {
    name: 'answers-failing'
    severity: 1
    query: loadTextContent('../queries/answers-failing.kql')
    column: 'failed_percent'
    operator: 'GreaterThan'
    threshold: 5
    window: 'PT15M'
    dimension: ''
  }
  {
    name: 'first-token-slow'
    severity: 2
    query: loadTextContent('../queries/first-token-slow.kql')
    column: 'first_token_ms'
    operator: 'GreaterThan'
    threshold: 8000
    window: 'PT15M'
    dimension: ''
  }
  {
    name: 'sync-behind'
    severity: 2
    query: loadTextContent('../queries/sync-behind.kql')
    column: 'hours_behind'
    operator: 'GreaterThan'
    threshold: syncBehindHours
    window: 'P1D'
    dimension: 'library'
  }
  {
    name: 'timer-silent'
    severity: 1
    query: loadTextContent('../queries/timer-silent.kql')
    column: 'ticks'
    operator: 'LessThan'
    threshold: 1
    window: 'PT3H'
    dimension: ''
  }
  {
    name: 'sync-given-up'
    severity: 2
    query: loadTextContent('../queries/sync-given-up.kql')
    column: 'given_up'
    operator: 'GreaterThan'
    threshold: 0
    window: 'PT1H'
    dimension: ''
  }
  {
    name: 'documents-failing'
    severity: 3
    query: loadTextContent('../queries/documents-failing.kql')
    column: 'failed'
    operator: 'GreaterThan'
    threshold: 10
    window: 'PT1H'
    dimension: ''
  }
  {
    name: 'refresh-reused'
    severity: 1
    query: loadTextContent('../queries/refresh-reused.kql')
    column: 'reused'
    operator: 'GreaterThan'
    threshold: 0
    window: 'PT15M'
    dimension: ''
  }
  {
    name: 'models-throttled'
    severity: 2
    query: loadTextContent('../queries/models-throttled.kql')
    column: 'throttled'
    operator: 'GreaterThan'
    threshold: 20
    window: 'PT15M'
    dimension: ''
  }
  {
    name: 'model-misconfigured'
    severity: 1
    query: loadTextContent('../queries/model-misconfigured.kql')
    column: 'refused'
    operator: 'GreaterThan'
    threshold: 0
    window: 'PT15M'
    dimension: 'provider'
  }
  {
    name: 'sign-ins-refused'
    severity: 2
    query: loadTextContent('../queries/sign-ins-refused.kql')
    column: 'refused'
    operator: 'GreaterThan'
    threshold: 200
    window: 'PT15M'
    dimension: ''
  }
  {
    name: 'answers-lost'
    severity: 1
    query: loadTextContent('../queries/answers-lost.kql')
    column: 'lost'
    operator: 'GreaterThan'
    threshold: 0
    window: 'PT15M'
    dimension: ''
  }
  {
    name: 'redis-away'
    severity: 1
    query: loadTextContent('../queries/redis-away.kql')
    column: 'times'
    operator: 'GreaterThan'
    threshold: 0
    window: 'PT15M'
    dimension: ''
  }
]

var metricAlerts = [
  {
    name: 'requests-failing'
    severity: 1
    resourceId: siteId
    metric: 'Http5xx'
    aggregation: 'Total'
    threshold: 20
    window: 'PT15M'
    dimensions: []
  }
  {
    // the web extension keeps about 2 KB of each request for as long as its instance lives
    name: 'memory-growing'
    severity: 3
    resourceId: siteId
    metric: 'MemoryWorkingSet'
    aggregation: 'Average'
    threshold: memoryMb * 768 * 1024
    window: 'PT1H'
    dimensions: []
  }
  {
    name: 'secrets-refused'
    severity: 1
    resourceId: vaultId
    metric: 'ServiceApiResult'
    aggregation: 'Count'
    threshold: 0
    window: 'PT15M'
    dimensions: [{ name: 'StatusCode', operator: 'Include', values: ['403'] }]
  }
  {
    name: 'postgres-disk'
    severity: 1
    resourceId: postgresId
    metric: 'storage_percent'
    aggregation: 'Average'
    threshold: 80
    window: 'PT1H'
    dimensions: []
  }
  {
    name: 'postgres-busy'
    severity: 2
    resourceId: postgresId
    metric: 'cpu_percent'
    aggregation: 'Average'
    threshold: 80
    window: 'PT30M'
    dimensions: []
  }
  {
    name: 'postgres-connections'
    severity: 2
    resourceId: postgresId
    metric: 'active_connections'
    aggregation: 'Maximum'
    threshold: postgresConnections * 8 / 10
    window: 'PT15M'
    dimensions: []
  }
  {
    // NoEviction: a full Redis refuses sign-ins
    name: 'redis-memory'
    severity: 1
    resourceId: redisId
    metric: 'usedmemorypercentage'
    aggregation: 'Maximum'
    threshold: 80
    window: 'PT15M'
    dimensions: []
  }
  {
    name: 'storage-unavailable'
    severity: 1
    resourceId: hostStorageId
    metric: 'Transactions'
    aggregation: 'Total'
    threshold: 50
    window: 'PT15M'
    dimensions: [{ name: 'ResponseType', operator: 'Include', values: ['AuthorizationError', 'ServerBusyError', 'ServerOtherError'] }]
  }
]

resource logRules 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for alert in logAlerts: {
    name: 'alert-${name}-${alert.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: '${name}: ${alert.name}'
      description: 'docs/operate.md#${alert.name}'
      severity: alert.severity
      enabled: true
      scopes: [workspaceId]
      evaluationFrequency: alert.window == 'PT15M' ? 'PT5M' : 'PT30M'
      windowSize: alert.window
      autoMitigate: true
      criteria: {
        allOf: [
          {
            query: alert.query
            metricMeasureColumn: alert.column
            timeAggregation: 'Maximum'
            operator: alert.operator
            threshold: alert.threshold
            dimensions: empty(alert.dimension) ? [] : [{ name: alert.dimension, operator: 'Include', values: ['*'] }]
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: [actionGroupId] }
    }
  }
]

resource metricRules 'Microsoft.Insights/metricAlerts@2018-03-01' = [
  for alert in metricAlerts: {
    name: 'alert-${name}-${alert.name}'
    location: 'global'
    tags: tags
    properties: {
      description: 'docs/operate.md#${alert.name}'
      severity: alert.severity
      enabled: true
      scopes: [alert.resourceId]
      evaluationFrequency: 'PT5M'
      windowSize: alert.window
      autoMitigate: true
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            name: alert.name
            criterionType: 'StaticThresholdCriterion'
            metricName: alert.metric
            timeAggregation: alert.aggregation
            operator: 'GreaterThan'
            threshold: alert.threshold
            dimensions: alert.dimensions
            // a metric that a new resource has not sent yet would fail the deployment
            skipMetricValidation: true
          }
        ]
      }
      actions: [{ actionGroupId: actionGroupId }]
    }
  }
]
