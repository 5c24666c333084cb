// Everything that the app calls: made, given a private address where that is wanted, and opened to the app's identity.
targetScope = 'resourceGroup'

import { modelDeployment } from 'openai.bicep'
import { serverSize } from 'postgres.bicep'
import { qdrantChoice } from 'qdrant.bicep'

param name string
@description('Ends names that nobody else in Azure may have.')
param token string
param location string
param openAiLocation string
param tags object
param publicAccess bool
param redundant bool

@description('Of the virtual network; empty where nothing uses it.')
param networkId string
param endpointSubnetId string
param qdrantSubnetId string

param workspaceId string
param insightsName string
param appPrincipalId string
param migrationsName string
param migrationsPrincipalId string
param databaseAdministratorGroupId string
param databaseAdministratorGroupName string

param postgresSize serverSize
param redisSkuName string
param usesAzureOpenAi bool
param modelDeployments modelDeployment[]
@description('Empty with Azure Storage as Durable\'s backend.')
param schedulerSkuName string
param schedulerIpAllowlist string[]
@description('qdrant.mode, after main.bicep has looked at it.')
param qdrantMode string
param qdrant qdrantChoice
@secure()
param ephemeralQdrantKey string

var usesScheduler = !empty(schedulerSkuName)
// accounts of storage have names without dashes
var hostAccountName = take(toLower(replace('st${name}${token}', '-', '')), 24)
var uploadsAccountName = take(toLower(replace('up${name}${token}', '-', '')), 24)
var vaultName = take('kv-${name}-${token}', 24)
var openAiName = 'oai-${name}-${token}'
var schedulerName = 'dts-${name}-${token}'

module vault 'key-vault.bicep' = {
  name: 'key-vault'
  params: { vaultName: vaultName, location: location, tags: tags, publicAccess: publicAccess, workspaceId: workspaceId }
}

module storage 'storage.bicep' = {
  name: 'storage'
  params: {
    hostAccountName: hostAccountName
    uploadsAccountName: uploadsAccountName
    location: location
    tags: tags
    publicAccess: publicAccess
    zoneRedundant: redundant
    workspaceId: workspaceId
  }
}

module postgres 'postgres.bicep' = {
  name: 'postgres'
  params: {
    serverName: 'psql-${name}-${token}'
    location: location
    tags: tags
    publicAccess: publicAccess
    zoneRedundant: redundant
    size: postgresSize
    migrationsName: migrationsName
    migrationsPrincipalId: migrationsPrincipalId
    administratorGroupId: databaseAdministratorGroupId
    administratorGroupName: databaseAdministratorGroupName
    workspaceId: workspaceId
  }
}

module redis 'redis.bicep' = {
  name: 'redis'
  params: {
    clusterName: 'redis-${name}-${token}'
    location: location
    tags: tags
    publicAccess: publicAccess
    highAvailability: redundant
    skuName: redisSkuName
    appPrincipalId: appPrincipalId
    workspaceId: workspaceId
  }
}

module openAi 'openai.bicep' = if (usesAzureOpenAi) {
  name: 'openai'
  params: {
    accountName: openAiName
    location: openAiLocation
    tags: tags
    publicAccess: publicAccess
    deployments: modelDeployments
    workspaceId: workspaceId
  }
}

module scheduler 'durable-scheduler.bicep' = if (usesScheduler) {
  name: 'durable-scheduler'
  params: {
    schedulerName: schedulerName
    taskHubName: name
    location: location
    tags: tags
    ipAllowlist: schedulerIpAllowlist
    skuName: schedulerSkuName
  }
}

module index 'qdrant.bicep' = {
  name: 'qdrant'
  params: {
    name: name
    location: location
    tags: tags
    mode: qdrantMode
    choice: qdrant
    subnetId: qdrantSubnetId
    vaultName: vaultName
    ephemeralKey: ephemeralQdrantKey
    workspaceId: workspaceId
  }
  dependsOn: [vault]
}

module endpoints 'private-endpoints.bicep' = if (!publicAccess) {
  name: 'private-endpoints'
  params: {
    name: name
    location: location
    tags: tags
    networkId: networkId
    subnetId: endpointSubnetId
    hostStorageId: storage.outputs.hostId
    uploadsStorageId: storage.outputs.uploadsId
    vaultId: vault.outputs.id
    postgresId: postgres.outputs.id
    redisId: redis.outputs.id
    openAiId: usesAzureOpenAi ? openAi!.outputs.id : ''
  }
}

module rbac 'rbac.bicep' = {
  name: 'rbac'
  params: {
    appPrincipalId: appPrincipalId
    hostAccountName: hostAccountName
    uploadsAccountName: uploadsAccountName
    vaultName: vaultName
    insightsName: insightsName
    openAiName: usesAzureOpenAi ? openAiName : ''
    schedulerName: usesScheduler ? schedulerName : ''
  }
  dependsOn: [storage, vault, openAi, scheduler]
}

output vaultId string = vault.outputs.id
output vaultUri string = vault.outputs.uri
output hostStorageId string = storage.outputs.hostId
output hostBlobEndpoint string = storage.outputs.hostBlobEndpoint
output hostQueueEndpoint string = storage.outputs.hostQueueEndpoint
output hostTableEndpoint string = storage.outputs.hostTableEndpoint
output packageContainerUrl string = '${storage.outputs.hostBlobEndpoint}${storage.outputs.packageContainerName}'
output uploadsBlobEndpoint string = storage.outputs.uploadsBlobEndpoint
output postgresId string = postgres.outputs.id
output postgresHost string = postgres.outputs.host
output databaseName string = postgres.outputs.databaseName
output redisId string = redis.outputs.id
output redisHost string = redis.outputs.hostName
output redisPort int = redis.outputs.port
output azureOpenAiEndpoint string = usesAzureOpenAi ? openAi!.outputs.endpoint : ''
output schedulerEndpoint string = usesScheduler ? scheduler!.outputs.endpoint : ''
output taskHubName string = usesScheduler ? scheduler!.outputs.taskHubName : ''
output qdrantUrl string = index.outputs.url
output qdrantPrincipalId string = index.outputs.identityPrincipalId
