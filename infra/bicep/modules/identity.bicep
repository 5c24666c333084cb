// Two identities, so that what answers people cannot change the schema: the app's, and the one that migrates.
targetScope = 'resourceGroup'

param name string
param location string
param tags object

@description('Who may sign in as the migrations identity without a secret: the deployment pipeline, by its OIDC subject.')
param pipelineCredentials pipelineCredential[]

@export()
type pipelineCredential = {
  name: string
  @description('https://token.actions.githubusercontent.com, or an Azure DevOps organisation\'s issuer.')
  issuer: string
  @description('For example repo:corp/nexus:environment:prod. Never a branch that anyone may push to.')
  subject: string
}

resource app 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-${name}-app'
  location: location
  tags: tags
}

resource migrations 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-${name}-migrations'
  location: location
  tags: tags
}

// one after the other: Entra refuses concurrent writes to one identity
@batchSize(1)
resource credentials 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials@2024-11-30' = [
  for credential in pipelineCredentials: {
    parent: migrations
    name: credential.name
    properties: {
      issuer: credential.issuer
      subject: credential.subject
      audiences: ['api://AzureADTokenExchange']
    }
  }
]

output appId string = app.id
output appClientId string = app.properties.clientId
output appPrincipalId string = app.properties.principalId
output migrationsName string = migrations.name
output migrationsClientId string = migrations.properties.clientId
output migrationsPrincipalId string = migrations.properties.principalId
