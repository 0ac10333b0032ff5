"""What a candidate must keep, because the rest of the module relies on it: how the function is called, and what names mean."""

from __future__ import annotations

import ast
import builtins
import symtable
from functools import lru_cache
from inspect import Parameter

from strop.base.errors import Malformed
from strop.tasks.arguments import signature_of
from strop.tasks.function.source import Source

_POSITIONAL = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
NEVER = frozenset(dir(builtins)) | {
    "__all__", "__annotations__", "__builtins__", "__dir__", "__file__", "__getattr__", "__path__"
}  # fmt: skip
"""Names that mean something in every module."""


def check_call(before: ast.FunctionDef, after: ast.FunctionDef) -> None:
    """Raise Malformed unless every call of the function that was right before is right after, with the same meaning."""
    why = _other_kind(before, after) or _other_call(before, after)
    if why:
        name = before.name
        raise Malformed(f"{name} {why}; others may call it as {name}({ast.unparse(before.args)}) does, so keep that")


def _other_kind(before: ast.FunctionDef, after: ast.FunctionDef) -> str:
    if is_generator(before) == is_generator(after):
        return ""
    return "became a generator" if is_generator(after) else "is no longer a generator"


def _other_call(before: ast.FunctionDef, after: ast.FunctionDef) -> str:
    old, new = (list(signature_of(each.args).parameters.values()) for each in (before, after))
    places, new_places = ([each for each in one if each.kind in _POSITIONAL] for one in (old, new))
    by_name = {each.name: each for each in new}
    for at, each in enumerate(places):
        there = new_places[at] if at < len(new_places) else None
        by_keyword = each.kind is Parameter.POSITIONAL_OR_KEYWORD
        if there is None or (by_keyword and there.name != each.name):
            found = by_name.get(each.name)
            is_only = found is not None and found.kind is Parameter.KEYWORD_ONLY
            return (
                f"takes {each.name} by keyword only" if is_only else f"does not take {each.name} as parameter {at + 1}"
            )
        if by_keyword and there.kind is Parameter.POSITIONAL_ONLY:
            return f"takes {each.name} by position only"
        if each.default is not Parameter.empty and there.default is Parameter.empty:
            return f"has no default of {there.name}"
    return _other_rest(old, new, {each.name for each in new_places[: len(places)]})


def _other_rest(old: list[Parameter], new: list[Parameter], first: set[str]) -> str:
    """The parameters behind the positional ones, of which the new function's `first` take the place of the old one's."""
    by_name = {each.name: each for each in new}
    kinds, new_kinds = ({each.kind for each in one} for one in (old, new))
    for each in old:
        if each.kind in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD) and each.kind not in new_kinds:
            return f"does not take {each}"
        if each.kind is Parameter.KEYWORD_ONLY:
            there = by_name.get(each.name)
            if there is None or there.kind not in (Parameter.KEYWORD_ONLY, _POSITIONAL[1]) or there.name in first:
                return f"does not take {each.name} by keyword"
            if each.default is not Parameter.empty and there.default is Parameter.empty:
                return f"has no default of {each.name}"
    known = first | {each.name for each in old}
    for each in new:
        if each.name in known or each.kind in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD):
            continue
        if each.default is Parameter.empty:
            return f"needs another argument, {each.name}"
        if Parameter.VAR_KEYWORD in kinds or (each.kind in _POSITIONAL and Parameter.VAR_POSITIONAL in kinds):
            return f"takes {each.name} out of what it took in any number"
    return ""


def is_generator(function: ast.AST) -> bool:
    """Whether a function yields, itself and not in a function inside of it."""
    for child in ast.iter_child_nodes(function):
        if isinstance(child, (ast.Yield, ast.YieldFrom)):
            return True
        inner = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
        if not isinstance(child, inner) and is_generator(child):
            return True
    return False


def check_new_name(source: Source, name: str) -> None:
    """Raise Malformed if a name that a candidate adds to the module means something there already."""
    if name in NEVER:
        raise Malformed(f"{name} is a built-in name, which the module must keep; choose another name")
    if name in free_names(source):
        raise Malformed(f"the module uses the name {name} already; choose another name")


@lru_cache(8)
def free_names(source: Source) -> frozenset[str]:
    """The names that some part of the module looks up among its globals."""
    table = symtable.symtable(source.text, str(source.path), "exec")
    return frozenset(_looked_up(table))


def _looked_up(table: symtable.SymbolTable) -> set[str]:
    top = table.get_type() == "module"
    found = {
        symbol.get_name() for symbol in table.get_symbols() if top or symbol.is_global() or symbol.is_declared_global()
    }
    return found.union(*map(_looked_up, table.get_children()))
