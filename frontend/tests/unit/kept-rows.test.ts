/** A live table makes rows only for what changed; all else about them is the table's own. */
import { createColumnHelper, createTable, getSortedRowModel, type SortingState, type TableOptionsResolved } from "@tanstack/react-table";
import { expect, test } from "vitest";
import { keptRows } from "@/ui/kept-rows";

type Line = { id: string; size: number };

const column = createColumnHelper<Line>();
const columns = [column.accessor("size", {})];
const lines: Line[] = [{ id: "a", size: 3 }, { id: "b", size: 1 }, { id: "c", size: 2 }];

function aTable(sorting: SortingState = []) {
  const options: TableOptionsResolved<Line> = {
    data: lines,
    columns,
    state: { sorting, columnPinning: { left: [], right: [] } },
    getRowId: (line) => line.id,
    getCoreRowModel: keptRows<Line>,
    getSortedRowModel: getSortedRowModel(),
    onStateChange: () => undefined,
    renderFallbackValue: null,
  };
  const table = createTable(options);
  const set = (change: Partial<TableOptionsResolved<Line>>) => table.setOptions((before) => ({ ...before, ...change }));
  const rows = () => table.getRowModel().rows;
  return { table, set, rows };
}

test("a changed line gets a new row, the others keep theirs", () => {
  const { set, rows } = aTable();
  const [a, b, c] = rows();
  const changed = { id: "b", size: 9 };
  set({ data: [lines[0] as Line, changed, lines[2] as Line] });
  const after = rows();
  expect([after[0], after[2]]).toEqual([a, c]);
  expect(after[0]).toBe(a);
  expect(after[1]).not.toBe(b);
  expect(after[1]?.getValue("size")).toBe(9);
});

test("lines that move, come and go are where the data says", () => {
  const { set, rows, table } = aTable();
  const a = rows()[0];
  set({ data: [{ id: "new", size: 5 }, lines[2] as Line, lines[0] as Line] });
  expect(rows().map((row) => [row.id, row.index])).toEqual([["new", 0], ["c", 1], ["a", 2]]);
  expect(rows()[2]).toBe(a);
  expect(Object.keys(table.getCoreRowModel().rowsById).sort()).toEqual(["a", "c", "new"]);
  expect(table.getRow("a")).toBe(a);
});

test("a sorted table follows a change", () => {
  const { set, rows } = aTable([{ id: "size", desc: false }]);
  expect(rows().map((row) => row.id)).toEqual(["b", "c", "a"]);
  set({ data: [lines[0] as Line, { id: "b", size: 8 }, lines[2] as Line] });
  expect(rows().map((row) => row.id)).toEqual(["c", "a", "b"]);
});

test("other columns are asked anew, and nothing is made again without a reason", () => {
  const { set, rows, table } = aTable();
  expect(rows()[0]?.getValue("size")).toBe(3);
  const model = table.getCoreRowModel();
  set({ state: table.getState() });
  expect(table.getCoreRowModel()).toBe(model);
  set({ columns: [column.accessor((line) => line.size * 10, { id: "size" })] });
  expect(rows()[0]?.getValue("size")).toBe(30);
});
