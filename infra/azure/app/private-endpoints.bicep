// With the private switch on: each data service answers inside the network only.
param location string
param tags object
param networkId string
param subnetId string

@description('{ name, id, group, zone } per service.')
param targets array

resource zone 'Microsoft.Network/privateDnsZones@2020-06-01' = [for target in targets: {
  name: target.zone
  location: 'global'
  tags: tags
}]

resource link 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2020-06-01' = [for (target, i) in targets: {
  parent: zone[i]
  name: 'app'
  location: 'global'
  properties: { virtualNetwork: { id: networkId }, registrationEnabled: false }
}]

resource endpoint 'Microsoft.Network/privateEndpoints@2024-05-01' = [for target in targets: {
  name: 'pe-${target.name}'
  location: location
  tags: tags
  properties: {
    subnet: { id: subnetId }
    privateLinkServiceConnections: [{ name: target.name, properties: { privateLinkServiceId: target.id, groupIds: [target.group] } }]
  }
}]

resource records 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-05-01' = [for (target, i) in targets: {
  parent: endpoint[i]
  name: 'default'
  properties: { privateDnsZoneConfigs: [{ name: target.name, properties: { privateDnsZoneId: zone[i].id } }] }
}]
