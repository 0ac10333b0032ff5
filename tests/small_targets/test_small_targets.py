"""Small programs as users write them: what `strop improve` finds of a candidate is right, or it refuses the target in one line.

One by its name: `pytest tests/small_targets -k unit-changes`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from small_targets.tables import (
    builds,
    evaluators,
    functions,
    inputs,
    left_behind,
    metrics,
    objects,
    outputs,
    recorded,
    scores,
    test_tools,
)
from support.command_line import environment
from support.small_targets.engine import Engine
from support.small_targets.target import Right, Target, improved
from support.tiers import slow_unless

pytestmark = pytest.mark.process

TABLES = (scores, evaluators, test_tools, outputs, builds, functions, objects, recorded, metrics, inputs, left_behind)
TARGETS = {target.name: target for table in TABLES for target in table.TARGETS}
FROM_END_TO_END = ("expression", "ev-plain", "more-pass", "standard-error-differs", "typed")
"""One of each form; `make test-all` tries all of them from end to end, but those that must know a seed of a run's (`Engine`)."""


def check(target: Target, found: Right, said: str) -> None:
    """Whether the finding is right, and says what it has to."""
    # A program that computes its score itself is better by its own score; a lower cost for one answer to all inputs is held back.
    better = ("by its own score: ", "better on its fixed input: ")
    assert found == target.right or (target.right == "better" and said.startswith(better)), said
    assert target.excerpt in said


def test_names_of_targets_are_different() -> None:
    assert len(TARGETS) == sum(len(table.TARGETS) for table in TABLES)


@pytest.mark.parametrize("name", TARGETS)
def test_what_is_found_of_a_candidate_is_right(name: str, tmp_path: Path, engine: Engine) -> None:
    check(TARGETS[name], *engine.verdict(TARGETS[name], tmp_path))


@pytest.mark.parametrize(
    "name",
    slow_unless(
        lambda name: name in FROM_END_TO_END, [name for name in TARGETS if "TRAINED" not in TARGETS[name].candidate]
    ),
)
def test_what_is_said_of_a_candidate_is_right(name: str, tmp_path: Path) -> None:
    check(TARGETS[name], *improved(TARGETS[name], tmp_path, environment(tmp_path / "home")))
