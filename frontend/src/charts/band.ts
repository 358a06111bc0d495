/** The area between two curves, as one series primitive: the library draws lines and areas down to a base, not between lines. */
import type { CanvasRenderingTarget2D } from "fancy-canvas";
import type { IChartApi, IPrimitivePaneRenderer, IPrimitivePaneView, ISeriesApi, ISeriesPrimitive, SeriesAttachedParameter, Time, UTCTimestamp } from "lightweight-charts";

export type BandRow = { time: UTCTimestamp; low: number; high: number };

type Corner = { x: number; low: number; high: number };

class Renderer implements IPrimitivePaneRenderer {
  constructor(
    private readonly corners: readonly Corner[],
    private readonly fill: string,
  ) {}

  draw(target: CanvasRenderingTarget2D): void {
    const [first] = this.corners;
    if (!first) return;
    target.useBitmapCoordinateSpace(({ context, horizontalPixelRatio: across, verticalPixelRatio: down }) => {
      context.beginPath();
      context.moveTo(first.x * across, first.low * down);
      for (const { x, low } of this.corners) context.lineTo(x * across, low * down);
      for (const { x, high } of [...this.corners].reverse()) context.lineTo(x * across, high * down);
      context.closePath();
      context.fillStyle = this.fill;
      context.fill();
    });
  }
}

export class BandPrimitive implements ISeriesPrimitive<Time> {
  private rows: readonly BandRow[] = [];
  private series: ISeriesApi<"Baseline"> | null = null;
  private chart: IChartApi | null = null;
  private update: (() => void) | null = null;
  private readonly views: IPrimitivePaneView[] = [{ renderer: () => new Renderer(this.corners(), this.fill), zOrder: () => "bottom" }];

  constructor(private readonly fill: string) {}

  attached({ series, chart, requestUpdate }: SeriesAttachedParameter<Time>): void {
    this.series = series as ISeriesApi<"Baseline">;
    this.chart = chart as IChartApi;
    this.update = requestUpdate;
  }

  detached(): void {
    this.series = null;
    this.chart = null;
    this.update = null;
  }

  set(rows: readonly BandRow[]): void {
    this.rows = rows;
    this.update?.();
  }

  paneViews(): readonly IPrimitivePaneView[] {
    return this.views;
  }

  autoscaleInfo() {
    if (this.rows.length === 0) return null;
    return { priceRange: { minValue: Math.min(...this.rows.map((row) => row.low)), maxValue: Math.max(...this.rows.map((row) => row.high)) } };
  }

  private corners(): Corner[] {
    const { chart, series } = this;
    if (!chart || !series) return [];
    return this.rows.flatMap((row): Corner[] => {
      const x = chart.timeScale().timeToCoordinate(row.time);
      const [low, high] = [series.priceToCoordinate(row.low), series.priceToCoordinate(row.high)];
      return x === null || low === null || high === null ? [] : [{ x, low, high }];
    });
  }
}
