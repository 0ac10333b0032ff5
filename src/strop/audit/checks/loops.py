"""S007: loops around a handle that nothing about a budget ends; and, for S008, those that take every time-out and go on.

What ends a loop: a test that mentions a budget or counts, `break` or `return` under such a test or in an `except`. A test of the
score alone (`while best < 1.0`) does not: it holds for ever where the score is not reached.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from strop.audit.checks import timeouts
from strop.audit.program import Hit, Program, is_question, paths
from strop.audit.scopes import COMPREHENSIONS, FUNCTIONS, enclosing
from strop.audit.values import UTILITY, Constant, Invocation, Known, Scope, Written

RULE = "S007"
HUGE = 1000
"""Rounds; the paper grants 25 evaluations and 4 LM calls."""
_BUDGET_WORDS = ("budget", "remaining", "uses", "times_used", "max_responses", "calls", "limit", "left", "quota")
_SCORE_WORDS = ("score", "value", "utility", "fitness", "accuracy", "quality", "reward")
_ENDLESS = frozenset({"itertools.count", "itertools.cycle"})
_BLOCKS = (ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match, ast.match_case)
LOOPS = (ast.While, ast.For, ast.AsyncFor)
Loop = ast.While | ast.For | ast.AsyncFor
Guard = tuple[ast.expr | None, Scope]
"""A condition on the way; None for an `except`."""


def check_loops(program: Program) -> Iterator[Hit]:
    """Every loop of the program."""
    by_call: dict[ast.AST, list[Invocation]] = {}
    for invocation in program.invocations:
        by_call.setdefault(invocation.call, []).append(invocation)
    protected = _protected(program)
    for node, scope in program.nodes:
        if isinstance(node, (ast.While, ast.For, ast.AsyncFor)) and _is_unbounded(node, scope, program):
            inside = list(_inside(node))
            asked = [each for part in inside for each in by_call.get(part, ()) if program.asks(each)]
            yield from _check_patience(node, inside, scope, program)
            if any(_ends(guards, program) for guards in _exits(node, scope)):
                continue
            if asked and not (node in protected and _lets_through(node, inside, asked, program)):
                yield Hit(RULE, node, "asks a handle with nothing about a budget to end it")
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node in program.asking:
            yield from _check_recursion(node, by_call, program)
        elif isinstance(node, COMPREHENSIONS):
            inner = program.resolver.names.scopes[node]
            asked = [each for part in ast.walk(node) for each in by_call.get(part, ()) if program.asks(each)]
            if asked and any(_is_endless(generator.iter, inner, program) for generator in node.generators):
                yield Hit(RULE, node, "asks a handle without end")


def _check_patience(loop: Loop, inside: list[ast.AST], scope: Scope, program: Program) -> Iterator[Hit]:
    """S008: every time-out is taken and the loop goes on, until what it waits for is there."""
    for part in inside:
        if not isinstance(part, ast.Try):
            continue
        waiting = {each for statement in part.body for each in ast.walk(statement)}
        elsewhere = [guards for node, guards in _leaving(loop, scope) if node not in waiting]
        for handler in part.handlers:
            swallows = all(isinstance(statement, (ast.Pass, ast.Continue)) for statement in handler.body)
            ends = any(_ends(guards, program) for guards in elsewhere)
            if swallows and not ends and timeouts.catches_timeout(handler, scope, program):
                yield Hit(timeouts.RULE, handler, "takes every time-out and goes on")


def _check_recursion(
    function: ast.FunctionDef | ast.AsyncFunctionDef, by_call: dict[ast.AST, list[Invocation]], program: Program
) -> Iterator[Hit]:
    """A function that asks a handle and calls itself whatever happens, with no way out that counts or minds a budget."""
    always: list[ast.AST] = []
    stack: list[ast.AST] = list(function.body)
    while stack:
        node = stack.pop()
        if isinstance(node, _BLOCKS):
            stack += ast.iter_child_nodes(node)
        elif isinstance(node, ast.stmt) and not isinstance(node, (ast.If, *LOOPS, *FUNCTIONS, ast.ClassDef)):
            always.append(node)
    again = [
        part
        for node in always
        for part in _inside(node, (ast.IfExp, ast.BoolOp, ast.Lambda))
        if _calls(part, function, by_call, program)
    ]
    if not again:
        return
    scope = program.resolver.names.scopes[function]
    others = [guards for leaf, guards in _leaving(function, scope) if not set(ast.walk(leaf)) & set(again)]
    if not any(guards and _ends(guards, program) for guards in others):
        yield Hit(RULE, again[0], "asks a handle and calls itself without end")


def _calls(node: ast.AST, function: ast.AST, by_call: dict[ast.AST, list[Invocation]], program: Program) -> bool:
    """Whether a node is a call of `function`."""
    invocations = by_call.get(node, ())
    return any(getattr(called, "node", None) is function for each in invocations for called in program.functions(each))


def _is_unbounded(loop: Loop, scope: Scope, program: Program) -> bool:
    if isinstance(loop, ast.While):
        return not _bounds(loop.test, scope, program)
    return _is_endless(loop.iter, scope, program)


def _is_endless(node: ast.expr, scope: Scope, program: Program) -> bool:
    """Whether iterating over `node` never ends, or takes HUGE rounds or more."""
    if not isinstance(node, ast.Call):
        return any(path.removesuffix("()") in _ENDLESS for path in paths(program.resolver.values(node, scope)))
    for path in paths(program.resolver.values(node.func, scope)):
        if path in _ENDLESS or (path == "itertools.repeat" and len(node.args) == 1 and not node.keywords):
            return True
        if path == "builtins.iter" and len(node.args) == 2:
            return _never_gives(node.args[0], node.args[1], scope, program)
        if path in ("builtins.range", "builtins.enumerate") and node.args:
            last = node.args[min(1, len(node.args) - 1)] if path == "builtins.range" else node.args[0]
            if path == "builtins.enumerate":
                return _is_endless(last, scope, program)
            return any(map(_is_huge, program.resolver.values(last, scope)))
    return False


def _never_gives(function: ast.expr, sentinel: ast.expr, scope: Scope, program: Program) -> bool:
    """Whether `iter(function, sentinel)` goes on for ever: `iter(int, 1)`. A queue's `get` comes to its end."""
    for value in program.resolver.values(function, scope):
        if isinstance(value, Known):
            return value.path in ("builtins.int", "builtins.float", "builtins.bool", "builtins.str") or is_question(
                value
            )
        if isinstance(value, Written):
            ends = {repr(each) for each in program.resolver.values(sentinel, scope)}
            given = program.resolver.values(ast.Call(function, [], []), scope)
            return value.node in program.asking or (bool(given) and not ends & {repr(each) for each in given})
    return False


def _is_huge(value: object) -> bool:
    if isinstance(value, Known):
        return value.path in ("sys.maxsize", "math.inf", "numpy.inf")
    return isinstance(value, Constant) and isinstance(value.value, (int, float)) and value.value >= HUGE


def _bounds(test: ast.expr, scope: Scope, program: Program) -> bool:
    """Whether a condition ends a loop some time: it counts, or mentions a budget. A score alone does not."""
    values = program.resolver.values(test, scope)
    constant = bool(values) and all(isinstance(value, Constant) for value in values)
    if constant and program.resolver.settled(test, scope):
        return not all(isinstance(value, Constant) and value.value for value in values)
    names = [each for each in ast.walk(test) if isinstance(each, (ast.Name, ast.Attribute))]
    words = [(each.id if isinstance(each, ast.Name) else each.attr).lower() for each in names]
    if any(mark in word for word in words for mark in _BUDGET_WORDS):
        return True
    scored = {each for call in ast.walk(test) if isinstance(call, ast.Call) and _scores(call, scope, program)
              for each in ast.walk(call)}  # fmt: skip
    others = [each for each in names if each not in scored and isinstance(each, ast.Name)]
    if not others and scored:
        return False
    return not others or not all(_is_score(each, scope, program) for each in others)


def _scores(call: ast.Call, scope: Scope, program: Program) -> bool:
    return any(path.startswith(UTILITY) for path in paths(program.resolver.values(call.func, scope)))


def _is_score(name: ast.Name, scope: Scope, program: Program) -> bool:
    """Whether a name holds a value of the utility."""
    home = enclosing(scope, name.id)
    if home is None:
        return False
    for source in home.bindings.get(name.id, ()):
        if f"{UTILITY}()" in paths(program.resolver.of(source)):
            return True
    return any(word in name.id.lower() for word in _SCORE_WORDS)


def _inside(whole: ast.AST, without: tuple[type, ...] = ()) -> Iterator[ast.AST]:
    """Every node in a loop or a statement, without the functions that are only written there, and what is in `without`."""
    stack = [whole]
    while stack:
        node = stack.pop()
        yield node
        left_out = (ast.FunctionDef, ast.AsyncFunctionDef, *without)
        stack += [each for each in ast.iter_child_nodes(node) if not isinstance(each, left_out)]


def _exits(loop: Loop, scope: Scope) -> Iterator[Sequence[Guard]]:
    """The conditions under which a loop is left, for each way out."""
    return (guards for _, guards in _leaving(loop, scope))


def _leaving(
    loop: Loop | ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope
) -> Iterator[tuple[ast.AST, Sequence[Guard]]]:
    """Each `break`, `return` and `raise` that leaves a loop, with its conditions."""
    stack: list[tuple[ast.AST, tuple[Guard, ...], bool]] = [(part, (), False) for part in loop.body]
    while stack:
        node, guards, nested = stack.pop()
        if isinstance(node, (ast.Return, ast.Raise)) or (isinstance(node, ast.Break) and not nested):
            yield node, guards
        elif isinstance(node, ast.If):
            stack += [(part, (*guards, (node.test, scope)), nested) for part in (*node.body, *node.orelse)]
        elif isinstance(node, ast.ExceptHandler):
            stack += [(part, (*guards, (None, scope)), nested) for part in node.body]
        elif isinstance(node, (ast.While, ast.For, ast.AsyncFor)):
            stack += [(part, guards, True) for part in node.body]
            stack += [(part, guards, nested) for part in node.orelse]
        elif isinstance(node, _BLOCKS):
            stack += [(part, guards, nested) for part in ast.iter_child_nodes(node)]


def _ends(guards: Sequence[Guard], program: Program) -> bool:
    """Whether an exit is reached some time, whatever the scores are."""
    return not guards or any(test is None or _bounds(test, scope, program) for test, scope in guards)


def _protected(program: Program) -> set[ast.AST]:
    """Loops inside a `try` that has an `except`: an exception that leaves the loop ends it in good order."""
    found: set[ast.AST] = set()
    for node, _ in program.nodes:
        if isinstance(node, ast.Try) and node.handlers:
            found.update(each for part in node.body for each in _inside(part) if isinstance(each, Loop))
    return found


def _lets_through(loop: Loop, inside: list[ast.AST], asked: list[Invocation], program: Program) -> bool:
    """Whether a refusal of the language model leaves the loop: it is asked, and no `except` in the loop takes the exception."""
    taken = {each for part in inside if isinstance(part, ast.Try) and part.handlers for each in ast.walk(part)}
    for invocation in asked:
        if invocation.call not in taken:
            for function in program.functions(invocation):
                if not (is_question(function) and isinstance(function, Known) and function.path.startswith(UTILITY)):
                    return True
    return False
