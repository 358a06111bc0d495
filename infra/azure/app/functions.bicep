// The Functions app on Flex Consumption: identity for everything, egress through the network's NAT gateway.
param name string
param planName string
param location string
param tags object
param identityId string
param subnetId string
param storageName string
param deploymentContainer string
param alwaysReadyHttp int
param allowedOrigins array
param settings object

@allowed([512, 2048, 4096])
param instanceMemoryMB int
param maximumInstanceCount int = 100

@allowed(['3.12', '3.13'])
param pythonVersion string = '3.13'

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource site 'Microsoft.Web/sites@2024-04-01' = {
  name: name
  location: location
  tags: tags
  kind: 'functionapp,linux'
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identityId}': {} } }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    virtualNetworkSubnetId: subnetId
    clientCertEnabled: true
    clientCertMode: 'Optional' // TradingView presents one; the app checks it where the owner asks for it
    keyVaultReferenceIdentity: identityId
    siteConfig: {
      minTlsVersion: '1.2'
      vnetRouteAllEnabled: true
      healthCheckPath: '/api/health'
      cors: { allowedOrigins: allowedOrigins }
    }
    functionAppConfig: {
      runtime: { name: 'python', version: pythonVersion }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: deploymentContainer
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identityId }
        }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: alwaysReadyHttp > 0 ? [{ name: 'http', instanceCount: alwaysReadyHttp }] : []
        triggers: { http: { perInstanceConcurrency: instanceMemoryMB == 512 ? 8 : 16 } } // the default for Python is 1
      }
    }
  }

  resource app 'config' = {
    name: 'appsettings'
    properties: union(settings, { PUBLIC_URL: 'https://${site.properties.defaultHostName}' }) // what webhooks are told to call
  }
}

resource basicAuth 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = [for channel in ['scm', 'ftp']: {
  parent: site
  name: channel
  properties: { allow: false }
}]

output name string = site.name
output url string = 'https://${site.properties.defaultHostName}'
output storage string = storageName
