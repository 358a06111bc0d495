/** Lines one can take hold of: a press near one moves it up and down instead of the chart; the form beside it is the way by keyboard. */
import type { IChartApi, ISeriesApi } from "lightweight-charts";

export type Handle = { name: string; price: number };

const REACH_PX = 7;

export function draggable(box: HTMLElement, chart: IChartApi, series: ISeriesApi<"Candlestick">, handles: () => readonly Handle[], onDrag: (name: string, price: number) => void): () => void {
  let held: string | null = null;
  let waiting: number | null = null;
  let at = 0;

  const within = (event: PointerEvent) => {
    const { top, left } = box.getBoundingClientRect();
    const inPane = event.clientX - left < chart.timeScale().width();
    return inPane ? event.clientY - top : null;
  };
  const nearest = (y: number): string | null => {
    const near = handles().flatMap(({ name, price }) => {
      const line = series.priceToCoordinate(price);
      return line !== null && Math.abs(line - y) <= REACH_PX ? [{ name, away: Math.abs(line - y) }] : [];
    });
    return near.sort((a, b) => a.away - b.away)[0]?.name ?? null;
  };
  const free = (on: boolean) => chart.applyOptions({ handleScroll: on, handleScale: on });

  /** One answer per frame is all the eye and the form need. */
  const tell = () => {
    waiting = null;
    const price = series.coordinateToPrice(at);
    if (held && price !== null && price > 0) onDrag(held, price);
  };
  const down = (event: PointerEvent) => {
    const y = within(event);
    held = y === null ? null : nearest(y);
    if (!held) return;
    free(false);
    box.setPointerCapture(event.pointerId);
    event.preventDefault();
    event.stopPropagation();
  };
  const move = (event: PointerEvent) => {
    const y = within(event);
    if (!held) {
      box.style.cursor = y !== null && nearest(y) ? "ns-resize" : "";
      return;
    }
    event.stopPropagation();
    at = y ?? at;
    waiting ??= requestAnimationFrame(tell);
  };
  const up = (event: PointerEvent) => {
    if (!held) return;
    tell();
    held = null;
    free(true);
    if (box.hasPointerCapture(event.pointerId)) box.releasePointerCapture(event.pointerId);
  };

  const capture = { capture: true };
  box.addEventListener("pointerdown", down, capture);
  box.addEventListener("pointermove", move, capture);
  box.addEventListener("pointerup", up, capture);
  box.addEventListener("pointercancel", up, capture);
  return () => {
    if (waiting !== null) cancelAnimationFrame(waiting);
    box.removeEventListener("pointerdown", down, capture);
    box.removeEventListener("pointermove", move, capture);
    box.removeEventListener("pointerup", up, capture);
    box.removeEventListener("pointercancel", up, capture);
  };
}
