"""Turns the WHERE part of a query into SQL over one container's table.

Rules
1. Values travel as bound arguments; only column names, JSON paths and operators are written into the SQL.
2. A comparison with something undefined, or a range across types, is undefined: NULL in SQL, under NOT as well.
3. What is not named here is refused with 400, never guessed.
"""

from typing import Any

from sqlglot import exp

from .errors import bad_query
from .value import FALSE, TRUE, UNDEFINED, Path, json_path, tag, tagged, tagged_element

_EQUALITY = {exp.EQ: "=", exp.NEQ: "<>"}
_RANGE = {exp.GT: ">", exp.GTE: ">=", exp.LT: "<", exp.LTE: "<="}
_MIRRORED = {">": "<", ">=": "<=", "<": ">", "<=": ">="}
_TYPE_TESTS = {
    "IS_STRING": "'text'",
    "IS_NUMBER": "'integer','real'",
    "IS_BOOL": "'true','false'",
    "IS_NULL": "'null'",
    "IS_ARRAY": "'array'",
    "IS_OBJECT": "'object'",
    "IS_PRIMITIVE": "'text','integer','real','true','false','null'",
}
_CASE = {"LOWER": ("unicode_lower", str.lower), "UPPER": ("unicode_upper", str.upper)}


class Scope:
    """What names mean in one query: the root alias, the parameters, the indexed columns."""

    def __init__(self, alias: str, parameters: dict[str, Any], columns: dict[Path, str], key: Path):
        self.alias, self.parameters, self.columns, self.key = alias, parameters, columns, key

    def path(self, node: exp.Expression) -> Path | None:
        """The document path a node names; None when it is no path."""
        if isinstance(node, exp.Paren):
            return self.path(node.this)
        if isinstance(node, exp.Column):
            return self._from_root(list(node.parts))
        if isinstance(node, exp.Dot) and isinstance(node.expression, exp.Identifier):
            inner = self.path(node.this)
            return None if inner is None else (*inner, node.expression.name)
        if isinstance(node, exp.Bracket) and len(node.expressions) == 1:
            inner, step = self.path(node.this), self.constant(node.expressions[0])
            if inner is None or isinstance(step, bool) or not isinstance(step, (str, int)):
                raise bad_query("an index in brackets is a text or a whole number")
            return (*inner, step)
        return None

    def _from_root(self, names: list[exp.Identifier]) -> Path:
        if any(name.args.get("quoted") for name in names) or names[0].name != self.alias:
            raise bad_query(f"Identifier '{names[0].name}' could not be resolved.")
        return tuple(name.name for name in names[1:])

    def constant(self, node: exp.Expression) -> Any:
        """The value of a literal or a parameter; UNDEFINED when it is neither."""
        if isinstance(node, exp.Paren):
            return self.constant(node.this)
        if isinstance(node, exp.Literal):
            return node.this if node.is_string else _number(node.this)
        if isinstance(node, exp.Boolean):
            return bool(node.this)
        if isinstance(node, exp.Null):
            return None
        if isinstance(node, exp.Neg):
            value = self.constant(node.this)
            return -value if isinstance(value, (int, float)) and not isinstance(value, bool) else UNDEFINED
        if isinstance(node, exp.Parameter):
            return self._parameter(node.this.name)
        if isinstance(node, exp.Array):
            return [self.constant(item) for item in node.expressions]
        return UNDEFINED

    def _parameter(self, name: str) -> Any:
        if "@" + name not in self.parameters:
            raise bad_query(f"The parameter @{name} is not given.")
        return self.parameters["@" + name]

    def column(self, path: Path, is_equality: bool = False) -> str:
        """SQL for the tagged value at a path: an indexed column where there is one."""
        if path == ("id",):
            return "id"
        if path == self.key and is_equality:
            return "pk"
        return self.columns.get(path) or tagged(path)


class Predicate:
    """One condition being written: `sql` with its bound arguments in order."""

    def __init__(self, scope: Scope):
        self.scope = scope
        self.args: list[Any] = []

    def write(self, node: exp.Expression, negated: bool = False) -> str:
        """SQL of a condition; `negated` says an odd number of NOTs stand above it."""
        if isinstance(node, exp.Paren):
            return self.write(node.this, negated)
        if isinstance(node, exp.Connector) and isinstance(node, (exp.And, exp.Or)):
            word = " AND " if isinstance(node, exp.And) else " OR "
            return "(" + word.join(self.write(side, negated) for side in node.flatten()) + ")"
        if isinstance(node, exp.Not):
            return f"(NOT {self.write(node.this, True)})"
        if type(node) in _EQUALITY:
            return self._equal(node, _EQUALITY[type(node)])
        if type(node) in _RANGE:
            return self._range(node.this, _RANGE[type(node)], node.expression, negated)
        if isinstance(node, exp.Between):
            low = self._range(node.this, ">=", node.args["low"], negated)
            return f"({low} AND {self._range(node.this, '<=', node.args['high'], negated)})"
        if isinstance(node, exp.In):
            return self._in(node)
        if isinstance(node, exp.Anonymous):
            return self._function(node.name.upper(), node.expressions, negated)
        return self._truth(node)

    def _bind(self, value: Any) -> str:
        self.args.append(value)
        return "?"

    def _scalar(self, node: exp.Expression, is_equality: bool = False) -> str:
        """SQL of a value: a path, a constant, or LOWER/UPPER of one."""
        while isinstance(node, exp.Paren):
            node = node.this
        if isinstance(node, exp.Anonymous) and node.name.upper() in _CASE and len(node.expressions) == 1:
            inner = self._scalar(node.expressions[0])
            return f"{_CASE[node.name.upper()][0]}({inner})"
        path = self.scope.path(node)
        if path is not None:
            return self.scope.column(path, is_equality)
        value = self.scope.constant(node)
        if value is UNDEFINED:
            raise bad_query(f"not supported here: {node.key}")
        return self._bind(tag(value))

    def _equal(self, node: exp.Binary, operator: str) -> str:
        left, right = node.this, node.expression
        one_constant = (self.scope.constant(left) is UNDEFINED) != (self.scope.constant(right) is UNDEFINED)
        by_key = operator == "=" and one_constant
        return f"({self._scalar(left, by_key)} {operator} {self._scalar(right, by_key)})"

    def _range(self, left: exp.Expression, operator: str, right: exp.Expression, negated: bool) -> str:
        value = self.scope.constant(right)
        if value is UNDEFINED:
            value = self.scope.constant(left)
            if value is UNDEFINED:
                raise bad_query("a range compares a property with a constant")
            left, operator = right, _MIRRORED[operator]
        if isinstance(value, (list, dict)):
            return "NULL"
        if not negated:
            test = f"{self._scalar(left)} {operator} {self._bind(tag(value))}"
            return f"({test} AND {self._other_bound(left, operator, value)})"
        within = f"{self._scalar(left)} {_lower(value)} AND {self._scalar(left)} {_upper(value)}"
        return f"(CASE WHEN {within} THEN {self._scalar(left)} {operator} {self._bind(tag(value))} END)"

    def _other_bound(self, node: exp.Expression, operator: str, value: Any) -> str:
        """The far end of the value's class, which the operator itself leaves open."""
        return f"{self._scalar(node)} {_upper(value) if operator[0] == '>' else _lower(value)}"

    def _in(self, node: exp.In) -> str:
        if node.args.get("query") or node.args.get("unnest") or not node.expressions:
            raise bad_query("IN takes a list of constants")
        values = [self.scope.constant(item) for item in node.expressions]
        if UNDEFINED in values:
            raise bad_query("IN takes a list of constants")
        return f"({self._scalar(node.this, True)} IN ({','.join(self._bind(tag(value)) for value in values)}))"

    def _truth(self, node: exp.Expression) -> str:
        path = self.scope.path(node)
        if path is not None:
            return f"(CASE {self.scope.column(path)} WHEN {TRUE!r} THEN 1 WHEN {FALSE!r} THEN 0 END)"
        value = self.scope.constant(node)
        if value is UNDEFINED:
            raise bad_query(f"not supported in a condition: {node.key}")
        return {True: "1", False: "0"}.get(value, "NULL") if isinstance(value, bool) else "NULL"

    def _function(self, name: str, args: list[exp.Expression], negated: bool) -> str:
        if name == "IS_DEFINED" and len(args) == 1:
            return f"({self.scope.column(self._path(args[0]))} IS NOT NULL)"
        if name in _TYPE_TESTS and len(args) == 1:
            return f"(IFNULL(json_type(doc,{json_path(self._path(args[0]))}) IN ({_TYPE_TESTS[name]}),0))"
        if name == "ARRAY_CONTAINS" and len(args) in (2, 3):
            return self._array_contains(*args)
        if name in _TEXT_TESTS and len(args) in (2, 3):
            return self._text(name, negated, *args)
        raise bad_query(f"'{name}' is not a recognized built-in function name here.")

    def _path(self, node: exp.Expression) -> Path:
        path = self.scope.path(node)
        if path is None:
            raise bad_query("a property is expected")
        return path

    def _array_contains(self, array: exp.Expression, item: exp.Expression, partial: exp.Expression | None = None) -> str:
        if partial is not None and self.scope.constant(partial) is not False:
            raise bad_query("ARRAY_CONTAINS with partial match is not supported")
        listed = self.scope.constant(array)
        if isinstance(listed, list):
            column = self._scalar(item, True)
            return f"({column} IN ({','.join(self._bind(tag(value)) for value in listed)}))"
        where, sought = json_path(self._path(array)), self._scalar(item)
        contains = f"EXISTS(SELECT 1 FROM json_each(doc,{where}) AS e WHERE {tagged_element('e')} = {sought})"
        return f"(CASE json_type(doc,{where}) WHEN 'array' THEN {contains} END)"

    def _text(self, name: str, negated: bool, value: exp.Expression, sought: exp.Expression, fold: exp.Expression | None = None) -> str:
        text = self.scope.constant(sought)
        if not isinstance(text, str):
            return "NULL"
        ignore_case = fold is not None and self.scope.constant(fold) is True
        if name == "STARTSWITH" and not negated and not ignore_case and text and ord(text[-1]) < 0xD7FF:
            following = text[:-1] + chr(ord(text[-1]) + 1)  # a range, so that an index serves it
            low = f"{self._scalar(value)} >= {self._bind(text)}"
            return f"({low} AND {self._scalar(value)} < {self._bind(following)})"
        subject = f"unicode_lower({self._scalar(value)})" if ignore_case else self._scalar(value)
        return f"{_TEXT_TESTS[name]}({subject},{self._bind(text.lower() if ignore_case else text)})"


_TEXT_TESTS = {"STARTSWITH": "text_starts", "ENDSWITH": "text_ends", "CONTAINS": "text_contains", "STRINGEQUALS": "text_equals"}


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)


def _lower(value: Any) -> str:
    if isinstance(value, bool):
        return f">= {FALSE!r}"
    if value is None:
        return ">= -9e999"
    return ">= ''" if isinstance(value, str) else f"> {TRUE!r}"


def _upper(value: Any) -> str:
    if isinstance(value, bool):
        return f"<= {TRUE!r}"
    if value is None:
        return "<= -9e999"
    return "< x''" if isinstance(value, str) else "< ''"


def register(connection) -> None:
    """Gives a connection the text functions the conditions call; anything but text is undefined."""

    def on_text(function):
        return lambda value, *rest: function(value, *rest) if isinstance(value, str) else None

    connection.create_function("unicode_lower", 1, on_text(str.lower), deterministic=True)
    connection.create_function("unicode_upper", 1, on_text(str.upper), deterministic=True)
    connection.create_function("text_starts", 2, on_text(lambda value, sought: value.startswith(sought)), deterministic=True)
    connection.create_function("text_ends", 2, on_text(lambda value, sought: value.endswith(sought)), deterministic=True)
    connection.create_function("text_contains", 2, on_text(lambda value, sought: sought in value), deterministic=True)
    connection.create_function("text_equals", 2, on_text(lambda value, sought: value == sought), deterministic=True)
