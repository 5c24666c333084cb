// The function app's settings and nothing else: every name is one of shared/settings.py or of the Functions host.
// tests/infra/test_app_settings.py reads this file, fills the parameters in, and gives the result to the app itself.
targetScope = 'resourceGroup'

param identityClientId string
param identityPrincipalId string
param insightsConnectionString string
param vaultUri string
param hostBlobEndpoint string
param hostQueueEndpoint string
param hostTableEndpoint string
param uploadsBlobEndpoint string
param postgresHost string
param databaseName string
param redisHost string
param redisPort int
param qdrantUrl string
param azureOpenAiEndpoint string

@description('Empty with Azure Storage as Durable\'s backend.')
param schedulerEndpoint string
param taskHubName string

@description('Where the web app is, as browsers write it: https://app.corp.com')
param appOrigins string[]
param entra entraConfiguration
param models modelChoice

param syncSchedule string
param notebookUpkeepSchedule string
param proxyHops int

@description('More of shared/settings.py: NEXUS_RATE_LIMITS, NEXUS_MAX_FILE_MB, NEXUS_NOTEBOOK_…')
param extraSettings object

@export()
type entraConfiguration = {
  @description('The app registration of identity/app.bicep.')
  clientId: string
  @description('Tenants whose people may sign in; empty for this one alone.')
  allowedTenants: string[]
  @description('E-mail addresses, or tenant:object ids where several tenants are allowed.')
  bootstrapAdmins: string[]
  @description('docs/identity.md; {} when administrators place people in Nexus.')
  roleMapping: object
  @description('Hosts that Graph may send a download to.')
  downloadHosts: string[]
}

@export()
type modelChoice = {
  @description('azure makes an Azure OpenAI account; openai and anthropic put their key into the settings, for llm_providers rows too.')
  providers: ('azure' | 'openai' | 'anthropic')[]
  @description('`model` is the deployment\'s name with azure.')
  chat: { provider: 'azure' | 'openai' | 'anthropic', model: string }
  embedding: { provider: 'azure' | 'openai', model: string, dimensions: int }
}

var keyNames = { azure: '', openai: 'OPENAI_API_KEY', anthropic: 'ANTHROPIC_API_KEY' }

// without a version: a rotated secret is read within a day, or at the next restart
func secret(vault string, name string) string => '@Microsoft.KeyVault(SecretUri=${vault}secrets/${name})'

var host = {
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
  AzureWebJobsStorage__blobServiceUri: hostBlobEndpoint
  AzureWebJobsStorage__queueServiceUri: hostQueueEndpoint
  AzureWebJobsStorage__tableServiceUri: hostTableEndpoint
  APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
  // which identity DefaultAzureCredential takes
  AZURE_CLIENT_ID: identityClientId
}

var durable = empty(schedulerEndpoint)
  ? {}
  : {
      DURABLE_TASK_SCHEDULER_CONNECTION_STRING: 'Endpoint=${schedulerEndpoint};Authentication=ManagedIdentity;ClientID=${identityClientId}'
      TASKHUB_NAME: taskHubName
      // over host.json, which names Azure Storage
      AzureFunctionsJobHost__extensions__durableTask__hubName: taskHubName
      AzureFunctionsJobHost__extensions__durableTask__storageProvider__type: 'azureManaged'
      AzureFunctionsJobHost__extensions__durableTask__storageProvider__connectionStringName: 'DURABLE_TASK_SCHEDULER_CONNECTION_STRING'
    }

var product = {
  NEXUS_ENV: 'production'
  // spans and measurements; log lines go by the platform
  NEXUS_TELEMETRY: 'azure_monitor'
  // No password: each login takes a token of the identity. The role is made by infra/deploy/database.py.
  NEXUS_POSTGRES_URL: 'postgresql://nexus_app@${postgresHost}:5432/${databaseName}?sslmode=verify-full'
  // the user is the identity's object id, the password a token
  NEXUS_REDIS_URL: 'rediss://${identityPrincipalId}@${redisHost}:${redisPort}/0'
  NEXUS_QDRANT_URL: qdrantUrl
  NEXUS_QDRANT_API_KEY: secret(vaultUri, 'qdrant-api-key')
  NEXUS_BLOB_ACCOUNT_URL: uploadsBlobEndpoint
  NEXUS_ENTRA_AUTHORITY: environment().authentication.loginEndpoint
  NEXUS_ENTRA_TENANT_ID: tenant().tenantId
  NEXUS_ENTRA_CLIENT_ID: entra.clientId
  NEXUS_ENTRA_MANAGED_IDENTITY_CLIENT_ID: identityClientId
  NEXUS_ENTRA_ALLOWED_TENANTS: join(entra.allowedTenants, ',')
  NEXUS_ROLE_MAPPING: empty(entra.roleMapping) ? '' : string(entra.roleMapping)
  NEXUS_REDIRECT_URIS: join(map(appOrigins, origin => '${origin}/auth/callback'), ',')
  NEXUS_BOOTSTRAP_ADMINS: join(entra.bootstrapAdmins, ',')
  NEXUS_ACCESS_TOKEN_KEYS: secret(vaultUri, 'access-token-keys')
  NEXUS_GRAPH_DOWNLOAD_HOSTS: join(entra.downloadHosts, ',')
  NEXUS_CORS_ORIGINS: join(appOrigins, ',')
  NEXUS_PROXY_HOPS: string(proxyHops)
  NEXUS_SYNC_SCHEDULE: syncSchedule
  NEXUS_NOTEBOOK_UPKEEP_SCHEDULE: notebookUpkeepSchedule
}

var modelSettings = {
  NEXUS_CHAT_PROVIDER: models.chat.provider
  NEXUS_CHAT_MODEL: models.chat.model
  NEXUS_CHAT_ENDPOINT: models.chat.provider == 'azure' ? azureOpenAiEndpoint : ''
  NEXUS_CHAT_API_KEY_ENV: keyNames[models.chat.provider]
  NEXUS_EMBEDDING_PROVIDER: models.embedding.provider
  NEXUS_EMBEDDING_MODEL: models.embedding.model
  NEXUS_EMBEDDING_DIMENSIONS: string(models.embedding.dimensions)
  NEXUS_EMBEDDING_ENDPOINT: models.embedding.provider == 'azure' ? azureOpenAiEndpoint : ''
  NEXUS_EMBEDDING_API_KEY_ENV: keyNames[models.embedding.provider]
}

var openAiKey = contains(models.providers, 'openai') ? { OPENAI_API_KEY: secret(vaultUri, 'openai-api-key') } : {}
var anthropicKey = contains(models.providers, 'anthropic') ? { ANTHROPIC_API_KEY: secret(vaultUri, 'anthropic-api-key') } : {}

output settings object = union(host, durable, product, modelSettings, openAiKey, anthropicKey, extraSettings)
