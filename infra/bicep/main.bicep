// Nexus in one resource group. Deploy: docs/deploy.md. What only Entra's administrator may do is in identity/.
targetScope = 'resourceGroup'

import { entraConfiguration, modelChoice } from 'modules/app-settings.bicep'
import { pipelineCredential } from 'modules/identity.bicep'
import { modelDeployment } from 'modules/openai.bicep'
import { scalingLimits, siteDomains } from 'modules/function-app.bicep'
import { operation } from 'modules/monitoring.bicep'
import { serverSize } from 'modules/postgres.bicep'
import { qdrantChoice } from 'modules/qdrant.bicep'

@description('dev for trying things out: public addresses, smallest sizes. prod refuses what would lose data.')
param stage 'dev' | 'prod'

@description('Begins every name; letters and digits.')
@minLength(3)
@maxLength(8)
param name string

param location string = resourceGroup().location

@description('Static Web Apps exist in few regions.')
param staticWebAppLocation string

@description('Where the models are; another region than the rest where capacity says so.')
param openAiLocation string = location
param tags object

// -- shape
@description('Private endpoints for everything the app calls; the app itself stays public, browsers call it.')
param enablePrivateNetworking bool
@description('Zone redundancy of plan, storage and PostgreSQL, a replica for Redis.')
param enableRedundancy bool
@description('A /22 or larger; used with private networking or a Qdrant machine.')
param addressPrefix string
param durableBackend 'azureStorage' | 'dts'
@description('With dts: addresses or ranges that may reach it.')
param schedulerIpAllowlist string[] = []
param scaling scalingLimits
@description('Client addresses are believed from the last of so many proxies: 2 with a gateway or Front Door before the app.')
param proxyHops int = 1

param domains siteDomains

// -- identity
param entra entraConfiguration
param pipelineCredentials pipelineCredential[]
@description('An Entra group that may administer PostgreSQL in an emergency; empty for none.')
param databaseAdministratorGroupId string = ''
param databaseAdministratorGroupName string = ''

param models modelChoice
param modelDeployments modelDeployment[]

// -- data
param postgresSize serverSize
param redisSkuName string
param qdrant qdrantChoice
@secure()
@description('With ephemeral: 32 characters or more. Otherwise Key Vault has it, and nobody says it here.')
param ephemeralQdrantKey string = ''

// -- operation
param operations operation
param syncSchedule string = '0 0 * * * *'
param notebookUpkeepSchedule string = '0 15 * * * *'
@description('More of shared/settings.py: NEXUS_RATE_LIMITS, NEXUS_MAX_FILE_MB, NEXUS_NOTEBOOK_…')
param extraSettings object = {}

// Evaluated before anything is made.
var qdrantMode = stage == 'prod' && qdrant.mode == 'ephemeral'
  ? fail('qdrant.mode ephemeral loses the index at each restart: prod takes cloud or vm.')
  : qdrant.mode == 'cloud' && !startsWith(qdrant.url, 'https://')
      ? fail('qdrant.mode cloud needs qdrant.url, an https address.')
      : qdrant.mode == 'ephemeral' && length(ephemeralQdrantKey) < 32
          ? fail('qdrant.mode ephemeral needs ephemeralQdrantKey: a Qdrant without a key is open to everyone.')
          : qdrant.mode
var privateNetworking = stage == 'prod' && !enablePrivateNetworking
  ? fail('prod takes private networking: PostgreSQL, storage and Key Vault have no public door there.')
  : enablePrivateNetworking

var base = '${name}-${stage}'
var token = take(uniqueString(resourceGroup().id), 6)
var allTags = union(tags, { application: 'nexus', stage: stage })
var usesNetwork = privateNetworking || qdrantMode == 'vm'
var keyedProviders = filter(models.providers, provider => provider != 'azure')
var workspaceId = monitoring.outputs.workspaceId
var zones = enableRedundancy ? ['1', '2', '3'] : []

var appOrigins = ['https://${empty(domains.app) ? web.outputs.defaultHost : domains.app}']

module identity 'modules/identity.bicep' = {
  name: 'identity'
  params: { name: base, location: location, tags: allTags, pipelineCredentials: pipelineCredentials }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  params: { name: base, location: location, tags: allTags, operations: operations }
}

module network 'modules/network.bicep' = if (usesNetwork) {
  name: 'network'
  params: { name: base, location: location, tags: allTags, addressPrefix: addressPrefix, zones: zones }
}

module services 'modules/services.bicep' = {
  name: 'services'
  params: {
    name: base
    token: token
    location: location
    openAiLocation: openAiLocation
    tags: allTags
    publicAccess: !privateNetworking
    redundant: enableRedundancy
    networkId: usesNetwork ? network!.outputs.id : ''
    endpointSubnetId: usesNetwork ? network!.outputs.endpointSubnetId : ''
    qdrantSubnetId: usesNetwork ? network!.outputs.qdrantSubnetId : ''
    workspaceId: workspaceId
    insightsName: monitoring.outputs.insightsName
    appPrincipalId: identity.outputs.appPrincipalId
    migrationsName: identity.outputs.migrationsName
    migrationsPrincipalId: identity.outputs.migrationsPrincipalId
    databaseAdministratorGroupId: databaseAdministratorGroupId
    databaseAdministratorGroupName: databaseAdministratorGroupName
    postgresSize: postgresSize
    redisSkuName: redisSkuName
    usesAzureOpenAi: contains(models.providers, 'azure')
    modelDeployments: modelDeployments
    schedulerSkuName: durableBackend != 'dts' ? '' : stage == 'prod' ? 'Dedicated' : 'Consumption'
    schedulerIpAllowlist: schedulerIpAllowlist
    qdrantMode: qdrantMode
    qdrant: qdrant
    ephemeralQdrantKey: ephemeralQdrantKey
  }
}

module web 'modules/static-web-app.bicep' = {
  name: 'static-web-app'
  params: {
    siteName: 'stapp-${base}-${token}'
    location: staticWebAppLocation
    tags: allTags
    customDomain: domains.bind ? domains.app : ''
  }
}

module appSettings 'modules/app-settings.bicep' = {
  name: 'app-settings'
  params: {
    identityClientId: identity.outputs.appClientId
    identityPrincipalId: identity.outputs.appPrincipalId
    insightsConnectionString: monitoring.outputs.insightsConnectionString
    vaultUri: services.outputs.vaultUri
    hostBlobEndpoint: services.outputs.hostBlobEndpoint
    hostQueueEndpoint: services.outputs.hostQueueEndpoint
    hostTableEndpoint: services.outputs.hostTableEndpoint
    uploadsBlobEndpoint: services.outputs.uploadsBlobEndpoint
    postgresHost: services.outputs.postgresHost
    databaseName: services.outputs.databaseName
    redisHost: services.outputs.redisHost
    redisPort: services.outputs.redisPort
    qdrantUrl: services.outputs.qdrantUrl
    azureOpenAiEndpoint: services.outputs.azureOpenAiEndpoint
    schedulerEndpoint: services.outputs.schedulerEndpoint
    taskHubName: services.outputs.taskHubName
    appOrigins: appOrigins
    entra: entra
    models: models
    syncSchedule: syncSchedule
    notebookUpkeepSchedule: notebookUpkeepSchedule
    proxyHops: proxyHops
    extraSettings: extraSettings
  }
}

// After `services`, which it reads: an app that starts before its roles and addresses exist stays failed.
module functionApp 'modules/function-app.bicep' = {
  name: 'function-app'
  params: {
    planName: 'asp-${base}'
    siteName: 'func-${base}-${token}'
    location: location
    tags: allTags
    identityId: identity.outputs.appId
    settings: appSettings.outputs.settings
    packageContainerUrl: services.outputs.packageContainerUrl
    subnetId: usesNetwork ? network!.outputs.functionSubnetId : ''
    zoneRedundant: enableRedundancy
    corsOrigins: appOrigins
    scaling: scaling
    domains: domains
    workspaceId: workspaceId
  }
}

module watching 'modules/watching.bicep' = {
  name: 'watching'
  params: {
    name: base
    location: location
    tags: allTags
    workspaceId: workspaceId
    actionGroupId: monitoring.outputs.actionGroupId
    siteId: functionApp.outputs.id
    vaultId: services.outputs.vaultId
    postgresId: services.outputs.postgresId
    redisId: services.outputs.redisId
    hostStorageId: services.outputs.hostStorageId
    operations: operations
    memoryMb: scaling.memoryMb
    postgresConnections: postgresSize.maxConnections
  }
}

// What the steps after this one need: infra/deploy, the pipelines, azd.
output AZURE_TENANT_ID string = tenant().tenantId
output NEXUS_API_NAME string = functionApp.outputs.name
output NEXUS_API_URL string = 'https://${domains.bind && !empty(domains.api) ? domains.api : functionApp.outputs.defaultHost}/api'
output NEXUS_WEB_NAME string = web.outputs.name
output NEXUS_WEB_URL string = appOrigins[0]
output NEXUS_WEB_CNAME string = web.outputs.defaultHost
output NEXUS_API_CNAME string = functionApp.outputs.defaultHost
output NEXUS_APP_CLIENT_ID string = identity.outputs.appClientId
output NEXUS_APP_PRINCIPAL_ID string = identity.outputs.appPrincipalId
output NEXUS_MIGRATIONS_CLIENT_ID string = identity.outputs.migrationsClientId
output NEXUS_MIGRATIONS_NAME string = identity.outputs.migrationsName
output NEXUS_POSTGRES_HOST string = services.outputs.postgresHost
output NEXUS_POSTGRES_DATABASE string = services.outputs.databaseName
output NEXUS_VAULT_ID string = services.outputs.vaultId
output NEXUS_SECRETS string = join(
  concat(
    ['access-token-keys'],
    map(keyedProviders, provider => '${provider}-api-key'),
    qdrantMode == 'ephemeral' ? [] : ['qdrant-api-key']
  ),
  ','
)
output NEXUS_QDRANT_PRINCIPAL_ID string = services.outputs.qdrantPrincipalId
output NEXUS_OUTBOUND_ADDRESS string = usesNetwork ? network!.outputs.outboundAddress : ''
