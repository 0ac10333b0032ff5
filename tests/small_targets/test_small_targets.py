"""Small programs as users write them: what `strop improve` says of a candidate is right, or it refuses the target in one line.

One by its name: `pytest tests/small_targets -k unit-changes`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from small_targets.tables import (
    builds,
    evaluators,
    functions,
    metrics,
    outputs,
    scores,
    test_tools,
)
from support.command_line import environment
from support.small_targets.target import Target, improved

pytestmark = [pytest.mark.slow, pytest.mark.process]

TABLES = (scores, evaluators, test_tools, outputs, builds, functions, metrics)
TARGETS = [target for table in TABLES for target in table.TARGETS]


def test_names_of_targets_are_different() -> None:
    assert len({target.name for target in TARGETS}) == len(TARGETS)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_what_is_said_of_a_candidate_is_right(target: Target, tmp_path: Path) -> None:
    found, said = improved(target, tmp_path, environment(tmp_path / "home"))
    # A program that computes its score itself is better by its own score, and one without another input on its fixed one.
    better = ("by its own score: ", "better on its fixed input: ")
    assert found == target.right or (target.right == "better" and said.startswith(better)), said
    assert target.said in said
