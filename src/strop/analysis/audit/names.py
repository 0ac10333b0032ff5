"""The names of a program: one visitor, one table.

A name stands for everything that its scope binds it to: `x = a`, `x[k] = v`, `x.append(v)`, an import, a default value, the
arguments of calls. Own functions and attributes of own objects are distinguished by name alone.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from strop.analysis.audit.paths import words

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
Scope: TypeAlias = ast.AST | None
"""A module, function, class or comprehension; None for attributes and results of own functions."""
UTILITY, LANGUAGE_MODEL = "<utility>", "<language_model>"
OWN = "<own>"
"""A function, class or object of the program."""
HANDLES = {"utility": UTILITY, "meta_utility": UTILITY, "language_model": LANGUAGE_MODEL}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_SCOPES = {*FUNCTIONS, ast.Lambda, ast.ClassDef, ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp}
_USES = {ast.Name, ast.Attribute, ast.Subscript, ast.Call}
_NO_PARTS = words("ctx op ops attr arg id asname level module type_comment conversion simple is_async kind")
"""Fields with texts and numbers, or with nodes that are shared by all expressions, and name nothing."""
_FIELDS: dict[type, list[str]] = {
    kind: [
        field for field in reversed(kind._fields) if field not in _NO_PARTS and kind not in (ast.Constant, ast.alias)
    ]
    for kind in vars(ast).values()
    if isinstance(kind, type) and issubclass(kind, ast.AST)
}
"""The fields of a kind of nodes that may have parts, the last first."""
_MOST_NODES, _MOST_OF_A_NAME = 50_000, 20


class Names:
    """The table of one program. Nodes are visited from a list, so that a deep program does not recurse deeply."""

    def __init__(self, tree: ast.Module) -> None:
        """Raises ValueError for a program with too many nodes."""
        self.nodes: list[ast.AST] = []
        self.uses: list[ast.AST] = []
        """Names, attributes, entries and calls."""
        self.calls: list[ast.Call] = []
        self.definitions: list[ast.AST] = []
        """Imported modules, classes, functions."""
        self.parents: dict[ast.AST, ast.AST] = {}
        self.functions: dict[str, list[Function]] = defaultdict(list)
        """Own functions by name; `__init__` also by the name of its class."""
        self.mentions: set[ast.AST] = set()
        """Nodes that only name something: annotations, types for `except` and `isinstance`, entries that are written."""
        self.stores: list[tuple[ast.Attribute | ast.Subscript, ast.expr]] = []
        """(assigned attribute or entry, value)."""
        self.is_earlier = False
        """Whether the improver is of the paper's earlier generation, which makes its own LanguageModel."""
        self.stars: list[str] = []
        """Modules imported with a star."""
        self.table: dict[tuple[Scope, str], list[ast.AST | str]] = defaultdict(list)
        """Scope and name → the expressions and paths that are bound."""
        self.scopes: dict[ast.AST, ast.AST] = {tree: tree}
        self._bindings: dict[tuple[ast.AST, str], tuple[Scope, str]] = {}
        self._classes = {"SimpleNamespace"}
        self._module = tree
        self._visit(tree)
        for call in self.calls:
            self._bind_parameters(call)

    def _visit(self, tree: ast.Module) -> None:
        """List the nodes, each with its parent and scope, and bind what they bind."""
        nodes, uses, parents, scopes = self.nodes, self.uses, self.parents, self.scopes
        pending: list[ast.AST] = [tree]
        while pending:
            node = pending.pop()
            nodes.append(node)
            kind = type(node)
            if kind in _USES:
                uses.append(node)
            fields = _FIELDS[kind]
            if not fields:
                continue
            self._scope = scopes[node]
            scope = node if kind in _SCOPES else self._scope
            for field in fields:
                value = getattr(node, field)
                if not value:
                    continue
                for part in reversed(value) if type(value) is list else (value,):
                    if isinstance(part, ast.AST):
                        parents[part], scopes[part] = node, scope
                        pending.append(part)
            if len(parents) >= _MOST_NODES:
                raise ValueError(f"of more than {_MOST_NODES} parts")
            bind = _BINDERS.get(kind)
            if bind is not None:  # other nodes bind nothing
                bind(self, node)

    def home(self, name: str, inner: ast.AST) -> ast.AST:
        """The scope that binds a name; if none does, `inner`, where it is used."""
        at = inner
        while (at, name) not in self.table or (isinstance(at, ast.ClassDef) and at is not inner):
            if at is self._module:
                return inner
            at = self.scopes[at]
        return at

    def binding(self, node: ast.Name) -> tuple[Scope, str]:
        """The place of a name in the table, which no longer changes."""
        at = self.scopes[node], node.id
        found = self._bindings.get(at)
        if found is None:
            found = self._bindings[at] = self.home(node.id, at[0]), node.id
        return found

    def sources(self, node: ast.Name) -> list[ast.AST | str]:
        """The bindings of a name."""
        return self.table.get(self.binding(node), [])

    def function_around(self, node: ast.AST) -> Function | None:
        """The function (not a lambda) around a node."""
        while not isinstance(node, FUNCTIONS):
            if node not in self.parents:
                return None
            node = self.parents[node]
        return node

    def _mention(self, *nodes: ast.AST | None) -> None:
        for node in nodes:
            if node is not None:
                self.mentions.update(ast.walk(node))

    def _bind(self, target: ast.expr | None, value: ast.expr) -> None:
        """Bind the left side of an assignment, which may be nested."""
        if isinstance(target, ast.Name):
            self.table[self._scope, target.id].append(value)
            if isinstance(self._scope, ast.ClassDef):
                self.table[None, target.id].append(value)
        elif isinstance(target, ast.Attribute):
            self.stores.append((target, value))
            self.table[None, target.attr].append(value)
        elif isinstance(target, ast.Subscript):
            self.stores.append((target, value))
            self._change(target.value, [ast.Dict([target.slice], [value])])
        elif isinstance(target, ast.Tuple | ast.List):
            parts = value.elts if isinstance(value, ast.Tuple | ast.List) else []
            for number, part in enumerate(target.elts):
                self._bind(part, parts[number] if len(parts) == len(target.elts) else value)

    def _change(self, container: ast.expr, parts: Iterable[ast.AST]) -> None:
        """Something is put into a container, whose name then stands for it too."""
        if isinstance(container, ast.Name):
            self.table[self.home(container.id, self._scope), container.id] += parts

    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self._bind(target, node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self._mention(node.annotation)
        if node.value is not None:
            self._bind(node.target, node.value)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self._bind(node.target, ast.BinOp(node.target, node.op, node.value))

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self._bind(node.target, node.value)

    def visit_For(self, node: ast.For | ast.AsyncFor | ast.comprehension) -> None:
        self._bind(node.target, node.iter)

    visit_AsyncFor = visit_comprehension = visit_For  # noqa: N815

    def visit_withitem(self, node: ast.withitem) -> None:
        self._bind(node.optional_vars, node.context_expr)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if not isinstance(node.ctx, ast.Load):
            self.mentions.add(node)

    def visit_Import(self, node: ast.Import) -> None:
        self.definitions += node.names
        for alias in node.names:
            first = alias.name.partition(".")[0]
            self.table[self._scope, alias.asname or first].append(alias.name if alias.asname else first)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        self.definitions.append(node)
        for alias in node.names:
            if alias.name == "*":
                self.stars = [*self.stars[:_MOST_OF_A_NAME], node.module or ""]
            else:
                self.table[self._scope, alias.asname or alias.name].append(f"{node.module}.{alias.name}")

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        self._mention(node.type)

    def visit_Call(self, node: ast.Call) -> None:
        self.calls.append(node)
        if isinstance(node.func, ast.Name) and node.func.id in ("isinstance", "issubclass"):
            self._mention(*node.args[1:])
        elif isinstance(node.func, ast.Attribute) and node.func.attr in ("append", "extend", "add"):
            self._change(node.func.value, node.args)
        elif isinstance(node.func, ast.Attribute) and node.func.attr in ("update", "setdefault", "__setitem__"):
            self._change(node.func.value, [ast.Call(node.func, node.args, node.keywords)])

    def visit_Return(self, node: ast.Return | ast.Yield) -> None:
        function = self.function_around(node)
        if function is not None and node.value is not None:
            self.table[None, f"{function.name}()"].append(node.value)

    visit_Yield = visit_Return  # noqa: N815

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.definitions.append(node)
        self.table[self._scope, node.name].append(OWN)
        self._classes.add(node.name)
        self.functions[node.name] += [
            each for each in node.body if isinstance(each, ast.FunctionDef) and each.name == "__init__"
        ]

    def visit_FunctionDef(self, node: Function) -> None:
        self.definitions.append(node)
        self.table[self._scope, node.name].append(OWN)
        self.functions[node.name].append(node)
        self._mention(node.returns)
        self.visit_Lambda(node)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815

    def visit_Lambda(self, node: Function | ast.Lambda) -> None:
        of = node.args
        positional, handles = [*of.posonlyargs, *of.args], dict(HANDLES)
        if getattr(node, "name", "") == "improve_algorithm" and len(positional) > 2:
            second, third = positional[1].arg, positional[2].arg
            self.is_earlier |= second == "utility_str" or third == "utility"
            handles |= {third: UTILITY} if self.is_earlier else {second: UTILITY, third: LANGUAGE_MODEL}
        for argument in (*positional, *of.kwonlyargs, of.vararg, of.kwarg):
            if argument is not None:
                if argument.annotation is not None:
                    self._mention(argument.annotation)
                self.table[node, argument.arg] += [handles[argument.arg]] if argument.arg in handles else []
        if isinstance(self._scope, ast.ClassDef) and positional:  # an object stands for its class and the classes above
            self.table[node, positional[0].arg] += [OWN, *(ast.Call(base, [], []) for base in self._scope.bases)]
        for name, default in defaults_of(node):
            self.table[node, name].append(default)

    def _bind_parameters(self, node: ast.Call) -> None:
        """Bind the parameters of own functions of this name to the arguments of the call."""
        name = name_of(node.func)
        if name not in self.functions and name not in self._classes:
            return
        for function in self.functions.get(name, ())[:_MOST_OF_A_NAME]:
            parameters = [each.arg for each in function.args.args]
            is_method = isinstance(self.scopes[function], ast.ClassDef)
            bindings = [
                *zip(parameters[is_method:], node.args, strict=False),
                *((each.arg, each.value) for each in node.keywords),
            ]
            for parameter, value in bindings:
                if parameter is not None and (function, parameter) in self.table:
                    self.table[function, parameter].append(value)
        for keyword in node.keywords if name in self._classes else ():
            self.table[None, keyword.arg or ""].append(keyword.value)


_BINDERS: dict[type[ast.AST], Callable[[Names, Any], None]] = {
    getattr(ast, name.removeprefix("visit_")): bind for name, bind in vars(Names).items() if name.startswith("visit_")
}


def name_of(node: ast.expr) -> str:
    """The last part of a name."""
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def defaults_of(function: Function | ast.Lambda) -> list[tuple[str, ast.expr]]:
    """(parameter, default value) of a function."""
    of = function.args
    positional = [*of.posonlyargs, *of.args]
    with_default = [*positional[len(positional) - len(of.defaults) :], *of.kwonlyargs]
    pairs = zip(with_default, (*of.defaults, *of.kw_defaults), strict=True)
    return [(parameter.arg, default) for parameter, default in pairs if default is not None]
