/** The chart reads the page's tokens, so both themes and both palettes reach the pixels. */

export type ChartColors = { bg: string; text: string; line: string; up: string; down: string; accent: string; warn: string; muted: string };

export function chartColors(): ChartColors {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(name).trim();
  return {
    bg: read("--panel"),
    text: read("--muted"),
    line: read("--line"),
    up: read("--positive"),
    down: read("--negative"),
    accent: read("--accent"),
    warn: read("--warn"),
    muted: read("--line-strong"),
  };
}

/** A colour with an alpha, from "#rrggbb". */
export function fade(hex: string, alpha: number): string {
  const value = hex.replace("#", "");
  const part = (at: number) => parseInt(value.slice(at, at + 2), 16);
  return `rgba(${part(0)}, ${part(2)}, ${part(4)}, ${alpha})`;
}
