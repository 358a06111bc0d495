"""The lies: every place of a module that one small edit can make wrong, and the module with that edit.

Rules
1. A place is found again by its number alone: the walk over the tree is deterministic.
2. Annotations, docstrings, slots, type variables and `cast` types are left alone: no test could notice.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

_COMPARE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_BINARY: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.Pow: ast.Mult,
}  # fmt: skip
_NAMES = {
    "ZERO": "ONE", "ONE": "ZERO", "min": "max", "max": "min", "floor_to": "ceil_to", "ceil_to": "floor_to", "any": "all", "all": "any",
    "BUY": "SELL", "SELL": "BUY", "_BUY": "_SELL",
}  # fmt: skip
Edit = Callable[[], None]


class Mutant(NamedTuple):
    """The `number`-th edit of a module; `was` and `now` are the line as written and the edited code, from `line` to `last`."""

    path: str
    number: int
    line: int
    last: int
    was: str
    now: str


class _Places(ast.NodeVisitor):
    """Collects (node to show, edit) in the order of the source."""

    def __init__(self) -> None:
        self.found: list[tuple[ast.AST, Edit]] = []

    def add(self, node: ast.AST, edit: Edit) -> None:
        self.found.append((node, edit))

    def field(self, node: ast.AST, name: str, value: object) -> None:
        self.add(node, lambda: setattr(node, name, value))

    # -- what is left alone

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_arguments(self, node: ast.arguments) -> None:
        for default in (*node.defaults, *(value for value in node.kw_defaults if value is not None)):
            self.visit(default)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.visit(node.args)
        self._body(node.body)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._body(node.body)

    def visit_Assign(self, node: ast.Assign) -> None:
        if not any(isinstance(target, ast.Name) and target.id.startswith("__") for target in node.targets):
            self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        return

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        return

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        return

    def visit_Module(self, node: ast.Module) -> None:
        self._body(node.body)

    # -- statements

    def _body(self, body: list[ast.stmt]) -> None:
        for at, statement in enumerate(body):
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                continue
            removable = isinstance(statement, ast.Expr | ast.AugAssign | ast.Delete | ast.Continue | ast.Break)
            bare_return = isinstance(statement, ast.Return) and statement.value is None and len(body) > 1
            if removable or bare_return:
                self.add(statement, lambda at=at, old=statement: body.__setitem__(at, ast.copy_location(ast.Pass(), old)))  # type: ignore[misc]
            self.visit(statement)

    def _blocks(self, node: ast.If | ast.While | ast.For) -> None:
        self._body(node.body)
        self._body(node.orelse)

    def visit_If(self, node: ast.If) -> None:
        self.add(node.test, lambda: setattr(node, "test", ast.UnaryOp(ast.Not(), node.test)))
        self.visit(node.test)
        self._blocks(node)

    def visit_While(self, node: ast.While) -> None:
        self.visit(node.test)
        self._blocks(node)

    def visit_For(self, node: ast.For) -> None:
        self.visit(node.iter)
        self._blocks(node)

    def visit_Try(self, node: ast.Try) -> None:
        for body in (node.body, node.orelse, node.finalbody, *(caught.body for caught in node.handlers)):
            self._body(body)

    def visit_With(self, node: ast.With) -> None:
        self._body(node.body)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if type(node.op) in _BINARY:
            self.field(node, "op", _BINARY[type(node.op)]())
        self.visit(node.value)

    # -- expressions

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self.add(node, lambda: setattr(node, "test", ast.UnaryOp(ast.Not(), node.test)))
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        for at, op in enumerate(node.ops):
            if type(op) in _COMPARE:
                self.add(node, lambda at=at, op=op: node.ops.__setitem__(at, _COMPARE[type(op)]()))  # type: ignore[misc]
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        self.field(node, "op", ast.Or() if isinstance(node.op, ast.And) else ast.And())
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        is_text = isinstance(node.left, ast.Constant) and isinstance(node.left.value, str)
        if type(node.op) in _BINARY and not is_text:
            self.field(node, "op", _BINARY[type(node.op)]())
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not):
            self.add(node, lambda: (setattr(node, "op", ast.Not()), setattr(node, "operand", ast.UnaryOp(ast.Not(), node.operand)))[0])
        elif isinstance(node.op, ast.USub):
            self.field(node, "op", ast.UAdd())
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        called = node.func.id if isinstance(node.func, ast.Name) else None
        if called in ("cast", "getattr", "lru_cache", "TypeVar"):
            return
        self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        if node.id in _NAMES and isinstance(node.ctx, ast.Load):
            self.field(node, "id", _NAMES[node.id])

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if node.attr in ("BUY", "SELL"):
            self.field(node, "attr", _NAMES[node.attr])
        self.visit(node.value)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, bool):
            self.field(node, "value", not node.value)
        elif isinstance(node.value, int):
            self.field(node, "value", node.value + 1)


def _places(source: str) -> tuple[ast.Module, list[tuple[ast.AST, Edit]]]:
    tree = ast.parse(source)
    walk = _Places()
    walk.visit(tree)
    return tree, walk.found


def count(root: Path, path: str) -> int:
    """How many edits a module has."""
    return len(_places((root / path).read_text())[1])


def described(root: Path, path: str, number: int) -> Mutant:
    """One edit, in words."""
    source = (root / path).read_text()
    shown, edit = _places(source)[1][number]
    before, line = ast.unparse(shown), getattr(shown, "lineno", 1)
    last = getattr(shown, "end_lineno", line)
    edit()
    after = ast.unparse(shown)
    return Mutant(
        path, number, line, last, source.splitlines()[line - 1].strip(), after if after != before else f"(negated or removed) {before}"
    )


def edited(root: Path, path: str, number: int) -> ast.Module:
    """The module's tree with that one edit."""
    tree, found = _places((root / path).read_text())
    found[number][1]()
    return ast.fix_missing_locations(tree)
