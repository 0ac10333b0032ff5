"""What is done with texts: split into parts, put together, edited, parsed."""

from __future__ import annotations

import ast
from dataclasses import replace

from strop.strategy.machine import Arguments, Handler, Machine, unknown
from strop.strategy.values import EMPTY, PROGRAM, RAW, M, Value, composed, contents, flat, join, joined, of


def _is_cleaning(*values: Value) -> bool:
    """Whether only fences are cut off: a pattern with backticks."""
    return any("`" in word for value in values for word in value.words)


def _parts(machine: Machine, text: Value, node: ast.AST, cleaning: bool) -> Value:
    marks = text.marks & ~RAW & ~M.LITERAL
    if marks & PROGRAM and not cleaning:
        marks |= M.PART
    return machine.listed(
        node, "parts", Value(marks, text.tokens, words=text.words if not marks & PROGRAM else frozenset())
    )


def _split(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    """`text.split(...)`, `re.split(pattern, text)`, `re.findall(pattern, text)`."""
    text, pattern = on, given.get(0) or EMPTY
    if not on.marks & PROGRAM and len(given.all) > 1:
        text = given.all[1]
    separator = any(mark in "".join(pattern.words) for mark in "`")
    return _parts(machine, replace(text, callees=()), node, separator)


def _search(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    text = given.all[1] if len(given.all) > 1 else on if on.marks & PROGRAM else unknown(given.all)
    return replace(text, callees=()) if text.marks & PROGRAM else EMPTY


def _join(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    """`separator.join(parts)`: parts become a whole, several programs become one text."""
    container = given.get(0) or EMPTY
    element = contents(container)
    whole = composed([element])
    marks = whole.marks
    chunk = container.marks & M.SLICED
    if flat(container, 2) & M.PART and marks & PROGRAM:
        crossed = flat(container, 2) & M.CROSSED
        edited = chunk or container.marks & M.EDITED or any(box.mutated for box in container.boxes)
        marks = (
            marks & ~(M.PART | M.HINT | M.ARM | M.LITERAL)
            | crossed
            | (M.EDITED if edited else M.NONE)
            | (M.PART if chunk else M.NONE)
        )
        return replace(whole, marks=marks, slots=frozenset())
    if (marks & PROGRAM and not container.items) or (container.items and len(container.items) > 1 and marks & PROGRAM):
        marks |= M.SEVERAL
    return replace(whole, marks=marks)


def _format(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    return composed([replace(on, callees=()), *given.all])


def _replace(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    """`text.replace(old, new)`: of a template it fills in, of a program it edits."""
    if len(given.all) < 2 or not (on.marks & PROGRAM or on.words):
        return unknown([on, *given.all])
    base = replace(on, callees=())
    old, new = given.all[0], given.all[1]
    if not base.marks & PROGRAM:
        return composed([base, *given.all])
    if _is_cleaning(old, new):
        return base
    found = composed([base, new])
    constant = bool(old.words) and len(old.words) == 1 and not old.marks & ~M.LITERAL and not new.marks & ~M.LITERAL
    by_model = flat(new) & M.MODEL
    marks = found.marks & ~M.LITERAL
    if not constant and not by_model:
        marks |= M.EDITED
    return Value(marks & ~M.PART, found.tokens, words=base.words)


def _substitute(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    """`re.sub(pattern, replacement, text)`; also of a compiled pattern."""
    arguments = list(given.all)
    if on.marks or len(arguments) < 2:
        return unknown([on, *arguments])
    pattern, new, text = arguments[0], arguments[1], arguments[2] if len(arguments) > 2 else arguments[1]
    if new.callees:
        new = machine.apply(machine, new, Arguments((replace(text, marks=text.marks | M.PART),)), node)
    if not text.marks & PROGRAM or _is_cleaning(pattern):
        return composed([text, new])
    number = any("\\d" in word or "[0-9]" in word for word in pattern.words)
    edited = number or bool(flat(new) & M.RANDOM) or not pattern.words
    marks = (text.marks | flat(new) & M.MODEL) | (M.EDITED if edited else M.NONE)
    return Value(marks & ~(M.PART | RAW), text.tokens)


def _parse(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    """ast.parse: iterating over a tree gives parts."""
    text = given.all[0] if given.all else EMPTY
    return Value(text.marks & ~RAW | M.TREE, text.tokens) if text.marks & PROGRAM else EMPTY


def _walk(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    tree = given.all[0] if given.all else EMPTY
    return (
        machine.listed(node, "nodes", Value(tree.marks & ~M.TREE | M.PART, tree.tokens))
        if tree.marks & PROGRAM
        else EMPTY
    )


def _unparse(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    tree = given.all[0] if given.all else EMPTY
    edited = M.EDITED if tree.marks & M.EDITED else M.NONE
    return Value(tree.marks & ~(RAW | M.TREE) | edited, tree.tokens)


def _segment(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    """ast.get_source_segment(source, node)."""
    return Value(unknown(given.all).marks & ~M.TREE | M.PART, joined(given.all).tokens)


def _traceback(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    return of(M.REPORT)


def _text(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    """str(x), repr(x), json.dumps(x), dedent(x)."""
    return composed([join(EMPTY, each) for each in given.all[:1]]) if given.all else EMPTY


HANDLERS: dict[str, Handler] = {
    **dict.fromkeys(("split", "splitlines", "rsplit", "partition", "rpartition", "findall", "finditer"), _split),
    **dict.fromkeys(("search", "match", "fullmatch"), _search),
    "join": _join,
    **dict.fromkeys(("format", "format_map", "substitute", "safe_substitute"), _format),
    "Template": _text,
    "replace": _replace,
    **dict.fromkeys(("sub", "subn"), _substitute),
    "parse": _parse,
    **dict.fromkeys(("walk", "iter_child_nodes"), _walk),
    "unparse": _unparse,
    "get_source_segment": _segment,
    **dict.fromkeys(("format_exc", "format_exception", "print_exc"), _traceback),
    **dict.fromkeys(("str", "repr", "dumps", "dedent", "indent", "fill", "shorten", "title"), _text),
}
