"use client";
/** A sortable table; beyond sixty rows only what is in view is in the document. */
import { flexRender, getCoreRowModel, getSortedRowModel, useReactTable, type ColumnDef, type SortingState } from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp } from "lucide-react";
import { useRef, useState } from "react";
import { cx } from "@/lib/cx";

declare module "@tanstack/react-table" {
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- the library's own parameters
  interface ColumnMeta<TData, TValue> {
    right?: boolean;
    /** Hidden while the table itself is narrower than this: a phone shows what matters. */
    from?: "sm" | "md" | "lg" | "xl";
  }
}

const FROM = { sm: "@max-md:hidden", md: "@max-2xl:hidden", lg: "@max-4xl:hidden", xl: "@max-5xl:hidden" } as const;
const VIRTUAL_FROM = 60;
const ROW_PX = 38;

type Props<T> = {
  label: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- columns of one table carry different value types
  columns: ColumnDef<T, any>[];
  rows: T[];
  rowId: (row: T) => string;
  initialSort?: SortingState;
  maxHeight?: number;
};

export function DataTable<T>({ label, columns, rows, rowId, initialSort = [], maxHeight = 560 }: Props<T>) {
  const [sorting, setSorting] = useState<SortingState>(initialSort);
  const scroller = useRef<HTMLDivElement>(null);
  // eslint-disable-next-line react-hooks/incompatible-library -- the table's functions are read in this render only, nothing memoises them
  const table = useReactTable({
    data: rows,
    columns,
    state: { sorting },
    onSortingChange: setSorting,
    getRowId: rowId,
    getCoreRowModel: getCoreRowModel(),
    getSortedRowModel: getSortedRowModel(),
  });
  const model = table.getRowModel().rows;
  const virtual = model.length > VIRTUAL_FROM;
  const window = useVirtualizer({ count: model.length, getScrollElement: () => scroller.current, estimateSize: () => ROW_PX, overscan: 12, enabled: virtual });
  const items = virtual ? window.getVirtualItems() : model.map((_, index) => ({ index, start: 0, end: 0 }));
  const before = virtual ? (items[0]?.start ?? 0) : 0;
  const after = virtual ? window.getTotalSize() - (items.at(-1)?.end ?? 0) : 0;

  return (
    <div
      ref={scroller}
      className="@container overflow-auto"
      style={virtual ? { maxHeight } : undefined}
      role="region"
      aria-label={label}
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region must be reachable by keyboard
      tabIndex={0}
    >
      <table className="w-full border-collapse text-[13px]" aria-rowcount={model.length + 1}>
        <thead className="sticky top-0 z-10 bg-panel">
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id} className="border-b border-line">
              {group.headers.map((header) => {
                const meta = header.column.columnDef.meta;
                const sorted = header.column.getIsSorted();
                return (
                  <th
                    key={header.id}
                    scope="col"
                    aria-sort={sorted === "asc" ? "ascending" : sorted === "desc" ? "descending" : undefined}
                    className={cx("h-8 px-3 text-[11px] font-medium whitespace-nowrap text-muted", meta?.right ? "text-right" : "text-left", meta?.from && FROM[meta.from])}
                  >
                    {header.column.getCanSort() ? (
                      <button type="button" className="inline-flex items-center gap-1 hover:text-text" onClick={header.column.getToggleSortingHandler()}>
                        {flexRender(header.column.columnDef.header, header.getContext())}
                        {sorted === "asc" ? <ArrowUp aria-hidden="true" className="size-3" /> : null}
                        {sorted === "desc" ? <ArrowDown aria-hidden="true" className="size-3" /> : null}
                      </button>
                    ) : (
                      flexRender(header.column.columnDef.header, header.getContext())
                    )}
                  </th>
                );
              })}
            </tr>
          ))}
        </thead>
        <tbody>
          {before > 0 ? <tr aria-hidden="true" style={{ height: before }} /> : null}
          {items.map(({ index }) => {
            const row = model[index];
            if (!row) return null;
            return (
              <tr key={row.id} aria-rowindex={index + 2} className="h-[38px] border-b border-line last:border-0 hover:bg-hover">
                {row.getVisibleCells().map((cell) => {
                  const meta = cell.column.columnDef.meta;
                  return (
                    <td key={cell.id} className={cx("px-3 py-1", meta?.right ? "num text-right" : "text-left", meta?.from && FROM[meta.from])}>
                      {flexRender(cell.column.columnDef.cell, cell.getContext())}
                    </td>
                  );
                })}
              </tr>
            );
          })}
          {after > 0 ? <tr aria-hidden="true" style={{ height: after }} /> : null}
        </tbody>
      </table>
    </div>
  );
}
