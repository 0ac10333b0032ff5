"""Names of a project that only keep what was worked out: a program may fill them otherwise, and nobody would see it.

A name is that of a global variable, or of an attribute with a dot before it: `_known`, `._view`. It is a cache if each function
that reads it also fills it, and if it begins as None, a dict or a set. What only empties it does not count. Only names are read,
so that attributes of two classes with one name are one.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import field
from typing import NamedTuple

from strop.base.later import dataclass
from strop.base.syntax import parsed

_EMPTY = ("dict", "set", "OrderedDict", "defaultdict", "WeakKeyDictionary", "WeakValueDictionary")
"""Calls that make an empty cache."""
_FILLING = ("add", "setdefault", "update")
"""Methods of a dict or a set that fill it."""
_EMPTYING = ("clear", "discard", "remove", "move_to_end")
"""Methods that tell nothing of what it holds."""


class Caches(NamedTuple):
    """The caches of a project's modules."""

    names: frozenset[str]
    readers: tuple[str, ...]
    """The paths of other modules that have such a name, and were read for it."""

    @property
    def attributes(self) -> list[str]:
        """The names of attributes, without the dot."""
        return sorted(name[1:] for name in self.names if name.startswith("."))


def caches_of(texts: Iterable[str], more: Iterable[tuple[str, str]] = ()) -> Caches:
    """The caches of modules. `more` are the paths and the texts of others, which may read them."""
    uses = _Uses()
    for text in texts:
        uses.see(text)
    found, readers = uses.caches, list[str]()
    if found:
        named = re.compile(rf"\b({'|'.join(sorted({re.escape(name.lstrip('.')) for name in found}))})\b")
        for path, text in more:
            if named.search(text):
                uses.see(text)
                readers.append(path)
    return Caches(found & uses.caches, tuple(readers))


@dataclass
class _Uses:
    """The numbers of the functions that use each name; 0 for what stands outside of all functions."""

    reads: defaultdict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    writes: defaultdict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    """Without those that make a name begin."""
    functions: int = 0

    @property
    def caches(self) -> frozenset[str]:
        """The names that are caches by all texts so far."""
        return frozenset(name for name, of in self.reads.items() if of and 0 not in of and of == self.writes[name])

    def see(self, text: str) -> None:
        """Add the uses of a module's text. A text that is no Python reads each word that it has."""
        tree = parsed(text)
        if tree is not None:
            self._see(tree, 0, (), False)
        for word in re.findall(r"\w+", text) if tree is None else ():
            self.reads[word].add(0)
            self.reads[f".{word}"].add(0)

    def _see(
        self, node: ast.AST, function: int, own: Collection[str], in_class: bool, aside: Collection[ast.AST] = ()
    ) -> None:
        """Add the uses of a node and of what it holds. `own` are the local names of its function; `in_class` says that names are
        attributes here. The nodes `aside` are no uses."""
        for child in _filled(node):
            for name in () if node in aside else _names_of(child, own, in_class):
                self.writes[name].add(function)
        if node not in aside and isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
            for name in _names_of(node, own, in_class):
                self.reads[name].add(function)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and not function:
            self.functions += 1
            function, own = self.functions, _locals(node)
        in_class = isinstance(node, ast.ClassDef) or (in_class and not function)
        aside = [*aside, *_begun(node, empty=bool(function)), *_emptied(node)]
        for child in ast.iter_child_nodes(node):
            self._see(child, function, own, in_class, aside)


def _locals(function: ast.AST) -> set[str]:
    nodes = [*ast.walk(function)]
    declared = set[str]().union(*(node.names for node in nodes if isinstance(node, ast.Global)))
    stored = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return (stored | {node.arg for node in nodes if isinstance(node, ast.arg)}) - declared


def _begun(node: ast.AST, *, empty: bool) -> Iterator[ast.AST]:
    """What an assignment makes a None, a dict or a set, as a cache begins: with `empty`, without content."""
    if not isinstance(node, (ast.Assign, ast.AnnAssign)) or node.value is None:
        return
    for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
        pairs = [(target, node.value)]
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            pairs = [*zip(target.elts, node.value.elts, strict=False)]
        for one, value in pairs:
            is_made = isinstance(value, ast.Call) and ast.unparse(value.func).rpartition(".")[2] in _EMPTY
            is_none = isinstance(value, ast.Constant) and value.value is None
            is_dict = isinstance(value, ast.Dict) and not (empty and value.keys)
            if is_made or is_none or is_dict or (isinstance(value, ast.Set) and not empty):
                yield one


def _emptied(node: ast.AST) -> Iterator[ast.AST]:
    """What a statement empties, without telling what it held."""
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Del):
        yield node.value
    called = node.value.func if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) else None
    if isinstance(called, ast.Attribute) and called.attr in _EMPTYING:
        yield called.value


def _filled(node: ast.AST) -> Iterator[ast.AST]:
    """What a subscript, a call or a name fills."""
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
        yield from (node.value, node.slice)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _FILLING:
        yield node.func.value
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "setattr":
        yield from node.args[1:2]
    elif isinstance(node, (ast.Name, ast.Attribute)) and not isinstance(node.ctx, ast.Load):
        yield node


def _names_of(node: ast.AST, own: Collection[str], in_class: bool) -> Sequence[str]:
    """The names that a variable, an attribute or a text may stand for. An attribute may be a module's variable."""
    if isinstance(node, ast.Name):
        return () if node.id in own else [f".{node.id}"] if in_class else [node.id]
    if isinstance(node, ast.Attribute):
        return [node.attr, f".{node.attr}"]
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier()
    return [node.value, f".{node.value}"] if is_text else ()  # type: ignore[attr-defined]
