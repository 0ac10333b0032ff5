"""Runs of Algorithm 1 on one curve, and in one sentence: what is averaged, what is refused, and what is said of few runs."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from strop.base.errors import ConfigurationError
from strop.base.events import IterationStarted, RunFinished, RunStarted, SearchEnded
from strop.report.iterations import iterations_table
from strop.reproduce.curves import FinishedRun, figure, finished_runs
from strop.runs.claims.over_runs import over_runs_words
from strop.runs.meta import Meta
from strop.runs.spec import RunSpec
from strop.store import Store
from support.records import iterated
from support.rows import table

POINT = re.compile(r'transform="translate\(([\d.]+) ([\d.]+)\)"')


def made(folder: Path, values: Sequence[float], seed: int, *, status: str = "finished", **changes: Any) -> Path:
    """A record of a run with these û, each after 10 more LM calls than the one before."""
    own = {name: changes.pop(name) for name in ("kind", "tasks", "secret", "is_language_model") if name in changes}
    ended, improver = changes.pop("ended", None), changes.pop("first", "I")
    spec = replace(RunSpec(model="offline", seed=seed, iterations=len(values) - 1), **changes)
    meta = Meta(**{"tasks": ("lpn",), "secret": bytes([seed]), "model": spec.model} | own, spec=spec)
    with Store.create(folder, meta.texts(folder)) as store:
        store.append(RunStarted(scope="", spec=json.loads(spec.to_json()), environment={}, posture={}))
        for t, value in enumerate(values):
            store.append(IterationStarted(scope=f"t{t}", t=t, improver=improver))
            store.append(iterated(t, improver, train=(value,), test=(value,), lm_calls=10 * (t + seed)))
        if ended:
            store.append(SearchEnded(scope="t1", by=ended, detail="", lm_calls=0, utility_calls=0))
        if status:
            store.append(RunFinished(scope="", status=status))
    return folder


def three(folder: Path) -> list[FinishedRun]:
    """Three runs, the last of which ended early."""
    values = [(0.2, 0.5, 0.6), (0.4, 0.6, 0.8), (0.6, 0.8)]
    return finished_runs([made(folder / str(seed), each, seed, iterations=2) for seed, each in enumerate(values, 1)])


def words_of(svg: str) -> str:
    return " ".join(re.findall(r"<text[^>]*>([^<]*)", svg))


def test_curve_is_the_mean_over_runs_with_bars_and_one_run_has_none_and_says_so(tmp_path: Path) -> None:
    runs = three(tmp_path)
    drawn = figure(runs, "t", "stderr")
    assert len(POINT.findall(drawn)) == 3 and "Mean over 3 runs of strop run lpn" in words_of(drawn)
    assert "± 1 standard error over the runs" in words_of(drawn) and "not a language model" in words_of(drawn)
    assert "1 run ended early and keeps its last improver" in words_of(drawn)
    assert drawn.count("m-3 0h6") == 6, "two ends of three bars"
    assert "95% interval of the mean over the runs" in words_of(figure(runs, "t", "interval"))
    alone = figure(runs[:1], "t", "stderr")
    assert "so there is no interval over runs" in words_of(alone) and "m-3 0h6" not in alone


def test_curve_by_lm_calls_begins_where_all_runs_have_measured_and_moves_where_one_does(tmp_path: Path) -> None:
    drawn = figure(three(tmp_path), "lm-calls", "stderr")
    # The runs end iterations after 10, 30, 60; 20, 50, 90; and 30, 70 LM calls.
    ups = [float(y) for _, y in POINT.findall(drawn)]
    assert len(ups) == len({30, 50, 60, 70, 90})
    steps = [7 * (before - after) / (ups[0] - ups[-1]) for before, after in pairwise(ups)]
    assert steps == pytest.approx([2, 1, 2, 2], abs=0.02), "of the mean from 1.5 over 1.7, 1.8 and 2.0 to 2.2 thirds"
    assert "LM calls" in words_of(drawn) and "the improver that it had after so many LM calls" in words_of(drawn)


@table(
    ("change", "why"),
    [
        ({"tasks": ("parity",)}, r"differ in the task \(lpn and parity\)"),
        ({"model": "offline:skill=1"}, r"differ in the model \(offline and offline:skill=1\)"),
        ({"copies": 2}, r"differ in --copies \(5 and 2\)"),
        ({"selection": "paper"}, r"differ in --selection \(gated and paper\)"),
        ({"first": "J"}, "differ in the first improver: one curve"),
        ({"secret": bytes([1])}, "have the same seed, so they are not independent"),
        ({"ended": "max_cost"}, "was ended by --max-cost"),
    ],
)
def test_runs_that_differ_in_more_than_the_seed_are_refused_by_name(
    tmp_path: Path, change: dict[str, Any], why: str
) -> None:
    folders = [made(tmp_path / "a", (0.2, 0.4), 1), made(tmp_path / "b", (0.2, 0.4), 2, **change)]
    with pytest.raises(ConfigurationError, match=why) as caught:
        figure(finished_runs(folders), "t", "stderr")
    assert "\n" not in str(caught.value)


def test_limits_and_places_of_runs_may_differ(tmp_path: Path) -> None:
    other = {"max_cost": 1.0, "workers": "3", "base_url": "http://127.0.0.1/v1"}
    folders = [made(tmp_path / "a", (0.2, 0.4), 1), made(tmp_path / "b", (0.2, 0.4), 2, **other)]
    assert "Mean over 2 runs" in figure(finished_runs(folders), "t", "stderr")


@table(("change", "why"), [
    ({"status": ""}, "has not ended. To continue: strop resume"),
    ({"status": "budget"}, "has not ended. To continue: strop resume"),
    ({"kind": "improve"}, "is the record of strop improve; name runs of strop run"),
])  # fmt: skip
def test_what_is_no_finished_run_is_refused(tmp_path: Path, change: dict[str, Any], why: str) -> None:
    with pytest.raises(ConfigurationError, match=why):
        finished_runs([made(tmp_path / "a", (0.2, 0.4), 1, **change)])


def test_run_that_is_given_twice_is_refused(tmp_path: Path) -> None:
    folder = made(tmp_path / "a", (0.2, 0.4), 1)
    (tmp_path / "b").symlink_to(folder)
    with pytest.raises(ConfigurationError, match="b is given twice"):
        finished_runs([folder, tmp_path / "b"])


def test_table_has_what_was_spent_up_to_each_iteration_and_leaves_out_what_nobody_knows(tmp_path: Path) -> None:
    folder = made(tmp_path / "a", (0.25, 0.5), 1)
    head, *rows = iterations_table([folder]).splitlines()
    assert head.startswith("run,seed,model,is_language_model,t,task,copy,split,utility,lm_calls")
    assert rows == [
        f"{folder},1,offline,false,{t},lpn,1,{split},{value},{calls},0,{evaluations},0,0.0"
        for t, value, calls, evaluations in ((0, 0.25, 10, 2), (1, 0.5, 30, 4))
        for split in ("train", "test")
    ]


RISING = [(0.5, 0.6 + 0.01 * number) for number in range(6)]
SENTENCES: list[tuple[list[tuple[float, float]], int, int, str]] = [
    ([], 5, 0, "No result yet: none of 5 runs has finished."),
    (RISING, 6, 0, "Better: û changed by +0.125 (95% interval +0.100 to +0.150), from 0.500 to 0.625, "
     "on the held-out instances of lpn, the mean of 6 runs, each measured after its last iteration."),
    ([(after, before) for before, after in RISING], 6, 0, "Worse: û changed by -0.125 (95% interval -0.150 to -0.100), "
     "from 0.625 to 0.500, on the held-out instances of lpn, the mean of 6 runs, each measured after its last iteration."),
    (RISING, 8, 0, "So far: û changed by +0.125 (95% interval +0.100 to +0.150), from 0.500 to 0.625, "
     "on the held-out instances of lpn, the mean of 6 of 8 runs, each measured after its last iteration."),
    (RISING[:2], 2, 1, "Undecided: û changed by +0.105 (standard error 0.005), from 0.500 to 0.605, on the held-out "
     "instances of lpn, the mean of 2 runs, 1 of which ended early and keeps its last improver, each measured after its last "
     "iteration; at least 6 runs are needed to show a difference."),
    (RISING[:1], 1, 0, "Undecided: û changed by +0.100, from 0.500 to 0.600, on the held-out instances of lpn, "
     "the mean of 1 run, each measured after its last iteration; at least 6 runs are needed to show a difference."),
    ([(0.5, 0.5)] * 6, 6, 0, "No change: every run ended with the û of its first improver, 0.500, on the held-out instances of "
     "lpn, the mean of 6 runs."),
]  # fmt: skip


@table(("ends", "of", "early", "words"), SENTENCES)
def test_sentence_is_about_runs_and_decides_nothing_from_a_part_of_them(
    ends: list[tuple[float, float]], of: int, early: int, words: str
) -> None:
    assert over_runs_words(ends, of=of, early=early, meta=Meta(tasks=("lpn",)))[0] == words
