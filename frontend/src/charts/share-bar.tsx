/** Parts of a whole as one bar; the figures stand beside it, so it is for the eye only. */
const COLOURS = ["#4c8dff", "#2bb3a3", "#e69f00", "#d55ec0", "#9b7bff", "#c9b037", "#7a8699"] as const;

export function shareColour(index: number): string {
  return COLOURS[Math.min(index, COLOURS.length - 1)] ?? COLOURS[0];
}

/** `shares` in percent, the largest first. */
export function ShareBar({ shares }: { shares: readonly string[] }) {
  return (
    <div aria-hidden="true" className="flex h-2.5 gap-px overflow-hidden rounded-full bg-raised">
      {shares.map((share, index) => (
        <div key={index} style={{ width: `${Math.max(0, Number(share))}%`, background: shareColour(index) }} />
      ))}
    </div>
  );
}
