"""What fills lists, sets and dicts, takes from them and goes through them."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace

from strop.strategy.expressions import cut, elements, iterated
from strop.strategy.machine import Arguments, Handler, Machine, chosen_by, first, unknown
from strop.strategy.values import EMPTY, PROGRAM, RAW, M, Value, flat, join, joined, of


def _list(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    """A list of what there is: the text of a list of characters is taken apart."""
    value = first(given)
    if value.boxes and not any(box.key is not EMPTY for box in value.boxes):
        return replace(value, items=None) if value.items is None else value
    if value is EMPTY:
        return machine.listed(node, "list", EMPTY)
    if value.marks & PROGRAM and value.items is None and not value.boxes:
        return machine.listed(node, "list", replace(value, marks=value.marks | M.PART, callees=()))
    return machine.listed(node, "list", elements(machine, value, node), value.marks & RAW)


def _append(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    machine.put(on, given.all[-1] if given.all else EMPTY)
    return EMPTY


def _extend(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    machine.put(on, elements(machine, first(given), node))
    return EMPTY


def _update(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    """Of a dict: with pairs, with another dict, or with names; of a set: with elements."""
    if not any(box.kind == "dict" for box in on.boxes):
        return _extend(machine, on, given, node)
    made = _dictionary(machine, EMPTY, given, node)
    for box in on.boxes:
        for each in made.boxes:
            box.key = join(box.key, each.key)
            box.fields.update(each.fields)
    machine.put(on, joined(each.element for each in made.boxes))
    return EMPTY


def _pop(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    """pop() of a ranked list takes the last away; pop(0) takes the first: the frontier of a search."""
    first = bool(given.positional) and given.positional[0].numbers == {0.0}
    for box in on.boxes:
        box.mutated = True
        if (box.ranked or on.marks & M.RANKED) and not first:
            box.cut = True
    ranked = on.marks & M.RANKED or any(box.ranked for box in on.boxes)
    by = chosen_by(given.positional[0]) if given.positional else M.NONE
    raw = by or (M.FRONTIER if ranked and first else M.FIRST if first else M.NONE)
    return machine.draw(on, raw, (id(node), 0))


def _remove(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    worst = flat(first(given), 1) & (M.TOP | M.BY_SCORE)
    for box in on.boxes:
        box.mutated = True
        if worst:
            box.ranked = box.cut = True
    return EMPTY


def items(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    key, element = joined(box.key for box in on.boxes), joined(box.element for box in on.boxes)
    return machine.listed(node, "items", Value(items=(key, element)), on.marks & RAW)


def _keys(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    return machine.listed(node, "keys", joined(box.key for box in on.boxes), on.marks & RAW)


def _values(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    return machine.listed(node, "values", joined(box.element for box in on.boxes), on.marks & RAW)


def _get(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    """get, setdefault, getattr: an entry, or what stands for it."""
    if not on.boxes and on.marks & M.REPORT:
        return on.marked(M.NONE) if not on.callees else of(on.marks)
    key, default = given.get(0) or EMPTY, given.get(1) or EMPTY
    held = [box.fields[word] for box in on.boxes for word in sorted(key.words) if word in box.fields]
    found = (
        joined(held)
        if held
        else machine.draw(on, chosen_by(key) or M.INDEXED, (id(node), 0))
        if on.boxes
        else unknown([on])
    )
    return join(found, default)


def _set_default(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    for box in on.boxes:
        box.key = join(box.key, first(given))
    machine.put(on, given.get(1) or EMPTY)
    return _get(machine, on, given, node)


def _zip(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    drawn = [machine.draw(each, M.EACH, (id(node), place)) for place, each in enumerate(given.positional[:6])]
    return machine.listed(
        node, "tuples", Value(items=tuple(drawn)), joined(given.positional).marks & (M.RANKED | M.CUT | M.MEMBER)
    )


def _enumerate(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    source = first(given)
    pair = Value(items=(of(M.STEP), elements(machine, source, node)))
    marks = source.marks & (M.RANKED | M.CUT | M.MEMBER | M.SLICED)
    for box in source.boxes:
        marks |= (M.RANKED if box.ranked else M.NONE) | (M.CUT if box.cut else M.NONE)
    return machine.listed(node, "pairs", pair, marks)


def _range(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    marks = unknown(given.all).marks & (M.SPENDS | M.FRACTION | M.LM_BUDGET)
    return machine.listed(node, "numbers", of(M.STEP | marks & ~M.SPENDS), marks & M.SPENDS)


def _tuples(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    """combinations, product, pairwise, permutations: tuples of different elements."""
    sources: Sequence[Value] = given.positional
    count = 2
    if len(sources) > 1 and sources[1].numbers:
        count, sources = int(min(max(*sources[1].numbers, 2), 4)), sources[:1]
    if len(sources) == 1:
        sources = list(sources) * count
    drawn = [machine.draw(each, M.EACH, (id(node), place)) for place, each in enumerate(sources[:6])]
    return machine.listed(node, "tuples", Value(items=tuple(drawn)))


def _chain(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    found = EMPTY
    for argument in given.positional:
        element = machine.draw(argument, M.NONE, (id(node), 0))
        found = join(found, machine.draw(element, M.NONE, (id(node), 1)) if element.boxes else element)
    return machine.listed(node, "chained", found)


def _repeat(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    return machine.listed(node, "repeated", first(given), unknown(given.all[1:]).marks & M.SPENDS)


def _islice(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    container = first(given)
    return (
        replace(container, marks=container.marks | cut(machine, given.all[1]))
        if container.marks & M.RANKED and len(given.all) == 2
        else container
    )


def _gather(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    return machine.listed(node, "gathered", joined(given.positional))


def _next(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    source = first(given)
    raw = M.EACH if len(joined(box.element for box in source.boxes).words) > 1 else M.FIRST
    return join(machine.draw(iterated(source), raw, (id(node), 0)), given.get(1) or EMPTY)


def _default_dict(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    made = (
        machine.apply(machine, given.positional[0], Arguments(), node)
        if given.positional and given.positional[0].callees
        else EMPTY
    )
    made = made if made.boxes else EMPTY
    return Value(boxes=(machine.box(node, "dict", made),))


def _dictionary(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    box = machine.box(node, "dict")
    for name, value in given.named.items():
        box.fields[name] = join(box.fields.get(name, EMPTY), value)
        box.element = join(box.element, value)
    for source in given.positional:
        element = machine.draw(source, M.EACH, (id(node), 0))
        if element.items is not None and len(element.items) == 2:
            box.key, box.element = join(box.key, element.items[0]), join(box.element, element.items[1])
        else:
            for other in source.boxes:
                box.key, box.element = join(box.key, other.key), join(box.element, other.element)
                box.fields.update(other.fields)
    return Value(boxes=(box,))


def _from_keys(machine: Machine, on: Value, given: Arguments, node: ast.AST) -> Value:
    key = elements(machine, first(given), node)
    return Value(boxes=(machine.box(node, "dict", given.get(1) or EMPTY, key),))


HANDLERS: dict[str, Handler] = {
    **dict.fromkeys(("list", "tuple", "set", "frozenset", "deque", "reversed", "OrderedDict"), _list),
    **dict.fromkeys(("append", "add", "appendleft", "insert", "put", "push"), _append),
    **dict.fromkeys(("extend", "extendleft"), _extend),
    "update": _update,
    **dict.fromkeys(("pop", "popleft", "popitem"), _pop),
    **dict.fromkeys(("remove", "discard"), _remove),
    "items": items,
    "keys": _keys,
    "values": _values,
    "get": _get,
    "setdefault": _set_default,
    "zip": _zip,
    "zip_longest": _zip,
    "enumerate": _enumerate,
    "range": _range,
    **dict.fromkeys(("combinations", "permutations", "product", "pairwise", "combinations_with_replacement"), _tuples),
    **dict.fromkeys(("chain", "from_iterable"), _chain),
    "repeat": _repeat,
    "islice": _islice,
    "gather": _gather,
    "next": _next,
    "defaultdict": _default_dict,
    **dict.fromkeys(("dict", "SimpleNamespace", "Counter"), _dictionary),
    "fromkeys": _from_keys,
}
