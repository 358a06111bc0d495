/**
 * One Web PubSub connection per tab. Rules:
 * 1. The token of the URL carries the user's group, so nothing is joined; every reconnect negotiates anew.
 * 2. Backing off happens here: the client itself reconnects at once.
 * 3. Messages are hints, applied a few per animation frame; after a gap, a reconnect or a hidden tab the API is read again.
 */
import { WebPubSubClient, WebPubSubJsonProtocol } from "@azure/web-pubsub-client";
import type { QueryClient } from "@tanstack/react-query";
import { api, must } from "./client";
import { readAgain } from "./live-apply";
import { Inbox } from "./live-inbox";
import { setLive } from "./live-status";

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
const QUIET_MS = 60_000;

export function startLive(cache: QueryClient): () => void {
  const pace = new Pace();
  let stopped = false;
  let connectedBefore = false;
  const inbox = new Inbox(cache);

  const negotiate = async (): Promise<string> => {
    for (;;) {
      await pace.wait();
      if (stopped) throw new Error("stopped");
      try {
        return (await must(api.POST("/api/v1/realtime/negotiate"))).url;
      } catch {
        setLive({ phase: "offline" });
      }
    }
  };

  const client = new WebPubSubClient({ getClientAccessUrl: negotiate }, { protocol: WebPubSubJsonProtocol() });
  client.on("connected", () => {
    pace.opened();
    setLive({ phase: "live", heardAt: Date.now() });
    if (connectedBefore) readAgain(cache);
    connectedBefore = true;
  });
  client.on("disconnected", () => {
    if (!stopped) setLive({ phase: "offline" });
  });
  client.on("group-message", (event) => inbox.take(event.message.data));
  client.on("server-message", (event) => inbox.take(event.message.data));

  setLive({ phase: "connecting" });
  client.start().catch(() => {
    if (!stopped) setLive({ phase: "offline" });
  });
  const stopInbox = inbox.watchVisibility();
  return () => {
    stopped = true;
    stopInbox();
    client.stop();
    setLive({ phase: "off", heardAt: null });
  };
}

/** 1 s to 30 s with jitter, forgotten after a quiet minute. */
class Pace {
  private next = 0;
  private openedAt = 0;

  opened(): void {
    this.openedAt = Date.now();
  }

  async wait(): Promise<void> {
    if (this.openedAt && Date.now() - this.openedAt > QUIET_MS) this.next = 0;
    this.openedAt = 0;
    const wait = this.next * (0.7 + Math.random() * 0.6);
    this.next = Math.min(LONGEST_WAIT_MS, this.next === 0 ? FIRST_WAIT_MS : this.next * 2);
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
  }
}
