/**
 * What the feed brings, on its way to the screen. Rules:
 * 1. A few messages a frame, so that a burst costs no frame; more of them when many wait, so that none waits long.
 * 2. A hidden tab only remembers that it missed some, and reads again when it is looked at.
 */
import type { QueryClient } from "@tanstack/react-query";
import { applyMessages, readAgain } from "./live-apply";
import { parseMessage, type LiveMessage } from "./live-message";
import { setLive } from "./live-status";

const PER_FRAME = 8;
const LONGEST_FRAMES = 20;

export class Inbox {
  private waiting: LiveMessage[] = [];
  private missed = false;

  constructor(private readonly cache: QueryClient) {}

  take(data: unknown): void {
    const message = parseMessage(data);
    if (!message) return setLive({ heardAt: Date.now() });
    if (document.hidden) {
      this.missed = true;
      return;
    }
    this.waiting.push(message);
    if (this.waiting.length === 1) requestAnimationFrame(() => this.flush());
  }

  watchVisibility(): () => void {
    const back = () => {
      if (document.hidden || !this.missed) return;
      this.missed = false;
      readAgain(this.cache);
    };
    document.addEventListener("visibilitychange", back);
    return () => document.removeEventListener("visibilitychange", back);
  }

  private flush(): void {
    const many = Math.max(PER_FRAME, Math.ceil(this.waiting.length / LONGEST_FRAMES));
    const messages = this.waiting.splice(0, many);
    setLive({ heardAt: Date.now() });
    applyMessages(this.cache, messages);
    if (this.waiting.length > 0) requestAnimationFrame(() => this.flush());
  }
}
