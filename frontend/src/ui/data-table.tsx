"use client";
/** A sortable table; beyond sixty rows only what is in view is in the document, and the code for that comes with the sixty-first. */
import { flexRender, useReactTable, type ColumnDef, type Header, type RowSelectionState, type SortingState } from "@tanstack/react-table";
import { ArrowDown, ArrowUp } from "lucide-react";
import { useState, type ReactNode } from "react";
import { cx } from "@/lib/cx";
import { late } from "@/lib/late";
import { keptRows, sortedRows } from "./kept-rows";
import { FROM, TableRow } from "./table-row";
import type Windowed from "./windowed-rows";

declare module "@tanstack/react-table" {
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- the library's own parameters
  interface ColumnMeta<TData, TValue> {
    right?: boolean;
    /** Hidden while the table itself is narrower than this: a phone shows what matters. */
    from?: "sm" | "md" | "lg" | "xl";
  }
}

type Waiting = { waiting: () => ReactNode };
const WindowedRows = late<Waiting>(() => import("./windowed-rows") as never, ({ waiting }) => waiting()) as unknown as <T>(props: Parameters<typeof Windowed<T>>[0] & Waiting) => ReactNode;
const WINDOW_FROM = 60;

export type Selection = { chosen: RowSelectionState; onChange: (next: RowSelectionState) => void };

type Props<T> = {
  label: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- columns of one table carry different value types
  columns: ColumnDef<T, any>[];
  rows: T[];
  rowId: (row: T) => string;
  initialSort?: SortingState;
  maxHeight?: number;
  selection?: Selection;
};

const NOTHING: RowSelectionState = {};

export function DataTable<T>({ label, columns, rows, rowId, initialSort = [], maxHeight = 560, selection }: Props<T>) {
  const [sorting, setSorting] = useState<SortingState>(initialSort);
  // State, not a ref: the rows inside measure it, and they are mounted before it is.
  const [scroller, setScroller] = useState<HTMLDivElement | null>(null);
  const rowSelection = selection?.chosen ?? NOTHING;
  // eslint-disable-next-line react-hooks/incompatible-library -- the table's functions are read in this render only, nothing memoises them
  const table = useReactTable({
    data: rows,
    columns,
    state: { sorting, rowSelection },
    onSortingChange: setSorting,
    enableRowSelection: selection !== undefined,
    onRowSelectionChange: (next) => selection?.onChange(typeof next === "function" ? next(rowSelection) : next),
    getRowId: rowId,
    getCoreRowModel: keptRows<T>,
    getSortedRowModel: sortedRows<T>,
  });
  const model = table.getRowModel().rows;
  const windowed = model.length > WINDOW_FROM;
  const plain = (most: number) => model.slice(0, most).map((row, index) => <TableRow key={row.id} row={row} index={index} columns={columns} chosen={row.getIsSelected()} />);

  return (
    <div
      ref={setScroller}
      className="@container overflow-auto"
      style={windowed ? { maxHeight } : undefined}
      role="region"
      aria-label={label}
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region must be reachable by keyboard
      tabIndex={0}
    >
      <table className="w-full border-collapse text-[13px]" aria-rowcount={model.length + 1}>
        <thead className="sticky top-0 z-10 bg-panel">
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id} className="border-b border-line">
              {group.headers.map((header) => (
                <HeadCell key={header.id} header={header} />
              ))}
            </tr>
          ))}
        </thead>
        {windowed ? (
          <WindowedRows rows={model} columns={columns} scroller={scroller} waiting={() => <tbody>{plain(WINDOW_FROM)}</tbody>} />
        ) : (
          <tbody>{plain(model.length)}</tbody>
        )}
      </table>
    </div>
  );
}

function HeadCell<T>({ header }: { header: Header<T, unknown> }) {
  const { column } = header;
  const { meta } = column.columnDef;
  const sorted = column.getIsSorted();
  const name = flexRender(column.columnDef.header, header.getContext());
  return (
    <th
      scope="col"
      aria-sort={sorted === "asc" ? "ascending" : sorted === "desc" ? "descending" : undefined}
      className={cx("h-8 px-3 text-[11px] font-medium whitespace-nowrap text-muted", meta?.right ? "text-right" : "text-left", meta?.from && FROM[meta.from])}
    >
      {column.getCanSort() ? (
        <button type="button" className="inline-flex items-center gap-1 hover:text-text" onClick={column.getToggleSortingHandler()}>
          {name}
          {sorted === "asc" ? <ArrowUp aria-hidden="true" className="size-3" /> : null}
          {sorted === "desc" ? <ArrowDown aria-hidden="true" className="size-3" /> : null}
        </button>
      ) : (
        name
      )}
    </th>
  );
}
