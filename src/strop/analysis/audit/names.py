"""What the names of a program stand for: dotted paths of things, and constants.

One table for the whole program, without scopes: a name stands for what it is imported as, else for what it is assigned, else for
the builtin of that name. Nothing is computed and no call is followed.
"""

from __future__ import annotations

import ast
import builtins
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, TypeAlias

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
UTILITY, LANGUAGE_MODEL, MODEL_CLASS = "<utility>", "<language_model>", "language_model.LanguageModel"
OWN = "<own>"
"""A function, class or object of the program."""
HANDLES = {"utility": UTILITY, "meta_utility": UTILITY, "language_model": LANGUAGE_MODEL}
_ALIASES = {"posix": "os", "nt": "os", "_socket": "socket", "_io": "io", "_thread": "threading"}
_IMPORTS = frozenset({"builtins.__import__", "importlib.import_module"})
_GIVE_FIRST = frozenset({"copy.copy", "copy.deepcopy", "functools.partial"})
_DEEPEST, _MOST_VALUES = 12, 8
"""Parts of a path, and assigned values of a name, that are followed."""


class Names:
    """The names of one program."""

    def __init__(self, nodes: Iterable[ast.AST]) -> None:
        """`nodes`: all of the program."""
        self.assigned: dict[str, list[ast.expr | str]] = defaultdict(list)
        """Name → the expressions and paths that are assigned to it; `""` for what is unknown, such as a parameter's value."""
        self.is_earlier = False
        """Whether the improver is of the paper's earlier generation, which makes its own LanguageModel."""
        self._imported: dict[str, str] = {}
        self._stars: list[str] = []
        self._paths: dict[str, str] = {}
        self._constants: dict[str, list[Any]] = {}
        """Name → what it stands for, once it was asked for; nothing while it is looked for, so that a cycle ends."""
        for node in nodes:
            self._bind(node)

    def path(self, node: ast.expr | str, depth: int = 0) -> str:
        """The dotted path of what an expression names: `os.system`, or `open()` for the result of a call; empty if unknown."""
        if isinstance(node, str) or depth > _DEEPEST:
            return node if isinstance(node, str) else ""
        match node:
            case ast.Name(id=name):
                return self._of_name(name, depth)
            case ast.Attribute(value=value, attr=attr):
                return self.attribute(self.path(value, depth + 1), attr)
            case ast.BinOp(left=left, op=ast.Div()):
                base = self.path(left, depth + 1)
                return base if base == "pathlib.Path()" else ""
            case ast.Call():
                return self._of_call(node, depth)
        return ""

    def attribute(self, base: str, name: str) -> str:
        """The path of an attribute of something."""
        if base in ("", OWN) or name in ("__call__", "__func__"):
            return base
        return canonical(f"{base}.{name}")

    def constants(self, node: ast.expr | None, depth: int = 0) -> list[Any]:
        """The constants that an expression may stand for: itself, what a name is assigned, both sides of `a if b else c`."""
        if depth > _DEEPEST:
            return []
        match node:
            case ast.Constant(value=value):
                return [value]
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return [not value for value in self.constants(operand, depth + 1)]
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
                return [-number]
            case ast.IfExp(body=body, orelse=other):
                return [*self.constants(body, depth + 1), *self.constants(other, depth + 1)]
            case ast.List(elts=parts) | ast.Tuple(elts=parts):
                return [value for part in parts[:_MOST_VALUES] for value in self.constants(part, depth + 1)]
            case ast.BinOp(left=ast.List() as left, op=ast.Mult()):
                return self.constants(left, depth + 1)
            case ast.Name(id=name):
                if name not in self._constants:
                    self._constants[name] = []
                    sources = [each for each in self.assigned.get(name, ())[:_MOST_VALUES] if not isinstance(each, str)]
                    found = [value for each in sources for value in self.constants(each, depth + 1)]
                    self._constants[name] = found[:_MOST_VALUES]
                return self._constants[name]
        return []

    def keywords(self, call: ast.Call) -> list[tuple[str, ast.expr]]:
        """The keywords of a call, and the entries of dicts that it unpacks."""
        pairs: list[tuple[str, ast.expr]] = []
        for keyword in call.keywords:
            if keyword.arg is not None:
                pairs.append((keyword.arg, keyword.value))
                continue
            named = self.assigned.get(keyword.value.id, []) if isinstance(keyword.value, ast.Name) else [keyword.value]
            for source in named[:_MOST_VALUES]:
                pairs += self._entries(source)
        return pairs

    def _entries(self, source: ast.expr | str) -> list[tuple[str, ast.expr]]:
        match source:
            case ast.Dict(keys=keys, values=values):
                pairs = zip(keys, values, strict=True)
                return [
                    (str(key.value), each)
                    for key, each in pairs
                    if isinstance(key, ast.Constant) and _is_text(key.value)
                ]
            case ast.Call(func=ast.Name(id="dict"), keywords=keywords):
                return [(each.arg, each.value) for each in keywords if each.arg is not None]
        return []

    def is_result(self, name: str) -> bool:
        """Whether a name is assigned what an expression gives: a rule applies to the expression, not again to each use."""
        return name not in self._imported and name in self.assigned

    def _of_name(self, name: str, depth: int) -> str:
        if name in self._imported:
            return self._imported[name]
        sources = self.assigned.get(name)
        if sources is None:
            if hasattr(builtins, name):
                return f"builtins.{name}"
            return HANDLES.get(name, f"{self._stars[0]}.{name}" if self._stars else "")
        if name not in self._paths:
            self._paths[name] = ""
            self._paths[name] = next(filter(None, (self.path(each, depth + 1) for each in sources[:_MOST_VALUES])), "")
        return self._paths[name]

    def _of_call(self, node: ast.Call, depth: int) -> str:
        function = self.path(node.func, depth + 1)
        first = node.args[0] if node.args else None
        if function == "builtins.getattr" and len(node.args) > 1:
            base = self.path(node.args[0], depth + 1)
            return next((self.attribute(base, each) for each in self.constants(node.args[1]) if _is_text(each)), "")
        if function in _IMPORTS:
            return next((canonical(each) for each in self.constants(first) if _is_text(each)), "")
        if function in _GIVE_FIRST and first is not None:
            return self.path(first, depth + 1)
        if function in (MODEL_CLASS, f"{LANGUAGE_MODEL}.__class__"):
            return LANGUAGE_MODEL
        if function == "builtins.type" and first is not None:
            base = self.path(first, depth + 1)
            return f"{base}.__class__" if base not in ("", OWN) else base
        if function == "builtins.vars" and first is not None:
            return self.attribute(self.path(first, depth + 1), "__dict__")
        if function.startswith("pathlib.") and function.endswith("Path"):
            return "pathlib.Path()"
        return OWN if function == OWN else f"{function}()" if function else ""

    def _bind(self, node: ast.AST) -> None:
        match node:
            case ast.Import(names=names):
                for alias in names:
                    first = alias.name.partition(".")[0]
                    self._imported[alias.asname or first] = canonical(alias.name if alias.asname else first)
            case ast.ImportFrom(module=module, names=names):
                for alias in names:
                    if alias.name == "*":
                        self._stars.append(module or "")
                    else:
                        self._imported[alias.asname or alias.name] = canonical(f"{module}.{alias.name}")
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    self._assign(target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.NamedExpr(target=target, value=value):
                self._assign(target, value)
            case ast.For(target=target) | ast.AsyncFor(target=target) | ast.comprehension(target=target):
                self._assign(target, "")
            case ast.withitem(context_expr=value, optional_vars=ast.expr() as target):
                self._assign(target, value)
            case ast.ClassDef(name=name):
                self.assigned[name].append(OWN)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                self._parameters(node)

    def _assign(self, target: ast.expr, value: ast.expr | str) -> None:
        if isinstance(target, ast.Name):
            self.assigned[target.id].append(value)
        elif isinstance(target, ast.Tuple | ast.List):
            parts = value.elts if isinstance(value, ast.Tuple | ast.List) else []
            for number, part in enumerate(target.elts):
                self._assign(part, parts[number] if len(parts) == len(target.elts) else "")

    def _parameters(self, node: Function | ast.Lambda) -> None:
        positional, handles = [*node.args.posonlyargs, *node.args.args], dict(HANDLES)
        if not isinstance(node, ast.Lambda):
            self.assigned[node.name].append(OWN)
            if node.name == "improve_algorithm" and len(positional) > 2:
                second, third = positional[1].arg, positional[2].arg
                self.is_earlier |= second == "utility_str" or third == "utility"
                handles |= {third: UTILITY} if self.is_earlier else {second: UTILITY, third: LANGUAGE_MODEL}
        for argument in (*positional, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg):
            if argument is not None:
                known = handles.get(argument.arg, OWN if argument.arg in ("self", "cls") else "")
                self.assigned[argument.arg].append(known)
        for name, default in defaults_of(node):
            self.assigned[name].append(default)


def canonical(path: str) -> str:
    """The path by which the rules know a thing: `posix.system` is `os.system`."""
    head, dot, rest = path.partition(".")
    return (_ALIASES.get(head, head) + dot + rest)[:200]


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


def _is_text(value: object) -> bool:
    return isinstance(value, str)
