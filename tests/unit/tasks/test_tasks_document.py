"""docs/tasks.md and docs/paper-tasks.md are true: the example runs, declarations are valid, the table is complete."""

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
from strop.tasks.base import SecretSeeds
from strop.tasks.paper.facts import SPLITS, facts
from strop.tasks.registry import META, PAPER, load
from strop.testing.task import CHECKS

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
