"use client";
/** The rows in view of a long table, between two spacers as tall as the rest; rows are measured, since some have two lines. */
import type { ColumnDef, Row } from "@tanstack/react-table";
import { useVirtualizer, type Virtualizer } from "@tanstack/react-virtual";
import { TableRow } from "./table-row";

const ROW_PX = 46;

type Props<T> = {
  rows: Row<T>[];
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- columns of one table carry different value types
  columns: ColumnDef<T, any>[];
  scroller: HTMLElement | null;
};

/** Told by the browser, never asked of it: to ask a row that has just come makes it lay out the page at once, row by row. */
function heightOf(row: Element, told: ResizeObserverEntry | undefined, { options, itemSizeCache, indexFromElement }: Virtualizer<HTMLElement, Element>): number {
  const size = told?.borderBoxSize[0]?.blockSize;
  if (size !== undefined) return Math.round(size);
  const index = indexFromElement(row);
  return itemSizeCache.get(options.getItemKey(index)) ?? options.estimateSize(index);
}

export default function WindowedRows<T>({ rows, columns, scroller }: Props<T>) {
  // eslint-disable-next-line react-hooks/incompatible-library -- its answers are read in this render only, nothing memoises them
  const shown = useVirtualizer<HTMLElement, Element>({
    count: rows.length,
    getScrollElement: () => scroller,
    estimateSize: () => ROW_PX,
    getItemKey: (index) => rows[index]?.id ?? index,
    measureElement: heightOf,
    overscan: 10,
  });
  const items = shown.getVirtualItems();
  const before = items[0]?.start ?? 0;
  const after = shown.getTotalSize() - (items.at(-1)?.end ?? 0);
  return (
    <tbody>
      {before > 0 ? <tr aria-hidden="true" style={{ height: before }} /> : null}
      {items.map(({ index }) => {
        const row = rows[index];
        return row ? <TableRow key={row.id} row={row} index={index} columns={columns} chosen={row.getIsSelected()} measure={shown.measureElement} /> : null;
      })}
      {after > 0 ? <tr aria-hidden="true" style={{ height: after }} /> : null}
    </tbody>
  );
}
