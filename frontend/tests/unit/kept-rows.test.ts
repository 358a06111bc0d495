/** A live table makes rows only for what changed; all else about them is the table's own. */
import { createColumnHelper, createTable, getSortedRowModel, type SortingState, type TableOptionsResolved } from "@tanstack/react-table";
import { expect, test } from "vitest";
import { keptRows, sortedRows } from "@/ui/kept-rows";

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
    getSortedRowModel: sortedRows<Line>,
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

test.each([[[{ id: "size", desc: false }]], [[{ id: "size", desc: true }]], [[{ id: "kind", desc: true }, { id: "size", desc: false }]], [[]]])(
  "whatever changes, the order is the one the table itself would give: %j",
  (sorting: SortingState) => {
    const both = [sortedRows<Line>, getSortedRowModel<Line>()].map((sorted) => {
      const one = aTable(sorting);
      one.set({ columns: [column.accessor("size", {}), column.accessor((line) => line.size % 3, { id: "kind" })], getSortedRowModel: sorted });
      return one;
    });
    let data = Array.from({ length: 90 }, (_, index) => ({ id: `l${index}`, size: (index * 37) % 19 }));
    for (let step = 0; step < 30; step += 1) {
      data = data.map((line, index) => (index % 30 === step ? { ...line, size: (line.size * 7 + step) % 23 } : line));
      if (step % 10 === 9) data = [{ id: `n${step}`, size: step }, ...data.slice(0, -1)];
      const [ours, theirs] = both.map(({ set, rows }) => {
        set({ data });
        return rows().map((row) => `${row.id} ${row.original.size}`);
      });
      expect(ours).toEqual(theirs);
    }
  },
);

test("sorting hands on the very rows there are", () => {
  const { rows, table } = aTable([{ id: "size", desc: false }]);
  expect(rows()[0]).toBe(table.getCoreRowModel().rowsById.b);
});

test.each([["last"], ["first"], [1], [-1], [false]] as const)("a line without a value goes where its column says: %s", (sortUndefined) => {
  for (const desc of [true, false]) {
    const orders = [sortedRows<Line>, getSortedRowModel<Line>()].map((sorted) => {
      const one = aTable([{ id: "known", desc }]);
      const known = column.accessor((line) => (line.id === "b" ? undefined : line.size), { id: "known", sortUndefined });
      one.set({ columns: [known], getSortedRowModel: sorted });
      return one.rows().map((row) => row.id);
    });
    expect(orders[0]).toEqual(orders[1]);
  }
});
