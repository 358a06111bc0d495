/** What an owner does again and again, in the words on the screen. */
import type { Locator, Page } from "playwright-core";

export type Plan = { strategy: string; title: string; account: string; symbol: string; fields: Record<string, string> };

/** A new owner, until the live feed is there; `seen` looks at the filled form. */
export async function signUp(page: Page, origin: string, seen: () => Promise<void> = async () => undefined): Promise<void> {
  await page.goto(origin);
  await page.getByRole("button", { name: "Create an account" }).click();
  await page.getByLabel("E-mail").fill("owner@example.org");
  await page.getByLabel("Password").fill("a long enough secret");
  await seen();
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByText("Start with a paper account").waitFor();
  await page.getByText("Live", { exact: true }).first().waitFor();
}

/** A field of the strategy's form by its exact name. */
export function field(page: Page, name: string): Locator {
  return page.getByRole("textbox", { name, exact: true });
}

/** The newest close, read from the chart's table: the way of those who cannot see the chart. */
export async function lastClose(page: Page): Promise<number> {
  const region = page.getByRole("region", { name: "Last candles as a table" });
  if (!(await region.isVisible())) await page.getByText("Last candles as a table").click();
  const cell = region.locator("tbody tr").first().locator("td").nth(3);
  return Number((await cell.innerText()).replace(/,/g, ""));
}

/** By the links on the page, so that the page is never loaded anew. */
export async function goTo(page: Page, name: string): Promise<void> {
  await page.getByRole("navigation", { name: "Main" }).first().getByRole("link", { name, exact: true }).click();
}

export async function openPaper(page: Page, { name, market, speed, coins = {} }: { name: string; market: string; speed: string; coins?: Record<string, string> }): Promise<void> {
  await page.getByRole("button", { name: "Open a paper account" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByLabel("Prices from").selectOption(market);
  await dialog.getByLabel("Speed").fill(speed);
  await dialog.getByLabel("Starting balance").fill("100000");
  for (const [index, [currency, amount]] of Object.entries(coins).entries()) {
    await dialog.getByRole("button", { name: "Another currency" }).click();
    await dialog.getByLabel("Currency", { exact: true }).nth(index + 1).fill(currency);
    await dialog.getByLabel("Starting balance").nth(index + 1).fill(amount);
  }
  await dialog.getByRole("button", { name: "Open account" }).click();
  await page.getByRole("region", { name: `Balances of ${name}` }).waitFor();
}

/** Fill the form and wait for what the bot would do. */
export async function plan(page: Page, { title, account, symbol, fields }: Plan): Promise<void> {
  await page.getByRole("radio", { name: new RegExp(`^${title}(?! futures)`) }).check({ force: true });
  await page.getByLabel("Account", { exact: true }).selectOption({ label: account });
  await page.getByLabel("Market", { exact: true }).selectOption(symbol);
  for (const [name, value] of Object.entries(fields)) await field(page, name).fill(value);
  await page.getByText("Funds needed").waitFor();
}

export async function start(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Start on paper" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Start now" }).click();
  await page.waitForURL(/\/bots\/\?id=/);
}
