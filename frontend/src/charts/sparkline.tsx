/** A small line without axes: the shape of the recent past, named for those who cannot see it. */

const WIDTH = 96;
const HEIGHT = 24;

export function Sparkline({ values, label }: { values: readonly string[]; label: string }) {
  if (values.length < 2) return <span className="text-muted">–</span>;
  const numbers = values.map(Number);
  const low = Math.min(...numbers, 0);
  const high = Math.max(...numbers, 0);
  const span = high - low || 1;
  const x = (index: number) => (index / (numbers.length - 1)) * (WIDTH - 2) + 1;
  const y = (value: number) => HEIGHT - 2 - ((value - low) / span) * (HEIGHT - 4);
  const path = numbers.map((value, index) => `${index ? "L" : "M"}${x(index).toFixed(1)} ${y(value).toFixed(1)}`).join("");
  const last = numbers.at(-1) ?? 0;
  return (
    <svg role="img" aria-label={label} width={WIDTH} height={HEIGHT} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} className="inline-block">
      <line x1="0" x2={WIDTH} y1={y(0)} y2={y(0)} stroke="var(--line-strong)" strokeDasharray="2 3" />
      <path d={path} fill="none" stroke={last < 0 ? "var(--negative)" : "var(--positive)"} strokeWidth="1.5" strokeLinejoin="round" />
    </svg>
  );
}
