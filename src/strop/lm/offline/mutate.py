"""Genetic improvement: small random edits of a program's syntax tree.

The edits are those of the genetic improvement literature: scale a constant, exchange an operator or a comparison,
repeat, delete, exchange or loop statements, change a call. They know nothing about the program's purpose, so most of
them are harmless or harmful and a few help. They do not change texts (such as prompts), imports, signatures and the
bodies of `while` loops, the last so that few edited programs run forever.
"""

from __future__ import annotations

import ast
import copy
import math
import random
from collections.abc import Callable, Iterator
from typing import TypeAlias

Edit: TypeAlias = Callable[[ast.Module, random.Random, float], str | None]
"""Change the tree in place; a description of the change, or None if there is nothing to change."""

_LARGEST_FACTOR = 4.0
"""The largest factor of a constant in one edit: the constant may be a number of iterations."""
_OPERATORS: tuple[tuple[type[ast.operator], ...], ...] = (
    (ast.Add, ast.Sub),
    (ast.Mult, ast.Div),
    (ast.FloorDiv, ast.Mod),
    (ast.BitAnd, ast.BitOr, ast.BitXor),
)
_COMPARISONS: tuple[tuple[type[ast.cmpop], ...], ...] = (
    (ast.Lt, ast.LtE, ast.Gt, ast.GtE),
    (ast.Eq, ast.NotEq),
    (ast.In, ast.NotIn),
)
_CALLEES = (
    ("min", "max"),
    ("any", "all"),
    ("argmin", "argmax"),
    ("floor", "ceil"),
    ("mean", "median"),
    ("sum", "prod"),
)
_FIXED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal)
_LEAVING = (ast.Return, ast.Break, ast.Continue, ast.Raise)


def mutate(tree: ast.Module, rng: random.Random, temperature: float) -> list[str]:
    """Edit the tree in place; a description of every edit, in the imperative mood.

    Temperature 0 nudges one constant, 0.7 makes one to four edits, and more makes more and larger ones. The list is
    empty if the program has nothing to edit.
    """
    count = 1 + rng.randint(0, min(12, round(4 * temperature)))
    done: list[str] = []
    for _ in range(count):
        order: list[Edit] = [scale_constant] if temperature == 0 else []
        order += _shuffled(rng)
        description = next((text for edit in order if (text := edit(tree, rng, temperature)) is not None), None)
        if description is not None:
            done.append(description)
    ast.fix_missing_locations(tree)
    return done


def scale_constant(tree: ast.Module, rng: random.Random, temperature: float) -> str | None:
    """Multiply one number by a factor near 1; the higher the temperature, the wider the range."""
    numbers = [node for node in _nodes(tree) if isinstance(node, ast.Constant) and type(node.value) in (int, float)]
    if not numbers:
        return None
    node = rng.choice(numbers)
    old = node.value
    assert isinstance(old, int | float)
    factor = math.exp(rng.gauss(0, 0.1 + 0.5 * temperature))
    new = _scaled(old, min(_LARGEST_FACTOR, max(1 / _LARGEST_FACTOR, factor)), rng)
    node.value = new
    return f"change {old!r} to {new!r}"


def exchange_operator(tree: ast.Module, rng: random.Random, temperature: float) -> str | None:
    """Change an arithmetic or bitwise operator into a related one, or `and` into `or`."""
    sites = [
        node
        for node in _nodes(tree)
        if isinstance(node, ast.BoolOp) or (isinstance(node, ast.BinOp | ast.AugAssign) and _relatives(node.op))
    ]
    if not sites:
        return None
    node = rng.choice(sites)
    old = type(node.op).__name__
    if isinstance(node, ast.BoolOp):
        node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    else:
        node.op = rng.choice(_relatives(node.op))()
    return f"use {type(node.op).__name__} in place of {old}"


def exchange_comparison(tree: ast.Module, rng: random.Random, temperature: float) -> str | None:
    """Change a comparison into a related one."""
    sites = [node for node in _nodes(tree) if isinstance(node, ast.Compare) and _others(node.ops[0], _COMPARISONS)]
    if not sites:
        return None
    node = rng.choice(sites)
    old = type(node.ops[0]).__name__
    node.ops[0] = rng.choice(_others(node.ops[0], _COMPARISONS))()
    return f"compare by {type(node.ops[0]).__name__} in place of {old}"


def change_call(tree: ast.Module, rng: random.Random, temperature: float) -> str | None:
    """Change one call: exchange two arguments, pass another variable, drop a keyword, or call min for max."""
    calls = [node for node in _nodes(tree) if isinstance(node, ast.Call)]
    rng.shuffle(calls)
    for call in calls:
        changes = [_exchange_arguments, _pass_another, _drop_keyword, _call_opposite]
        rng.shuffle(changes)
        for change in changes:
            description = change(call, tree, rng)
            if description is not None:
                return description
    return None


def repeat_statement(tree: ast.Module, rng: random.Random, temperature: float) -> str | None:
    """Repeat one statement right after itself."""
    site = _statement(tree, rng)
    if site is None:
        return None
    block, index = site
    block.insert(index, copy.deepcopy(block[index]))
    return f"repeat `{_brief(block[index])}`"


def delete_statement(tree: ast.Module, rng: random.Random, temperature: float) -> str | None:
    """Delete one statement."""
    site = _statement(tree, rng)
    if site is None:
        return None
    block, index = site
    old, block[index] = block[index], ast.Pass()
    if len(block) > 1:
        del block[index]
    return f"drop `{_brief(old)}`"


def exchange_statements(tree: ast.Module, rng: random.Random, temperature: float) -> str | None:
    """Exchange two neighbouring statements."""
    sites = [
        (block, index)
        for block, index in _statements(tree)
        if index + 1 < len(block) and not isinstance(block[index + 1], (*_FIXED, *_LEAVING))
    ]
    if not sites:
        return None
    block, index = rng.choice(sites)
    block[index], block[index + 1] = block[index + 1], block[index]
    return f"do `{_brief(block[index])}` earlier"


def loop_statement(tree: ast.Module, rng: random.Random, temperature: float) -> str | None:
    """Wrap one simple statement in a loop of two to four rounds."""
    sites = [(b, i) for b, i in _statements(tree) if isinstance(b[i], ast.Assign | ast.AugAssign | ast.Expr)]
    if not sites:
        return None
    block, index = rng.choice(sites)
    rounds = rng.randint(2, 4)
    counter = ast.Call(ast.Name("range", ast.Load()), [ast.Constant(rounds)], [])
    description = f"do `{_brief(block[index])}` {rounds} times"
    loop = ast.For(ast.Name("_", ast.Store()), counter, [block[index]], [])
    block[index] = ast.fix_missing_locations(ast.copy_location(loop, block[index]))
    return description


EDITS: dict[Edit, float] = {
    scale_constant: 4,
    exchange_operator: 2,
    exchange_comparison: 2,
    change_call: 2,
    repeat_statement: 1,
    delete_statement: 1,
    exchange_statements: 1,
    loop_statement: 1,
}
"""Every edit with its relative frequency."""


def _shuffled(rng: random.Random) -> list[Edit]:
    """The edits in random order, frequent ones first more often."""
    return sorted(EDITS, key=lambda edit: rng.random() ** (1 / EDITS[edit]), reverse=True)


def _nodes(tree: ast.Module) -> Iterator[ast.AST]:
    """Every node that may be edited, in the order of the text."""
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        yield node
        children = [
            child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.JoinedStr | ast.arguments)
        ]
        stack.extend(reversed([child for child in children if not isinstance(child, ast.While)]))


def _statements(tree: ast.Module) -> list[tuple[list[ast.stmt], int]]:
    """Every statement inside a function that may be moved, as its block and its index there."""
    sites: list[tuple[list[ast.stmt], int]] = []
    for node in _nodes(tree):
        if isinstance(node, ast.Module | ast.ClassDef):
            continue
        for name in ("body", "orelse"):
            block = getattr(node, name, None)
            if isinstance(block, list):
                sites += [(block, index) for index, statement in enumerate(block) if _is_movable(statement)]
    return sites


def _is_movable(statement: ast.AST) -> bool:
    is_text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return isinstance(statement, ast.stmt) and not is_text and not isinstance(statement, (*_FIXED, *_LEAVING))


def _statement(tree: ast.Module, rng: random.Random) -> tuple[list[ast.stmt], int] | None:
    sites = _statements(tree)
    return rng.choice(sites) if sites else None


def _scaled(old: int | float, factor: float, rng: random.Random) -> int | float:
    if isinstance(old, int):
        new = round(old * factor) if abs(old) < 2**53 else old
        return new if new != old else old + rng.choice((-1, 1))
    return float(f"{old * factor:.3g}") if old else round(factor - 1, 3)


def _relatives(operator: ast.operator) -> list[type[ast.operator]]:
    return _others(operator, _OPERATORS)


def _others(node: ast.AST, families: tuple[tuple[type, ...], ...]) -> list[type]:
    """The other members of a node's family; empty if it has none."""
    return [other for family in families if type(node) in family for other in family if other is not type(node)]


def _exchange_arguments(call: ast.Call, tree: ast.Module, rng: random.Random) -> str | None:
    if len(call.args) < 2 or any(isinstance(argument, ast.Starred) for argument in call.args):
        return None
    first, second = rng.sample(range(len(call.args)), 2)
    call.args[first], call.args[second] = call.args[second], call.args[first]
    return f"exchange two arguments in `{_brief(call)}`"


def _pass_another(call: ast.Call, tree: ast.Module, rng: random.Random) -> str | None:
    indices = [index for index, argument in enumerate(call.args) if isinstance(argument, ast.Name)]
    names = sorted({node.id for node in _nodes(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)})
    if not indices or not names:
        return None
    call.args[rng.choice(indices)] = ast.Name(rng.choice(names), ast.Load())
    return f"call `{_brief(call)}`"


def _drop_keyword(call: ast.Call, tree: ast.Module, rng: random.Random) -> str | None:
    if not call.keywords:
        return None
    dropped = call.keywords.pop(rng.randrange(len(call.keywords)))
    return f"leave {dropped.arg or 'keywords'} out of `{_brief(call)}`"


def _call_opposite(call: ast.Call, tree: ast.Module, rng: random.Random) -> str | None:
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", None)
    others = [other for family in _CALLEES if name in family for other in family if other != name]
    if not others:
        return None
    if isinstance(call.func, ast.Name):
        call.func.id = others[0]
    elif isinstance(call.func, ast.Attribute):
        call.func.attr = others[0]
    return f"take {others[0]} in place of {name}"


def _brief(node: ast.AST) -> str:
    """The first line of a node's text, at most 60 characters and without backticks, which could pass for a fence."""
    line = ast.unparse(node).split("\n")[0].replace("`", "'")
    return line if len(line) <= 60 else line[:57] + "..."
