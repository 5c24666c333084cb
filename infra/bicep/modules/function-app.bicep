// The function app on Flex Consumption: one app, one identity, no key in its settings.
targetScope = 'resourceGroup'

param planName string
param siteName string
param location string
param tags object
param identityId string
param settings object
param packageContainerUrl string
@description('Of the virtual network; empty without one.')
param subnetId string
param zoneRedundant bool
param corsOrigins string[]
param scaling scalingLimits
param domains siteDomains
param workspaceId string

@export()
@description('app.corp.com and api.corp.com: one registrable domain, or browsers withhold the session cookie.')
type siteDomains = {
  app: string
  api: string
  @description('False until both CNAMEs (and the asuid record) exist: Azure looks them up while it binds.')
  bind: bool
  @description('The certificate of `api`, uploaded or imported for this function app; empty until it is there.')
  apiCertificateThumbprint: string
}

@export()
type scalingLimits = {
  @description('512, 2048 or 4096.')
  memoryMb: int
  @minValue(1)
  @maxValue(1000)
  maximumInstances: int
  @description('Requests one instance takes at once. Python\'s own default is 1: an instance for each open answer.')
  @minValue(1)
  @maxValue(1000)
  httpConcurrency: int
  alwaysReadyHttp: int
  alwaysReadyDurable: int
}

var bindsDomain = domains.bind && !empty(domains.api)
var always = [
  { name: 'http', instanceCount: scaling.alwaysReadyHttp }
  { name: 'durable', instanceCount: scaling.alwaysReadyDurable }
]

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: {
    reserved: true
    zoneRedundant: zoneRedundant
  }
}

resource site 'Microsoft.Web/sites@2025-03-01' = {
  name: siteName
  location: location
  // what azd looks for when it brings the package
  tags: union(tags, { 'azd-service-name': 'api' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    clientAffinityEnabled: false
    publicNetworkAccess: 'Enabled'
    // of the site: siteConfig has a property of this name that does nothing
    keyVaultReferenceIdentity: identityId
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    outboundVnetRouting: empty(subnetId) ? null : { allTraffic: true }
    siteConfig: {
      alwaysOn: false
      cors: { allowedOrigins: corsOrigins, supportCredentials: true }
      ftpsState: 'Disabled'
      http20Enabled: true
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packageContainerUrl
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: { name: 'python', version: '3.13' }
      scaleAndConcurrency: {
        instanceMemoryMB: scaling.memoryMb
        maximumInstanceCount: scaling.maximumInstances
        alwaysReady: filter(always, group => group.instanceCount > 0)
        triggers: { http: { perInstanceConcurrency: scaling.httpConcurrency } }
      }
    }
  }
}

resource appSettings 'Microsoft.Web/sites/config@2025-03-01' = {
  parent: site
  name: 'appsettings'
  properties: settings
}

// deployment goes by Entra: no publishing password
resource ftp 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: site
  name: 'ftp'
  properties: { allow: false }
}

resource scm 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: site
  name: 'scm'
  properties: { allow: false }
}

resource domain 'Microsoft.Web/sites/hostNameBindings@2025-03-01' = if (bindsDomain) {
  parent: site
  name: bindsDomain ? domains.api : 'none'
  properties: {
    customHostNameDnsRecordType: 'CName'
    hostNameType: 'Verified'
    sslState: empty(domains.apiCertificateThumbprint) ? 'Disabled' : 'SniEnabled'
    thumbprint: empty(domains.apiCertificateThumbprint) ? null : domains.apiCertificateThumbprint
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: site
  name: 'to-workspace'
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'FunctionAppLogs', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

output id string = site.id
output name string = site.name
output defaultHost string = site.properties.defaultHostName
