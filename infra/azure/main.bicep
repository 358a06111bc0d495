// One environment of the platform: wires the leaves in app/ together; every role grant is in rbac.bicep.
targetScope = 'subscription'

@minLength(1)
@maxLength(32)
@description('Names every resource; azd gives it.')
param environmentName string

@minLength(1)
param location string

@description('Issuer of the access tokens (Entra External ID or Azure AD B2C).')
param authIssuer string
param authAudience string = 'tickwise-api'
param authJwksUrl string

@allowed(['storage', 'scheduler'])
@description('Where Durable Functions keep their state: Azure Storage, or the Durable Task Scheduler.')
param durableBackend string = 'storage'

@allowed(['true', 'false'])
@description('true: data services answer on private endpoints only.')
param privateNetwork string = 'false'

@allowed(['Serverless', 'Autoscale'])
param cosmosCapacity string = 'Serverless'

@description('About how many bots there will be.')
param expectedBots string = '1000'

@allowed(['', 'post', 'serviceBus'])
@description('How messages travel. post: they lie in Cosmos DB and one timer does what else takes seven, for a few hundred bots; serviceBus: session queues. Empty: post up to 200 bots.')
param messaging string = ''

@allowed(['512', '2048', '4096'])
@description('Memory of an instance, in megabytes; what Flex Consumption bills.')
param instanceMemory string = '512'

@description('Always-ready HTTP instances keep webhooks inside TradingView\'s three seconds.')
param alwaysReadyHttp string = '1'

@description('Exchanges at which accounts with real money may be connected, by their ccxt ids and apart by commas; empty: paper only.')
param liveExchanges string = ''

@description('Exchanges whose public prices paper accounts may trade at; those of liveExchanges are always among them.')
param liveMarkets string = 'binance,kraken'

@description('Key Vault secret with the connection string of the mail server; empty: no mail.')
param mailSecretUri string = ''

@description('Share of traces that are exported, from 0 to 1.')
param traceShare string = '0.1'

@description('Where alerts go; empty leaves the action group without a receiver.')
param alertEmail string = ''

var names = loadJsonContent('abbreviations.json')
var resources = loadJsonContent('../resources.json')
var token = toLower(uniqueString(subscription().id, environmentName, location))
var isPrivate = privateNetwork == 'true'
var hasServiceBus = messaging == 'serviceBus' || (empty(messaging) && int(expectedBots) > 200)
var tags = { 'azd-env-name': environmentName }

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: '${names.resourceGroup}${environmentName}'
  location: location
  tags: tags
}

module identity 'app/identity.bicep' = {
  name: 'identity'
  scope: group
  params: { name: '${names.identity}${token}', location: location, tags: tags }
}

module monitoring 'app/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: { workspaceName: '${names.workspace}${token}', insightsName: '${names.insights}${token}', location: location, tags: tags }
}

module network 'app/network.bicep' = {
  name: 'network'
  scope: group
  params: { name: '${names.network}${token}', natName: '${names.nat}${token}', addressName: '${names.publicIp}${token}', location: location, tags: tags }
}

module storage 'app/storage.bicep' = {
  name: 'storage'
  scope: group
  params: { name: '${names.storage}${token}', location: location, tags: tags, isPrivate: isPrivate }
}

module cosmos 'app/cosmos.bicep' = {
  name: 'cosmos'
  scope: group
  params: {
    name: '${names.cosmos}${token}'
    location: location
    tags: tags
    isPrivate: isPrivate
    capacity: cosmosCapacity
    databaseName: resources.cosmos.database
    containers: resources.cosmos.containers
  }
}

module serviceBus 'app/servicebus.bicep' = if (hasServiceBus) {
  name: 'serviceBus'
  scope: group
  params: { name: '${names.serviceBus}${token}', location: location, tags: tags, isPrivate: isPrivate, queues: resources.serviceBus.queues }
}

module webPubSub 'app/webpubsub.bicep' = {
  name: 'webPubSub'
  scope: group
  params: { name: '${names.webPubSub}${token}', location: location, tags: tags, hubs: resources.webPubSub.hubs }
}

module keyVault 'app/keyvault.bicep' = {
  name: 'keyVault'
  scope: group
  params: { name: '${names.keyVault}${token}', location: location, tags: tags, isPrivate: isPrivate, workspaceId: monitoring.outputs.workspaceId }
}

module appConfig 'app/appconfig.bicep' = {
  name: 'appConfig'
  scope: group
  params: { name: '${names.appConfig}${token}', location: location, tags: tags, isPrivate: isPrivate }
}

module scheduler 'app/scheduler.bicep' = if (durableBackend == 'scheduler') {
  name: 'scheduler'
  scope: group
  params: { name: '${names.scheduler}${token}', location: location, tags: tags }
}

module web 'app/web.bicep' = {
  name: 'web'
  scope: group
  params: { name: '${names.staticSite}${token}', location: location, tags: union(tags, { 'azd-service-name': 'web' }) }
}

module functions 'app/functions.bicep' = {
  name: 'functions'
  scope: group
  params: {
    name: '${names.function}${token}'
    planName: '${names.plan}${token}'
    location: location
    tags: union(tags, { 'azd-service-name': 'api' })
    identityId: identity.outputs.id
    subnetId: network.outputs.appSubnetId
    storageName: storage.outputs.name
    deploymentContainer: storage.outputs.deploymentContainer
    instanceMemoryMB: int(instanceMemory)
    alwaysReadyHttp: int(alwaysReadyHttp)
    allowedOrigins: [web.outputs.url]
    settings: union({
      AzureWebJobsStorage__accountName: storage.outputs.name
      AzureWebJobsStorage__credential: 'managedidentity'
      AzureWebJobsStorage__clientId: identity.outputs.clientId
      Cosmos__accountEndpoint: cosmos.outputs.endpoint
      Cosmos__credential: 'managedidentity'
      Cosmos__clientId: identity.outputs.clientId
      CosmosDatabase: resources.cosmos.database
      WebPubSub__serviceUri: webPubSub.outputs.uri
      WebPubSub__credential: 'managedidentity'
      WebPubSub__clientId: identity.outputs.clientId
      AZURE_CLIENT_ID: identity.outputs.clientId
      KEY_VAULT_URL: keyVault.outputs.uri
      AppConfiguration__endpoint: appConfig.outputs.endpoint
      AUTH_ISSUER: authIssuer
      AUTH_AUDIENCE: authAudience
      AUTH_JWKS_URL: authJwksUrl
      CORS_ORIGINS: web.outputs.url
      LIVE_EXCHANGES: liveExchanges
      LIVE_MARKETS: liveMarkets
      CLIENT_IP_HEADER: 'X-Forwarded-For' // the platform's front end appends the caller; the app takes the last entry
      Mail: empty(mailSecretUri) ? '' : '@Microsoft.KeyVault(SecretUri=${mailSecretUri})'
      OTEL_TRACES_EXPORTER: 'azure_monitor'
      OTEL_SERVICE_NAME: 'tickwise'
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio'
      OTEL_TRACES_SAMPLER_ARG: traceShare
      MARKET_WATCH_SCHEDULE: '*/5 * * * * *'
      TASKHUB_NAME: 'tickwise'
      AZURE_FUNCTIONS_DURABLE_STRICT_TYPING: '1'
      FUNCTIONS_EXTENSION_VERSION: '~4'
      APPLICATIONINSIGHTS_CONNECTION_STRING: monitoring.outputs.connectionString
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.outputs.clientId};Authorization=AAD'
    }, hasServiceBus ? {
      ServiceBus__fullyQualifiedNamespace: serviceBus.?outputs.host ?? ''
      ServiceBus__credential: 'managedidentity'
      ServiceBus__clientId: identity.outputs.clientId
    } : {
      ServiceBus: 'none'
    }, durableBackend == 'scheduler' ? {
      AzureFunctionsJobHost__extensions__durableTask__storageProvider__type: 'azureManaged'
      AzureFunctionsJobHost__extensions__durableTask__storageProvider__connectionStringName: 'DURABLE_TASK_SCHEDULER_CONNECTION_STRING'
      DURABLE_TASK_SCHEDULER_CONNECTION_STRING: 'Endpoint=${scheduler.?outputs.endpoint ?? ''};Authentication=ManagedIdentity;ClientID=${identity.outputs.clientId}'
    } : {})
  }
}

module rbac 'rbac.bicep' = {
  name: 'rbac'
  scope: group
  params: {
    principalId: identity.outputs.principalId
    storageName: storage.outputs.name
    cosmosName: cosmos.outputs.name
    serviceBusName: hasServiceBus ? '${names.serviceBus}${token}' : ''
    webPubSubName: webPubSub.outputs.name
    keyVaultName: keyVault.outputs.name
    appConfigName: appConfig.outputs.name
    insightsName: monitoring.outputs.insightsName
    schedulerName: durableBackend == 'scheduler' ? '${names.scheduler}${token}' : ''
  }
}

module privateEndpoints 'app/private-endpoints.bicep' = if (isPrivate) {
  name: 'privateEndpoints'
  scope: group
  params: {
    location: location
    tags: tags
    networkId: network.outputs.id
    subnetId: network.outputs.endpointSubnetId
    targets: union([
      { name: 'cosmos', id: cosmos.outputs.id, group: 'Sql', zone: 'privatelink.documents.azure.com' }
      { name: 'vault', id: keyVault.outputs.id, group: 'vault', zone: 'privatelink.vaultcore.azure.net' }
      { name: 'appconfig', id: appConfig.outputs.id, group: 'configurationStores', zone: 'privatelink.azconfig.io' }
      { name: 'blob', id: storage.outputs.id, group: 'blob', zone: 'privatelink.blob.${environment().suffixes.storage}' }
      { name: 'queue', id: storage.outputs.id, group: 'queue', zone: 'privatelink.queue.${environment().suffixes.storage}' }
      { name: 'table', id: storage.outputs.id, group: 'table', zone: 'privatelink.table.${environment().suffixes.storage}' }
    ], hasServiceBus ? [
      { name: 'servicebus', id: serviceBus.?outputs.id ?? '', group: 'namespace', zone: 'privatelink.servicebus.windows.net' }
    ] : [])
  }
}

module alerts 'app/alerts.bicep' = {
  name: 'alerts'
  scope: group
  params: {
    actionGroupName: '${names.actionGroup}${token}'
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    serviceBusId: serviceBus.?outputs.id ?? ''
    cosmosId: cosmos.outputs.id
    email: alertEmail
  }
}

output AZURE_LOCATION string = location
output RESOURCE_GROUP string = group.name
output API_NAME string = functions.outputs.name
output API_URL string = functions.outputs.url
output WEB_URL string = web.outputs.url
output EGRESS_IP string = network.outputs.egressIp
