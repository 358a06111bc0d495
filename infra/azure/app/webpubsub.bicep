// Live updates to browsers: one group per user; clients may only receive.
param name string
param location string
param tags object
param hubs array

resource service 'Microsoft.SignalRService/webPubSub@2024-03-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: 'Standard_S1', tier: 'Standard', capacity: 1 }
  properties: {
    disableLocalAuth: true
    publicNetworkAccess: 'Enabled'
    tls: { clientCertEnabled: false }
  }
}

resource hub 'Microsoft.SignalRService/webPubSub/hubs@2024-03-01' = [for item in hubs: {
  parent: service
  name: item
  properties: { anonymousConnectPolicy: 'deny' }
}]

output name string = service.name
output uri string = 'https://${service.properties.hostName}'
