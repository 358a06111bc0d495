// Queues as infra/resources.json names them. Sessions and duplicate detection are fixed at creation.
param name string
param location string
param tags object
param isPrivate bool
param queues array

resource namespace 'Microsoft.ServiceBus/namespaces@2024-01-01' = {
  name: name
  location: location
  tags: tags
  sku: isPrivate ? { name: 'Premium', tier: 'Premium', capacity: 1 } : { name: 'Standard', tier: 'Standard' }
  properties: {
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
  }
}

resource queue 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' = [for item in queues: {
  parent: namespace
  name: item.name
  properties: {
    requiresSession: item.requiresSession
    requiresDuplicateDetection: item.requiresDuplicateDetection
    duplicateDetectionHistoryTimeWindow: item.duplicateDetectionHistoryTimeWindow
    lockDuration: item.lockDuration
    maxDeliveryCount: item.maxDeliveryCount
    deadLetteringOnMessageExpiration: true
  }
}]

output id string = namespace.id
output name string = namespace.name
output host string = '${namespace.name}.servicebus.windows.net'
