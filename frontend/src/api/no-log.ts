/**
 * What the Web PubSub client writes its log to: nothing. Its own logger reads settings from an environment no browser has
 * (next.config.ts puts this in its place); what the feed's state is, the screen says.
 */
function nothing(): void {}

export function createClientLogger() {
  return { error: nothing, warning: nothing, info: nothing, verbose: nothing };
}
