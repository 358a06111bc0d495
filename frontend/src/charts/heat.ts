/** Where a value stands between the worst and the best: pixels only. */

/** -1 worst loss … 0 … +1 best gain. */
export function heatOf(value: string, all: readonly string[]): number {
  const numbers = all.map(Number);
  const most = Math.max(...numbers.map(Math.abs), Number.MIN_VALUE);
  return Number(value) / most;
}

/** The colour of a cell: a hue for the sign, strength for the size, never so strong that the figure on it is hard to read. */
export function heatColour(heat: number): string {
  const strength = Math.round(Math.min(1, Math.abs(heat)) * 28 + 4);
  return `color-mix(in srgb, var(${heat >= 0 ? "--positive" : "--negative"}) ${strength}%, var(--panel))`;
}
