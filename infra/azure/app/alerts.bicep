// Alerts as code; docs/runbooks.md says what to do for each.
param actionGroupName string
param location string
param tags object
param workspaceId string

@description('Empty without a Service Bus: then the log says which messages were given up.')
param serviceBusId string

param cosmosId string
param email string

resource team 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: actionGroupName
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'tickwise'
    enabled: true
    emailReceivers: empty(email) ? [] : [{ name: 'owner', emailAddress: email, useCommonAlertSchema: true }]
  }
}

var logAlerts = [
  {
    name: 'tick-lateness'
    description: 'The slowest percentile of ticks is later than ten seconds.'
    query: 'AppTraces | extend line = parse_json(Message) | where line.event == "tick.published" | extend late = todouble(line.late_ms) | summarize p99 = percentile(late, 99) | where p99 > 10000'
  }
  {
    name: 'unknown-orders'
    description: 'Orders whose outcome the exchange did not tell are older than the ambiguity window.'
    query: 'AppTraces | extend line = parse_json(Message) | where line.event == "order.unknown" and todouble(line.age_ms) > 60000'
  }
  {
    name: 'rate-limited'
    description: 'An exchange answers 429 or 418.'
    query: 'AppTraces | extend line = parse_json(Message) | where line.event == "venue.rate_limited"'
  }
  {
    name: 'quarantined-bots'
    description: 'A bot was set aside because its events kept failing.'
    query: 'AppTraces | extend line = parse_json(Message) | where line.event == "bot.quarantined"'
  }
  {
    name: 'given-up'
    description: 'A message was given up after ten tries, and its bot set aside.'
    query: 'AppTraces | extend line = parse_json(Message) | where line.event == "dead_letter"'
  }
  {
    name: 'silent-bots'
    description: 'Running bots are woken in vain, or had no tick for longer than rest allows.'
    query: 'AppTraces | extend line = parse_json(Message) | where line.event == "sweeper.silent_bots"'
  }
]

resource logAlert 'Microsoft.Insights/scheduledQueryRules@2023-03-15-preview' = [for rule in logAlerts: {
  name: rule.name
  location: location
  tags: tags
  properties: {
    description: rule.description
    severity: 2
    enabled: true
    scopes: [workspaceId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT5M'
    criteria: { allOf: [{ query: rule.query, timeAggregation: 'Count', operator: 'GreaterThan', threshold: 0, failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 } }] }
    actions: { actionGroups: [team.id] }
  }
}]

resource deadLetters 'Microsoft.Insights/metricAlerts@2018-03-01' = if (!empty(serviceBusId)) {
  name: 'dead-letters'
  location: 'global'
  tags: tags
  properties: {
    description: 'A message was set aside after ten tries.'
    severity: 2
    enabled: true
    scopes: [serviceBusId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT5M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [{ name: 'any', criterionType: 'StaticThresholdCriterion', metricName: 'DeadletteredMessages', operator: 'GreaterThan', threshold: 0, timeAggregation: 'Maximum' }]
    }
    actions: [{ actionGroupId: team.id }]
  }
}

resource throttled 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'cosmos-throttled'
  location: 'global'
  tags: tags
  properties: {
    description: 'Cosmos DB answers 429.'
    severity: 3
    enabled: true
    scopes: [cosmosId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT5M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [{ name: 'any', criterionType: 'StaticThresholdCriterion', metricName: 'TotalRequests', operator: 'GreaterThan', threshold: 50, timeAggregation: 'Count', dimensions: [{ name: 'StatusCode', operator: 'Include', values: ['429'] }] }]
    }
    actions: [{ actionGroupId: team.id }]
  }
}
