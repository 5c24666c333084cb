// Qdrant in a container without a disk, for a demonstration: a restart loses the index, and a sync builds it again.
// main.bicep refuses it in production. Container Apps have no block storage, and Qdrant on a file share breaks.
targetScope = 'resourceGroup'

param name string
param location string
param tags object
param image string

@secure()
@minLength(32)
param apiKey string

resource containers 'Microsoft.App/managedEnvironments@2025-07-01' = {
  name: 'cae-${name}'
  location: location
  tags: tags
  properties: {
    workloadProfiles: [{ name: 'Consumption', workloadProfileType: 'Consumption' }]
  }
}

resource qdrant 'Microsoft.App/containerApps@2025-07-01' = {
  name: 'ca-${name}-qdrant'
  location: location
  tags: tags
  properties: {
    environmentId: containers.id
    workloadProfileName: 'Consumption'
    configuration: {
      activeRevisionsMode: 'Single'
      secrets: [{ name: 'api-key', value: apiKey }]
      ingress: { external: true, targetPort: 6333, transport: 'http', allowInsecure: false }
    }
    template: {
      containers: [
        {
          name: 'qdrant'
          image: image
          resources: { cpu: 1, memory: '2Gi' }
          env: [
            { name: 'QDRANT__SERVICE__API_KEY', secretRef: 'api-key' }
            { name: 'QDRANT__TELEMETRY_DISABLED', value: 'true' }
          ]
          probes: [{ type: 'Readiness', httpGet: { path: '/readyz', port: 6333 }, periodSeconds: 10 }]
          volumeMounts: [{ volumeName: 'index', mountPath: '/qdrant/storage' }]
        }
      ]
      // exactly one: a second would hold another index
      scale: { minReplicas: 1, maxReplicas: 1 }
      volumes: [{ name: 'index', storageType: 'EmptyDir' }]
    }
  }
}

// with its port: the client means 6333 where an address says none
output url string = 'https://${qdrant.properties.configuration.ingress.fqdn}:443'
