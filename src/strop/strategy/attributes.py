"""What `base.name` is: of a handle, a module, an object or class of the program, or anything else."""

from __future__ import annotations

import ast
from dataclasses import replace

from strop.strategy.machine import Arguments, Machine
from strop.strategy.values import EMPTY, RAW, Class, Closure, M, Native, Value, join, of


def attribute(machine: Machine, base: Value, name: str, node: ast.AST) -> Value:
    """What `base.name` is."""
    found, callees = EMPTY, []
    for callee in base.callees:
        if isinstance(callee, Native) and callee.on is None:
            found = join(found, _of_handle(callee.path, name))
            callees.append(Native(f"{callee.path}.{name}"))
        elif isinstance(callee, Class) and name in callee.members:
            found = join(found, callee.members[name])
    for box in base.boxes:
        if name in box.fields:
            found = join(found, machine.stamp(box.fields[name], base.marks & RAW & ~M.MEMBER, (id(node), 0)))
            if base.marks & M.MEMBER and box.fields[name].boxes:
                found = replace(found, marks=found.marks | M.MEMBER)
        elif isinstance(box.of, Class):
            found = join(found, _member(machine, box.of, name, base, node))
    if callees:
        return join(found, Value(callees=tuple(callees)))
    if found is not EMPTY:
        return found
    return Value(base.marks & ~RAW | M.NONE, base.tokens, callees=(Native(f".{name}", base),))


def _member(machine: Machine, kind: Class, name: str, base: Value, node: ast.AST, depth: int = 6) -> Value:
    """A method bound to its object, a property's value, or what a class holds."""
    member = kind.members.get(name)
    if member is None:
        for parent in kind.bases:
            for callee in parent.callees:
                if depth and isinstance(callee, Class):
                    return _member(machine, callee, name, base, node, depth - 1)
        return EMPTY
    found = replace(member, callees=())
    for callee in member.callees:
        if not isinstance(callee, Closure) or isinstance(callee.node, ast.Lambda):
            found = join(found, Value(callees=(callee,)))
            continue
        decorators = {getattr(each, "id", getattr(each, "attr", "")) for each in callee.node.decorator_list}
        bound = Value(callees=(callee if "staticmethod" in decorators else replace(callee, bound=base),))
        is_property = decorators & {"property", "cached_property"}
        found = join(found, machine.apply(machine, bound, Arguments(), node) if is_property else bound)
    return found


def _of_handle(path: str, name: str) -> Value:
    if path == "<utility>":
        return {"str": of(M.TASK), "remaining": of(M.STEP)}.get(name, EMPTY)
    if path == "<language_model>":
        return {"budget": of(M.LM_BUDGET), "remaining": of(M.LM_BUDGET | M.STEP)}.get(name, EMPTY)
    return EMPTY
