"""Marks of values: what a value may be made of, and how it was chosen; how library functions change them; tests of syntax."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

Marks = frozenset[str]
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_MOST_MARKS = 100


def marked(names: str) -> Marks:
    return frozenset(names.split())


NONE: Marks = frozenset()
PROGRAM = marked("INITIAL MODEL")
NUMERIC = marked("SCORE BONUS LOG LOG_COIN EXP COIN RANDOM STEP FRACTION BUDGET PER_CALL MANY")
CHOSEN = marked("ARM BY_BONUS DRAWN EXPLORED FLIPPED EACH GROUP HINT")
"""How a value was chosen: an index or an attribute passes it on."""
COMBINE = re.compile(r"combin|cross|merge|recombin|blend|parents|hybrid|fuse|best of both|synthesi[sz]e", re.IGNORECASE)
"""Words of a prompt that asks for one program made of several."""
_ELEMENT = {"BEAM": "EACH", "TEXTS": "HINT", "GROUPS": "GROUP", "RANKED": "", "LIST": ""}
"""Marks of a container → marks of an element that is drawn from it."""


def union(marks: Iterable[Marks]) -> Marks:
    marks_of_all = NONE.union(*marks)
    return (
        marks_of_all
        if len(marks_of_all) <= _MOST_MARKS
        else frozenset(mark for mark in marks_of_all if "=" not in mark)
    )


def drawn(marks: Marks) -> Marks:
    return frozenset(_ELEMENT.get(mark, mark) for mark in marks) - {""}


def first(marks: Marks) -> Marks:
    """Of the best element, or of that at a fixed index: it is not each of a beam in turn."""
    return drawn(marks) - {"EACH"}


def _parts(marks: Marks) -> Marks:
    """Of parts of a program. The text between fences is a whole program, and an answer is not one yet."""
    if "FENCE" in marks:
        return marks - {"RAW", "FENCE"}
    return marks | {"PART"} if marks & PROGRAM and "RAW" not in marks else marks


def _joined(marks: Marks) -> Marks:
    if "PART" in marks:
        return marks - {"PART", "HINT", "TEXTS", "LIST"} | {"EDITED"}
    return first(marks) | ({"PAIR"} if {"MODEL", "LIST"} <= marks else NONE)


ATTRIBUTES = {
    "str": NONE,
    "report": marked("REPORT"),
    "remaining": marked("BUDGET STEP"),
    "budget": marked("BUDGET"),
    "max_responses_per_call": marked("PER_CALL"),
    **dict.fromkeys(("prompt", "batch_prompt"), marked("ASK")),
}
RESULTS: dict[str, Callable[[Marks], Marks]] = {
    name: result
    for names, result in (
        ("random uniform rand random_sample", lambda marks: marked("COIN RANDOM")),
        ("randint randrange integers", lambda marks: marked("RANDOM")),
        ("betavariate beta", lambda marks: marked("BONUS RANDOM")),
        ("report format_exc format_exception", lambda marks: marked("REPORT")),
        ("len", lambda marks: marked("STEP")),
        ("isinstance print hash", lambda marks: NONE),
        ("sum mean fmean median abs round int count", lambda marks: marks & NUMERIC),
        ("range", lambda marks: marks & NUMERIC | {"STEP"}),
        ("exp", lambda marks: marked("EXP") if "SCORE" in marks else NONE),
        ("log", lambda marks: marks & NUMERIC | {"LOG"} | ({"LOG_COIN"} if "COIN" in marks else NONE)),
        ("sqrt", lambda marks: marks & NUMERIC | ({"BONUS"} if "LOG" in marks else NONE)),
        ("index argmax argmin", lambda marks: frozenset(f"BY_{mark}" for mark in marks & {"SCORE", "BONUS"})),
        ("choice choices sample", lambda marks: first(marks) | marked("RANDOM DRAWN")),
        ("next pop popleft", drawn),
        ("heappop", lambda marks: marks | {"EACH"} if "SCORE" in marks else marks),
        ("split splitlines findall finditer parse get_source_segment", _parts),
        ("join", _joined),
        ("extract_code", lambda marks: marks - {"RAW", "PART", "FENCE"}),
    )
    for name in names.split()
}
"""Results of library functions, by the marks of all arguments."""
RANKING = ("sorted", "nlargest", "nsmallest", "sort")
PUTTING = ("append", "add", "extend", "update", "insert", "setdefault", "heappush")


ALIKE = {
    "AsyncFunctionDef": "FunctionDef",
    "AsyncFor": "For",
    "NamedExpr": "AnnAssign",
    **dict.fromkeys(("Yield", "YieldFrom"), "Return"),
    **dict.fromkeys(("Tuple", "Set", "Dict"), "List"),
    **dict.fromkeys(("SetComp", "GeneratorExp", "DictComp"), "ListComp"),
}
"""Kinds of nodes that are visited like another kind."""


@dataclass(frozen=True)
class Asked:
    """One call that asks the language model."""

    prompt: Marks
    temperature: Marks
    repeated: bool
    """In a loop, or for more answers than one call gives."""


def is_method(function: Function) -> bool:
    return [each.arg for each in function.args.args[:1]] == ["self"]


def parameters(function: Function) -> list[str]:
    return [each.arg for each in function.args.args[is_method(function) :]]


def is_sentence(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value.strip()


def is_group(node: ast.expr) -> bool:
    """Whether it makes a container of its own, or an object, which may contain one."""
    if isinstance(node, ast.Call):
        return bool(getattr(node.func, "id", "")[:1].isupper())
    return isinstance(node, ast.List | ast.ListComp | ast.Dict | ast.Set)


def is_crossing(parts: Sequence[ast.expr]) -> bool:
    """Whether the head of one value and the tail of another are joined."""
    cuts = [(ast.dump(each.value), each.slice) for each in parts if isinstance(each, ast.Subscript)]
    heads = {(of, ast.dump(cut.upper)) for of, cut in cuts if isinstance(cut, ast.Slice) and cut.upper is not None}
    tails = {(of, ast.dump(cut.lower)) for of, cut in cuts if isinstance(cut, ast.Slice) and cut.lower is not None}
    return any(head[0] != tail[0] and head[1] == tail[1] for head in heads for tail in tails)


def operands(node: ast.BinOp) -> list[ast.expr]:
    """The operands of a chain of one operator, from left to right."""
    parts, left = [node.right], node.left
    while isinstance(left, ast.BinOp) and type(left.op) is type(node.op):
        parts.append(left.right)
        left = left.left
    return [left, *reversed(parts)]
