/** How smooth a page is: the time between its frames while something happens, and the tasks that held it up. */
import type { Page } from "playwright-core";

export type Smoothness = { frames: number; fps: number; p95_ms: number; worst_ms: number; dropped: number; long_tasks: number };

const FRAME_MS = 1000 / 60;

/** A frame is dropped when the next one comes after one and a half of its time. */
export async function smoothness(page: Page, work: () => Promise<void>): Promise<Smoothness> {
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
  await work();
  const { gaps, long } = await page.evaluate(() => {
    const { seen } = globalThis as unknown as { seen: { gaps: number[]; long: number; on: boolean } };
    seen.on = false;
    return { gaps: seen.gaps, long: seen.long };
  });
  const sorted = [...gaps].sort((a, b) => a - b);
  const whole = gaps.reduce((sum, gap) => sum + gap, 0);
  return {
    frames: gaps.length,
    fps: whole > 0 ? (gaps.length * 1000) / whole : 0,
    p95_ms: sorted[Math.floor(sorted.length * 0.95)] ?? 0,
    worst_ms: sorted.at(-1) ?? 0,
    dropped: gaps.reduce((sum, gap) => sum + (gap > FRAME_MS * 1.5 ? Math.round(gap / FRAME_MS) - 1 : 0), 0),
    long_tasks: long,
  };
}
