"""The guest that evaluates: it runs an evaluator on what lies where the program was. Stand-alone, under Python 3.9 or newer."""

from __future__ import annotations

import os
import sys
from typing import Any

import runner
import strop_stand_in as stand_in
from strop_program import below, loaded

_BEFORE = set(sys.modules)


def evaluate(form: str, evaluator: str, program: str, named: str) -> dict[str, Any]:
    """The line of an evaluation, empty if it failed and has printed why; what it has imported, and opened in the tree."""
    sys.modules.pop("solution", None)  # this guest's own program
    root = os.getcwd()
    sys.argv = [evaluator]
    stand_in.watch(program)
    line = ""
    try:
        line = runner.evaluated(form, evaluator, program, named)
    except BaseException as error:
        runner.tell_of(error)
    return {"line": line, "loaded": loaded(_BEFORE, root), "opened": below(stand_in.opened, root)}
