"use client";
/** One row, drawn again only when what it shows has changed: a live table of hundreds keeps its frames by it. */
import { flexRender, type ColumnDef, type Row } from "@tanstack/react-table";
import { memo, type ReactNode, type Ref } from "react";
import { cx } from "@/lib/cx";

export const FROM = { sm: "@max-md:hidden", md: "@max-2xl:hidden", lg: "@max-4xl:hidden", xl: "@max-5xl:hidden" } as const;

type Props<T> = {
  row: Row<T>;
  index: number;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- columns of one table carry different value types
  columns: ColumnDef<T, any>[];
  chosen: boolean;
  measure?: Ref<HTMLTableRowElement>;
};

/** A row that only moved keeps its cells. */
export function TableRow<T>({ row, index, columns, chosen, measure }: Props<T>) {
  return (
    <tr ref={measure} data-index={index} aria-rowindex={index + 2} aria-selected={chosen || undefined} className={cx("h-[38px] border-b border-line last:border-0 hover:bg-hover", chosen && "bg-accent-soft")}>
      <Cells row={row} columns={columns} chosen={chosen} />
    </tr>
  );
}

type CellProps<T> = Pick<Props<T>, "row" | "columns" | "chosen">;

function Drawn<T>({ row }: CellProps<T>): ReactNode {
  return row.getVisibleCells().map((cell) => {
    const { meta } = cell.column.columnDef;
    return (
      <td key={cell.id} className={cx("px-3 py-1", meta?.right ? "num text-right" : "text-left", meta?.from && FROM[meta.from])}>
        {flexRender(cell.column.columnDef.cell, cell.getContext())}
      </td>
    );
  });
}

const Cells = memo(Drawn, (before, after) => before.row.original === after.row.original && before.columns === after.columns && before.chosen === after.chosen) as typeof Drawn;
