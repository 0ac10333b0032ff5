"""Recipes of runs, and the texts they name."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from strop.api.conventions import make_spec
from strop.api.scoring import score_job
from strop.base.errors import ConfigurationError, StoreError
from strop.options.run import CopiesOptions, PaperOptions, SelectionOptions, TwoModelOptions
from strop.runs.spec import PAPERS, RunSpec, improver_text, program_text
from strop.runs.texts import meta_description
from strop.tasks.registry import load
from support.rows import table


def test_recipe_of_the_paper_has_its_parameters() -> None:
    spec = PAPERS
    assert (spec.selection, spec.meta_utility, spec.edits) == ("paper", "paper", "rewrite")
    budgets = (spec.utility_budget, spec.meta_budget, spec.lm_budget, spec.max_responses)
    assert (spec.iterations, spec.copies, budgets) == (4, 5, (25, 25, 4, 6))


def test_paper_replaces_the_defaults_and_nothing_that_is_given() -> None:
    given = SelectionOptions(iterations=1, selection="gated")
    spec = make_spec(["lpn"], PaperOptions(paper=True), given, CopiesOptions(lm_budget=6), seed=0)
    assert (spec.iterations, spec.selection, spec.lm_budget) == (1, "gated", 6)
    assert (spec.meta_budget, spec.utility_budget, spec.max_responses) == (25, 25, 6)
    assert make_spec(["lpn"], PaperOptions(), SelectionOptions(), CopiesOptions(), seed=0) == RunSpec()
    assert make_spec(["lpn"], PaperOptions(paper=True), SelectionOptions(), CopiesOptions(), seed=0) == PAPERS


def test_meta_model_is_a_member_of_the_model() -> None:
    spec = make_spec(["lpn"], TwoModelOptions(model="offline", meta_model="openai/m"), seed=0)
    assert spec.model == 'mix:["offline","openai/m?level=meta"]'


def test_recipe_survives_json_and_counts_copies_of_each_task() -> None:
    spec = RunSpec(task="t", model="openai/x", base_url="u", iterations=2, seed=3, require=("read", "wall"))
    several = RunSpec(task="a", further_tasks=("b", "c"), copies=4, improver="i")
    assert [RunSpec.from_json(each.to_json()) for each in (spec, several)] == [spec, several]
    assert (several.tasks, several.downstream) == (("a", "b", "c"), 12)
    assert "# 12 copies of one task or of a few, hidden from you" in meta_description(several)
    assert "# 12 tasks, hidden from you" in meta_description(replace(several, meta_utility="paper"))


@table("written", ['"b"', "[1]", "null", '{"b": 1}'])
def test_recipe_with_further_tasks_of_another_form_is_refused(written: str) -> None:
    with pytest.raises(StoreError, match="further_tasks is"):
        RunSpec.from_json(f'{{"task": "a", "further_tasks": {written}}}')


@table(
    ("wrong", "words"),
    [
        ({"gate_pairs": 100_001}, "gate_pairs is 100001; it must be 100000 or less"),
        ({"seed": -1}, "seed is -1; it must be 0 or more"),
        ({"max_cost": float("nan")}, "max_cost is nan"),
        ({"max_time": 0.0}, "max_time is 0; it must be more than 0"),
        ({"edits": "all"}, "edits is 'all'; it must be one of 'auto', 'rewrite', 'blocks'"),
        ({"utility_budget": "many"}, "utility_budget is 'many'; it must be a whole number"),
        ({"copies": True}, "copies is True; it must be a whole number"),
    ],
)
def test_recipe_is_refused_where_a_field_is_of_another_type_or_out_of_its_range(
    wrong: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigurationError, match=words):
        RunSpec(**wrong)  # type: ignore[arg-type]


def test_cluster_is_refused_for_work_that_stays_on_this_machine() -> None:
    with pytest.raises(ConfigurationError, match="is a cluster, but strop score runs on this machine; give a number"):
        score_job(RunSpec(workers="dask:local:2"), load("lpn"), "", "train")


def test_workers_are_the_cores_when_not_given_and_refused_when_they_are_not_a_number() -> None:
    assert RunSpec().slots >= 1 and RunSpec(workers="3").slots == 3
    for workers in ["-1", "1.5", "2000", "many", "²"]:
        with pytest.raises(
            ConfigurationError, match=f"^workers is {re.escape(workers)}; it must be a number of processes"
        ):
            RunSpec(workers=workers)


@table(
    "words",
    (
        "You are an expert computer science researcher and programmer, especially skilled at optimizing algorithms.",
        "Improve the following solution:\n```python\n{initial_solution}\n```",
        "You will be evaluated based on this score function:\n```python\n{utility.str}\n```",
        "You must return an improved solution. Be as creative as you can under the constraints.",
        "Your primary improvement must be novel and non-trivial. First, propose an idea, then implement it.",
    ),
)
def test_seed_improver_holds_the_prompt_of_figure_2(words: str) -> None:
    assert words in improver_text("seed")


def test_program_that_is_not_text_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "binary.py").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match="UTF-8") as caught:
        program_text(tmp_path / "binary.py", "solution")
    assert "\n" not in str(caught.value)
