/**
 * The rows of a table, made anew only for what changed. A row is some forty functions: a live table of hundreds, of which a few change
 * at a time, spent more on making and forgetting rows than on drawing them.
 */
import { createRow, type Row, type RowModel, type Table } from "@tanstack/react-table";

/** In the place of the table's own row model: the same rows, in the order of the data. */
export function keptRows<T>(table: Table<T>): () => RowModel<T> {
  let of: Pick<typeof table.options, "data" | "columns"> | null = null;
  let model: RowModel<T> = { rows: [], flatRows: [], rowsById: {} };
  return () => {
    const { data, columns, getRowId } = table.options;
    if (of?.data === data && of.columns === columns) return model;
    // A row remembers the values its columns took from it.
    const known = of?.columns === columns ? model.rowsById : {};
    const rowsById: Record<string, Row<T>> = {};
    const rows = data.map((original, index) => {
      const id = getRowId?.(original, index) ?? String(index);
      const before = known[id];
      const row = before?.original === original ? before : createRow(table, id, original, index, 0);
      row.index = index;
      rowsById[id] = row;
      return row;
    });
    of = { data, columns };
    model = { rows, flatRows: rows, rowsById };
    return model;
  };
}
