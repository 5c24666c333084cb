// PostgreSQL with Entra tokens only. The app's own role is made by infra/deploy/database.py: a database role is data,
// which Resource Manager does not reach.
targetScope = 'resourceGroup'

param serverName string
param location string
param tags object
param publicAccess bool
param zoneRedundant bool
param workspaceId string

param size serverSize

@export()
type serverSize = {
  version: '16' | '17' | '18'
  skuName: string
  skuTier: 'Burstable' | 'GeneralPurpose' | 'MemoryOptimized'
  @minValue(32)
  storageGb: int
  @minValue(7)
  @maxValue(35)
  backupDays: int
  @description('max_connections of that size: it must hold the pools of all instances, and sets an alert at 80 %.')
  maxConnections: int
}

@description('The identity that migrates: owner of the schema, and administrator so that it can make the app\'s role.')
param migrationsName string
param migrationsPrincipalId string

@description('An Entra group of people who may do the same in an emergency; empty for none.')
param administratorGroupId string
param administratorGroupName string

resource server 'Microsoft.DBforPostgreSQL/flexibleServers@2025-08-01' = {
  name: serverName
  location: location
  tags: tags
  sku: { name: size.skuName, tier: size.skuTier }
  properties: {
    version: size.version
    createMode: 'Default'
    authConfig: {
      activeDirectoryAuth: 'Enabled'
      passwordAuth: 'Disabled'
      tenantId: tenant().tenantId
    }
    storage: { storageSizeGB: size.storageGb, autoGrow: 'Enabled' }
    backup: {
      backupRetentionDays: size.backupDays
      geoRedundantBackup: zoneRedundant ? 'Enabled' : 'Disabled'
    }
    highAvailability: { mode: zoneRedundant ? 'ZoneRedundant' : 'Disabled' }
    network: { publicNetworkAccess: publicAccess ? 'Enabled' : 'Disabled' }
    // Sunday, three in the morning, UTC
    maintenanceWindow: { customWindow: 'Enabled', dayOfWeek: 0, startHour: 3, startMinute: 0 }
  }
}

resource database 'Microsoft.DBforPostgreSQL/flexibleServers/databases@2025-08-01' = {
  parent: server
  name: 'nexus'
  properties: { charset: 'UTF8', collation: 'en_US.utf8' }
}

resource migrationsAdministrator 'Microsoft.DBforPostgreSQL/flexibleServers/administrators@2025-08-01' = {
  parent: server
  name: migrationsPrincipalId
  properties: {
    principalName: migrationsName
    principalType: 'ServicePrincipal'
    tenantId: tenant().tenantId
  }
  // the server takes one change at a time
  dependsOn: [database]
}

resource groupAdministrator 'Microsoft.DBforPostgreSQL/flexibleServers/administrators@2025-08-01' = if (!empty(administratorGroupId)) {
  parent: server
  name: empty(administratorGroupId) ? 'none' : administratorGroupId
  properties: {
    principalName: administratorGroupName
    principalType: 'Group'
    tenantId: tenant().tenantId
  }
  dependsOn: [migrationsAdministrator]
}

// Development only: Azure's own addresses, any tenant's. Who gets in is decided by Entra tokens alone.
resource fromAzure 'Microsoft.DBforPostgreSQL/flexibleServers/firewallRules@2025-08-01' = if (publicAccess) {
  parent: server
  name: 'azure-services'
  properties: { startIpAddress: '0.0.0.0', endIpAddress: '0.0.0.0' }
  dependsOn: [groupAdministrator, migrationsAdministrator]
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: server
  name: 'to-workspace'
  properties: {
    workspaceId: workspaceId
    // without the session and query store categories: they hold statements, and statements hold what people typed
    logs: [{ category: 'PostgreSQLLogs', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

output id string = server.id
output host string = server.properties.fullyQualifiedDomainName
output databaseName string = database.name
