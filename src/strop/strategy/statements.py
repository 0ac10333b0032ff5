"""What statements do: branches are both taken, loops are gone round twice."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from strop.strategy.expressions import assign, elements, evaluate
from strop.strategy.expressions import cut as cut_to
from strop.strategy.machine import Frame, Machine
from strop.strategy.operators import combined
from strop.strategy.values import EMPTY, Class, Closure, M, Native, Value, join, joined, of

Variables = dict[str, Value]
ROUNDS = 2


def run(machine: Machine, statements: Sequence[ast.stmt], frame: Frame) -> bool:
    """Run a block. Whether its end is reached."""
    for statement in statements:
        machine.tick()
        machine.look_at_the_clock()
        handler = _HANDLERS.get(type(statement))
        if handler is None:
            for child in ast.iter_child_nodes(statement):
                if isinstance(child, ast.expr):
                    evaluate(machine, child, frame)
        elif handler(machine, statement, frame) is False:
            return False
    return True


def snapshot(frame: Frame) -> list[Variables]:
    """The variables of a frame and of those around it."""
    return [dict(each.variables) for each in frame.chain()]


def restore(frame: Frame, states: Sequence[list[Variables]], mark: M = M.NONE) -> None:
    """Set the variables to what they may be after any of several ways; `mark` is put on those that differ."""
    for place, each in enumerate(frame.chain()):
        names = dict.fromkeys(name for state in states for name in state[place])
        merged = {}
        for name in names:
            values = [state[place][name] for state in states if name in state[place]]
            value = joined(values)
            differ = mark and len(values) > 1 and any(other is not values[0] for other in values)
            merged[name] = value.marked(mark) if differ else value
        each.variables = merged


def _if(machine: Machine, node: ast.If, frame: Frame) -> bool:
    test = evaluate(machine, node.test, frame)
    constant = node.test.value if isinstance(node.test, ast.Constant) else None
    before = snapshot(frame)
    states = []
    for side, block in ((True, node.body), (False, node.orelse)):
        if isinstance(node.test, ast.Constant) and bool(constant) is not side:
            continue
        restore(frame, [[dict(variables) for variables in before]])
        with machine.decision(test, id(block)):
            alive = run(machine, block, frame)
        if alive:
            states.append(snapshot(frame))
    if states:
        restore(frame, states, M.BY_COIN if test.marks & M.COIN else M.NONE)
    if len(states) > 1 and test.marks & M.BONUS:
        _chosen_by_bonus(machine, frame, before)
    return bool(states)


def _chosen_by_bonus(machine: Machine, frame: Frame, before: list[Variables]) -> None:
    """`if bound > highest: chosen = each`: what the branch assigned was chosen by its bound."""
    for name, value in frame.variables.items():
        if value is before[0].get(name):
            continue
        if value.marks & (M.INITIAL | M.MODEL):
            frame.variables[name] = value.marked(M.UCB)
            machine.facts.drawn |= M.UCB
        elif value.marks & M.HINT or (value.numbers and not value.marks & M.SCORE):
            frame.variables[name] = value.marked(M.ARM)


def _loop(machine: Machine, node: Any, frame: Frame, begin: Callable[[], None]) -> bool:
    ends = []
    if not (isinstance(node, ast.While) and isinstance(node.test, ast.Constant) and node.test.value):
        begin()
        ends.append(snapshot(frame))
    frame.breaks.append([])
    left: list[list[Variables]] = []
    with machine.loop(node):
        for _ in range(ROUNDS):
            before = snapshot(frame)
            begin()
            alive = run(machine, node.body, frame)
            jumped = frame.breaks[-1]
            states = [*([snapshot(frame)] if alive else []), *(state for goes_on, state in jumped if goes_on)]
            left += [state for goes_on, state in jumped if not goes_on]
            frame.breaks[-1] = []
            if not states:
                break
            restore(frame, [before, *states])
            ends.append(snapshot(frame))
    frame.breaks.pop()
    if not ends and not left:
        return False
    restore(frame, [*ends[-2:], *left])
    return run(machine, node.orelse, frame) if node.orelse else True


def _for(machine: Machine, node: Any, frame: Frame) -> bool:
    source = evaluate(machine, node.iter, frame)

    def begin() -> None:
        assign(machine, node.target, elements(machine, source, node.target), frame)

    return _loop(machine, node, frame, begin)


def _while(machine: Machine, node: ast.While, frame: Frame) -> bool:
    if isinstance(node.test, ast.Constant) and not node.test.value:
        return True
    return _loop(machine, node, frame, lambda: _evaluated(machine, node.test, frame))


def _evaluated(machine: Machine, node: ast.expr, frame: Frame) -> None:
    evaluate(machine, node, frame)


def _break(machine: Machine, node: ast.stmt, frame: Frame) -> bool:
    if frame.breaks and len(frame.breaks[-1]) < 8:
        frame.breaks[-1].append((isinstance(node, ast.Continue), snapshot(frame)))
    return False


def _return(machine: Machine, node: ast.Return, frame: Frame) -> bool:
    value = EMPTY if node.value is None else evaluate(machine, node.value, frame)
    if len(machine.coins) > frame.coins:
        value = value.marked(M.BY_COIN)
    frame.returned = join(frame.returned, value)
    return False


def _raise(machine: Machine, node: ast.Raise, frame: Frame) -> bool:
    return False


def _try(machine: Machine, node: Any, frame: Frame) -> bool:
    before = snapshot(frame)
    alive = run(machine, node.body, frame)
    after = snapshot(frame)
    states = []
    if alive and run(machine, node.orelse, frame):
        states.append(snapshot(frame))
    for handler in node.handlers:
        restore(frame, [[dict(each) for each in before], [dict(each) for each in after]])
        if handler.name:
            frame.assign(handler.name, of(M.REPORT))
        if run(machine, handler.body, frame):
            states.append(snapshot(frame))
    if states:
        restore(frame, states)
    return run(machine, node.finalbody, frame) and bool(states)


def _with(machine: Machine, node: Any, frame: Frame) -> bool:
    for item in node.items:
        value = evaluate(machine, item.context_expr, frame)
        if item.optional_vars is not None:
            assign(machine, item.optional_vars, value, frame)
    return run(machine, node.body, frame)


def _assign(machine: Machine, node: ast.Assign, frame: Frame) -> None:
    value = evaluate(machine, node.value, frame)
    for target in node.targets:
        assign(machine, target, value, frame)


def _annotated(machine: Machine, node: ast.AnnAssign, frame: Frame) -> None:
    if node.value is not None:
        assign(machine, node.target, evaluate(machine, node.value, frame), frame)


def _augmented(machine: Machine, node: ast.AugAssign, frame: Frame) -> None:
    target = node.target
    loaded: Any = ast.copy_location(_loading(target), target)
    left, right = evaluate(machine, loaded, frame), evaluate(machine, node.value, frame)
    if left.boxes and isinstance(node.op, (ast.Add, ast.BitOr)):
        machine.put(left, machine.draw(right, M.NONE, (id(node), 0)) if right.boxes or right.items else right)
        if not isinstance(target, ast.Name) or left.items is not None:
            assign(machine, target, Value(left.marks & ~(M.CUT | M.ONE), boxes=left.boxes), frame)
        else:
            frame.assign(target.id, Value(left.marks & ~(M.CUT | M.ONE), boxes=left.boxes))
        return
    value = combined(machine, node, node.op, left, right)
    if machine.loops and not value.marks & (M.INITIAL | M.MODEL):
        value = value.marked(M.STEP)
    assign(machine, target, value, frame)


def _loading(target: ast.expr) -> ast.expr:
    if isinstance(target, ast.Name):
        return ast.Name(target.id, ast.Load())
    return target


def _delete(machine: Machine, node: ast.Delete, frame: Frame) -> None:
    """`del ranked[k:]` keeps the first k; `del lines[i]` edits."""
    for target in node.targets:
        if not isinstance(target, ast.Subscript):
            continue
        base = evaluate(machine, target.value, frame)
        for box in base.boxes:
            box.mutated, box.length = True, None
            ranked = box.ranked or bool(base.marks & M.RANKED)
            if isinstance(target.slice, ast.Slice) and target.slice.lower is not None and ranked:
                marks = cut_to(machine, evaluate(machine, target.slice.lower, frame))
                box.cut |= bool(marks & M.CUT)


def _function(machine: Machine, node: Any, frame: Frame) -> None:
    frame.assign(node.name, Value(callees=(Closure(node, frame),)))


def _class(machine: Machine, node: ast.ClassDef, frame: Frame) -> None:
    inner = Frame(frame)
    bases = tuple(evaluate(machine, base, frame) for base in node.bases[:4])
    run(machine, node.body, inner)
    frame.assign(node.name, Value(callees=(Class(node, inner.variables, bases),)))


def _import(machine: Machine, node: ast.Import, frame: Frame) -> None:
    for alias in node.names:
        bound = alias.name if alias.asname else alias.name.partition(".")[0]
        frame.assign(alias.asname or bound, Value(callees=(Native(bound),)))


def _import_from(machine: Machine, node: ast.ImportFrom, frame: Frame) -> None:
    for alias in node.names:
        path = f"{node.module}.{alias.name}"
        frame.assign(alias.asname or alias.name, Value(callees=(Native(path),)))


def _outer(machine: Machine, node: Any, frame: Frame) -> None:
    frame.outer = frame.outer | frozenset(node.names)


def _match(machine: Machine, node: ast.Match, frame: Frame) -> bool:
    evaluate(machine, node.subject, frame)
    before, states = snapshot(frame), []
    for case in node.cases:
        restore(frame, [[dict(each) for each in before]])
        if run(machine, case.body, frame):
            states.append(snapshot(frame))
    restore(frame, [*states, before])
    return True


_HANDLERS: dict[type, Callable[[Machine, Any, Frame], bool | None]] = {
    ast.If: _if,
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.While: _while,
    ast.Break: _break,
    ast.Continue: _break,
    ast.Return: _return,
    ast.Raise: _raise,
    ast.Try: _try,
    ast.TryStar: _try,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.Delete: _delete,
    ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function,
    ast.ClassDef: _class,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.Global: _outer,
    ast.Nonlocal: _outer,
    ast.Match: _match,
}
