/** What is kept, compared and given away: twins, presets with their proof, shared links, a bot made again, candles of longer ago. */
import { expect, test } from "vitest";
import { axe, PHONE, shoot } from "../support/browser";
import { aParity, aTwin } from "../support/kept-samples";
import { aDesk } from "./desk";
import { aWorld } from "./fixtures";

const { open } = aDesk();

test("a twin is begun from the bot, compared with it, and ended after a word of warning", async () => {
  const { context, page, watch } = await open(aWorld(), "/bots/?id=bot_1");
  await page.getByRole("tab", { name: "Twin" }).click();
  await page.getByText("trades nothing real").waitFor();
  await shoot(page, "twin-none");
  await page.getByRole("button", { name: "Start a paper twin" }).click();
  const parity = page.getByRole("region", { name: "Bot and twin" });
  await parity.getByText("Prices drift").waitFor();
  await parity.getByText("+0.134 %").waitFor();
  await parity.getByText("worst +0.910 %").waitFor();
  await parity.getByText("The two did not begin together").waitFor();
  await page.getByRole("region", { name: "Weekly reports" }).getByText("Together").waitFor();
  expect(await page.getByRole("link", { name: "Open the twin" }).getAttribute("href")).toBe("/bots/?id=bot_2");
  const asked = page.waitForRequest((request) => request.url().endsWith("/parity?days=30"));
  await parity.getByLabel("Compared over").selectOption("30");
  await asked;
  await shoot(page, "twin");
  expect(await axe(page)).toEqual([]);
  await page.getByRole("button", { name: "End the twin" }).click();
  await page.getByRole("dialog").getByText("Its bot goes on untouched").waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "End the twin" }).click();
  await page.getByRole("button", { name: "Start a paper twin" }).waitFor();
  expect(watch.errors.filter((line) => !line.includes("status of 404"))).toEqual([]);
  await context.close();
});

test("a twin's figures fit a hand", async () => {
  const { context, page } = await open(aWorld({ twin: aTwin() }), "/bots/?id=bot_1", PHONE);
  await page.getByRole("tab", { name: "Twin" }).click();
  await page.getByText(`${aParity().paired}`, { exact: true }).first().waitFor();
  await page.getByRole("region", { name: "Bot and twin" }).scrollIntoViewIfNeeded();
  await shoot(page, "twin-phone");
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  expect(await axe(page)).toEqual([]);
  await context.close();
});

test("a bot is rebuilt after its consequences were read", async () => {
  const world = aWorld();
  world.bots = world.bots.map((bot) => (bot.id === "bot_3" ? { ...bot, reason: "state_lost" } : bot));
  const { context, page } = await open(world, "/bots/?id=bot_3");
  await page.getByRole("button", { name: "Rebuild", exact: true }).waitFor();
  for (const name of ["Resume", "Stop"]) expect(await page.getByRole("button", { name, exact: true }).count()).toBe(0);
  await page.getByRole("button", { name: "More for Broken key" }).click();
  await page.getByRole("menuitem", { name: "Rebuild" }).click();
  const dialog = page.getByRole("dialog", { name: "Rebuild Broken key" });
  await dialog.getByText("looked up at the market one by one").waitFor();
  await dialog.getByText("It goes on as its version 1").waitFor();
  await shoot(page, "rebuild");
  expect(await axe(page)).toEqual([]);
  const sent = page.waitForRequest((request) => request.url().endsWith("/bots/bot_3/rebuild"));
  await dialog.getByRole("button", { name: "Rebuild the bot" }).click();
  expect((await sent).headers()["idempotency-key"]).toBeTruthy();
  await dialog.waitFor({ state: "detached" });
  await context.close();
});

test("a bot that is being rebuilt says so and is not offered it twice", async () => {
  const world = aWorld();
  world.bots = world.bots.map((bot) => (bot.id === "bot_3" ? { ...bot, reason: "state_lost", reason_params: { rebuilding_since: "2026-01-01T00:00:00.000Z" } } : bot));
  const { context, page } = await open(world, "/bots/?id=bot_3");
  await page.getByText("it is being made again").first().waitFor();
  for (const name of ["Rebuild", "Resume", "Stop"]) expect(await page.getByRole("button", { name, exact: true }).count()).toBe(0);
  await page.getByRole("button", { name: "More for Broken key" }).click();
  await page.getByRole("menuitem").first().waitFor();
  expect(await page.getByRole("menuitem", { name: "Rebuild" }).count()).toBe(0);
  await context.close();
});

test("shared links are listed with what they show, and one is ended for good", async () => {
  const { context, page, watch } = await open(aWorld(), "/settings/");
  const links = page.getByRole("region", { name: "Shared links" });
  await links.getByText("settings, how it did").waitFor();
  await links.getByText("always").waitFor();
  await shoot(page, "shares");
  await links.getByRole("button", { name: "End link to Tight grid" }).click();
  const dialog = page.getByRole("dialog", { name: "End the link to Tight grid" });
  await dialog.getByText("The link cannot be given back").waitFor();
  expect(await axe(page)).toEqual([]);
  const sent = page.waitForRequest((request) => request.method() === "DELETE");
  await dialog.getByRole("button", { name: "End link" }).click();
  expect((await sent).url()).toMatch(/\/api\/v1\/shares\/sh_2$/);
  expect(watch.errors.filter((line) => !line.includes("status of 404"))).toEqual([]);
  await context.close();
});

test("a run whose settings do not fit its candles says why", async () => {
  const { context, page } = await open(aWorld(), "/backtests/?id=bt_4");
  await page.getByText("The price 63667.98 is outside 90000 – 110000").waitFor();
  expect(await axe(page)).toEqual([]);
  await context.close();
});

test("a run becomes a preset, and the preset shows its run", async () => {
  const { context, page } = await open(aWorld(), "/backtests/?id=bt_1");
  await page.getByRole("button", { name: "Keep as a preset" }).click();
  const dialog = page.getByRole("dialog", { name: "Keep as a preset" });
  await dialog.getByLabel("Name").fill("Proven");
  const sent = page.waitForRequest((request) => request.url().endsWith("/presets") && request.method() === "POST");
  await dialog.getByRole("button", { name: "Keep it" }).click();
  expect((await sent).postDataJSON()).toMatchObject({ name: "Proven", strategy: "GRID", backtest: { backtest_id: "bt_1", run: 0 } });
  await context.close();

  const other = await open(aWorld(), "/bots/new/");
  await other.page.getByRole("button", { name: "All presets" }).click();
  const list = other.page.getByRole("dialog", { name: "All presets" });
  await list.getByText("over 7 d of BTC/USDT, at worst −1.77 %").waitFor();
  await list.getByText("No backtest speaks for it yet.").waitFor();
  await shoot(other.page, "presets");
  expect(await axe(other.page)).toEqual([]);
  await list.getByRole("button", { name: "Use preset Wide grid" }).click();
  await list.waitFor({ state: "detached" });
  await other.page.waitForFunction(() => [...document.querySelectorAll("input")].some((input) => input.value === "61000"));
  await other.context.close();
});

test("panning back reads earlier candles, and the view stays where it is", async () => {
  const { context, page } = await open(aWorld(), "/bots/?id=bot_1");
  const chart = page.getByRole("group", { name: /^Candles of/ });
  await chart.locator("canvas").first().waitFor();
  await page.waitForTimeout(500);
  const asked: string[] = [];
  page.on("request", (request) => (request.url().includes("until=") ? asked.push(new URL(request.url()).searchParams.get("until") ?? "") : undefined));
  const box = (await chart.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  const y = box.y + box.height / 2;
  const pan = async () => {
    await page.mouse.move(box.x + 60, y);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width - 140, y, { steps: 12 });
    await page.mouse.up();
    await page.waitForTimeout(120);
  };
  for (let count = 0; count < 100 && asked.length < 2; count += 1) await pan(); // what was asked for takes a moment to come
  expect(asked.length).toBeGreaterThan(1);
  expect(Number(asked[1])).toBeLessThan(Number(asked[0]));
  await shoot(page, "bot-past");
  await context.close();
});
