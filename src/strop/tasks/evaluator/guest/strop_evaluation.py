"""The guest that evaluates: it runs an evaluator on what lies where the program was. Stand-alone, under Python 3.9 or newer."""

from __future__ import annotations

import os
import sys
from typing import Any

import runner
from strop_program import loaded

_BEFORE = set(sys.modules)


def evaluate(form: str, evaluator: str, program: str, named: str) -> dict[str, Any]:
    """The line of an evaluation, empty if it failed and has printed why; and what it has imported."""
    sys.modules.pop("solution", None)  # this guest's own program
    sys.argv = [evaluator]
    line = ""
    try:
        line = runner.evaluated(form, evaluator, program, named)
    except BaseException as error:
        runner.tell_of(error)
    return {"line": line, "loaded": loaded(_BEFORE, os.getcwd())}
