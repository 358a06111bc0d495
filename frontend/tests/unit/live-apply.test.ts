import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { keys } from "@/api/keys";
import { applyMessage, applyMessages } from "@/api/live-apply";
import { parseMessage, type LiveMessage } from "@/api/live-message";
import type { Bot, Fill } from "@/api/types";
import { aBot, aFill } from "../support/samples";

let cache: QueryClient;

beforeEach(() => {
  vi.useFakeTimers();
  cache = new QueryClient();
  cache.setQueryData(keys.bot("b1"), aBot({ id: "b1", revision: 5 }));
  cache.setQueryData(keys.bots, { items: [aBot({ id: "b1", revision: 5 })], next: null });
  cache.setQueryData(keys.fills("b1"), { items: [aFill({ id: "f1" })], next: null });
});
afterEach(() => vi.useRealTimers());

const said = (revision: number, change: Partial<Bot> = {}): LiveMessage => ({
  v: 1,
  type: "bot",
  botId: "b1",
  revision,
  at: "2026-01-01T00:00:00Z",
  data: { bot: aBot({ id: "b1", revision, ...change }), orders: [] },
});
const bot = () => cache.getQueryData<Bot>(keys.bot("b1"));
const isStale = (key: readonly unknown[]) => cache.getQueryState(key)?.isInvalidated;

test("the next revision is shown at once, in the detail and in the list", () => {
  applyMessage(cache, said(6, { status: "paused" }));
  expect(bot()?.status).toBe("paused");
  expect(cache.getQueryData<{ items: Bot[] }>(keys.bots)?.items[0]?.status).toBe("paused");
  vi.advanceTimersByTime(5_000);
  expect(isStale(keys.fills("b1"))).toBe(false);
});

test("an older or repeated revision changes nothing", () => {
  applyMessage(cache, said(5, { status: "paused" }));
  applyMessage(cache, said(4, { status: "error" }));
  expect(bot()?.status).toBe("active");
});

test("after a gap the lists are read again", () => {
  applyMessage(cache, said(9));
  expect(bot()?.revision).toBe(9);
  vi.advanceTimersByTime(5_000);
  expect(isStale(keys.fills("b1"))).toBe(true);
});

test("a fill seen twice is shown once", () => {
  const fill: LiveMessage = { v: 1, type: "fill", botId: "b1", revision: 6, at: "2026-01-01T00:00:00Z", data: aFill({ id: "f2" }) };
  applyMessage(cache, fill);
  applyMessage(cache, fill);
  expect(cache.getQueryData<{ items: Fill[] }>(keys.fills("b1"))?.items.map(({ id }) => id)).toEqual(["f2", "f1"]);
});

test.each([["not json"], [{ v: 2, type: "bot", botId: "b1", revision: 1, data: {} }], [{ v: 1, type: "weather", botId: "b1", revision: 1, data: {} }], [null]])(
  "a message this version does not know is ignored: %j",
  (raw) => {
    expect(parseMessage(raw)).toBeNull();
  },
);

test("of what comes within one frame the newest stays, and bots nobody looks at are kept in the list only", () => {
  cache.setQueryData(keys.bots, { items: [aBot({ id: "b1", revision: 5 }), aBot({ id: "b2", revision: 5 })], next: null });
  const other: LiveMessage = { ...said(6, { id: "b2", status: "paused" }), botId: "b2" } as LiveMessage;
  applyMessages(cache, [said(6), said(8, { status: "paused" }), said(7), other]);
  expect(cache.getQueryData<{ items: Bot[] }>(keys.bots)?.items.map((one) => [one.id, one.status, one.revision])).toEqual([
    ["b1", "paused", 8],
    ["b2", "paused", 6],
  ]);
  expect(cache.getQueryData(keys.bot("b2"))).toBeUndefined();
  expect(cache.getQueryData(keys.orders("b2"))).toBeUndefined();
});
