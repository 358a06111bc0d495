// Joins a group with the official JavaScript client, is cut off, recovers, and prints what it heard, one JSON line per event.
import { createRequire } from "node:module";

const [root, address, kind] = process.argv.slice(2);
const { WebPubSubClient, WebPubSubJsonProtocol, WebPubSubJsonReliableProtocol } = createRequire(`${root}/`)("@azure/web-pubsub-client");
const protocol = kind === "reliable" ? WebPubSubJsonReliableProtocol() : WebPubSubJsonProtocol();
const client = new WebPubSubClient({ getClientAccessUrl: async () => address }, { protocol });
const say = (event) => console.log(JSON.stringify(event));

client.on("connected", (event) => say({ connected: event.userId }));
client.on("group-message", (event) => {
  say({ group: event.message.group, data: event.message.data });
  if (event.message.data === "end") client.stop();
});
client.on("stopped", () => process.exit(0));
await client.start();
