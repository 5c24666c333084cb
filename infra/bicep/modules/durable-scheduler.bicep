// Durable Task Scheduler, for those who take it instead of the storage account (durableBackend = 'dts').
targetScope = 'resourceGroup'

param schedulerName string
param taskHubName string
param location string
param tags object

@description('Who may reach it, as addresses or ranges: an empty list shuts everyone out, whatever their role.')
@minLength(1)
param ipAllowlist string[]

@allowed(['Consumption', 'Dedicated'])
param skuName string

resource scheduler 'Microsoft.DurableTask/schedulers@2025-11-01' = {
  name: schedulerName
  location: location
  tags: tags
  properties: {
    ipAllowlist: ipAllowlist
    sku: skuName == 'Dedicated' ? { name: skuName, capacity: 1 } : { name: skuName }
  }
}

resource taskHub 'Microsoft.DurableTask/schedulers/taskHubs@2025-11-01' = {
  parent: scheduler
  name: taskHubName
}

output endpoint string = scheduler.properties.endpoint
output taskHubName string = taskHub.name
