// One secret whose value the deployment is given: for the demonstration's Qdrant, whose container needs it too.
targetScope = 'resourceGroup'

param vaultName string
param secretName string

@secure()
param secretValue string

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName
}

resource secret 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = {
  parent: vault
  name: secretName
  properties: { value: secretValue, contentType: 'text/plain' }
}
