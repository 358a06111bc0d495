// Limits and feature flags that change without a deployment.
param name string
param location string
param tags object
param isPrivate bool

resource store 'Microsoft.AppConfiguration/configurationStores@2024-05-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: 'standard' }
  properties: {
    disableLocalAuth: true
    enablePurgeProtection: true
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    dataPlaneProxy: { authenticationMode: 'Pass-through' }
  }
}

output id string = store.id
output name string = store.name
output endpoint string = store.properties.endpoint
