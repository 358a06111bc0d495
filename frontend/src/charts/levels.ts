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
  /** A far line (stop, liquidation) must not squeeze the candles. */
  far?: boolean;
};

class Renderer implements IPrimitivePaneRenderer {
  constructor(private readonly rows: { y: number; level: Level }[]) {}

  draw(target: CanvasRenderingTarget2D): void {
    target.useBitmapCoordinateSpace(({ context, bitmapSize, horizontalPixelRatio, verticalPixelRatio }) => {
      context.save();
      for (const { y, level } of this.rows) {
        const at = Math.round(y * verticalPixelRatio) + 0.5;
        context.beginPath();
        context.strokeStyle = level.color;
        context.lineWidth = Math.max(1, Math.floor((level.width ?? 1) * verticalPixelRatio));
        context.setLineDash(level.dashed ? [5 * horizontalPixelRatio, 4 * horizontalPixelRatio] : []);
        context.moveTo(0, at);
        context.lineTo(bitmapSize.width, at);
        context.stroke();
        if (!level.title) continue;
        context.font = `${11 * verticalPixelRatio}px "Inter Variable", sans-serif`;
        context.fillStyle = level.color;
        context.textBaseline = "bottom";
        context.fillText(level.title, 6 * horizontalPixelRatio, at - 2 * verticalPixelRatio);
      }
      context.restore();
    });
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
    const rows = this.levels.flatMap((level) => {
      const y = this.y(level.price);
      return y === null || y < 0 || y > height ? [] : [{ y, level }];
    });
    return new Renderer(rows);
  }
}
