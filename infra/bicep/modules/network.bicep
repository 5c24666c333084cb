// The virtual network: the app's outbound side, the private endpoints, and Qdrant's machine where Nexus runs one.
targetScope = 'resourceGroup'

param name string
param location string
param tags object

@description('A /22 or larger that nothing routed to from here uses.')
param addressPrefix string

@description('Of the outbound address; empty where the region has none.')
param zones string[]

// /24 for the app: Flex Consumption takes an address for a few instances, and a subnet cannot grow later
var functionPrefix = cidrSubnet(addressPrefix, 24, 0)
var endpointPrefix = cidrSubnet(addressPrefix, 24, 1)
var qdrantPrefix = cidrSubnet(addressPrefix, 26, 8)

// One address that the app is seen from: what Qdrant Cloud's and a model provider's allow lists need.
resource outboundAddress 'Microsoft.Network/publicIPAddresses@2025-05-01' = {
  name: 'pip-${name}-outbound'
  location: location
  tags: tags
  sku: { name: 'Standard', tier: 'Regional' }
  zones: zones
  properties: {
    publicIPAllocationMethod: 'Static'
    publicIPAddressVersion: 'IPv4'
  }
}

// A NAT gateway lives in one zone or none; none lets Azure place it
resource outbound 'Microsoft.Network/natGateways@2025-05-01' = {
  name: 'ng-${name}'
  location: location
  tags: tags
  sku: { name: 'Standard' }
  properties: {
    idleTimeoutInMinutes: 4
    publicIpAddresses: [{ id: outboundAddress.id }]
  }
}

resource qdrantRules 'Microsoft.Network/networkSecurityGroups@2025-05-01' = {
  name: 'nsg-${name}-qdrant'
  location: location
  tags: tags
  properties: {
    securityRules: [
      {
        name: 'app-to-qdrant'
        properties: {
          description: 'The function app asks Qdrant over REST; nothing else reaches this subnet.'
          access: 'Allow'
          direction: 'Inbound'
          priority: 100
          protocol: 'Tcp'
          sourceAddressPrefix: functionPrefix
          sourcePortRange: '*'
          destinationAddressPrefix: qdrantPrefix
          destinationPortRange: '6333'
        }
      }
      {
        name: 'nothing-else'
        properties: {
          description: 'Before the default rule that lets the whole virtual network in.'
          access: 'Deny'
          direction: 'Inbound'
          priority: 4000
          protocol: '*'
          sourceAddressPrefix: '*'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '*'
        }
      }
    ]
  }
}

resource endpointRules 'Microsoft.Network/networkSecurityGroups@2025-05-01' = {
  name: 'nsg-${name}-endpoints'
  location: location
  tags: tags
  properties: { securityRules: [] }
}

resource network 'Microsoft.Network/virtualNetworks@2025-05-01' = {
  name: 'vnet-${name}'
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [addressPrefix] }
    // inside the resource: subnets as children would be removed and made again by each deployment of the network
    subnets: [
      {
        name: 'functions'
        properties: {
          addressPrefix: functionPrefix
          natGateway: { id: outbound.id }
          // Flex Consumption's, not Microsoft.Web/serverFarms
          delegations: [{ name: 'flex', properties: { serviceName: 'Microsoft.App/environments' } }]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: endpointPrefix
          networkSecurityGroup: { id: endpointRules.id }
          privateEndpointNetworkPolicies: 'Enabled'
          defaultOutboundAccess: false
        }
      }
      {
        name: 'qdrant'
        properties: {
          addressPrefix: qdrantPrefix
          networkSecurityGroup: { id: qdrantRules.id }
          natGateway: { id: outbound.id }
          defaultOutboundAccess: false
        }
      }
    ]
  }
}

output id string = network.id
output functionSubnetId string = resourceId('Microsoft.Network/virtualNetworks/subnets', network.name, 'functions')
output endpointSubnetId string = resourceId('Microsoft.Network/virtualNetworks/subnets', network.name, 'endpoints')
output qdrantSubnetId string = resourceId('Microsoft.Network/virtualNetworks/subnets', network.name, 'qdrant')
output outboundAddress string = outboundAddress.properties.ipAddress
