/** Several curves as one, for the eye: each keeps its last value until its next point. Pixels only, never a figure. */
import type { EquityDot } from "./equity-chart";

export function mergeEquity(curves: readonly (readonly EquityDot[])[]): EquityDot[] {
  const points = curves.flatMap((curve, index) => curve.map((dot) => ({ at: dot.at, value: Number(dot.value), index })));
  points.sort((a, b) => a.at.localeCompare(b.at));
  const last = new Map<number, number>();
  return points.map(({ at, value, index }) => {
    last.set(index, value);
    return { at, value: String([...last.values()].reduce((sum, one) => sum + one, 0)) };
  });
}
