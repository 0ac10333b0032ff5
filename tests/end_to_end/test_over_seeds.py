"""`strop run --seeds`, and `strop export --table` and `strop plot` of its runs: whole, killed, at a limit, and wrongly."""

from __future__ import annotations

import csv
import json
import shlex
import shutil
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from end_to_end.conftest import TINY, Start, Strop, events_in, happened, made_once, recorded, stopped_at
from strop.api.cells import spent_in
from strop.base.events import LmCalled
from support.command_line import environment, run_small
from support.processes import wait_until

SMALL = [*TINY, "--gate-pairs", "2", "-T", "1"]
SEEDS = ["run", "lpn", "--seed", "3", *SMALL]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs, which tests only read."""
    return made_once(tmp_path_factory.mktemp("study"), *SEEDS, "--seeds", "2")


def one_line(ended: Any, code: int = 2) -> str:
    assert ended.returncode == code, ended.stderr
    assert ended.stdout == "" and ended.stderr.startswith("strop: ") and ended.stderr.count("\n") == 1, ended.stderr
    return str(ended.stderr)


@pytest.mark.slow
def test_runs_that_are_killed_in_one_go_on_as_one_and_are_what_single_runs_are(
    strop: Strop, start_strop: Start, tmp_path: Path
) -> None:
    process = start_strop(*SEEDS, "--seeds", "3", "--out", "f")
    wait_until(lambda: events_in(tmp_path / "f" / "seed-4") > 30 or process.poll() is not None, 0.01)
    assert "another process is writing" in one_line(strop("resume", "f"))
    assert "already holds a run" in one_line(strop(*SEEDS, "--seeds", "3", "--out", "f"))
    stopped_at(process, tmp_path / "f" / "seed-4", 0)
    part = strop("show", "f")
    assert "So far" in part.stdout or "No result yet" in part.stdout
    assert [row.split()[:2] for row in part.stdout.splitlines() if row.strip()[:1].isdigit()] == [
        ["3", "finished"], ["4", "unfinished"], ["5", "not"],
    ]  # fmt: skip
    for refused in (strop("plot", "f", "--out", "x.svg"), strop("export", "f", "--table", "iterations")):
        assert "have not all ended. To continue: strop resume f" in one_line(refused)
    resumed = strop("resume", "f", "--json")
    assert resumed.returncode == 0, resumed.stderr
    assert "3 runs, 1 of them done before" in resumed.stderr
    told = json.loads(resumed.stdout)
    assert [run["status"] for run in told["runs"]] == ["finished"] * 3 and "the mean of 3 runs" in told["sentence"]
    assert told == json.loads(strop("show", "f", "--json").stdout)
    for seed in (4, 5):
        alone = f"alone{seed}"
        assert strop("run", "lpn", "--seed", str(seed), *SMALL, "--out", alone).returncode == 0
        assert happened(tmp_path / "f" / f"seed-{seed}") == happened(tmp_path / alone)
    replayed = strop("replay", "f/seed-4")
    assert replayed.returncode == 0, replayed.stderr


def test_limit_is_of_all_runs_together_and_a_larger_one_continues(strop: Strop, tmp_path: Path) -> None:
    stopped = strop(*SEEDS, "--seeds", "2", "--out", "f", "--max-calls", "6")
    assert stopped.returncode == 4 and "--max-calls 6 is spent" in stopped.stderr, stopped.stdout + stopped.stderr
    assert stopped.stderr.splitlines()[-1] == "To continue: strop resume f --max-calls MORE"
    records = [path.parent for path in tmp_path.glob("f/*/run.sqlite")]
    calls = sum(event.cost for record in records for event in recorded(record, LmCalled))
    assert 0 < calls <= sum(spent_in(record)["max_calls"] for record in records) <= 6
    assert json.loads(strop("show", "f", "--json").stdout)["status"] == "budget"
    (listed,) = json.loads(strop("list", "runs", ".", "--json").stdout)["runs"]
    assert (listed["run"], listed["command"], listed["cost"]) == ("f", "seeds", None)
    assert strop("resume", "f").returncode == 4, "the limit stays that of the folder"
    ended = strop("resume", "f", "--max-calls", "1000")
    assert ended.returncode == 0 and "the mean of 2 runs" in ended.stdout, ended.stderr


def test_plan_counts_all_runs_and_says_how_many_have_an_interval(strop: Strop, tmp_path: Path) -> None:
    one, five, six = (
        json.loads(strop(*SEEDS, *more, "--dry-run", "--json").stdout)
        for more in ([], ["--seeds", "5"], ["--seeds", "6"])
    )
    for figure in ("lm_calls", "responses", "evaluations", "tokens", "seconds"):
        for end in ("expected", "most"):
            assert five[figure][end] == pytest.approx(5 * one[figure][end])
    assert "at least 6 of them: --seeds 6" in five["warning"] and six["warning"] is None
    assert not [*tmp_path.glob("runs*")]


def test_table_gives_the_values_that_the_result_tells(strop: Strop, study: Path) -> None:
    told = json.loads(strop("show", str(study), "--json").stdout)
    ended = strop("export", str(study), "--table", "iterations")
    assert ended.returncode == 0 and ended.stderr == ""
    rows = [*csv.DictReader(ended.stdout.splitlines())]
    for run in told["runs"]:
        own = [row for row in rows if row["run"] == run["directory"]]
        sides = [[float(r["utility"]) for r in own if (r["split"], r["t"]) == ("test", t)] for t in ("0", "1")]
        assert [fmean(side) for side in sides] == pytest.approx([run["before"], run["after"]])
        assert len(own) == 2 * 2 * 2 and {row["is_language_model"] for row in own} == {"false"}
        spent = [spent_in(Path(run["directory"]))["max_calls"], *(int(row["lm_calls"]) for row in own)]
        assert spent[0] >= max(spent[1:]) > 0


def test_figure_of_a_folder_is_an_svg_that_says_who_answered(strop: Strop, study: Path, tmp_path: Path) -> None:
    drawn = strop("plot", str(study), "--out", "a.svg")
    assert drawn.returncode == 0 and drawn.stderr == "2 runs in a.svg\n", drawn.stderr
    text = (tmp_path / "a.svg").read_text("utf-8")
    assert text.startswith("<?xml") and "Mean over 2 runs" in text and "not a language model" in text
    assert "exists already" in one_line(strop("plot", str(study), "--out", "a.svg"))
    again = strop("plot", str(study / "seed-3"), str(study / "seed-4"), "--out", "a.svg", "--force")
    assert again.returncode == 0 and (tmp_path / "a.svg").read_text("utf-8") == text


WRONG = [
    ("plot nothing --out x.svg", "no run is called nothing"),
    ("plot garbage --out x.svg", "is not the directory of a run"),
    ("plot broken --out x.svg", "broken"),
    ("plot IMPROVED --out x.svg", "is the record of strop improve; name runs of strop run"),
    ("plot STUDY --out x.png", "name a file that ends with .svg"),
    ("plot STUDY STUDY/seed-3 --out x.svg", "is given twice"),
    ("plot STUDY --out no/such/x.svg", "cannot write"),
    ("export STUDY --table iterations -o taken.csv", "taken.csv exists already"),
    ("export IMPROVED --table iterations", "is the record of strop improve; name runs of strop run"),
    ("export STUDY --table iterations --to mlflow", "give only one of --table and --to"),
    ("export STUDY", "holds several runs; name one"),
    ("export STUDY/seed-3 STUDY/seed-4", "only --table takes several runs"),
    ("replay STUDY", "is the record of strop run --seeds, which cannot be replayed"),
    ("resume STUDY --finish", "is the record of strop run --seeds, which has no search to end"),
    ("show swapped", "holds a run of another seed, 4"),
    ("plot swapped --out x.svg", "have the same seed"),
    ("run lpn --seeds 0", "--seeds is 0; it must be between 1 and"),
    ("run lpn --seeds 2 --out garbage", "holds files already"),
    ("run lpn --seeds 2 --model openai/any --out new", "OPENAI_API_KEY"),
]


def test_wrong_input_is_told_in_one_line_and_writes_nothing(
    study: Path, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    made_once(tmp_path, "improve", "lpn", "--utility-budget", "2", "--lm-budget", "1", "--max-responses", "1")
    (tmp_path / "garbage").mkdir()
    (tmp_path / "garbage" / "file").touch()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "run.sqlite").write_text("{ garbage")
    (tmp_path / "taken.csv").touch()
    shutil.copytree(study, tmp_path / "swapped")
    shutil.rmtree(tmp_path / "swapped" / "seed-3")
    shutil.copytree(study / "seed-4", tmp_path / "swapped" / "seed-3")
    before = sorted(tmp_path.iterdir())
    for words, why in WRONG:
        with subtests.test(words):
            named = words.replace("STUDY", str(study)).replace("IMPROVED", "r")
            assert why in one_line(run_small(*shlex.split(named), cwd=tmp_path, env=environment(tmp_path)))
    assert sorted(tmp_path.iterdir()) == before and (tmp_path / "taken.csv").read_text() == ""


def test_two_conditions_are_compared_by_seed_drawn_as_two_curves_and_measured_on_another_task(
    strop: Strop, study: Path, tmp_path: Path
) -> None:
    shutil.copytree(study, tmp_path / "one")
    other = strop(*SEEDS, "--seeds", "2", "--out", "other", "--selection", "paper")
    assert other.returncode == 0, other.stderr
    found = json.loads(strop("show", "one", "--against", "other", "--json").stdout)
    ends = [
        [run["after"] for run in json.loads(strop("show", name, "--json").stdout)["runs"]] for name in ("one", "other")
    ]
    assert [[row["first"], row["second"]] for row in found["rows"]] == [list(pair) for pair in zip(*ends, strict=True)]
    assert found["sentence"].startswith("Undecided") and "paired by seed" in found["sentence"]
    assert "--selection gated and paper" in found["differs"]
    assert strop("plot", "one", "other", "--by", "dollars", "--out", "f.svg").returncode == 0
    drawn = (tmp_path / "f.svg").read_text()
    assert ">one<" in drawn and ">other<" in drawn
    eval_of_study = strop("eval", "one", "--task", "string-grid-distance", *TINY[:4], "--utility-budget", "2", "--json")
    told = json.loads(eval_of_study.stdout)
    (row,) = told["over_runs"]
    assert "between one and the seed improver" in told["sentence"] and "2 runs" in told["sentence"]
    assert (row["n"], row["improver"], row["task"]) == (2, "one", "string-grid-distance")
    shutil.rmtree(tmp_path / "other" / "seed-4")
    assert "So far: û" in (part := strop("show", "one", "--against", "other").stdout) and "1 of 2 seeds" in part
    assert "compares two folders" in one_line(strop("show", "one/seed-3", "--against", "other"))
