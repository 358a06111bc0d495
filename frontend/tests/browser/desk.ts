/** A browser and the built files for the tests of one file, and the way to a page of a world. */
import type { Server } from "node:http";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { DESK, launch, watched, type Watch } from "../support/browser";
import { enter, serveOut, type World } from "./fixtures";

type Opened = { context: BrowserContext; page: Page; watch: Watch };
type Desk = { browser: () => Browser; origin: () => string; open: (world: World, path: string, viewport?: { width: number; height: number }) => Promise<Opened> };

export function aDesk(): Desk {
  let browser: Browser;
  let server: Server;
  let origin: string;
  beforeAll(async () => {
    [browser, { origin, server }] = await Promise.all([launch(), serveOut()]);
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });
  return {
    browser: () => browser,
    origin: () => origin,
    open: async (world, path, viewport = DESK) => {
      const context = await browser.newContext({ viewport, timezoneId: "Europe/Berlin", reducedMotion: "reduce" });
      const { page, watch } = await watched(context, origin);
      await enter(context, page, origin, world);
      await page.goto(origin + path);
      return { context, page, watch };
    },
  };
}
