// One page to look at first: answers, waits, costs in tokens, syncs, dependencies.
targetScope = 'resourceGroup'

param name string
param location string
param tags object
param workspaceId string

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  // a workbook's name is a GUID; the same one at each deployment
  name: guid(resourceGroup().id, 'nexus-workbook')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: '${name}: Nexus'
    category: 'workbook'
    sourceId: workspaceId
    version: 'Notebook/1.0'
    serializedData: replace(loadTextContent('../workbook.json'), '__WORKSPACE__', workspaceId)
  }
}
