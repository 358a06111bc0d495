// @vitest-environment jsdom
/** What the feed brings reaches the screen a few messages a frame, soon, and never out of a hidden tab. */
import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { keys } from "@/api/keys";
import { Inbox } from "@/api/live-inbox";
import type { Bot } from "@/api/types";
import { aBot } from "../support/samples";

let cache: QueryClient;
let inbox: Inbox;
let frames: (() => void)[];

beforeEach(() => {
  cache = new QueryClient();
  inbox = new Inbox(cache);
  frames = [];
  vi.stubGlobal("requestAnimationFrame", (frame: () => void) => frames.push(frame));
});
afterEach(() => vi.unstubAllGlobals());

const frame = () => frames.splice(0).forEach((run) => run());
const know = (count: number) => cache.setQueryData(keys.bots, { items: Array.from({ length: count }, (_, index) => aBot({ id: `b${index}`, revision: 1 })), next: null });
const say = (index: number, revision = 2) => {
  const bot = aBot({ id: `b${index}`, revision });
  inbox.take({ v: 1, type: "bot", botId: bot.id, revision, at: bot.updated_at, data: { bot, orders: [] } });
};
const moved = () => cache.getQueryData<{ items: Bot[] }>(keys.bots)?.items.filter((bot) => bot.revision > 1).length ?? 0;

test("a burst is spread over frames, and nothing of it is lost", () => {
  know(25);
  for (let index = 0; index < 25; index += 1) say(index);
  const seen = [0, 1, 2, 3, 4].map(() => (frame(), moved()));
  expect(seen).toEqual([8, 16, 24, 25, 25]);
  expect(frames).toEqual([]);
});

test("a flood takes larger steps: five hundred are through within a second", () => {
  know(500);
  for (let index = 0; index < 500; index += 1) say(index);
  frame();
  expect(moved()).toBe(25);
  for (let count = 0; count < 45; count += 1) frame();
  expect(moved()).toBe(500);
});

test("what comes while a burst is spread keeps its place in the row", () => {
  know(10);
  for (let index = 0; index < 10; index += 1) say(index);
  frame();
  say(0, 3);
  frame();
  expect(cache.getQueryData<{ items: Bot[] }>(keys.bots)?.items[0]?.revision).toBe(3);
  expect(moved()).toBe(10);
});

test("a hidden tab takes nothing, and reads again when it is looked at", () => {
  know(1);
  const stop = inbox.watchVisibility();
  const hidden = vi.spyOn(document, "hidden", "get").mockReturnValue(true);
  say(0);
  frame();
  expect(moved()).toBe(0);
  hidden.mockReturnValue(false);
  document.dispatchEvent(new Event("visibilitychange"));
  expect(cache.getQueryState(keys.bots)?.isInvalidated).toBe(true);
  stop();
});
