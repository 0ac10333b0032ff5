"""The guest that evaluates: it runs an evaluator on what lies where the program was. Stand-alone, under Python 3.9 or newer."""

from __future__ import annotations

import os
import sys
from typing import Any

import runner
import strop_plain_data as plain_data
from strop_program import loaded

_BEFORE = set(sys.modules)


def evaluate(form: str, evaluator: str, program: str, named: str, learns: bool) -> dict[str, Any]:
    """The result of an evaluation (`runner.evaluated`) as plain data, and the modules that it imported, if `learns`.

    An evaluation that fails prints why, and its result is empty.
    """
    sys.modules.pop("solution", None)  # this guest's own program
    sys.argv = [evaluator]
    answer = plain_data.encode({})
    try:
        answer = plain_data.encode(runner.evaluated(form, evaluator, program, named), subclasses=True)
    except BaseException as error:
        runner.tell_of(error)
    return {"answer": answer, "loaded": loaded(_BEFORE, os.getcwd()) if learns else []}
