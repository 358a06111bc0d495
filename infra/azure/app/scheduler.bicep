// The Durable Task Scheduler, when chosen as the backend. Identity only; an empty allow-list would deny everybody.
param name string
param location string
param tags object

resource scheduler 'Microsoft.DurableTask/schedulers@2025-11-01' = {
  name: name
  location: location
  tags: tags
  properties: { sku: { name: 'Consumption' }, ipAllowlist: ['0.0.0.0/0'] }
}

resource hub 'Microsoft.DurableTask/schedulers/taskHubs@2025-11-01' = {
  parent: scheduler
  name: 'tickwise'
}

output name string = scheduler.name
output endpoint string = scheduler.properties.endpoint
