/** A small recorded market: prices that wander between two ends, a minute per row, the same in every run. */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

const MINUTES = 20_000;
const START = Date.UTC(2025, 0, 6);
const MIDDLE = 60_000;
const SWING = 900;

export function writeRecording(folder: string, symbol = "BTC-USDT"): void {
  mkdirSync(folder, { recursive: true });
  const at = (minute: number) => MIDDLE + Math.sin(minute / 23) * SWING + Math.sin(minute / 5) * 120;
  const rows = Array.from({ length: MINUTES }, (_, minute) => {
    const [open, close] = [at(minute), at(minute + 1)];
    const text = (value: number) => value.toFixed(2);
    return [START + minute * 60_000, text(open), text(Math.max(open, close) + 5), text(Math.min(open, close) - 5), text(close), "3.5"].join(",");
  });
  writeFileSync(path.join(folder, `${symbol}.csv`), ["timestamp_ms,open,high,low,close,volume", ...rows, ""].join("\n"));
}
