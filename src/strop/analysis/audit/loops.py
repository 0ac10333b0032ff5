"""S007: loops that ask a handle and that only the score can end.

A loop ends by a test that mentions a budget or counts, in the `while` or before a `break`, `return` or `raise`; by an `except`
that leaves it; or by an exception that a `try` around it catches. A test of the score alone (`while best < 1`) does not end it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from strop.analysis.audit.names import FUNCTIONS, LANGUAGE_MODEL, UTILITY, Function, name_of
from strop.analysis.audit.paths import words
from strop.analysis.audit.values import Program

EVALUATIONS = frozenset({UTILITY, f"{UTILITY}.map", f"{UTILITY}.report"})
_QUESTIONS = frozenset({*EVALUATIONS, f"{LANGUAGE_MODEL}.prompt", f"{LANGUAGE_MODEL}.batch_prompt"})
_BUDGET_WORDS = words("budget remaining uses times_used max_responses calls limit left quota")
_SCORE_WORDS = words("score value utility fitness accuracy quality reward")
_ENDLESS = words("itertools.count itertools.cycle itertools.repeat")
_NAMES = (ast.Name, ast.Attribute)
_LOOPS = {ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.While, ast.For, ast.AsyncFor}
_HUGE = 1000
"""Rounds; the paper grants 25 evaluations and 4 LM calls."""


def asking_nodes(program: Program) -> set[ast.AST]:
    """Nodes that use a handle, directly or by calling an own function."""
    by_name: dict[str, list[ast.AST]] = {}
    asking: set[ast.AST] = set()
    for node in program.uses:
        if isinstance(node, _NAMES):
            name = node.id if isinstance(node, ast.Name) else node.attr
            if name in program.functions:
                by_name.setdefault(name, []).append(node)
            if not _QUESTIONS.isdisjoint(program.values(node)) and not isinstance(program.parents[node], ast.Attribute):
                asking.add(node)
    pending = list(asking)
    while pending:
        function = program.function_around(pending.pop())
        users = by_name.pop(getattr(function, "name", ""), ())
        pending += [user for user in users if user not in asking]
        asking.update(users)
    return asking


def _around(nodes: Iterable[ast.AST], program: Program) -> dict[ast.AST, None]:
    """The nodes and their parents, up to their functions."""
    around: dict[ast.AST, None] = {}
    for node in nodes:
        while node not in around and not isinstance(node, FUNCTIONS) and node in program.parents:
            around[node] = None
            node = program.parents[node]
    return around


def endless_loops(asking: set[ast.AST], program: Program) -> Iterator[ast.AST]:
    """The loops around `asking` nodes that S007 reports."""
    loops = [node for node in _around(asking, program) if type(node) in _LOOPS and not _ends_by_itself(node, program)]
    if loops:
        waiting = _around((each for each in program.nodes if isinstance(each, ast.Try) and each.handlers), program)
        yield from (loop for loop in loops if not _is_left(loop, waiting, program))


def _ends_by_itself(loop: ast.AST, program: Program) -> bool:
    """Whether a loop has few rounds, or a test of a budget or count."""
    match loop:
        case ast.ListComp(generators=parts) | ast.SetComp(generators=parts) | ast.GeneratorExp(generators=parts):
            return not any(_never_ends(each.iter, program) for each in parts)
        case ast.While(test=test):
            return _bounds(test, program)
        case ast.For(iter=iterated) | ast.AsyncFor(iter=iterated):
            return not _never_ends(iterated, program)
    return True


def _is_left(loop: ast.AST, waiting: dict[ast.AST, None], program: Program) -> bool:
    """Whether something besides the score ends a loop from within: a test of a budget or count, an exception that leaves it."""
    if not isinstance(loop, ast.While | ast.For | ast.AsyncFor):
        return False
    at: ast.AST = loop
    while loop not in waiting and at in program.parents and not isinstance(at, Function):
        above = program.parents[at]
        if isinstance(above, ast.Try) and above.handlers and at in above.body:
            return True
        at = above
    return any(_exits(loop, None, program))


def _never_ends(node: ast.AST | str, program: Program, depth: int = 0) -> bool:
    """Whether iterating never ends, or takes a thousand rounds or more."""
    if isinstance(node, ast.Name) and depth < 3:
        return any(_never_ends(source, program, depth + 1) for source in program.sources(node))
    if not isinstance(node, ast.Call):
        return False
    for path in program.paths(node.func):
        if path == "builtins.range" and node.args:
            last = node.args[min(1, len(node.args) - 1)]
            numbers = [each for each in program.constants(last) if isinstance(each, int | float)]
            return "sys.maxsize" in program.paths(last) or any(number >= _HUGE for number in numbers)
        if path == "builtins.iter" and len(node.args) == 2:
            return not {"builtins.int", "builtins.bool", *_QUESTIONS}.isdisjoint(program.paths(node.args[0]))
        if path == "builtins.enumerate" and node.args:
            return _never_ends(node.args[0], program, depth)
        if path in _ENDLESS:
            return path != "itertools.repeat" or len(node.args) == 1
    return False


def _bounds(test: ast.expr, program: Program) -> bool:
    """Whether a condition ends a loop: it counts, or mentions a budget. A score alone does not."""
    constants = program.constants(test)
    if constants and len(constants) == len(program.values(test)) and not isinstance(test, ast.Name):
        return not all(constants)
    parts = [each for each in ast.walk(test) if isinstance(each, ast.Name | ast.Attribute)]
    if any(mark in name_of(part).lower() for part in parts for mark in _BUDGET_WORDS):
        return True
    calls = [
        each
        for each in ast.walk(test)
        if isinstance(each, ast.Call) and not EVALUATIONS.isdisjoint(program.values(each.func))
    ]
    inside = {part for call in calls for part in ast.walk(call)}
    others = [each for each in parts if isinstance(each, ast.Name) and each not in inside]
    scores = [
        f"{UTILITY}()" in program.values(each) or any(word in each.id.lower() for word in _SCORE_WORDS)
        for each in others
    ]
    return not all(scores) or not (calls or others)


def _exits(node: ast.AST, ends: bool | None, program: Program, nested: bool = False) -> Iterator[bool]:
    """For each way out of a loop, whether the program takes it. `ends`: whether a test before it ends the loop, if any."""
    if isinstance(node, ast.Return | ast.Raise) or (isinstance(node, ast.Break) and not nested):
        yield ends is not False
    if isinstance(node, ast.If):
        ends = ends or _bounds(node.test, program)
    for part in ast.iter_child_nodes(node):
        if not isinstance(part, Function | ast.ClassDef | ast.expr):
            is_loop = isinstance(part, ast.While | ast.For | ast.AsyncFor)
            yield from _exits(part, True if isinstance(part, ast.ExceptHandler) else ends, program, nested or is_loop)
