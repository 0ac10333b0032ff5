"""Builtins, functions and modules of Python's library, as far as they matter to where a value came from."""

from __future__ import annotations

import ast
from dataclasses import replace

from strop.strategy import containers, ranking, texts
from strop.strategy.attributes import attribute
from strop.strategy.expressions import elements
from strop.strategy.machine import Arguments, Handler, Machine, chosen_by, first, unknown
from strop.strategy.values import EMPTY, PROGRAM, RAW, M, Native, Value, composed, flat, join, joined, of


def call(machine: Machine, path: str, on: Value | None, given: Arguments, node: ast.AST) -> Value:
    """Call what the program does not define, by the last part of its name."""
    name = path.rpartition(".")[2]
    if on is None and "." not in path and given.positional and name in METHODS_ONLY:
        return unknown(given.all)
    handler = _ALL.get(name)
    if handler is not None:
        return handler(machine, on or EMPTY, given, node)
    for argument in given.all:
        if argument.callees and not (argument.marks or argument.boxes) and name not in ("print",):
            machine.apply(
                machine, argument, Arguments((unknown([each for each in given.all if each is not argument]),)), node
            )
    if on is not None and on.marks & PROGRAM and not on.boxes:
        return composed([replace(on, callees=()), *given.all])
    return unknown([on or EMPTY, *given.all])


def _same(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    """A copy of it, the value of a future, an iterator over it."""
    return first(given) if given.positional else on


def _itself(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    return replace(on, callees=()) if on.marks & PROGRAM else on


def _random_number(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    return of(M.RANDOM)


def _belief(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    """A sample of a belief over rewards is a bonus (Thompson sampling)."""
    marks = unknown(given.all).marks
    return of(M.RANDOM | (M.BONUS | M.SCORE if marks & (M.SCORE | M.STEP) else M.NONE))


def _choice(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    return machine.draw(first(given), _weighted(given), (id(node), 0))


def _choices(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    drawn = machine.draw(first(given), _weighted(given), (id(node), 0))
    return machine.listed(node, "drawn", drawn, M.AT_RANDOM | first(given).marks & M.MEMBER)


def _weighted(given: Arguments) -> M:
    weights = (
        given.named.get("weights")
        or given.named.get("p")
        or (given.positional[1] if len(given.positional) > 1 else EMPTY)
    )
    by = chosen_by(weights) & (M.BY_SCORE | M.BY_BONUS)
    elements_are_words = len(joined(box.element for box in first(given).boxes).words) > 1
    return M.AT_RANDOM | (by if elements_are_words else M.NONE)


def _exp(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    return of(unknown(given.all).marks | M.EXP)


def _log(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    return of(unknown(given.all).marks | M.LOG)


def _sqrt(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    marks = unknown(given.all).marks
    return of(marks | (M.BONUS if marks & M.LOG else M.NONE))


def _length(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    return of(M.LENGTH)


def _number(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    """int, float, round, ceil: the same number."""
    value = first(given)
    return Value(flat(value, 1) & ~RAW, numbers=value.numbers)


def _figure(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    """A sum, a mean, a count: of scores, of texts nothing."""
    return of(unknown([on, *given.all]).marks & ~(PROGRAM | M.LITERAL | M.PART))


def _nothing(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    return EMPTY


def _map(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    """map(f, xs), executor.map(f, xs), filter(f, xs)."""
    if not given.positional:
        return EMPTY
    drawn = tuple(machine.draw(each, M.EACH, (id(node), place)) for place, each in enumerate(given.positional[1:]))
    with machine.loop(node):
        result = machine.apply(machine, given.positional[0], Arguments(drawn, given.named), node)
    return machine.listed(node, "mapped", result)


def _filter(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    if len(given.positional) < 2:
        return EMPTY
    if given.positional[0].callees:
        machine.apply(machine, given.positional[0], Arguments((elements(machine, given.positional[1], node),)), node)
    return given.positional[1]


def _submit(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    """executor.submit(f, ...), asyncio.to_thread(f, ...): what f gives stands for its future."""
    if not given.positional:
        return EMPTY
    return machine.apply(machine, given.positional[0], Arguments(given.positional[1:], given.named), node)


def _partial(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    """functools.partial: a box that remembers what was given; calling it is `_resumed`."""
    box = machine.box(node, "partial")
    box.of = given
    return Value(callees=(Native("<partial>", Value(boxes=(box,))),))


def _resumed(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    before = on.boxes[0].of
    arguments = Arguments((*before.positional[1:], *given.positional), {**before.named, **given.named})
    return machine.apply(machine, before.positional[0], arguments, node) if before.positional else EMPTY


def _reduce(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    if len(given.positional) < 2:
        return EMPTY
    element = elements(machine, given.positional[1], node)
    total = given.positional[2] if len(given.positional) > 2 else element
    with machine.loop(node):
        for _ in range(2):
            total = join(total, machine.apply(machine, given.positional[0], Arguments((total, element)), node))
    return total


def _get_attribute(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    found = joined(attribute(machine, first(given), word, node) for word in sorted((given.get(1) or EMPTY).words)[:2])
    return join(found, given.get(2) or EMPTY)


METHODS_ONLY = frozenset({"append", "extend", "pop", "index", "get", "items", "keys", "values", "sort", "join"})
HANDLERS: dict[str, Handler] = {
    **dict.fromkeys(
        ("copy", "deepcopy", "extract_code", "as_completed", "wait", "iter", "run", "tqdm", "array"), _same
    ),
    **dict.fromkeys(("result", "strip", "rstrip", "lstrip", "lower", "group", "read", "tolist", "__enter__"), _itself),
    **dict.fromkeys(
        ("random", "rand", "uniform", "randint", "randrange", "triangular", "integers", "getrandbits"), _random_number
    ),
    **dict.fromkeys(("betavariate", "beta", "gauss", "normalvariate", "normal", "gammavariate"), _belief),
    "choice": _choice,
    **dict.fromkeys(("choices", "sample", "permutation"), _choices),
    **dict.fromkeys(("exp", "expm1"), _exp),
    **dict.fromkeys(("log", "log2", "log10", "log1p"), _log),
    "sqrt": _sqrt,
    "len": _length,
    **dict.fromkeys(("int", "float", "round", "ceil", "floor", "abs", "clip"), _number),
    **dict.fromkeys(
        ("sum", "mean", "fmean", "median", "stdev", "std", "var", "count", "fsum", "average", "pow"), _figure
    ),
    **dict.fromkeys(("print", "isinstance", "hasattr", "type", "id", "any", "all", "sleep", "time", "seed"), _nothing),
    **dict.fromkeys(
        ("startswith", "endswith", "find", "rfind", "isdigit", "isspace", "exec", "eval", "compile", "hash"), _nothing
    ),
    "heapify": _nothing,
    "cycle": _same,
    **dict.fromkeys(("map", "starmap", "imap", "imap_unordered"), _map),
    "filter": _filter,
    **dict.fromkeys(("submit", "to_thread", "apply_async"), _submit),
    "partial": _partial,
    "<partial>": _resumed,
    "reduce": _reduce,
    "getattr": _get_attribute,
}
_ALL = {**texts.HANDLERS, **ranking.HANDLERS, **containers.HANDLERS, **HANDLERS}
