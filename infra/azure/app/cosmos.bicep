// Read models and the ledger: every container is partitioned by /userId; one write region (reliability: a regional
// conflict must never roll a write back). Containers and their indexes come from infra/resources.json.
param name string
param location string
param tags object
param isPrivate bool
param databaseName string
param containers array

@allowed(['Serverless', 'Autoscale'])
param capacity string

@description('Ceiling of an autoscale database, request units per second.')
param autoscaleMaximum int = 4000

var isServerless = capacity == 'Serverless'

resource account 'Microsoft.DocumentDB/databaseAccounts@2024-11-15' = {
  name: name
  location: location
  tags: tags
  kind: 'GlobalDocumentDB'
  properties: {
    databaseAccountOfferType: 'Standard'
    locations: [{ locationName: location, failoverPriority: 0, isZoneRedundant: false }]
    enableMultipleWriteLocations: false
    consistencyPolicy: { defaultConsistencyLevel: 'Session' }
    capabilities: isServerless ? [{ name: 'EnableServerless' }] : []
    disableLocalAuth: true
    disableKeyBasedMetadataWriteAccess: true
    minimalTlsVersion: 'Tls12'
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    backupPolicy: { type: 'Continuous', continuousModeProperties: { tier: 'Continuous7Days' } }
  }
}

resource database 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases@2024-11-15' = {
  parent: account
  name: databaseName
  properties: {
    resource: { id: databaseName }
    options: isServerless ? {} : { autoscaleSettings: { maxThroughput: autoscaleMaximum } }
  }
}

resource container 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers@2024-11-15' = [for item in containers: {
  parent: database
  name: item.name
  properties: {
    resource: {
      id: item.name
      partitionKey: { paths: [item.partitionKey], kind: 'Hash', version: 2 }
      defaultTtl: item.?defaultTtl ?? -1
      indexingPolicy: {
        indexingMode: 'consistent'
        automatic: true
        includedPaths: map(item.?includedPaths ?? ['/*'], path => { path: path })
        excludedPaths: map(item.?excludedPaths ?? ['/"_etag"/?'], path => { path: path })
        compositeIndexes: item.?compositeIndexes ?? []
      }
    }
  }
}]

output id string = account.id
output name string = account.name
output endpoint string = account.properties.documentEndpoint
