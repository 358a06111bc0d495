/** The waterfall as pixels; the table beside it holds the digits. */

const WIDTH = 280;
const HEIGHT = 56;
const GAP = 8;

export function PnlBars({ parts, total }: { parts: readonly string[]; total: string }) {
  const steps = parts.map(Number);
  const edges = steps.reduce<number[]>((sums, step) => [...sums, (sums.at(-1) ?? 0) + step], [0]);
  const end = Number(total);
  const low = Math.min(0, end, ...edges);
  const high = Math.max(0, end, ...edges);
  const span = high - low || 1;
  const y = (value: number) => 4 + ((high - value) / span) * (HEIGHT - 8);
  const wide = (WIDTH - GAP * parts.length) / (parts.length + 1);
  const bars = [...steps.map((step, index) => ({ from: edges[index] ?? 0, to: (edges[index] ?? 0) + step })), { from: 0, to: end }];
  return (
    <svg aria-hidden="true" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} className="h-14 w-full">
      <line x1="0" x2={WIDTH} y1={y(0)} y2={y(0)} stroke="var(--line-strong)" />
      {bars.map(({ from, to }, index) => (
        <rect
          key={index}
          x={index * (wide + GAP)}
          width={wide}
          y={Math.min(y(from), y(to))}
          height={Math.max(1.5, Math.abs(y(from) - y(to)))}
          rx="1.5"
          fill={to < from ? "var(--negative)" : "var(--positive)"}
          opacity={index === bars.length - 1 ? 1 : 0.65}
        />
      ))}
    </svg>
  );
}
