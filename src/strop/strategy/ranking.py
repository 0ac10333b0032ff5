"""What ranks and chooses: sorted, max, heaps, indices of the best."""

from __future__ import annotations

import ast
from dataclasses import replace

from strop.strategy.containers import items
from strop.strategy.expressions import cut, elements, iterated
from strop.strategy.machine import Arguments, Handler, Machine, chosen_by, first, unknown
from strop.strategy.values import EMPTY, PROGRAM, RAW, M, Native, Value, flat, joined, of


def _keyed(machine: Machine, container: Value, given: Arguments, node: ast.AST) -> Value:
    """What the elements of a container are compared by."""
    key = given.named.get("key")
    element = elements(machine, container, node)
    if key is None:
        return element.items[0] if element.items else element
    if key.callees and any(
        isinstance(each, Native) and each.on is None and each.path.endswith(".get") for each in key.callees
    ):
        return unknown([key, container])
    methods = [each for each in key.callees if isinstance(each, Native) and each.on is not None]
    if methods:
        return unknown([each.on for each in methods if each.on is not None])
    return machine.apply(machine, key, Arguments((element,)), node)


def _best(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    """max and min: of a container the chosen element, of numbers what they may be."""
    if len(given.positional) == 1:
        container = given.positional[0]
        by = chosen_by(_keyed(machine, container, given, node))
        drawn = machine.draw(iterated(container), by & ~M.AT_RANDOM or M.FIRST, (id(node), 0))
        if container.marks & M.AT_RANDOM and flat(drawn, 1) & PROGRAM:
            drawn = drawn.marked(M.RANDOM_DRAW)
        return drawn
    found = joined(given.positional)
    if found.marks & PROGRAM or any(value.items for value in given.positional):
        key = given.named.get("key")
        by = chosen_by(machine.apply(machine, key, Arguments((found,)), node)) if key else M.FIRST
        return machine.stamp(found, by or M.FIRST, (id(node), 0))
    if found.numbers and all(len(value.numbers) == 1 and not value.marks for value in given.positional):
        return found if len(found.numbers) == 1 else Value(numbers=frozenset((max(found.numbers),)))
    return Value(flat(found, 1), numbers=found.numbers if not found.marks else frozenset())


def _sorted(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    container = first(given)
    scored = flat(_keyed(machine, container, given, node), 2) & (M.SCORE | M.BY_SCORE)
    if not container.boxes or any(box.key is not EMPTY for box in container.boxes):
        container = machine.listed(node, "list", elements(machine, container, node), container.marks & RAW)
    return replace(container, marks=container.marks | (M.RANKED if scored else M.NONE), items=None)


def _sort(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    scored = flat(_keyed(machine, on, given, node), 2) & (M.SCORE | M.BY_SCORE)
    for box in on.boxes:
        box.ranked |= bool(scored)
        box.mutated = True
    return EMPTY


def _largest(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    """heapq.nlargest(k, xs, key=...)."""
    bound, container = given.get(0, "n") or EMPTY, given.get(1, "iterable") or EMPTY
    ranked = _sorted(machine, EMPTY, Arguments((container,), given.named), node)
    return replace(ranked, marks=ranked.marks | cut(machine, bound) if ranked.marks & M.RANKED else ranked.marks)


def _common(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    pairs = items(machine, on, Arguments(), node)
    return replace(
        pairs, marks=pairs.marks | M.RANKED | (cut(machine, given.positional[0]) if given.positional else M.NONE)
    )


def _heap_push(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    heap, element = given.get(0) or EMPTY, given.get(1) or EMPTY
    machine.put(heap, element)
    return machine.draw(heap, M.FRONTIER, (id(node), 0))


def _heap_replace(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    _heap_push(machine, on, given, node)
    for box in (given.get(0) or EMPTY).boxes:
        box.ranked = box.cut = True
    return EMPTY


def _heap_pop(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    scored = flat(first(given), 3) & M.SCORE
    return machine.draw(first(given), M.FRONTIER if scored else M.FIRST, (id(node), 0))


def _index(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    marks = flat(on, 2) | unknown(given.all).marks
    return of(marks & (M.SCORE | M.BONUS | M.BY_SCORE | M.BY_BONUS)) if marks & M.SCORE else EMPTY


def _best_index(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    return of(chosen_by(first(given)) or M.BY_SCORE)


def _order(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    scored = flat(first(given), 2) & M.SCORE
    return machine.listed(node, "order", of(M.BY_SCORE if scored else M.NONE), M.RANKED if scored else M.NONE)


HANDLERS: dict[str, Handler] = {
    **dict.fromkeys(("max", "min"), _best),
    "sorted": _sorted,
    "sort": _sort,
    **dict.fromkeys(("nlargest", "nsmallest"), _largest),
    "most_common": _common,
    "heappush": _heap_push,
    **dict.fromkeys(("heappushpop", "heapreplace"), _heap_replace),
    "heappop": _heap_pop,
    "index": _index,
    **dict.fromkeys(("argmax", "argmin"), _best_index),
    "argsort": _order,
}
