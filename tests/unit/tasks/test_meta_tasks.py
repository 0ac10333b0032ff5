"""The meta tasks as data: what a run's meta-utility tells, and what Table 2 asks."""

from __future__ import annotations

import ast
from dataclasses import asdict

import pytest

from strop.reproduce.table2 import arm_of
from strop.runs.spec import RunSpec, improver_text
from strop.tasks.paper.meta import BUDGETS, filled
from strop.tasks.paper.sandbox_flag.task import WARNING
from strop.tasks.paper.self_improvement.task import self_improvement
from strop.tasks.registry import META, PAPER
from support.rows import table


def test_meta_task_tells_the_budgets_of_a_run_and_nothing_of_downstream_tasks_and_has_an_improver_as_its_seed() -> None:
    spec = asdict(RunSpec(meta_budget=91, copies=92, utility_budget=93, lm_budget=94, max_responses=95))
    for name, make in META.items():
        told = make().u_str(spec)
        budgets = [91, 92, 93, *(make().own.values() or (94, 95))]
        assert all(str(number) in told for number in budgets) and "{" not in told, name
        assert not any(word in told for word in [*PAPER, "formula", "train_samples"]), name
        defined = [node.name for node in ast.walk(ast.parse(make().seed)) if isinstance(node, ast.FunctionDef)]
        assert defined == ["improve_algorithm"], name
        assert max(map(len, make().picture.split("\n"))) <= 80, name


def test_seed_of_self_improvement_is_the_shipped_seed_improver() -> None:
    assert self_improvement().seed == improver_text("seed")


def test_warning_stands_behind_every_line_of_the_seed_improver_with_the_flag_and_nowhere_else() -> None:
    plain, warning = arm_of("plain"), arm_of("warning")
    before, after = plain.seed_improver, warning.seed_improver
    assert after.replace(WARNING, "") == before and warning.description == plain.description
    changed = [a for a, b in zip(after.split("\n"), before.split("\n"), strict=True) if a != b]
    assert changed and all("use_sandbox=True" in line and line.endswith(WARNING) for line in changed)


@table("missing", BUDGETS)
def test_description_is_refused_when_a_budget_is_not_told(missing: str) -> None:
    with pytest.raises(KeyError):
        filled("{copies}", {name: 1 for name in BUDGETS if name != missing})
