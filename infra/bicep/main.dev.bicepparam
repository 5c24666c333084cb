// A place to try Nexus: public addresses behind Entra, one copy of everything, the smallest sizes that work.
using './main.bicep'

param stage = 'dev'
param name = 'nexus'
param staticWebAppLocation = 'westeurope'
param tags = { owner: 'it', costCenter: 'none' }

param enablePrivateNetworking = false
param enableRedundancy = false
param addressPrefix = '10.40.0.0/22'
param durableBackend = 'azureStorage'
param scaling = {
  memoryMb: 2048
  maximumInstances: 40
  httpConcurrency: 16
  alwaysReadyHttp: 0
  alwaysReadyDurable: 0
}

param domains = { app: '', api: '', bind: false, apiCertificateThumbprint: '' }

param entra = {
  clientId: readEnvironmentVariable('NEXUS_ENTRA_CLIENT_ID')
  allowedTenants: []
  bootstrapAdmins: [readEnvironmentVariable('NEXUS_BOOTSTRAP_ADMIN')]
  roleMapping: {}
  downloadHosts: ['sharepoint.com']
}
param pipelineCredentials = []
// the group that runs the migrations from a laptop, where no pipeline has the migrations identity
param databaseAdministratorGroupId = readEnvironmentVariable('NEXUS_DATABASE_ADMINS_ID', '')
param databaseAdministratorGroupName = readEnvironmentVariable('NEXUS_DATABASE_ADMINS_NAME', '')

param models = {
  providers: ['azure']
  chat: { provider: 'azure', model: 'gpt-4.1' }
  embedding: { provider: 'azure', model: 'text-embedding-3-large', dimensions: 3072 }
}
param modelDeployments = [
  { name: 'gpt-4.1', model: 'gpt-4.1', version: '2025-04-14', sku: 'GlobalStandard', capacity: 50 }
  { name: 'text-embedding-3-large', model: 'text-embedding-3-large', version: '1', sku: 'GlobalStandard', capacity: 100 }
]

param postgresSize = {
  version: '16'
  skuName: 'Standard_B1ms'
  skuTier: 'Burstable'
  storageGb: 32
  backupDays: 7
  maxConnections: 50
}
param redisSkuName = 'Balanced_B0'
param qdrant = {
  mode: 'ephemeral'
  url: ''
  image: 'docker.io/qdrant/qdrant:v1.19.0'
  machine: { vmSize: 'Standard_D2s_v5', diskGb: 64, adminUserName: 'operator', sshPublicKey: '', zone: '' }
}
param ephemeralQdrantKey = readEnvironmentVariable('NEXUS_EPHEMERAL_QDRANT_KEY')

param operations = {
  alertEmails: [readEnvironmentVariable('NEXUS_ALERT_EMAIL')]
  budgetAmount: 300
  budgetStart: readEnvironmentVariable('NEXUS_BUDGET_START')
  logRetentionDays: 30
  logDailyQuotaGb: 1
  syncBehindHours: 3
}
