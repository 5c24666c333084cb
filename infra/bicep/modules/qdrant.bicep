// The passage index, in one of three ways. Only its address leaves this file; its key is in Key Vault in each.
targetScope = 'resourceGroup'

import { machineSize } from 'qdrant-vm.bicep'

param name string
param location string
param tags object
@description('choice.mode, after main.bicep has looked at it.')
param mode string
param choice qdrantChoice
@description('Of the virtual network; with vm.')
param subnetId string
param vaultName string
@secure()
param ephemeralKey string
param workspaceId string

@export()
type qdrantChoice = {
  @description('cloud: Qdrant Cloud; vm: a machine here; ephemeral: no disk, for demonstrations, refused in prod.')
  mode: 'cloud' | 'vm' | 'ephemeral'
  @description('The cluster\'s address, with cloud; else empty.')
  url: string
  @description('With a version: an index is migrated forward only.')
  image: string
  machine: machineSize
}

module vm 'qdrant-vm.bicep' = if (mode == 'vm') {
  name: 'qdrant-vm'
  params: {
    name: name
    location: location
    tags: tags
    subnetId: subnetId
    vaultName: vaultName
    machine: choice.machine
    image: choice.image
    workspaceId: workspaceId
  }
}

module ephemeral 'qdrant-ephemeral.bicep' = if (mode == 'ephemeral') {
  name: 'qdrant-ephemeral'
  params: { name: name, location: location, tags: tags, image: choice.image, apiKey: ephemeralKey }
}

// the app's setting names a secret of the vault in every mode
module ephemeralSecret 'secret.bicep' = if (mode == 'ephemeral') {
  name: 'qdrant-ephemeral-key'
  params: { vaultName: vaultName, secretName: 'qdrant-api-key', secretValue: ephemeralKey }
}

output url string = mode == 'cloud' ? choice.url : mode == 'vm' ? vm!.outputs.url : ephemeral!.outputs.url
@description('Who must be able to read the secret qdrant-api-key; empty where nobody but the app does.')
output identityPrincipalId string = mode == 'vm' ? vm!.outputs.identityPrincipalId : ''
