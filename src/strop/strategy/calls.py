"""What a call gives: functions and classes of the program are gone through, the handles are noted, the rest is known or not."""

from __future__ import annotations

import ast
from typing import Any

from strop.strategy import natives, statements
from strop.strategy.attributes import attribute
from strop.strategy.expressions import evaluate
from strop.strategy.facts import Asked, Scored
from strop.strategy.machine import DEEPEST, Arguments, Frame, Machine, unknown
from strop.strategy.values import (
    EMPTY,
    PROGRAM,
    Class,
    Closure,
    M,
    Native,
    Value,
    composed,
    contents,
    flat,
    join,
    joined,
    of,
)

MODEL, UTILITY = "<language_model>", "<utility>"


def apply(machine: Machine, callee: Value, given: Arguments, node: ast.AST) -> Value:
    """Call whatever the value may be with the arguments."""
    machine.tick()
    if not callee.callees:
        return unknown([callee, *given.all])
    found = EMPTY
    for each in callee.callees:
        if isinstance(each, Closure):
            found = join(found, _inlined(machine, each, given, node))
        elif isinstance(each, Class):
            found = join(found, _constructed(machine, each, given, node))
        else:
            found = join(found, _native(machine, each, given, node))
    return found


def _inlined(machine: Machine, function: Closure, given: Arguments, node: ast.AST) -> Value:
    depth = machine.calls.count(function.node)
    if depth > 1 or len(machine.calls) >= DEEPEST:
        return unknown(given.all)
    frame = Frame(function.frame, coins=len(machine.coins))
    _bind(machine, function, given, frame)
    machine.calls.append(function.node)
    loops = len(machine.loops)
    if depth:
        machine.loops.append(id(function.node))
    try:
        if isinstance(function.node, ast.Lambda):
            return evaluate(machine, function.node.body, frame)
        statements.run(machine, function.node.body, frame)
    finally:
        machine.calls.pop()
        del machine.loops[loops:]
    if frame.yielded is not None:
        return machine.listed(function.node, "yields", frame.yielded)
    return _called_here(frame.returned, given, node)


def _called_here(value: Value, given: Arguments, node: ast.AST, depth: int = 2) -> Value:
    """What a function gives in two calls are two things: the place of the call tells them apart."""
    if value.items is not None and not value.boxes and depth:
        items = tuple(_called_here(item, given, node, depth - 1) for item in value.items)
        return Value(value.marks, value.tokens, value.slots, value.numbers, value.words, items)
    if value.boxes or value.slots or not value.tokens or not value.marks & PROGRAM:
        return value
    known = {token for each in given.all for token in contents(each).tokens}
    if value.tokens <= known:
        return value
    tokens = frozenset(token for token in value.tokens if token in known) | {(id(node), 99)}
    return Value(value.marks, tokens, value.slots, value.numbers, value.words, value.items, value.boxes, value.callees)


def _bind(machine: Machine, function: Closure, given: Arguments, frame: Frame) -> None:
    """The parameters from the arguments and the defaults."""
    parameters = function.node.args
    positional = list(given.positional)
    if function.bound is not None:
        positional.insert(0, function.bound)
    places = [*parameters.posonlyargs, *parameters.args]
    defaults = dict(zip([each.arg for each in places][::-1], parameters.defaults[::-1], strict=False))
    defaults |= {
        each.arg: default
        for each, default in zip(parameters.kwonlyargs, parameters.kw_defaults, strict=True)
        if default is not None
    }
    for place, parameter in enumerate([*places, *parameters.kwonlyargs]):
        name = parameter.arg
        if place < len(positional) and place < len(places):
            frame.variables[name] = positional[place]
        elif name in given.named:
            frame.variables[name] = given.named[name]
        elif name in defaults:
            frame.variables[name] = evaluate(machine, defaults[name], function.frame)
        else:
            frame.variables[name] = EMPTY
    if parameters.vararg:
        rest = positional[len(places) :]
        frame.variables[parameters.vararg.arg] = Value(items=tuple(rest)) if rest else EMPTY
    if parameters.kwarg:
        known = {each.arg for each in (*places, *parameters.kwonlyargs)}
        box = machine.box(parameters.kwarg, "dict")
        box.fields.update({name: value for name, value in given.named.items() if name not in known})
        frame.variables[parameters.kwarg.arg] = Value(boxes=(box,))


def _constructed(machine: Machine, kind: Class, given: Arguments, node: ast.AST) -> Value:
    """An object of a class of the program."""
    box = machine.box(node, f"object {id(kind.node)}")
    box.of = kind
    made = Value(boxes=(box,))
    maker = attribute(machine, made, "__init__", node)
    bound = tuple(each for each in maker.callees if isinstance(each, Closure))
    if bound:
        apply(machine, Value(callees=bound), given, node)
        return made
    names = [
        each.target.id
        for each in kind.node.body
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
    ]
    for name, default in kind.members.items():
        if name in names:
            box.fields[name] = join(box.fields.get(name, EMPTY), default)
    for name, value in [*zip(names, given.positional, strict=False), *given.named.items()]:
        box.fields[name] = join(box.fields.get(name, EMPTY), value)
    return made


def _native(machine: Machine, function: Native, given: Arguments, node: ast.AST) -> Value:
    path, on = function.path, function.on
    if path in (f"{MODEL}.prompt", f"{MODEL}.batch_prompt"):
        return _asked(machine, path.endswith("batch_prompt"), given, node)
    if path == UTILITY:
        return _scored(machine, given.get(0, "solution") or EMPTY, node)
    if path == f"{UTILITY}.map":
        solutions = given.get(0, "solutions") or EMPTY
        return machine.listed(node, "scores", _scored(machine, machine.draw(solutions, M.EACH, (id(node), 0)), node))
    if path == f"{UTILITY}.report":
        _scored(machine, given.get(0, "solution") or EMPTY, node)
        return of(M.REPORT | M.SCORE)
    if path.rpartition(".")[2] == "LanguageModel" or path == MODEL:
        return Value(callees=(Native(MODEL),))
    return natives.call(machine, path, on, given, node)


def _scored(machine: Machine, solution: Value, node: ast.AST) -> Value:
    if machine.room(machine.facts.scored):
        machine.facts.scored.append(Scored(id(node), tuple(machine.loops), contents(solution)))
    return of(M.SCORE)


def _asked(machine: Machine, batch: bool, given: Arguments, node: ast.AST) -> Value:
    """Which argument is what, as the handle tells it (docs/improver-api.md)."""
    positional, named = list(given.positional), dict(given.named)
    expertise = named.get("expertise", EMPTY)
    message = next((named[name] for name in ("message", "messages", "message_batch") if name in named), None)
    if message is None and positional:
        second = positional[1] if len(positional) > 1 else None
        is_text = second is not None and (not second.numbers or bool(second.boxes)) and _is_message(second, batch)
        if "expertise" not in named and is_text:
            expertise = positional.pop(0)
        message = positional.pop(0)
    elif positional and "expertise" not in named:
        expertise = positional.pop(0)
    message = message or EMPTY
    rest = dict(zip(("temperature",) if batch else ("n_responses", "temperature"), positional, strict=False)) | named
    temperature, count = rest.get("temperature", Value(numbers=frozenset((0.7,)))), rest.get("n_responses")
    prompt = composed([expertise, message])
    if flat(message, 2) & M.SEVERAL:
        prompt = prompt.marked(M.SEVERAL)
    single = _is_one(message) if batch else count is None or count.numbers == {1.0}
    spends = (message if batch else count or EMPTY).marks & M.SPENDS
    if machine.room(machine.facts.asked):
        machine.facts.asked.append(
            Asked(id(node), tuple(machine.loops), prompt, temperature, single, bool(spends), tuple(machine.coins))
        )
    return machine.listed(node, "answers", Value(M.MODEL, tokens=frozenset(((id(node), 7),))))


def _is_message(value: Value, batch: bool) -> bool:
    if batch:
        return bool(value.boxes) or value.items is not None or bool(flat(value) & PROGRAM)
    return bool(value.words or value.slots or value.tokens or flat(value) & (PROGRAM | M.TASK) or not value.marks)


def _is_one(messages: Value) -> bool:
    """Whether a list of messages is sure to hold one."""
    return bool(messages.boxes) and all(box.length == 1 for box in messages.boxes) and not messages.marks & M.SPENDS


def entry(machine: Machine, function: Any, frame: Frame) -> Value:
    """Call `improve_algorithm` as the guest's runner does, in either generation of the API."""
    names = [each.arg for each in (*function.args.posonlyargs, *function.args.args)]
    initial = Value(M.INITIAL, tokens=frozenset(((0, 0),)))
    utility, model = Value(callees=(Native(UTILITY),)), Value(callees=(Native(MODEL),))
    earlier = names[1:2] == ["utility_str"] or names[2:3] == ["utility"]
    given = (initial, of(M.TASK), utility) if earlier else (initial, utility, model)
    return joined([apply(machine, Value(callees=(Closure(function, frame),)), Arguments(given), function)])
