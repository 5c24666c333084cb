// The web app's files. Its API stays where it is: a linked backend would buffer streams and cut them at 45 s.
targetScope = 'resourceGroup'

param siteName string
@description('Static Web Apps exist in few regions; files are served from everywhere.')
param location string
param tags object

@description('app.corp.com, once its CNAME names the default host; empty to bind nothing.')
param customDomain string

resource site 'Microsoft.Web/staticSites@2025-03-01' = {
  name: siteName
  location: location
  // what azd looks for when it brings the files
  tags: union(tags, { 'azd-service-name': 'web' })
  sku: { name: 'Standard', tier: 'Standard' }
  properties: {
    allowConfigFileUpdates: true
    // a preview is another origin, with the same sign-in
    stagingEnvironmentPolicy: 'Disabled'
    provider: 'None'
  }
}

resource domain 'Microsoft.Web/staticSites/customDomains@2025-03-01' = if (!empty(customDomain)) {
  parent: site
  name: empty(customDomain) ? 'none' : customDomain
  properties: { validationMethod: 'cname-delegation' }
}

output name string = site.name
output defaultHost string = site.properties.defaultHostname
