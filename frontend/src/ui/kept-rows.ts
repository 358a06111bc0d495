/**
 * The rows of a table, made anew only for what changed. A row is some forty functions: a live table of hundreds, of which a few change
 * at a time, spent more on making and forgetting rows (and, when sorted, on copying each of them) than on drawing them.
 */
import { createRow, type Row, type RowModel, type SortingState, type Table } from "@tanstack/react-table";

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

/** In the place of the table's own sorted model: the same order, of the same rows. */
export function sortedRows<T>(table: Table<T>): () => RowModel<T> {
  let of: { unsorted: RowModel<T>; sorting: SortingState } | null = null;
  let model: RowModel<T> = { rows: [], flatRows: [], rowsById: {} };
  return () => {
    const unsorted = table.getPreSortedRowModel();
    const { sorting } = table.getState();
    if (of?.unsorted === unsorted && of.sorting === sorting) return model;
    const compare = comparing(table, sorting);
    // What was in order is nearly so: to sort it again costs a fraction.
    const known = model.rows.map((row) => unsorted.rowsById[row.id]).filter((row) => row !== undefined);
    const rows = compare ? (known.length === unsorted.rows.length ? known : [...unsorted.rows]).sort(compare) : unsorted.rows;
    of = { unsorted, sorting };
    model = { ...unsorted, rows, flatRows: rows };
    return model;
  };
}

/** Column by column, then as the data has it; null where nothing is sorted. */
function comparing<T>(table: Table<T>, sorting: SortingState): ((a: Row<T>, b: Row<T>) => number) | null {
  const by = sorting.flatMap(({ id, desc }) => {
    const column = table.getColumn(id);
    if (!column?.getCanSort()) return [];
    return [{ id, sign: desc ? -1 : 1, compare: column.getSortingFn(), missing: column.columnDef.sortUndefined }];
  });
  if (by.length === 0) return null;
  return (a, b) => {
    for (const { id, sign, compare, missing } of by) {
      const [noA, noB] = [a.getValue(id) === undefined, b.getValue(id) === undefined];
      if (noA && noB) continue;
      if (missing && (noA || noB)) return placed(missing, noA, sign);
      const found = compare(a, b, id);
      if (found !== 0) return found * sign;
    }
    return a.index - b.index;
  };
}

/** Where a line without a value goes: to one end whatever the direction, or to the end the column says. */
function placed(missing: 1 | -1 | "first" | "last", isFirst: boolean, sign: number): number {
  if (missing === "first") return isFirst ? -1 : 1;
  if (missing === "last") return isFirst ? 1 : -1;
  return (isFirst ? missing : -missing) * sign;
}
