"""The walk over a program: what it would do, told without running it.

Abstract interpretation, bounded: functions of the program are gone through where they are called, both branches are taken,
loops are gone round twice, and after a number of steps it stops with what it has seen.
"""

from __future__ import annotations

import ast

from strop.strategy import statements
from strop.strategy.calls import apply, entry
from strop.strategy.expressions import evaluate
from strop.strategy.facts import Facts
from strop.strategy.machine import Exhausted, Frame, Machine
from strop.strategy.reading import ENTRY, Unreadable
from strop.strategy.values import Closure


def facts_of(tree: ast.Module) -> Facts:
    """What the improver does.

    Raises:
        Unreadable: the program defines no `improve_algorithm`.
    """
    machine = Machine(evaluate, apply)
    frame = Frame(None)
    try:
        statements.run(machine, tree.body, frame)
        found = frame.find(ENTRY)
        functions = [each for each in found.callees if isinstance(each, Closure)] if found is not None else []
        if not functions:
            raise Unreadable(f"defines no {ENTRY}")
        machine.facts.returned = entry(machine, functions[-1].node, frame)
    except (Exhausted, RecursionError):
        machine.facts.exhausted = True
    return machine.facts
