"""The improvers of docs/improver-api.md run as they stand there."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

import strop.sandbox
from strop.sandbox.base import GuestProgram, Limits, Returned, Value
from strop_selftest.plain_guest import PlainSandbox

DOCUMENT = Path(__file__).parents[3] / "docs" / "improver-api.md"
HELPERS = Path(strop.sandbox.__file__).parent / "guest" / "helpers.py"


def improvers() -> list[str]:
    """The program of each section that has one, taken out as an improver would."""
    extract_code = runpy.run_path(str(HELPERS))["extract_code"]
    sections = re.split(r"\n## ", DOCUMENT.read_text("utf-8"))
    return [code for code in map(extract_code, sections) if code]


def answer(method: str, params: list[Value]) -> Value:
    candidate = params[0] if params else None
    match method:
        case "utility":
            return float(len(str(candidate)))
        case "utility.map":
            return [float(len(str(item))) for item in candidate] if isinstance(candidate, list) else None
        case "utility.report":
            return {"utility": 0.5, "verdict": "ok", "error": "", "instances": [0.5], "verdicts": ["ok"]}
        case "utility.remaining":
            return 20
    messages = params[1]
    assert isinstance(messages, list)
    return [f"An idea.\n```python\n{'x' * (number + 10)}\n```" for number in range(len(messages))]


def test_document_shows_an_improver_of_each_generation() -> None:
    assert [code.count("utility_str, utility)") for code in improvers()] == [0, 1]


@pytest.mark.parametrize("index", [0, 1])
def test_documented_improver_returns_the_best_program_when_it_is_run(index: int) -> None:
    methods = ("utility", "utility.map", "utility.report", "utility.remaining", "lm")
    handlers = {method: lambda params, method=method: answer(method, list(params)) for method in methods}
    arguments: list[Value] = ["y", {"str": "the score", "budget": 25}, {"budget": 4, "max_responses_per_call": 6}]
    program = GuestProgram(improvers()[index], "improve_algorithm", "improver")
    with PlainSandbox().open(program, Limits(cpu_seconds=20.0), handlers) as guest:
        outcome = guest.call(arguments, seed=1)
    assert isinstance(outcome, Returned)
    assert outcome.value == "x" * (15, 13)[index]
