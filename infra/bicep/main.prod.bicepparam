// Production: private addresses, zone redundancy, Qdrant Cloud. Sizes are for 1,000 people: docs/deploy.md has the sums.
using './main.bicep'

param stage = 'prod'
param name = 'nexus'
param staticWebAppLocation = 'westeurope'
param tags = { owner: 'it', costCenter: 'nexus' }

param enablePrivateNetworking = true
param enableRedundancy = true
param addressPrefix = '10.41.0.0/22'
param durableBackend = 'azureStorage'
// (40 HTTP + 40 durable) × 10 connections and 2 for each timer stay below PostgreSQL's limit: see maxConnections
param scaling = {
  memoryMb: 2048
  maximumInstances: 40
  httpConcurrency: 32
  alwaysReadyHttp: 2
  alwaysReadyDurable: 0
}

param domains = {
  app: readEnvironmentVariable('NEXUS_APP_DOMAIN')
  api: readEnvironmentVariable('NEXUS_API_DOMAIN')
  bind: bool(readEnvironmentVariable('NEXUS_BIND_DOMAINS', 'false'))
  apiCertificateThumbprint: readEnvironmentVariable('NEXUS_API_CERTIFICATE', '')
}

param entra = {
  clientId: readEnvironmentVariable('NEXUS_ENTRA_CLIENT_ID')
  allowedTenants: []
  bootstrapAdmins: [readEnvironmentVariable('NEXUS_BOOTSTRAP_ADMIN')]
  roleMapping: json(readEnvironmentVariable('NEXUS_ROLE_MAPPING', '{}'))
  downloadHosts: ['sharepoint.com']
}
param pipelineCredentials = [
  {
    name: 'pipeline'
    issuer: readEnvironmentVariable('NEXUS_PIPELINE_ISSUER', 'https://token.actions.githubusercontent.com')
    subject: readEnvironmentVariable('NEXUS_PIPELINE_SUBJECT')
  }
]
param databaseAdministratorGroupId = readEnvironmentVariable('NEXUS_DATABASE_ADMINS_ID', '')
param databaseAdministratorGroupName = readEnvironmentVariable('NEXUS_DATABASE_ADMINS_NAME', '')

param models = {
  providers: ['azure']
  chat: { provider: 'azure', model: 'gpt-4.1' }
  embedding: { provider: 'azure', model: 'text-embedding-3-large', dimensions: 3072 }
}
// DataZone: texts stay in the data zone of the account's region
param modelDeployments = [
  { name: 'gpt-4.1', model: 'gpt-4.1', version: '2025-04-14', sku: 'DataZoneStandard', capacity: 300 }
  { name: 'text-embedding-3-large', model: 'text-embedding-3-large', version: '1', sku: 'DataZoneStandard', capacity: 500 }
]

param postgresSize = {
  version: '16'
  skuName: 'Standard_D2ds_v5'
  skuTier: 'GeneralPurpose'
  storageGb: 128
  backupDays: 35
  maxConnections: 859
}
param redisSkuName = 'Balanced_B0'
param qdrant = {
  mode: 'cloud'
  url: readEnvironmentVariable('NEXUS_QDRANT_URL')
  image: 'docker.io/qdrant/qdrant:v1.19.0'
  // used with mode: 'vm' only
  machine: {
    vmSize: 'Standard_D4s_v5'
    diskGb: 256
    adminUserName: 'operator'
    sshPublicKey: readEnvironmentVariable('NEXUS_QDRANT_SSH_KEY', '')
    zone: '1'
  }
}

param operations = {
  alertEmails: [readEnvironmentVariable('NEXUS_ALERT_EMAIL')]
  budgetAmount: 6000
  budgetStart: readEnvironmentVariable('NEXUS_BUDGET_START')
  logRetentionDays: 90
  logDailyQuotaGb: 5
  syncBehindHours: 3
}
