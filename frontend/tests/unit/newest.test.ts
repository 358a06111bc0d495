import { QueryClient } from "@tanstack/react-query";
import { expect, test } from "vitest";
import { newerBot, newerBots, unlessTold } from "@/api/newest";
import { aBot } from "../support/samples";

test("an answer older than what is known does not take a bot back", () => {
  const [draft, active] = [aBot({ status: "draft", revision: 0 }), aBot({ status: "active", revision: 4 })];
  expect(newerBot(active, draft)).toBe(active);
  expect(newerBot(draft, active)).toBe(active);
  expect(newerBot(undefined, draft)).toBe(draft);
  expect(newerBot(aBot({ id: "bot_2", revision: 9 }), draft)).toBe(draft);
});

test("a list that was read holds its own bots, each as new as it is known", () => {
  const known = [aBot({ revision: 5, status: "paused" }), aBot({ id: "gone", revision: 1 })];
  const list = newerBots(known, [aBot({ revision: 4 }), aBot({ id: "bot_2", revision: 1 })]);
  expect(list.map((bot) => [bot.id, bot.revision])).toEqual([
    ["bot_1", 5],
    ["bot_2", 1],
  ]);
});

test("what the feed says while a list is being read stands", async () => {
  const cache = new QueryClient();
  let arrive: (read: string) => void = () => undefined;
  const reading = () => unlessTold(cache, ["orders"], () => new Promise<string>((resolve) => (arrive = resolve)));
  const told = reading();
  cache.setQueryData(["orders"], "from the feed");
  arrive("from before");
  expect(await told).toBe("from the feed");
  const quiet = reading();
  arrive("read anew");
  expect(await quiet).toBe("read anew");
});
