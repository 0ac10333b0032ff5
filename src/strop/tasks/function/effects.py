"""What functions and statements change outside of themselves, as far as their text tells."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias

from strop.tasks.function.source import DEFINED, MUTATORS, Source, bound_names, is_mark, root_of

_CHANGES_FIRST = frozenset(
    "copyto delattr delitem fill_diagonal heapify heappop heappush heappushpop heapreplace insort insort_left insort_right "  # noqa: SIM905
    "place put putmask setattr setitem shuffle".split()
)
"""Functions that change their first argument."""
_NAMESPACES = frozenset({"globals", "vars", "locals"})
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def changed_by(nodes: Iterable[ast.stmt], source: Source) -> set[str]:
    """The names of the module, or `globals()`, whose values these statements and functions may change or rebind: by an assignment
    to an item or an attribute, a method like `append`, `setattr`, or through another name for the same value."""
    statements = list(nodes)
    top = _aliases(statements, lambda child: not isinstance(child, (*_FUNCTIONS, ast.ClassDef)))
    found: set[str] = set()
    for node in statements:
        inside = [each for each in ast.walk(node) if isinstance(each, _FUNCTIONS)]
        outermost = [each for each in inside if not any(each is not other and _holds(other, each) for other in inside)]
        found |= _changed(node, set(), top, source, outermost)
        for function in outermost:
            own, aliases = _own(function), _aliases([function], lambda child: True)
            found |= _changed(function, own, {**top, **aliases}, source, [])
    return found


def _changed(
    node: ast.AST, own: set[str], aliases: Mapping[str, set[str]], source: Source, without: Sequence[ast.AST]
) -> set[str]:
    found: set[str] = set()
    for each in _walk(node, without):
        if isinstance(each, ast.Global):
            found |= set(each.names)
        if isinstance(each, ast.AugAssign) and isinstance(each.target, ast.Name):
            # It extends a list in place, but no number and no part of a list.
            found |= _names_of_all(node, each.target.id) & _displays(source)
        for name, is_method in _touched(each):
            for root in _roots(name, aliases, own):
                # A method of a module or a class is called like one of a value, and changes nothing by that.
                if root in source.values or root in _NAMESPACES or not is_method:
                    found.add(root)
    return found


def _touched(node: ast.AST) -> Iterator[tuple[str, bool]]:
    """(the name at the start of an expression whose value changes, whether by a method of the name itself)."""
    if isinstance(node, (ast.Subscript, ast.Attribute)) and isinstance(node.ctx, (ast.Store, ast.Del)):
        yield root_of(node), False
    elif isinstance(node, ast.Call):
        called = node.func
        name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
        if isinstance(called, ast.Attribute) and (
            name in MUTATORS or name in ("__setitem__", "__delitem__", "__setattr__")
        ):
            yield root_of(called.value), isinstance(called.value, ast.Name)
        if name in _CHANGES_FIRST and node.args:
            yield root_of(node.args[0]), False
        for keyword in node.keywords:
            if keyword.arg == "out":
                yield root_of(keyword.value), False


def _names_of_all(node: ast.AST, name: str) -> set[str]:
    """The names that `name` is assigned to stand for, as a whole."""
    assigned = [each for each in ast.walk(node) if isinstance(each, ast.Assign)]
    return {
        each.value.id
        for each in assigned
        if isinstance(each.value, ast.Name) and any(name in _names(target) for target in each.targets)
    }


@lru_cache(8)
def _displays(source: Source) -> frozenset[str]:
    """The values of the module that are written as lists, dicts or sets."""
    kinds = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
    assigned = [node for node in source.tree.body if isinstance(node, (ast.Assign, ast.AnnAssign))]
    return frozenset().union(*(bound_names(node) for node in assigned if isinstance(node.value, kinds)))


def _roots(name: str, aliases: Mapping[str, set[str]], own: set[str]) -> set[str]:
    """The outer names whose values a name may stand for."""
    found: set[str] = set()
    waiting, seen = [name], set[str]()
    while waiting:
        each = waiting.pop()
        if each in seen or not each:
            continue
        seen.add(each)
        waiting += aliases.get(each, ())
        if each not in own:
            found.add(each)
    return found


def _own(function: ast.AST) -> set[str]:
    """The names that a function binds itself."""
    walked = list(ast.walk(function))
    names = {each.arg for each in walked if isinstance(each, ast.arg)}
    names |= {each.id for each in walked if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
    names |= {
        each.name for each in walked if isinstance(each, (ast.FunctionDef, ast.ClassDef)) and each is not function
    }
    return names - {name for each in walked if isinstance(each, ast.Global) for name in each.names}


def _aliases(nodes: Iterable[ast.AST], enters: Callable[[ast.AST], bool]) -> dict[str, set[str]]:
    """Names by those whose values, or parts of them, they may stand for."""
    found: dict[str, set[str]] = {}
    for node in nodes:
        for each in ast.walk(node) if enters(node) else ():
            targets: list[ast.expr] = []
            value: ast.expr | None = None
            if isinstance(each, ast.Assign):
                targets, value = each.targets, each.value
            elif isinstance(each, (ast.AnnAssign, ast.NamedExpr)):
                targets, value = [each.target], each.value
            elif isinstance(each, (ast.For, ast.comprehension)):
                targets, value = [each.target], each.iter
            for target in targets:
                for name in _names(target):
                    found.setdefault(name, set()).update(_parts(value))
    return found


def _names(target: ast.expr) -> Iterator[str]:
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, (ast.Tuple, ast.List)):
        for each in target.elts:
            yield from _names(each)


def _parts(value: ast.expr | None) -> Iterator[str]:
    """The names at the start of what an expression may be, or hold."""
    if isinstance(value, (ast.Name, ast.Attribute, ast.Subscript)):
        yield root_of(value, calls=False)
    elif isinstance(value, ast.IfExp):
        yield from _parts(value.body)
        yield from _parts(value.orelse)
    elif isinstance(value, ast.BoolOp):
        for each in value.values:
            yield from _parts(each)
    elif isinstance(value, (ast.Tuple, ast.List)):
        for each in value.elts:
            yield from _parts(each)
    elif isinstance(value, ast.NamedExpr):
        yield from _parts(value.value)


def _walk(node: ast.AST, without: Sequence[ast.AST]) -> Iterator[ast.AST]:
    yield node
    for child in ast.iter_child_nodes(node):
        if not any(child is each for each in without):
            yield from _walk(child, without)


def _holds(outer: ast.AST, inner: ast.AST) -> bool:
    return any(each is inner for each in ast.walk(outer))


# What happens when the module loads.

ANYTHING = frozenset({"*"})
"""What a statement changes that may change any name, such as `globals()[name] = value`."""
_DYNAMIC = frozenset({"__import__", "eval", "exec", "globals", "locals", "vars"})
_READS = frozenset(dir(builtins)) - {"delattr", "setattr"}
Place: TypeAlias = tuple[int, int]


def changed_on_loading(node: ast.stmt, source: Source) -> frozenset[str]:
    """The names of the module whose values a top-level statement may change when the module loads; ANYTHING if it may be any."""
    return _all_changed_on_loading(source)[node.lineno, node.col_offset]


@lru_cache(8)
def _all_changed_on_loading(source: Source) -> Mapping[Place, frozenset[str]]:
    definitions = {
        node.name: node
        for node in source.tree.body
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
    }
    return {(node.lineno, node.col_offset): _on_loading(node, definitions, source) for node in source.tree.body}


def _on_loading(node: ast.stmt, definitions: Mapping[str, ast.stmt], source: Source) -> frozenset[str]:
    parts = _run_on_loading(node)
    reached: dict[str, ast.stmt] = {}
    waiting = list(parts)
    while waiting:
        for each in ast.walk(waiting.pop()):
            if isinstance(each, ast.Name) and each.id in definitions and each.id not in reached:
                reached[each.id] = definitions[each.id]
                waiting.append(definitions[each.id])
    for part in (*parts, *reached.values()):
        for each in ast.walk(part):
            if (isinstance(each, ast.Name) and each.id in _DYNAMIC) or (
                isinstance(each, ast.Attribute) and each.attr == "modules" and root_of(each) == "sys"
            ):
                return ANYTHING
    if not parts:
        return frozenset()
    return frozenset(changed_by([*parts, *reached.values()], source)) | _given(parts)


def _run_on_loading(node: ast.stmt) -> list[ast.stmt]:
    """The parts of a statement that run when the module loads."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return []
    if isinstance(node, ast.ClassDef):
        inside = [part for each in node.body for part in _run_on_loading(each)]
        return [*(ast.Expr(each) for each in (*node.decorator_list, *node.bases)), *inside]
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        defaults = [*node.args.defaults, *(each for each in node.args.kw_defaults if each is not None)]
        return [ast.Expr(each) for each in (*node.decorator_list, *defaults) if not is_mark(each)]
    return [node]


def _given(parts: Iterable[ast.stmt]) -> frozenset[str]:
    """Names whose values a call gets that is a statement by itself, so that it is there for what it changes."""
    calls = [part.value for part in parts if isinstance(part, ast.Expr) and isinstance(part.value, ast.Call)]
    changing = [each for each in calls if not (isinstance(each.func, ast.Name) and each.func.id in _READS)]
    given = [argument for each in changing for argument in (*each.args, *(keyword.value for keyword in each.keywords))]
    return frozenset(name for argument in given for name in _parts(argument) if name)


def related(names: Iterable[str], source: Source) -> set[str]:
    """These names, and all that may stand for the same values or for parts of them."""
    links = _links(source)
    found, waiting = set[str](), list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += links.get(name, ())
    return found


@lru_cache(8)
def _links(source: Source) -> Mapping[str, set[str]]:
    links: dict[str, set[str]] = {}
    plain = [node for node in source.tree.body if not isinstance(node, DEFINED)]
    for name, others in _aliases(plain, lambda node: True).items():
        for other in others - {""}:
            links.setdefault(name, set()).add(other)
            links.setdefault(other, set()).add(name)
    return links
