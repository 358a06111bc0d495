/** What an owner does with the hands: chosen bots, dragged lines, shortcuts, a fresh sign-in, a server that is not there yet. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { aBot } from "../support/samples";
import { axe, DESK, shoot, watched } from "../support/browser";
import { aDesk } from "./desk";
import { aWorld, enter } from "./fixtures";

const { browser, origin, open } = aDesk();

test("chosen bots are stopped together, and those that cannot be are left alone", async () => {
  const { context, page, watch } = await open(aWorld(), "/bots/");
  await page.getByRole("checkbox", { name: "Choose all that are shown" }).check();
  await page.getByRole("toolbar", { name: "Chosen bots" }).getByText("4 bots chosen").waitFor();
  await page.getByRole("button", { name: /^Stop/ }).click();
  const dialog = page.getByRole("dialog", { name: "Stop 3 bots" });
  await dialog.getByText("1 chosen bot is in a state where this is not possible").waitFor();
  await dialog.getByText("Sell everything at market").click();
  const confirm = dialog.getByRole("button", { name: "Stop all 3" });
  expect(await confirm.isDisabled()).toBe(true);
  await dialog.getByLabel("Type SELL to confirm").fill("sell");
  await shoot(page, "bots-bulk-stop");
  expect(await axe(page)).toEqual([]);
  const sent: string[] = [];
  page.on("request", (request) => {
    if (request.method() === "POST" && request.url().endsWith("/stop")) sent.push(`${request.url().split("/").at(-2)} ${request.postData()}`);
  });
  await confirm.click();
  await dialog.waitFor({ state: "detached" });
  expect(sent.sort()).toEqual(["bot_1", "bot_2", "bot_3"].map((id) => `${id} {"close_mode":"quote"}`));
  await page.getByRole("toolbar").waitFor({ state: "detached" });
  expect(watch.errors).toEqual([]);
  await context.close();
});

test("a line is dragged on the chart, and the form follows", async () => {
  const { context, page } = await open(aWorld(), "/bots/new/");
  const low = page.getByRole("textbox", { name: "Low", exact: true });
  await low.fill("63500");
  await page.getByRole("textbox", { name: "High", exact: true }).fill("65000");
  await page.getByText("Lines with a name can be dragged.").waitFor();
  const chart = page.getByRole("group", { name: /^Candles of/ });
  await chart.locator("canvas").first().waitFor();
  await page.waitForTimeout(500);
  const grabbed = async () => (await chart.evaluate((element) => (element as HTMLElement).style.cursor)) === "ns-resize";
  let [x, y] = [0, 0];
  await expect
    .poll(async () => {
      const box = (await chart.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
      [x, y] = [box.x + 200, box.y + box.height - 30];
      for (await page.mouse.move(x, y); y > box.y && !(await grabbed()); y -= 3) await page.mouse.move(x, y);
      return grabbed();
    })
    .toBe(true);
  await page.mouse.down();
  await page.mouse.move(x, y - 40, { steps: 4 });
  await page.mouse.up();
  await expect.poll(async () => Number(await low.inputValue())).toBeGreaterThan(63500);
  expect(await low.inputValue()).toMatch(/^\d+(\.\d{1,2})?$/);
  await context.close();
});

test("a letter after g leads somewhere, and ? shows every shortcut", async () => {
  const { context, page } = await open(aWorld(), "/");
  await page.getByText("Your bots").first().waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("b");
  await page.waitForURL(/\/bots\/$/);
  await page.getByText("Dip hunter").waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("g b?");
  expect(await page.getByRole("searchbox").inputValue()).toBe("g b?");
  await page.getByRole("searchbox").blur();
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keyboard" }).getByText("g b", { exact: true }).waitFor();
  await shoot(page, "shortcuts");
  expect(await axe(page)).toEqual([]);
  await context.close();
});

test("a key needs a fresh sign-in: it is asked for in place, and the key goes out again with what was typed", async () => {
  const { context, page } = await open(aWorld(), "/accounts/");
  const keys: (string | undefined)[] = [];
  await page.route(`${origin()}/api/v1/accounts`, async (route) => {
    if (route.request().method() !== "POST") return route.fallback();
    keys.push(route.request().headers()["idempotency-key"]);
    if (keys.length === 1) return route.fulfill({ status: 403, json: { status: 403, code: "reauthentication_required", params: { max_age_s: "300" } }, contentType: "application/problem+json" });
    return route.fulfill({ status: 201, json: aWorld().accounts[1] });
  });
  await page.getByRole("button", { name: "Connect an exchange" }).click();
  const form = page.getByRole("dialog", { name: "Connect an exchange" });
  await form.getByLabel("Name").fill("Main");
  await form.getByLabel("API key").fill("somebodys-key");
  await form.getByLabel("API secret").fill("somebodys-secret");
  await form.getByRole("button", { name: "Check the key and connect" }).click();
  const prove = page.getByRole("dialog", { name: "Is it you?" });
  await prove.getByLabel("Password").fill("a long enough secret");
  await shoot(page, "prove");
  expect(await axe(page)).toEqual([]);
  await prove.getByRole("button", { name: "Go on" }).click();
  await page.getByText("Connected.").first().waitFor();
  expect(keys).toHaveLength(2);
  expect(keys[0]).toBe(keys[1]);
  await context.close();
});

test("a server that is not there yet is waited for, and then the desk opens by itself", async () => {
  const context = await browser().newContext({ viewport: DESK });
  const { page } = await watched(context, origin());
  await enter(context, page, origin(), aWorld());
  let there = false;
  await page.route(`${origin()}/oidc/**`, (route) => (there ? route.fallback() : route.abort()));
  await page.goto(`${origin()}/bots/`);
  await page.getByText("Waiting for the server…").waitFor();
  await shoot(page, "waiting");
  expect(await axe(page)).toEqual([]);
  there = true;
  await page.getByText("Dip hunter").waitFor();
  await context.close();
});

test("live updates move nothing but their own figures", async () => {
  const world = aWorld();
  const { context, page } = await open(world, "/bots/");
  await page.getByText("Dip hunter").waitFor();
  await page.getByText("Live", { exact: true }).first().waitFor();
  await page.waitForTimeout(800);
  await page.evaluate(() => {
    const seen: number[] = [];
    (globalThis as unknown as { shifts: number[] }).shifts = seen;
    new PerformanceObserver((list) => seen.push(...list.getEntries().map((entry) => (entry as unknown as { value: number }).value))).observe({ type: "layout-shift" });
  });
  for (let revision = 8; revision < 28; revision += 1) {
    const bot = aBot({ revision, price: String(64000 + revision * 13.7), fills: revision, last_tick_at: new Date().toISOString(), updated_at: new Date().toISOString() });
    world.say?.({ v: 1, type: "bot", botId: "bot_1", revision, at: bot.updated_at, data: { bot, orders: [] } });
    await page.waitForTimeout(40);
  }
  await page.getByRole("row", { name: /Grid BTC/ }).getByText("27", { exact: true }).waitFor();
  const shifts = await page.evaluate(() => (globalThis as unknown as { shifts: number[] }).shifts);
  expect(shifts.reduce((sum, value) => sum + value, 0)).toBeLessThan(0.01);
  await context.close();
});

test("a year's gains come as one file, made and fetched piece by piece, with the year and the method in its name", async () => {
  const { context, page } = await open(aWorld(), "/exports/");
  const text = "sold_at,gain\n1,2\n";
  const view = { id: "exp_1", what: "tax", file: "csv", name: "tax.csv", rows: 1, bytes: text.length, created_at: "2026-01-01T00:00:00Z", updated_at: "2026-01-01T00:00:00Z" };
  let asked: unknown;
  const ranges: string[] = [];
  await page.route(`${origin()}/api/v1/exports/files**`, (route) => {
    asked = route.request().postDataJSON();
    return route.fulfill({ status: 202, json: { ...view, status: "queued" } });
  });
  await page.route(`${origin()}/api/v1/exports/files/exp_1`, (route) => route.fulfill(route.request().method() === "DELETE" ? { status: 204 } : { json: { ...view, status: "done" } }));
  await page.route(`${origin()}/api/v1/exports/files/exp_1/content`, (route) => {
    const range = route.request().headers()["range"] ?? "";
    ranges.push(range);
    const first = Number(range.slice("bytes=".length, -1));
    return route.fulfill({ status: 206, body: text.slice(first, first + 10), contentType: "text/csv" });
  });
  await page.getByLabel("Lots").selectOption("hifo");
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download" }).nth(1).click()]);
  expect(file.suggestedFilename()).toMatch(/^gains-\d{4}-hifo\.csv$/);
  expect(await readFile(await file.path(), "utf8")).toBe(text);
  expect(asked).toMatchObject({ what: "tax", method: "hifo", paper: false });
  expect(ranges).toEqual(["bytes=0-", "bytes=10-"]);
  await context.close();
});

test("a 3Commas bot is accounted for setting by setting before a draft is made of it", async () => {
  const { context, page } = await open(aWorld(), "/bots/");
  const sent: { check_only: boolean; without: string[] }[] = [];
  await page.route(`${origin()}/api/v1/bots/import/3commas`, (route) => {
    const body = route.request().postDataJSON() as { check_only: boolean; without: string[] };
    sent.push(body);
    const rows = [
      { field: "base_order_volume", to: "base_order_size", code: "mapped", is_blocking: false },
      { field: "strategy_list", to: null, code: "not_here", is_blocking: true },
    ];
    return route.fulfill({ json: { plans: [], rows, is_complete: false, bots: body.check_only ? [] : [aBot()] } });
  });
  await page.getByRole("button", { name: "Import" }).click();
  const dialog = page.getByRole("dialog", { name: "Import a bot" });
  await dialog.getByLabel("File (JSON)").setInputFiles({ name: "bot.json", mimeType: "application/json", buffer: Buffer.from('{"pairs":["USDT_BTC"],"base_order_volume":"10"}') });
  await dialog.getByRole("region", { name: "Setting by setting" }).getByText("strategy_list").waitFor();
  const make = dialog.getByRole("button", { name: "Make a draft" });
  expect(await make.isDisabled()).toBe(true);
  await dialog.getByRole("checkbox").check();
  await shoot(page, "import");
  expect(await axe(page)).toEqual([]);
  await make.click();
  await page.waitForURL(/\/bots\/\?id=bot_1/);
  expect(sent.map(({ check_only, without }) => [check_only, without])).toEqual([
    [true, []],
    [false, ["strategy_list"]],
  ]);
  await context.close();
});

test("what was shared is shown to whoever has the link, signed in or not", async () => {
  const context = await browser().newContext({ viewport: DESK });
  const { page, watch } = await watched(context, origin());
  await page.route(`${origin()}/api/v1/shared/tok`, (route) =>
    route.fulfill({
      json: { name: "Tight grid", symbol: "BTC/USDT", strategy: "GRID", config: { low: "60000", high: "70000", cells: 10 }, left_out: ["investment"], performance: { source: "paper", roi_pct: "4.2" }, shared_at: "2026-03-01T12:00:00Z" },
    }),
  );
  await page.goto(`${origin()}/shared/#tok`);
  await page.getByRole("heading", { name: "Tight grid" }).waitFor();
  await page.getByText("1 setting was kept private").waitFor();
  await shoot(page, "shared");
  expect(await axe(page)).toEqual([]);
  expect(await page.getByRole("link", { name: "Begin a bot with it" }).getAttribute("href")).toBe("/bots/new/?shared=tok&strategy=GRID&symbol=BTC%2FUSDT");
  expect(watch.errors).toEqual([]);
  await context.close();
});
