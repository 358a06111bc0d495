"""Runs a query: one page at a time, in one partition or (when allowed) in all of them.

Rules
1. With a partition key, every statement carries `pk = ?`. There is no way to write a query that leaves it.
2. Across partitions only filters and plain projections run; ORDER BY, aggregates, DISTINCT, OFFSET and TOP are refused with 400/1004, as
   Cosmos' gateway does.
3. A page ends at the item count asked for or at 4 MB. The next begins after the last row's place in the order, so that what is written
   between two pages neither repeats nor hides a row that stays where it was.
"""

import sqlite3
from collections.abc import Callable
from typing import Any, NamedTuple

import orjson
from sqlglot import exp

from .container import Container
from .dialect import Parsed, parse
from .errors import bad_query, bad_request, not_servable
from .predicate import Predicate, Scope
from .projection import aggregates, projection
from .value import UNDEFINED, Path, untag

_PAGE_BYTES = 4 * 1024 * 1024
_DEFAULT_ITEMS = 100
_MOST_ITEMS = 1000
_MOST_BRANCHES = 8  # of an OR that is read as a union
_UNSUPPORTED = ("joins", "group", "having", "laterals", "with_", "windows", "qualify", "sort", "cluster", "distribute", "locks", "into")


class Request(NamedTuple):
    """One query as asked: `key` is the tagged partition key, None for all partitions."""

    text: str
    parameters: dict[str, Any]
    key: Any
    items: int
    now_ms: int
    after: dict[str, Any] | None = None  # opened continuation token


class Page(NamedTuple):
    """One page: ready JSON texts, and where the next one begins (None at the end)."""

    items: list[bytes]
    after: dict[str, Any] | None


Fetch = Callable[[str, list], Any]


class Query:
    """One parsed query over one container, ready to be turned into statements."""

    def __init__(self, container: Container, request: Request):
        self.container, self.request = container, request
        self.parsed: Parsed = parse(request.text)
        tree = self.parsed.tree
        _check_shape(tree)
        self.scope = Scope(_alias(tree), request.parameters, container.columns, container.key)
        self.aggregates = aggregates(tree, self.parsed.is_value, self.scope)
        self.pick = None if self.aggregates else projection(tree, self.parsed.is_value, self.scope)
        self.is_distinct = tree.args.get("distinct") is not None
        self.order = self._order(tree)
        self.offset = self._count(tree, "offset") or 0
        self.limit = self._count(tree, "limit")
        if request.key is None:
            self._refuse_across_partitions()

    def statement(self) -> tuple[str, list[Any]]:
        """The SELECT of this page: (row, document, order values…)."""
        where, args = self._where()
        if self.aggregates:
            return f"SELECT {', '.join(map(self._aggregate, self.aggregates))} FROM {self.container.table} WHERE {where}", args
        keys = [column for column, _ in self.order]
        sorted_by = [f"{column} {'DESC' if is_falling else 'ASC'}" for column, is_falling in self.order]
        last_falls = self.order[-1][1] if self.order else False
        by_row = "+row" if self._is_filter_first(where) else "row"
        sorted_by.append(f"{by_row} {'DESC' if last_falls else 'ASC'}")
        chosen = ", ".join(["row", "doc", *keys])
        statement = f"SELECT {chosen} FROM {self.container.table} WHERE {where} ORDER BY {', '.join(sorted_by)}"
        if self.is_distinct:
            return statement, args
        skip = 0 if self.request.after else self.offset
        return f"{statement} LIMIT ? OFFSET ?", [*args, min(self._left(), self._page_items()) + 1, skip]

    def _is_filter_first(self, where: str) -> bool:
        """Whether the filter's index must win over one that has the order of rows, too.

        Across partitions (a union has that order by itself); within one where an index holds, behind the order, what is filtered by: a day
        deep in a long ledger is found in the index, and a row is read only when it is of that day.
        """
        if self.request.key is None:
            return not where.startswith("row IN (")
        ordered = [column for column, _ in self.order]
        for index in self.container.indexes if len(ordered) == 1 else ():
            columns = [self.container.indexed_column(path) for path in index]
            if ordered[0] in columns and any(column in where for column in columns[columns.index(ordered[0]) + 1 :]):
                return True
        return False

    def page(self, rows: list[tuple]) -> Page:
        """The answer made of the statement's rows."""
        if self.aggregates:
            return Page(self._totals(rows[0]), None)
        if self.is_distinct:
            return Page(self._distinct(rows), None)
        allowed = min(self._left(), self._page_items())
        items, size = [], 0
        for number, row in enumerate(rows[:allowed], 1):
            text = self._item(row[1])
            if text is not None:
                items.append(text)
                size += len(text)
            if size > _PAGE_BYTES and number < len(rows):
                return Page(items, self._after(row, number))
        is_more = len(rows) > allowed and allowed < self._left()
        return Page(items, self._after(rows[allowed - 1], allowed) if is_more and allowed else None)

    def _item(self, document: str) -> bytes | None:
        if self.pick is None:
            return document.encode()
        picked = self.pick(orjson.loads(document))
        return None if picked is UNDEFINED else orjson.dumps(picked)

    def _where(self) -> tuple[str, list[Any]]:
        parts, args = [], []
        if self.request.key is not None:
            parts, args = ["pk = ?"], [self.request.key]
        condition = self.parsed.tree.args.get("where")
        if condition is not None:
            sql, values = self._by_indexes(condition.this) or self._condition([condition.this])
            parts.append(sql)
            args += values
        if self.container.default_ttl is not None:
            parts.append("(expires IS NULL OR expires > ?)")
            args.append(self.request.now_ms)
        if self.request.after:
            sql, values = self._beyond(self.request.after)
            parts.append(sql)
            args += values
        return " AND ".join(parts) or "1", args

    def _condition(self, terms: list[exp.Expression]) -> tuple[str, list[Any]]:
        predicate = Predicate(self.scope)
        return " AND ".join([predicate.write(term) for term in terms]), predicate.args

    def _by_indexes(self, condition: exp.Expression) -> tuple[str, list[Any]] | None:
        """`a AND (b OR c)` across partitions as the union of the rows of `a AND b` and `a AND c`, each read from its own index.

        SQLite would choose one index and look at every row of `a`; None unless every property asked for is indexed.
        """
        terms = [term.unnest() for term in condition.unnest().flatten()] if isinstance(condition.unnest(), exp.And) else []
        choice = next((term for term in terms if isinstance(term, exp.Or)), None)
        if self.request.key is not None or choice is None:
            return None
        rest = [(term, *self._condition([term])) for term in terms if term is not choice]
        eligible = [term for term, sql, _ in rest if is_indexed(sql)]
        branches = [self._condition([*eligible, branch]) for branch in choice.flatten()]
        if len(branches) > _MOST_BRANCHES or not all(is_indexed(sql) for sql, _ in branches):
            return None
        union = " UNION ALL ".join(f"SELECT row FROM {self.container.table} WHERE {sql}" for sql, _ in branches)
        others = [(sql, values) for _, sql, values in rest if not is_indexed(sql)]
        sql = " AND ".join([f"row IN ({union})", *(sql for sql, _ in others)])
        return sql, [value for _, values in [*branches, *others] for value in values]

    def _beyond(self, after: dict[str, Any]) -> tuple[str, list[Any]]:
        """SQL for 'comes after that row in the order'; undefined (NULL) comes first."""
        values = [_revived(value) for value in after["keys"]]
        last_falls = self.order[-1][1] if self.order else False
        row = "+row" if self.request.key is None else "row"
        sql, args = f"{row} {'<' if last_falls else '>'} ?", [after["row"]]
        for (column, is_falling), value in reversed(list(zip(self.order, values, strict=True))):
            if value is None:
                further, bound = ("0" if is_falling else f"{column} IS NOT NULL"), []
            else:
                further, bound = (f"({column} < ? OR {column} IS NULL)" if is_falling else f"{column} > ?"), [value]
            sql, args = f"({further} OR ({column} IS ? AND {sql}))", [*bound, value, *args]
        return sql, args

    def _after(self, row: tuple, given: int) -> dict[str, Any]:
        left = None if self.limit is None else self._left() - given
        return {"row": row[0], "keys": [_frozen(value) for value in row[2:]], "left": left}

    def _left(self) -> int:
        """How many more items TOP or LIMIT allows."""
        if self.request.after and self.request.after["left"] is not None:
            return self.request.after["left"]
        return 1 << 31 if self.limit is None else self.limit

    def _page_items(self) -> int:
        asked = self.request.items
        return _MOST_ITEMS if asked < 0 else min(asked or _DEFAULT_ITEMS, _MOST_ITEMS)

    def _order(self, tree: exp.Select) -> list[tuple[str, bool]]:
        ordered = tree.args["order"].expressions if tree.args.get("order") else []
        keys: list[tuple[Path, bool]] = []
        for item in ordered:
            path = self.scope.path(item.this)
            if not path:
                raise bad_query("ORDER BY takes properties of the item")
            keys.append((path, bool(item.args.get("desc"))))
        if len(keys) > 1 and not _has_composite(self.container, keys):
            raise bad_request("The order by query does not have a corresponding composite index that it can be served from.")
        return [(self.scope.column(path), is_falling) for path, is_falling in keys]

    def _count(self, tree: exp.Select, name: str) -> int | None:
        node = tree.args.get(name)
        if node is None:
            return None
        value = self.scope.constant(node.expression)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise bad_query("TOP, OFFSET and LIMIT take a whole number that is not negative")
        return min(value, 1 << 31)

    def _refuse_across_partitions(self) -> None:
        refused = {
            "ORDER BY": self.order,
            "Aggregates": self.aggregates,
            "DISTINCT": self.is_distinct,
            "OFFSET, LIMIT and TOP": self.limit is not None or self.parsed.tree.args.get("offset"),
        }
        for what, is_present in refused.items():
            if is_present:
                raise not_servable(what)

    def _aggregate(self, item: tuple[str | None, str, Path | None]) -> str:
        _, function, path = item
        if path is None:
            return "COUNT(*)"
        column = self.scope.column(path)
        if function in ("SUM", "AVG"):  # of numbers only; anything else makes the result undefined
            numbers = f"COUNT(CASE WHEN typeof({column}) IN ('integer','real') AND {column} > -9e307 THEN 1 END)"
            return f"CASE WHEN {numbers} = COUNT({column}) THEN {'TOTAL' if function == 'SUM' else 'AVG'}({column}) END"
        return f"{function}({column})"

    def _totals(self, row: tuple) -> list[bytes]:
        named = []
        for (name, function, _), value in zip(self.aggregates, row, strict=True):
            is_whole = function == "SUM" and isinstance(value, float) and value.is_integer() and abs(value) < 2**53
            named.append((name, int(value) if is_whole else untag(value)))
        if named[0][0] is None:
            return [] if named[0][1] is UNDEFINED else [orjson.dumps(named[0][1])]
        return [orjson.dumps({name: value for name, value in named if value is not UNDEFINED})]

    def _distinct(self, rows: list[tuple]) -> list[bytes]:
        texts = dict.fromkeys(text for row in rows if (text := self._item(row[1])) is not None)
        end = None if self.limit is None else self.offset + self.limit
        return list(texts)[self.offset : end]


def matches(connection: sqlite3.Connection, container: Container, condition: Any, row: int) -> bool:
    """Whether one stored row fulfils the condition of a patch ("from c where …")."""
    if not isinstance(condition, str):
        raise bad_request("a patch condition is a text")
    tree = parse("SELECT * " + condition).tree
    if tree.args.get("where") is None:
        raise bad_query("a patch condition has a WHERE")
    predicate = Predicate(Scope(_alias(tree), {}, container.columns, container.key))
    sql = predicate.write(tree.args["where"].this)
    return connection.execute(f"SELECT {sql} FROM {container.table} WHERE row=?", [*predicate.args, row]).fetchone()[0] == 1


def is_indexed(sql: str) -> bool:
    """Whether a condition reads columns only, never the document."""
    return "(doc," not in sql


def _alias(tree: exp.Select) -> str:
    source = tree.args.get("from_")
    if source is None or not isinstance(source.this, exp.Table) or source.this.args.get("db") or source.this.args.get("joins"):
        raise bad_query("FROM names one collection")
    return source.this.alias or source.this.name


def _check_shape(tree: exp.Select) -> None:
    for part in _UNSUPPORTED:
        if tree.args.get(part):
            raise bad_query(f"not supported: {part.strip('_').upper()}")
    if (tree.args.get("offset") is not None) and tree.args.get("limit") is None:
        raise bad_query("OFFSET needs LIMIT")


def _has_composite(container: Container, keys: list[tuple[Path, bool]]) -> bool:
    """A composite index serves its own order and the exact opposite one."""
    wanted = tuple((path, "descending" if is_falling else "ascending") for path, is_falling in keys)
    opposite = tuple((path, "ascending" if is_falling else "descending") for path, is_falling in keys)
    return wanted in container.composite or opposite in container.composite


def _frozen(value: Any) -> Any:
    """An order value as JSON; the tagged ones that JSON lacks are wrapped."""
    if isinstance(value, bytes):
        return {"blob": value.hex()}
    return {"real": value.hex()} if isinstance(value, float) else value


def _revived(value: Any) -> Any:
    if isinstance(value, dict):
        return bytes.fromhex(value["blob"]) if "blob" in value else float.fromhex(value["real"])
    return value
