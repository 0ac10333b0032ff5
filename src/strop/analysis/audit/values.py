"""What the expressions of a program may stand for.

A value is a constant, or the dotted path of a thing: `os.system`; `os.popen()` for what a call gives; `<utility>` and
`<language_model>` for the handles; `<own>`; `<condition>` for a condition that nothing decides. A container stands for each of
its elements.
"""

from __future__ import annotations

import ast
import base64
import builtins
import json
import operator
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from itertools import islice, product
from typing import Any, TypeAlias

from strop.analysis.audit.names import HANDLES, LANGUAGE_MODEL, OWN, Names, Scope, name_of
from strop.analysis.audit.paths import TABLE, words

Value: TypeAlias = str | ast.Constant
Values: TypeAlias = tuple[Value, ...]
"""Without repetitions; a list of values may have some."""
Entries: TypeAlias = list[tuple[object, ast.expr]]
MODEL_CLASS, CONDITION = "language_model.LanguageModel", "<condition>"
_ALIASES = {"posix": "os", "nt": "os", "_socket": "socket", "_io": "io", "_thread": "threading"}
_TRANSPARENT = (
    *(ast.List, ast.Tuple, ast.Set, ast.Dict, ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp),
    *(ast.BoolOp, ast.NamedExpr, ast.Await, ast.Starred),
)
"""Expressions that stand for what their parts stand for."""
_IMPORTS = words("builtins.__import__ importlib.import_module importlib.__import__")
_GIVE_ARGUMENTS = words(
    """builtins.iter builtins.list builtins.tuple builtins.set builtins.sorted builtins.reversed builtins.next builtins.min
    builtins.max builtins.zip builtins.enumerate builtins.dict builtins.staticmethod itertools.repeat functools.partial
    functools.lru_cache functools.lru_cache() random.choice copy.copy copy.deepcopy"""
)
"""Calls that give their arguments, containers of these, or elements."""
_OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add, ast.Mult: operator.mul, ast.Pow: operator.pow, ast.Not: operator.not_, ast.USub: operator.neg,
}  # fmt: skip
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "builtins.chr": chr, "builtins.int": int, "builtins.float": float, "builtins.bool": bool,
    "base64.b64decode": base64.b64decode, "json.loads": json.loads,
}  # fmt: skip
_METHODS = words("replace lower upper strip decode")
_MOST_STEPS, _MOST_VALUES, _DEEPEST, _LONGEST = 200_000, 32, 120, 200


class Program(Names):
    """One program. Its methods raise ValueError when it is too intricate to be followed."""

    def __init__(self, tree: ast.Module) -> None:
        super().__init__(tree)
        self._known: dict[ast.AST | tuple[Scope, str], Values] = {}
        self._entries: dict[tuple[Scope, str], Entries] = {}
        self._steps = self._depth = 0

    def values(self, node: ast.AST) -> Values:
        """What an expression may stand for; nothing where that is unknown."""
        known = self._known.get(node)
        if known is not None:
            return known
        if isinstance(node, ast.Name):
            known = self._known.get(self.binding(node))
            if known is not None:
                self._known[node] = known
                return known
        elif isinstance(node, ast.Constant):
            return (node,)
        evaluate = _EVALUATIONS.get(type(node))
        if evaluate is None:
            return ()
        self._known[node] = ()  # a cycle adds nothing
        self._depth += 1
        self._count()
        found = evaluate(self, node)
        known = self._known[node] = tuple(found) if len(found) < 2 or isinstance(found, tuple) else _distinct(found)
        self._depth -= 1
        return known

    def paths(self, node: ast.AST) -> list[str]:
        """Those of the values that are things."""
        values = self.values(node)
        return [value for value in values if isinstance(value, str)] if values else []

    def constants(self, node: ast.AST) -> list[Any]:
        """Those of the values that are constants."""
        return [value.value for value in self.values(node) if isinstance(value, ast.Constant)]

    def _count(self) -> None:
        self._steps += 1
        if self._depth > _DEEPEST or self._steps > _MOST_STEPS:
            raise ValueError("too intricate to be followed to the end")

    def _all(self, nodes: Iterable[ast.AST | str]) -> list[Value]:
        return [value for node in nodes for value in ((node,) if isinstance(node, str) else self.values(node))]

    def _bound(self, at: tuple[Scope, str]) -> Values:
        """What a name is bound to; to a cycle, what is known so far."""
        known = self._known.get(at)
        if known is None:
            known = self._known[at] = ()
            for source in self.table.get(at, ()):
                found = (source,) if isinstance(source, str) else self.values(source)
                known = self._known[at] = _distinct([*known, *found]) if known else found
        return known

    def _of_parts(self, node: ast.AST) -> Values | list[Value]:
        """What an expression stands for that stands for its parts."""
        return self._all(ast.iter_child_nodes(node))

    def _of_Lambda(self, node: ast.Lambda) -> Values | list[Value]:
        return (OWN,)

    def _of_Compare(self, node: ast.Compare) -> Values | list[Value]:
        return (CONDITION,)

    def _of_IfExp(self, node: ast.IfExp) -> Values | list[Value]:
        return self._all([node.body, node.orelse])

    def _of_Name(self, node: ast.Name) -> Values | list[Value]:
        binding = self.binding(node)
        if binding not in self.table:
            self._known[binding] = self._unbound(node.id)
        return self._bound(binding)

    def _unbound(self, name: str) -> Values:
        """What a name stands for that the program does not bind."""
        if name == "__builtins__":
            return ("builtins",)
        of_stars = [f"{module}.{name}" for module in self.stars]
        stars: list[Value] = [path for path in of_stars if path in TABLE or path == MODEL_CLASS]
        known = f"builtins.{name}" if hasattr(builtins, name) else HANDLES.get(name)
        return _distinct(stars) or ((known,) if known else ())

    def _of_Attribute(self, node: ast.Attribute) -> Values | list[Value]:
        bases = self.values(node.value)
        found: list[Value] = [
            _attribute(base, node.attr) for base in bases if isinstance(base, str) and base not in (OWN, CONDITION)
        ]
        if OWN in bases or not found:
            found += self._bound((None, node.attr)) or ([OWN] if OWN in bases else [])
        if node.attr == "value":  # the value of a member of an enumeration is what the class binds it to
            found += [base for base in bases if isinstance(base, ast.Constant)]
        return found

    def _of_Subscript(self, node: ast.Subscript) -> Values | list[Value]:
        of, at = self.values(node.value), node.slice
        if isinstance(at, ast.Slice):
            bounds = [self.values(each or ast.Constant(None)) for each in (at.lower, at.upper, at.step)]
            return self._folded(lambda text, *at: text[slice(*at)], of, *bounds) or of
        return self._item(node.value, self.constants(at)) or of

    def _item(self, node: ast.expr, keys: Iterable[Any]) -> list[Value]:
        """What `node[key]` gives: entries of dicts, and things in namespaces."""
        found: list[Value] = []
        for key in keys:
            found += [value for name, each in self.entries(node) if name == key for value in self.values(each)]
            for base in self.paths(node):
                if base == "builtins" or base.endswith(".__dict__"):
                    found.append(_attribute(base.removesuffix(".__dict__"), str(key)))
                elif base in ("sys.modules", "builtins.globals()"):
                    found.append(_canonical("builtins" if key == "__builtins__" else str(key)))
        return found

    def entries(self, node: ast.AST | str) -> Entries:
        """Keys and values of a dict, and of what dicts are made of."""
        self._depth += 1
        self._count()
        pairs: list[tuple[ast.expr | None, ast.expr]] = []
        found: Entries = []
        match node:
            case ast.Name():
                bound = self.binding(node)
                if bound not in self._entries:
                    self._entries[bound] = []
                    self._entries[bound] = [entry for source in self.sources(node) for entry in self.entries(source)][
                        :_LONGEST
                    ]
                found = self._entries[bound]
            case ast.Dict(keys, values):
                pairs = list(zip(keys, values, strict=True))
            case ast.DictComp(key, value) | ast.Call(args=[key, value]):  # zip(keys, values), setdefault(key, value)
                pairs = [(key, value)]
            case ast.Call(args=arguments):
                pairs = [(None, each) for each in arguments]
                loaded = [value for value in self.constants(node) if isinstance(value, dict)]
                found += [(key, ast.Constant(value)) for each in loaded for key, value in each.items()]
            case ast.List(elts):  # dict([(key, value)])
                pairs = [
                    (each.elts[0], each.elts[1]) for each in elts if isinstance(each, ast.Tuple) and len(each.elts) == 2
                ]
        found += self._of_keywords(node) if isinstance(node, ast.Call) else ()
        for each, value in pairs:
            found += self.entries(value) if each is None else [(key, value) for key in self.constants(each)]
        self._depth -= 1
        return found[:_LONGEST]

    def _of_keywords(self, node: ast.Call) -> Entries:
        pairs = [self.entries(each.value) if each.arg is None else [(each.arg, each.value)] for each in node.keywords]
        return [entry for entries in pairs for entry in entries]

    def keywords(self, node: ast.Call) -> Entries:
        """The keywords of a call, and those of the dicts that it unpacks."""
        return self._of_keywords(node)[:_LONGEST] if node.keywords else []

    def _of_UnaryOp(self, node: ast.UnaryOp) -> Values | list[Value]:
        return self._folded(_OPERATORS.get(type(node.op)), self.values(node.operand)) or (CONDITION,)

    def _of_BinOp(self, node: ast.BinOp) -> Values | list[Value]:
        chain = [node]
        while isinstance(chain[-1].left, ast.BinOp):  # a long sum is no deep recursion
            chain.append(chain[-1].left)
        found = self.values(chain[-1].left)
        if isinstance(node.op, ast.Div):
            return [value for value in found if value == "pathlib.Path()"]
        for each in reversed(chain):
            right = self.values(each.right)
            parts = (*found, *right) if isinstance(each.op, ast.Add | ast.Mult) else ()  # of containers
            found = _distinct([*self._folded(_OPERATORS.get(type(each.op)), found, right), *parts])
        return found

    def _of_JoinedStr(self, node: ast.JoinedStr) -> Values | list[Value]:
        parts = [each.value if isinstance(each, ast.FormattedValue) else each for each in node.values]
        return self._folded(lambda *of: "".join(map(str, of)), *map(self.values, parts))

    def _folded(self, function: Callable[..., Any] | None, *operands: Values) -> list[Value]:
        """What a function gives for constants: small operations on short texts, as names are hidden in."""
        found: list[Value] = []
        for each in islice(product(*operands), _MOST_VALUES) if function is not None else ():
            self._count()
            constants = [operand.value for operand in each if isinstance(operand, ast.Constant)]
            if function is not None and len(constants) == len(each) and _is_cheap(function, constants):
                with suppress(TypeError, ValueError, ArithmeticError, LookupError, AttributeError):
                    result = function(*constants)
                    found.append(ast.Constant(result))
        return found

    def _of_Call(self, node: ast.Call) -> Values | list[Value]:
        function, given = node.func, [self.values(each) for each in node.args]
        found: list[Value] = []
        if isinstance(function, ast.Attribute):
            bases, name = self.values(function.value), function.attr
            if name == "join" and node.args and isinstance(node.args[0], ast.List | ast.Tuple):
                found += self._folded(lambda by, *of: by.join(of), bases, *map(self.values, node.args[0].elts))
            elif name == "format":  # without widths and attributes
                found += self._folded(
                    lambda of, *each: "" if set(of) & set("[.!:") else of.format(*each), bases, *given
                )
            elif name in _METHODS:
                found += self._folded(lambda of, *each: getattr(of, name)(*each), bases, *given)
            elif name in ("get", "pop", "setdefault", "__getitem__") and node.args:
                found += self._item(function.value, self.constants(node.args[0])) or self._all(node.args[1:])
            elif name in ("items", "values", "copy"):
                found += bases
        return found + [value for path in self.paths(function) for value in self._given_by(path, node, given)]

    def _given_by(self, path: str, node: ast.Call, given: Sequence[Values]) -> Sequence[Value]:
        """What a function gives."""
        if path in (OWN, "types.SimpleNamespace"):
            return (OWN, *self._bound((None, f"{name_of(node.func)}()")))
        if path in _GIVE_ARGUMENTS:
            return [value for values in given for value in values]
        first = [value for value in given[0] if isinstance(value, str)] if given and given[0] else []
        if path == "builtins.getattr" and len(given) > 1:
            return [_attribute(base, str(name)) for base in first for name in self.constants(node.args[1])]
        if path in _IMPORTS and given:
            return [_canonical(str(name)) for name in self.constants(node.args[0])]
        if path == "builtins.vars" and given:
            return [f"{base}.__dict__" for base in first]
        if path == "builtins.type" and len(given) == 1:
            is_function = isinstance(node.args[0], ast.Lambda)
            return [
                "types.FunctionType" if is_function else OWN if base == OWN else f"{base}.__class__" for base in first
            ]
        if path in (MODEL_CLASS, f"{LANGUAGE_MODEL}.__class__"):
            return (LANGUAGE_MODEL,)
        if path.startswith("pathlib.") and path.endswith("Path"):
            return ("pathlib.Path()",)
        return (path in _FUNCTIONS and self._folded(_FUNCTIONS[path], *given)) or (_canonical(f"{path}()"),)


_EVALUATIONS: dict[type[ast.AST], Callable[[Program, Any], Values | list[Value]]] = {
    **dict.fromkeys(_TRANSPARENT, Program._of_parts),
    **{getattr(ast, name[4:]): of for name, of in vars(Program).items() if hasattr(ast, name[4:])},
}


def _is_cheap(function: object, constants: Sequence[Any]) -> bool:
    """Whether an operation takes no time and gives nothing large."""
    numbers = [each for each in constants if isinstance(each, int | float)]
    if any(abs(each) > 10**18 for each in numbers):
        return False
    if function in (operator.mul, operator.pow):
        return len(numbers) == 2 and (function is operator.mul or (abs(numbers[0]) <= 1000 and abs(numbers[1]) <= 64))
    return sum(len(each) for each in constants if isinstance(each, str | bytes)) <= _LONGEST


def _distinct(values: list[Value]) -> Values:
    """Without repetitions, and not too many; of constants what is false stays."""
    if len(values) < 2:
        return tuple(values)
    found: dict[object, Value] = {}
    for value in values:
        if isinstance(value, str):
            if len(found) < _LONGEST:
                found.setdefault(value, value)
        elif len(found) < _MOST_VALUES or not value.value:
            known = (type(value.value), value.value) if not isinstance(value.value, dict | list) else value
            found.setdefault(known, value)
    return tuple(found.values())


def _attribute(base: str, name: str) -> str:
    """The path of an attribute."""
    if name in ("__call__", "__func__"):
        return base
    return "builtins" if name == "__self__" and base.startswith("builtins.") else _canonical(f"{base}.{name}")


def _canonical(path: str) -> str:
    """The path by which the rules know it: `posix.system` is `os.system`; cut where it is endless."""
    head, dot, rest = path.partition(".")
    return (_ALIASES.get(head, head) + dot + rest)[:_LONGEST]
