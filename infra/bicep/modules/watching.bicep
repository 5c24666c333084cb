// What is looked at and who is told: alerts, budget, workbook.
targetScope = 'resourceGroup'

import { operation } from 'monitoring.bicep'

param name string
param location string
param tags object
param workspaceId string
param actionGroupId string
param siteId string
param vaultId string
param postgresId string
param redisId string
param hostStorageId string
param operations operation
param memoryMb int
param postgresConnections int

module alerts 'alerts.bicep' = {
  name: 'alerts'
  params: {
    name: name
    location: location
    tags: tags
    workspaceId: workspaceId
    actionGroupId: actionGroupId
    siteId: siteId
    vaultId: vaultId
    postgresId: postgresId
    redisId: redisId
    hostStorageId: hostStorageId
    memoryMb: memoryMb
    postgresConnections: postgresConnections
    syncBehindHours: operations.syncBehindHours
  }
}

module budget 'budget.bicep' = {
  name: 'budget'
  params: {
    name: name
    amount: operations.budgetAmount
    startDate: operations.budgetStart
    alertEmails: operations.alertEmails
    actionGroupId: actionGroupId
  }
}

module workbook 'workbook.bicep' = {
  name: 'workbook'
  params: { name: name, location: location, tags: tags, workspaceId: workspaceId }
}
