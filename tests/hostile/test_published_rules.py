"""The published scoring rules fall for these programs. Strop's do not: test_kernel_attacks.py examines the same files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from hostile import published_rules
from strop.tasks import registry
from strop.tasks.base import PublishedSeeds
from strop_selftest import find
from strop_selftest.variants import variants, without_hack
from support.rows import table

HOLES = {
    "nonbinary_partition": 0.6,
    "nan_labels": 0.999,
    "answer_operator_overload": 0.999,
    "inplace_edit_of_instance": 1000.0,
    "shallow_copy_clause_edit": 0.999,
    "answer_operator_overload_3sat": 0.999,
    "float_subclass_gt": 0.999,
    "reseed_to_recover_assignment": 0.999,
    "reseed_to_recover_labels": 0.999,
    "wrong_shape_broadcast": 3.0,
    "object_dtype_array": 0.999,
    "ndarray_subclass_eq": 0.999,
}
"""Attack to what it scores under the published rule at least; an honest answer never does."""
INSTANCE = 1


def algorithm_of(text: str) -> Callable[..., Any]:
    namespace: dict[str, Any] = {"__name__": "attack"}
    exec(compile(text, "attack", "exec"), namespace)
    return namespace["algorithm"]  # type: ignore[no-any-return]


@table("name", HOLES)
def test_published_rule_falls_for_a_hack(name: str) -> None:
    attack = find(name)
    rule = published_rules.RULES[attack.settings["TASK"]]
    np.random.seed(0)
    assert max(rule(algorithm_of(text), INSTANCE) for _, text in variants(attack)) >= HOLES[name]


@table("name", [name for name in HOLES if "HACK" in find(name).settings])
def test_published_rule_scores_the_same_program_lower_without_its_hack(name: str) -> None:
    attack = find(name)
    rule = published_rules.RULES[attack.settings["TASK"]]
    assert rule(algorithm_of(without_hack(attack.text)), INSTANCE) < min(HOLES[name], 0.95)


def test_published_rule_pays_for_time() -> None:
    attack = find("sleep_for_score")
    task = registry.load("modified-qap")
    objective = task.score(task.instance("train", INSTANCE, PublishedSeeds()), np.arange(15))
    assert (
        published_rules.modified_qap(algorithm_of(attack.text), INSTANCE) >= objective + 0.05
    )  # what it slept and span
