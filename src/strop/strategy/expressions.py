"""What each kind of expression comes to."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from strop.strategy.attributes import attribute
from strop.strategy.facts import CutTo
from strop.strategy.machine import Arguments, Frame, Machine, chosen_by, fresh, unknown
from strop.strategy.operators import combined
from strop.strategy.values import (
    EMPTY,
    LONGEST_WORDS,
    PROGRAM,
    RAW,
    Box,
    Closure,
    M,
    Native,
    Value,
    composed,
    flat,
    join,
    joined,
    number,
    of,
)

COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)


def evaluate(machine: Machine, node: ast.expr, frame: Frame) -> Value:
    """The abstract value of an expression."""
    machine.tick()
    handler = _HANDLERS.get(type(node))
    if handler is not None:
        return handler(machine, node, frame)
    return unknown(
        [evaluate(machine, child, frame) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
    )


def _constant(machine: Machine, node: ast.Constant, frame: Frame) -> Value:
    if isinstance(node.value, str):
        letters = sum(character.isalpha() for character in node.value[:200])
        words = frozenset((node.value[:LONGEST_WORDS],)) if letters > 2 else frozenset()
        return Value(M.LITERAL if words else M.NONE, words=words)
    if isinstance(node.value, (int, float)) and not isinstance(node.value, bool) and abs(node.value) < 1e12:
        return number(float(node.value))
    return EMPTY


def _name(machine: Machine, node: ast.Name, frame: Frame) -> Value:
    found = frame.find(node.id)
    return Value(callees=(Native(node.id),)) if found is None else found


def _text(machine: Machine, node: ast.JoinedStr, frame: Frame) -> Value:
    return composed([evaluate(machine, part, frame) for part in node.values])


def _formatted(machine: Machine, node: ast.FormattedValue, frame: Frame) -> Value:
    return evaluate(machine, node.value, frame)


def _tuple(machine: Machine, node: ast.Tuple, frame: Frame) -> Value:
    if any(isinstance(element, ast.Starred) for element in node.elts):
        return _display(machine, node, frame)
    return Value(items=tuple(evaluate(machine, element, frame) for element in node.elts[:64]))


def _display(machine: Machine, node: Any, frame: Frame) -> Value:
    """A list or a set: its elements, and while nobody changes it each of them by its place."""
    items, element, starred, marks = [], EMPTY, False, M.NONE
    for each in node.elts[:64]:
        if isinstance(each, ast.Starred):
            starred, held = True, evaluate(machine, each.value, frame)
            marks |= M.EDITED if held.marks & M.SLICED and flat(held) & M.PART else M.NONE
            element = join(element, elements(machine, held, each))
        else:
            items.append(evaluate(machine, each, frame))
    box = machine.box(node, "list", joined([element, *items]))
    box.length = None if starred or len(node.elts) != 1 else 1
    if starred or not items:
        return Value(marks, boxes=(box,))
    return Value(items=tuple(items), boxes=(box,), numbers=frozenset())


def _dict(machine: Machine, node: ast.Dict, frame: Frame) -> Value:
    box = machine.box(node, "dict")
    for key, value in zip(node.keys[:64], node.values[:64], strict=True):
        found = evaluate(machine, value, frame)
        if key is None:
            for other in found.boxes:
                box.element, box.key = join(box.element, other.element), join(box.key, other.key)
                box.fields.update(other.fields)
            continue
        name = evaluate(machine, key, frame)
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            box.fields[key.value] = join(box.fields.get(key.value, EMPTY), found)
        box.element, box.key = join(box.element, found), join(box.key, name)
    return Value(boxes=(box,))


def _comprehension(machine: Machine, node: Any, frame: Frame) -> Value:
    inner, marks, started = Frame(frame), M.NONE, 0
    try:
        for generator in node.generators:
            source = evaluate(machine, generator.iter, inner)
            marks |= source.marks & (M.SPENDS | M.MEMBER | M.RANKED | M.CUT)
            machine.loops.append(id(generator))
            started += 1
            assign(machine, generator.target, elements(machine, source, generator), inner)
            for test in generator.ifs:
                evaluate(machine, test, inner)
        if isinstance(node, ast.DictComp):
            return machine.listed(
                node, "dict", evaluate(machine, node.value, inner), marks, evaluate(machine, node.key, inner)
            )
        element = evaluate(machine, node.elt, inner)
    finally:
        del machine.loops[len(machine.loops) - started :]
    if flat(element, 1) & M.SCORE and not flat(element, 1) & PROGRAM:
        marks &= ~(M.RANKED | M.CUT)
    if flat(element, 1) & M.PART and any(_leaves_out(test) for each in node.generators for test in each.ifs):
        marks |= M.EDITED
    return machine.listed(node, "list", element, marks)


def _leaves_out(test: ast.expr) -> bool:
    """Whether a filter leaves out one element by its place, or some by chance."""
    if not isinstance(test, ast.Compare):
        return False
    calls = any(isinstance(each, ast.Call) for side in (test.left, *test.comparators) for each in ast.walk(side))
    return calls != isinstance(test.ops[0], (ast.NotEq, ast.NotIn))


def elements(machine: Machine, source: Value, node: ast.AST) -> Value:
    """What a loop over `source` gives in each round: of a dict its keys."""
    return machine.draw(iterated(source), M.EACH, (id(node), 0))


def iterated(source: Value) -> Value:
    """The container whose elements one gets by iterating: of a dict, that of its keys."""
    if not any(box.key is not EMPTY for box in source.boxes):
        return source
    return replace(source, boxes=tuple(Box(box.key, EMPTY) for box in source.boxes), items=None)


def assign(machine: Machine, target: ast.expr, value: Value, frame: Frame) -> None:
    """Assignment, with all its forms of targets."""
    machine.tick()
    if isinstance(target, ast.Name):
        frame.assign(target.id, value)
    elif isinstance(target, (ast.Tuple, ast.List)):
        count = len(target.elts)
        for place, each in enumerate(target.elts):
            if isinstance(each, ast.Starred):
                assign(
                    machine,
                    each.value,
                    value if value.boxes else machine.listed(each, "list", joined(value.items or ())),
                    frame,
                )
            elif value.items is not None and len(value.items) == count:
                assign(machine, each, value.items[place], frame)
            else:
                assign(machine, each, machine.draw(value, M.FIRST if place == 0 else M.NONE, (id(each), place)), frame)
    elif isinstance(target, ast.Subscript):
        _store_item(machine, target, value, frame)
    elif isinstance(target, ast.Attribute):
        base = evaluate(machine, target.value, frame)
        for box in base.boxes:
            box.fields[target.attr] = join(box.fields.get(target.attr, EMPTY), value)


def _store_item(machine: Machine, target: ast.Subscript, value: Value, frame: Frame) -> None:
    base = evaluate(machine, target.value, frame)
    key = evaluate(machine, target.slice, frame) if not isinstance(target.slice, ast.Slice) else EMPTY
    if isinstance(target.slice, ast.Slice):
        value = machine.draw(value, M.NONE, (id(target), 0))
    if value.boxes and flat(value, 2) & M.MODEL and any(box.element.boxes for box in base.boxes):
        machine.facts.groups = True
    for box in base.boxes:
        if isinstance(target.slice, ast.Constant) and isinstance(target.slice.value, str):
            box.fields[target.slice.value] = join(box.fields.get(target.slice.value, EMPTY), value)
        if (not isinstance(target.slice, ast.Slice) and not key.marks & M.STEP) or box.key is not EMPTY:
            box.key = join(box.key, key) if flat(key, 1) or key.words or key.numbers else box.key
    machine.put(base, value)


def _attribute(machine: Machine, node: ast.Attribute, frame: Frame) -> Value:
    return attribute(machine, evaluate(machine, node.value, frame), node.attr, node)


def _subscript(machine: Machine, node: ast.Subscript, frame: Frame) -> Value:
    base = evaluate(machine, node.value, frame)
    if isinstance(node.slice, ast.Slice):
        return _slice(machine, base, node.slice, frame)
    key = evaluate(machine, node.slice, frame)
    constant = node.slice.value if isinstance(node.slice, ast.Constant) else None
    if isinstance(node.slice, ast.UnaryOp) and isinstance(node.slice.operand, ast.Constant):
        constant = -1
    if isinstance(constant, str):
        held = [box.fields[constant] for box in base.boxes if constant in box.fields]
        if held:
            found = machine.stamp(joined(held), base.marks & RAW & ~M.MEMBER, (id(node), 0))
            return replace(found, marks=found.marks | M.MEMBER) if base.marks & M.MEMBER and found.boxes else found
    if (
        isinstance(constant, int)
        and base.items is not None
        and fresh(base)
        and -len(base.items) <= constant < len(base.items)
    ):
        return base.items[constant]
    keyed = [box for box in base.boxes if box.key is not EMPTY]
    raw = chosen_by(key)
    if not raw and isinstance(constant, int):
        raw = M.FIRST
    elif not raw and not (keyed and flat(key, 1) & PROGRAM):
        raw = M.INDEXED
    if not base.boxes and base.items is None:
        edited = M.EDITED if flat(key, 2) & M.RANDOM and base.marks & PROGRAM else M.NONE
        return replace(base, marks=base.marks & ~RAW | edited, callees=())
    return machine.draw(base, raw, (id(node), constant if isinstance(constant, int) else 0))


def _slice(machine: Machine, base: Value, part: ast.Slice, frame: Frame) -> Value:
    """The head of a ranked list is what is kept; a piece of a text is an edited text."""
    bounds = [evaluate(machine, each, frame) for each in (part.lower, part.upper, part.step) if each is not None]
    if not base.boxes and base.items is None:
        return replace(base, marks=base.marks & ~RAW | (M.SLICED if base.marks & PROGRAM else M.NONE))
    ranked = base.marks & M.RANKED or any(box.ranked for box in base.boxes)
    marks = M.SLICED
    if ranked and part.upper is not None and part.lower is None:
        marks |= cut(machine, bounds[0])
    elif part.upper is None and part.lower is None:
        marks = M.NONE
    return replace(base, marks=base.marks | marks, items=None)


def cut(machine: Machine, bound: Value) -> M:
    """A ranked list is cut to its first `bound`."""
    one = bound.numbers == {1.0} and not bound.marks & M.VARIES
    if machine.room(machine.facts.cuts):
        fraction = bool(bound.marks & M.FRACTION)
        machine.facts.cuts.append(CutTo(tuple(machine.loops), fraction))
    return M.ONE if one else M.CUT


def _binary(machine: Machine, node: ast.BinOp, frame: Frame) -> Value:
    return combined(machine, node, node.op, evaluate(machine, node.left, frame), evaluate(machine, node.right, frame))


def _compare(machine: Machine, node: ast.Compare, frame: Frame) -> Value:
    marks = M.NONE
    for side in (node.left, *node.comparators):
        marks |= flat(evaluate(machine, side, frame), 1)
    if marks & M.BY_COIN and not marks & PROGRAM:
        return of(M.COIN)
    if not marks & M.RANDOM or any(isinstance(op, (ast.In, ast.NotIn, ast.Is, ast.IsNot)) for op in node.ops):
        return of(marks & (M.SCORE | M.COIN | M.BONUS))
    if marks & (M.EXP | M.LOG):
        machine.facts.accepts_by_chance = True
        machine.facts.accepts_by_score |= bool(marks & M.SCORE)
        return of(M.SCORE)
    return of(M.COIN)


def _either(machine: Machine, node: ast.IfExp, frame: Frame) -> Value:
    test = evaluate(machine, node.test, frame)
    with machine.decision(test, id(node.body)):
        body = evaluate(machine, node.body, frame)
    with machine.decision(test, id(node.orelse)):
        other = evaluate(machine, node.orelse, frame)
    found = join(body, other)
    return found.marked(M.BY_COIN) if test.marks & M.COIN else found


def _any(machine: Machine, node: ast.BoolOp, frame: Frame) -> Value:
    return joined([evaluate(machine, value, frame) for value in node.values])


def _unary(machine: Machine, node: ast.UnaryOp, frame: Frame) -> Value:
    value = evaluate(machine, node.operand, frame)
    if isinstance(node.op, ast.USub):
        return replace(value, numbers=frozenset(-each for each in value.numbers))
    return of(value.marks)


def _lambda(machine: Machine, node: ast.Lambda, frame: Frame) -> Value:
    return Value(callees=(Closure(node, frame),))


def _walrus(machine: Machine, node: ast.NamedExpr, frame: Frame) -> Value:
    value = evaluate(machine, node.value, frame)
    assign(machine, node.target, value, frame)
    return value


def _wrapped(machine: Machine, node: Any, frame: Frame) -> Value:
    """await x, *x, yield from x."""
    return evaluate(machine, node.value, frame)


def _yield(machine: Machine, node: ast.Yield, frame: Frame) -> Value:
    value = EMPTY if node.value is None else evaluate(machine, node.value, frame)
    frame.yielded = join(frame.yielded or EMPTY, value)
    return EMPTY


def _call(machine: Machine, node: ast.Call, frame: Frame) -> Value:
    callee = evaluate(machine, node.func, frame)
    positional: list[Value] = []
    named: dict[str, Value] = {}
    for argument in node.args:
        if isinstance(argument, ast.Starred):
            value = evaluate(machine, argument.value, frame)
            positional += (
                value.items
                if value.items is not None and not value.boxes
                else [machine.draw(value, M.EACH, (id(argument), 0))] * 2
            )
        else:
            positional.append(evaluate(machine, argument, frame))
    for keyword in node.keywords:
        value = evaluate(machine, keyword.value, frame)
        if keyword.arg is not None:
            named[keyword.arg] = value
        for box in value.boxes if keyword.arg is None else ():
            named.update(box.fields)
    return machine.apply(machine, callee, Arguments(tuple(positional), named), node)


_HANDLERS: dict[type, Callable[[Machine, Any, Frame], Value]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.JoinedStr: _text,
    ast.FormattedValue: _formatted,
    ast.Tuple: _tuple,
    ast.List: _display,
    ast.Set: _display,
    ast.Dict: _dict,
    **dict.fromkeys(COMPREHENSIONS, _comprehension),
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.BinOp: _binary,
    ast.Compare: _compare,
    ast.IfExp: _either,
    ast.BoolOp: _any,
    ast.UnaryOp: _unary,
    ast.Lambda: _lambda,
    ast.NamedExpr: _walrus,
    ast.Await: _wrapped,
    ast.Starred: _wrapped,
    ast.YieldFrom: _wrapped,
    ast.Yield: _yield,
    ast.Call: _call,
}
