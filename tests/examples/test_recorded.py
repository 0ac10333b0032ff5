"""The recorded runs of a language model are replayed, without the model and on another machine's key."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from strop.runs.run_directory import load_run
from support.command_line import environment, run_here
from support.rows import table

RECORDED = Path(__file__).parents[2] / "examples" / "recorded"
RECORDS = sorted(path.parent.name for path in RECORDED.glob("*/run.sqlite"))
QUICK = ("trackpack",)
"""Replayed by `make test`. `.ci/run` replays the others, too, but for the longest."""
LONGEST = "run-quadratic-assignment"
"""It takes more CPU time than all others together: `make test-all` replays it."""
LARGEST = 32_768
"""Bytes of a record that may be committed, for each answer in it."""
PLACE = re.compile(rb"/(?:home|root|tmp|work|Users)/")
"""The beginning of a path of the machine that made a record."""


def test_recorded_runs_are_there_and_small() -> None:
    assert len(RECORDS) >= 4
    sizes = {name: (RECORDED / name / "run.sqlite").stat().st_size / answers(name) for name in RECORDS}
    assert {name: size for name, size in sizes.items() if size > LARGEST} == {}


def answers(name: str) -> int:
    with closing(sqlite3.connect(f"file:{RECORDED / name / 'run.sqlite'}?mode=ro&immutable=1", uri=True)) as record:
        (count,) = record.execute("SELECT count(*) FROM lm_response").fetchone()
        return int(count)


def test_no_recorded_file_names_a_folder_of_the_machine_that_made_it() -> None:
    files = [path for path in RECORDED.rglob("*") if path.is_file()]
    assert [str(path.relative_to(RECORDED)) for path in files if PLACE.search(path.read_bytes())] == []


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.slow] * (name not in QUICK) + [pytest.mark.replay] * (name != LONGEST))
        for name in RECORDS
    ],
)
def test_recorded_run_is_replayed_event_by_event(name: str, tmp_path: Path) -> None:
    shutil.copytree(RECORDED / name, tmp_path / name)  # as from a clone: another folder, and no key that sealed it
    replayed = run_here("replay", name, "--trust-task", "--json", cwd=tmp_path, env=environment(tmp_path))
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr
    document = json.loads(replayed.stdout)
    assert document["differences"] == [] and document["events"] >= 40


@table("name", RECORDS)
def test_recorded_run_says_that_a_language_model_answered(name: str) -> None:
    record = load_run(RECORDED / name)
    assert record.is_language_model and re.fullmatch(r"inbox:claude-family-2026-11-2[12]", record.model), name


def test_page_and_document_of_a_program_that_fails_held_out_instances_claim_no_gain(tmp_path: Path) -> None:
    shutil.copytree(RECORDED / "coloring", tmp_path / "coloring")
    document = json.loads(run_here("show", "coloring", "--json", cwd=tmp_path, env=environment(tmp_path)).stdout)
    assert document["sentence"].startswith("No improvement: the returned program fails")
    assert document["change"] is None
    viewed = run_here("view", "coloring", "--html", "page.html", cwd=tmp_path, env=environment(tmp_path))
    page = (tmp_path / "page.html").read_text("utf-8")
    facts = page[page.index('<dl class="behind">') :].partition("</dl>")[0]
    assert viewed.returncode == 0 and "failure" in facts and "lower" not in facts
