/**
 * All horizontal levels of a chart as one series primitive: a ladder of 500 lines costs one draw call, not 500 series.
 * The chart library draws; this only says where.
 */
import type { CanvasRenderingTarget2D } from "fancy-canvas";
import type { IChartApi, IPrimitivePaneRenderer, IPrimitivePaneView, ISeriesApi, ISeriesPrimitive, ISeriesPrimitiveAxisView, SeriesAttachedParameter, Time } from "lightweight-charts";

export type Level = {
  price: number;
  color: string;
  /** Text on the price axis; inner lines have none. */
  label?: string;
  /** Text inside the chart at the left edge. */
  title?: string;
  dashed?: boolean;
  width?: number;
  /** A far line (an exit, a liquidation) must not squeeze the candles. */
  far?: boolean;
  /** What is written at the edge of the chart while the line is outside it. */
  edge?: string;
};

type Row = { y: number; level: Level };

const TEXT_PX = 11;
const LEFT_PX = 6;
/** The library's mark stands in the lower left corner. */
const MARK_PX = 52;

class Renderer implements IPrimitivePaneRenderer {
  constructor(
    private readonly rows: readonly Row[],
    private readonly above: readonly Level[],
    private readonly below: readonly Level[],
    private readonly height: number,
  ) {}

  draw(target: CanvasRenderingTarget2D): void {
    target.useBitmapCoordinateSpace(({ context, bitmapSize, horizontalPixelRatio: across, verticalPixelRatio: down }) => {
      context.save();
      for (const { y, level } of this.rows) {
        const at = Math.round(y * down) + 0.5;
        context.beginPath();
        context.strokeStyle = level.color;
        context.lineWidth = Math.max(1, Math.floor((level.width ?? 1) * down));
        context.setLineDash(level.dashed ? [5 * across, 4 * across] : []);
        context.moveTo(0, at);
        context.lineTo(bitmapSize.width, at);
        context.stroke();
      }
      context.font = `${TEXT_PX * down}px "Inter Variable", sans-serif`;
      context.textBaseline = "bottom";
      const write = (text: string, level: Level, x: number, y: number) => {
        context.fillStyle = level.color;
        context.fillText(text, x * across, y * down);
        return x + context.measureText(text).width / across;
      };
      this.titles(write);
      this.above.forEach((level, index) => write(`↑ ${level.edge ?? ""}`, level, LEFT_PX, (index + 1) * (TEXT_PX + 4)));
      this.below.forEach((level, index) => write(`↓ ${level.edge ?? ""}`, level, MARK_PX, this.height - 4 - index * (TEXT_PX + 4)));
      context.restore();
    });
  }

  /** Two lines close to each other write their names beside each other. */
  private titles(write: (text: string, level: Level, x: number, y: number) => number): void {
    let last = -Infinity;
    let free = LEFT_PX;
    for (const { y, level } of [...this.rows].sort((a, b) => a.y - b.y)) {
      if (!level.title) continue;
      const x = y - last < TEXT_PX + 2 ? free + 10 : LEFT_PX;
      free = write(level.title, level, x, y - 2);
      last = y;
    }
  }
}

class AxisLabel implements ISeriesPrimitiveAxisView {
  constructor(
    private readonly level: Level,
    private readonly y: () => number | null,
    private readonly ink: string,
  ) {}
  coordinate() {
    return this.y() ?? -1;
  }
  text() {
    return this.level.label ?? "";
  }
  textColor() {
    return this.ink;
  }
  backColor() {
    return this.level.color;
  }
  visible() {
    return this.y() !== null;
  }
}

export class LevelsPrimitive implements ISeriesPrimitive<Time> {
  private levels: Level[] = [];
  private labels: AxisLabel[] = [];
  private series: ISeriesApi<"Candlestick" | "Line" | "Area"> | null = null;
  private chart: IChartApi | null = null;
  private update: (() => void) | null = null;
  private readonly views: IPrimitivePaneView[] = [{ renderer: () => this.renderer(), zOrder: () => "normal" }];

  constructor(private readonly ink: string) {}

  attached({ series, chart, requestUpdate }: SeriesAttachedParameter<Time>): void {
    this.series = series as ISeriesApi<"Candlestick">;
    this.chart = chart as IChartApi;
    this.update = requestUpdate;
  }

  detached(): void {
    this.series = null;
    this.chart = null;
    this.update = null;
  }

  set(levels: Level[]): void {
    this.levels = levels;
    this.labels = levels.filter((level) => level.label).map((level) => new AxisLabel(level, () => this.y(level.price), this.ink));
    this.update?.();
  }

  paneViews(): readonly IPrimitivePaneView[] {
    return this.views;
  }

  priceAxisViews(): readonly ISeriesPrimitiveAxisView[] {
    return this.labels;
  }

  /** Keep the whole ladder in view when it lies outside the candles. */
  autoscaleInfo() {
    const prices = this.levels.filter((level) => !level.far).map((level) => level.price);
    if (prices.length === 0) return null;
    return { priceRange: { minValue: Math.min(...prices), maxValue: Math.max(...prices) } };
  }

  private y(price: number): number | null {
    return this.series?.priceToCoordinate(price) ?? null;
  }

  private renderer(): IPrimitivePaneRenderer {
    const height = this.chart?.panes()[0]?.getHeight() ?? 0;
    const rows: Row[] = [];
    const [above, below]: [Level[], Level[]] = [[], []];
    for (const level of this.levels) {
      const y = this.y(level.price);
      if (y === null) continue;
      if (y >= 0 && y <= height) rows.push({ y, level });
      else if (level.edge) (y < 0 ? above : below).push(level);
    }
    return new Renderer(rows, above, below, height);
  }
}
