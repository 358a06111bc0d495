/** How smooth a page is: the time between its frames while something happens, and the tasks that held it up. */
import type { Page } from "playwright-core";

/** `busy`: how much of the time the page's one thread worked, 0 to 1. */
export type Smoothness = { frames: number; fps: number; p95_ms: number; worst_ms: number; dropped: number; long_tasks: number; busy: number };

/**
 * A machine drops frames of its own, of a page that does nothing, too. So work and rest take turns on the same page, and both are told:
 * what the work cost is what it dropped beyond the rest.
 */
export async function besideRest(page: Page, rounds: number, restMs: number, work: (round: number) => Promise<void>): Promise<{ work: Smoothness; rest: Smoothness }> {
  const [worked, rested]: Smoothness[][] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    rested?.push(await smoothness(page, () => page.waitForTimeout(restMs)));
    worked?.push(await smoothness(page, () => work(round)));
  }
  return { work: together(worked ?? []), rest: together(rested ?? []) };
}

function together(all: Smoothness[]): Smoothness {
  const total = (pick: (one: Smoothness) => number) => all.reduce((sum, one) => sum + pick(one), 0);
  const most = (pick: (one: Smoothness) => number) => Math.max(...all.map(pick));
  const frames = total((one) => one.frames);
  const seconds = total((one) => one.frames / one.fps);
  return {
    frames,
    fps: frames / seconds,
    p95_ms: most((one) => one.p95_ms),
    worst_ms: most((one) => one.worst_ms),
    dropped: total((one) => one.dropped),
    long_tasks: total((one) => one.long_tasks),
    busy: total((one) => one.busy * (one.frames / one.fps)) / seconds,
  };
}

const FRAME_MS = 1000 / 60;

/** A frame is dropped when the next one comes after one and a half of its time. */
export async function smoothness(page: Page, work: () => Promise<void>): Promise<Smoothness> {
  const thread = await page.context().newCDPSession(page);
  // In the thread's own time: what others do to the machine meanwhile does not count.
  await thread.send("Performance.enable", { timeDomain: "threadTicks" });
  const worked = async () => (await thread.send("Performance.getMetrics")).metrics.find(({ name }) => name === "TaskDuration")?.value ?? 0;
  await page.evaluate(() => {
    const seen = { gaps: [] as number[], long: 0, on: true };
    (globalThis as unknown as { seen: typeof seen }).seen = seen;
    new PerformanceObserver((list) => (seen.long += list.getEntries().length)).observe({ type: "longtask" });
    let last = 0;
    const frame = (now: number) => {
      if (last) seen.gaps.push(now - last);
      last = now;
      if (seen.on) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  const before = await worked();
  await work();
  const busy = (await worked()) - before;
  const { gaps, long } = await page.evaluate(() => {
    const { seen } = globalThis as unknown as { seen: { gaps: number[]; long: number; on: boolean } };
    seen.on = false;
    return { gaps: seen.gaps, long: seen.long };
  });
  await thread.detach();
  const sorted = [...gaps].sort((a, b) => a - b);
  const whole = gaps.reduce((sum, gap) => sum + gap, 0);
  return {
    frames: gaps.length,
    fps: whole > 0 ? (gaps.length * 1000) / whole : 0,
    p95_ms: sorted[Math.floor(sorted.length * 0.95)] ?? 0,
    worst_ms: sorted.at(-1) ?? 0,
    dropped: gaps.reduce((sum, gap) => sum + (gap > FRAME_MS * 1.5 ? Math.round(gap / FRAME_MS) - 1 : 0), 0),
    long_tasks: long,
    busy: whole > 0 ? (busy * 1000) / whole : 0,
  };
}
