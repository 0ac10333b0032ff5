"""The guest that evaluates: it runs an evaluator on what lies where the program was. Stand-alone, under Python 3.9 or newer."""

from __future__ import annotations

import os
import sys
from typing import Any

import runner
from strop_program import loaded

_BEFORE = set(sys.modules)


def evaluate(form: str, evaluator: str, program: str, named: str, learns: bool) -> list[Any]:
    """The result of an evaluation (`runner.evaluated`), and the modules that it imported, if `learns`.

    An evaluation that fails prints why, and its result is empty.
    """
    sys.argv = [evaluator]
    result: Any = {}
    try:
        result = runner.evaluated(form, evaluator, program, named)
    except BaseException as error:
        runner.tell_of(error)
    return [result, loaded(_BEFORE, os.getcwd()) if learns else []]
