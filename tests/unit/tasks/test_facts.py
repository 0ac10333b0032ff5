"""What is recorded of the built-in tasks agrees with the paper's table, the best answers that are kept, and the documents."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import strop
from strop.base.budget import Budget
from strop.base.events import discard
from strop.core.utility import TaskUtility
from strop.report.terminal.tasks import percent
from strop.sandbox.base import Sandbox
from strop.tasks.base import PublishedSeeds, SecretSeeds, Split
from strop.tasks.paper.facts import FOLDERS, SPLITS, facts
from strop.tasks.registry import META, PAPER, load
from support.best_known import BestKnown
from support.kits.task import CHECKS
from support.references import REFERENCES, modified_qap

TABLE_1 = {
    "string-grid-distance": (43.9, 44.3, 56.7),
    "modified-qap": (20.4, 20.6, 22.1),
    "3sat": (0.0, 21.2, 75.1),
    "maxcut": (0.0, 58.7, 74.2),
    "parity": (50.0, 59.3, 81.7),
}
"""u(s), û(I_0), û(I_T) in percent, as printed."""

CASES = [(name, split) for name in PAPER for split in SPLITS]
KEPT = BestKnown.read()


def test_facts_are_of_the_built_in_tasks() -> None:
    assert list(FOLDERS) == list(PAPER)
    assert all(PAPER[name].__module__ == f"strop.tasks.paper.{folder}.task" for name, folder in FOLDERS.items())


@pytest.mark.parametrize("name", PAPER)
def test_figures_of_the_paper_are_those_of_its_table_1(name: str) -> None:
    printed = tuple(
        round(100 * facts(name).paper[key], 6) for key in ("seed", "initial", "improved") if facts(name).paper
    )
    assert printed == TABLE_1.get(name, ())


@pytest.mark.parametrize("name", PAPER)
def test_recorded_seed_utility_is_the_papers_within_chance(name: str) -> None:
    known = facts(name)
    if known.paper:
        assert known.seed["test"] == pytest.approx(known.paper["seed"], abs=0.002 if known.random else 0.0005)


@pytest.mark.heavy
@pytest.mark.parametrize(("name", "split"), CASES)
def test_ceiling_is_what_the_kept_answers_or_the_exact_solver_score(name: str, split: Split) -> None:
    task, known = PAPER[name](), facts(name)
    assert known.seed[split] < known.best[split] <= 1.0
    if not known.reference.startswith("exact"):
        assert KEPT.mean(task, name, split) == pytest.approx(known.best[split], abs=0.00005)
        return
    for index in range(task.count(split)):
        instance = task.instance(split, index, PublishedSeeds())
        assert task.checked_score(instance, REFERENCES[name](instance)) == known.best[split] == 1.0


def test_lowest_assignments_stay_below_every_other_one() -> None:
    task = PAPER["modified-qap"]()
    assert KEPT.mean(task, "modified-qap, lowest", "train") == pytest.approx(0.188, abs=0.0005)
    assert KEPT.mean(task, "modified-qap, lowest", "test") == pytest.approx(0.195, abs=0.0005)
    instance = task.instance("train", 0, PublishedSeeds())
    found = task.checked_score(instance, modified_qap(instance, 100, lowest=True))
    assert found >= KEPT.scores(task, "modified-qap, lowest", "train")[0] - 1e-9


DOCS = Path(__file__).parents[3] / "docs"
TEXT = (DOCS / "tasks.md").read_text(encoding="utf-8")
PAPER_TASKS = (DOCS / "paper-tasks.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| \[`([\w-]+)`\]\(#\1\) \|.*\| ([\d.]+) s \| (\d+) / (\d+) \|$", PAPER_TASKS, re.MULTILINE)


def test_example_is_a_task_whose_seed_scores(jail: Sandbox, tmp_path: Path) -> None:
    (example,) = re.findall(r"```python\n(# packing.py\n.*?)```", TEXT, re.DOTALL)
    (tmp_path / "packing.py").write_text(example)
    task = load(str(tmp_path / "packing.py"))
    for check in CHECKS:
        check(task)
    utility = TaskUtility(task, "train", SecretSeeds(b"doc"), jail, discard, b"doc")
    assert 0.2 < utility.evaluate(task.seed, Budget()).value < 0.6
    double = "def pack(items):\n    return [[0]] + [[place] for place in range(60)]\n"
    assert utility.evaluate(double, Budget()).verdict == "malformed"
    heavy = "def pack(items):\n    return [list(range(60))]\n"
    assert "more than 1" in utility.evaluate(heavy, Budget()).error


@pytest.mark.parametrize("declared", re.findall(r"^\| `(Answer\(.*\))` \|", TEXT, re.MULTILINE))
def test_declaration_of_the_table_can_be_made(declared: str) -> None:
    assert isinstance(eval(declared, {"Answer": strop.Answer}), strop.Answer)


def test_table_lists_every_task_of_the_paper_with_its_limits() -> None:
    stated = {name: (float(limit), int(train), int(test)) for name, limit, train, test in ROWS}
    made = {name: make() for name, make in PAPER.items()}
    assert stated == {name: (task.time_limit, task.instances, task.test_instances) for name, task in made.items()}


@pytest.mark.parametrize("name", PAPER)
def test_table_shows_the_recorded_facts_of_a_task(name: str) -> None:
    known = facts(name)
    seed, best = (" / ".join(percent(values[split]) for split in SPLITS) for values in (known.seed, known.best))
    paper = percent(known.paper["seed"]) if known.paper else "-"
    assert re.search(rf"^\| \[`{name}`\]\(\S+\) \|[^|]+\| {seed} \| {paper} \| {best} \|", PAPER_TASKS, re.MULTILINE)


@pytest.mark.parametrize("name", [name for name in PAPER if facts(name).paper])
def test_section_of_a_task_states_the_papers_figures(name: str) -> None:
    section, known = PAPER_TASKS.split(f"\n## {name}\n")[1].split("\n## ")[0], facts(name)
    assert all(percent(known.paper[key]) in section for key in ("initial", "improved"))


@pytest.mark.parametrize("name", META)
def test_document_states_the_meta_utility_of_the_seed_of_a_meta_task(name: str) -> None:
    (line,) = re.findall(rf"^- `{name}` (?:.*\n)(?:  .*\n)+", PAPER_TASKS, re.MULTILINE)
    assert META[name]().seed_score.partition("%")[0] in line
