"""Several runs side by side."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from strop.analysis.stats import mean, score_difference
from strop.base.errors import ConfigurationError
from strop.base.events import IterationFinished, RunFinished
from strop.report.html.compared import compare_runs, compared_page
from strop.report.html.render import render
from strop.store import Store
from support.records import raw

Runs = dict[str, Path]


def measured_in(directory: Path) -> list[tuple[float, ...]]:
    with Store.open(directory) as store:
        return [stored.event.test for stored in store.events(IterationFinished)]


def test_comparison_tells_every_iteration_as_its_store_has_it(runs: Runs) -> None:
    found = compare_runs([runs["paper"], runs["gated"]])
    for run, name in zip(found.runs, ("paper", "gated"), strict=True):
        assert [event.test for event in run.page.run.iterations] == measured_in(runs[name])
        assert (
            run.page.selection == name and run.page.model.startswith("offline") and run.page.run.costs.total.money == 0
        )
    assert [run.label for run in found.runs] == ["A", "B"]


def test_runs_are_compared_copy_by_copy_with_the_interval_of_their_copies(runs: Runs) -> None:
    (found,) = compare_runs([runs["paper"], runs["gated"]]).differences
    wanted = score_difference(measured_in(runs["gated"])[-1], measured_in(runs["paper"])[-1])
    assert found.instances == "same" and (found.mean, found.interval) == (wanted.mean, wanted.interval)
    assert f"{wanted.mean:+.3f} from A on the sealed split (95% interval " in found.sentence


def test_runs_on_other_instances_are_compared_and_it_is_said(runs: Runs) -> None:
    (each,) = compare_runs([runs["paper"], runs["other"]]).differences
    assert each.instances == "other" and "other instances" in each.sentence and "does not cover" in each.how
    assert each.mean == pytest.approx(mean(measured_in(runs["other"])[-1]) - mean(measured_in(runs["paper"])[-1]))


def test_intervals_of_several_differences_hold_together(runs: Runs) -> None:
    (alone,) = compare_runs([runs["paper"], runs["gated"]]).differences
    first, second = compare_runs([runs["paper"], runs["gated"], runs["other"]]).differences
    assert [(each.first, each.second) for each in (first, second)] == [("A", "B"), ("A", "C")]
    assert alone.interval is not None and first.interval is not None
    assert first.interval[0] <= alone.interval[0] <= alone.interval[1] <= first.interval[1] and first != alone


def test_task_that_was_changed_makes_instances_others(runs: Runs, tmp_path: Path) -> None:
    twin = shutil.copytree(runs["gated"], tmp_path / "twin")
    (twin / "task").mkdir()
    (twin / "task" / "packing.py").write_text("another scorer")
    (each,) = compare_runs([runs["paper"], twin]).differences
    assert each.instances == "other"


def test_runs_on_other_tasks_stand_side_by_side_without_a_difference(runs: Runs) -> None:
    found = compare_runs([runs["paper"], runs["lpn"]])
    (each,) = found.differences
    assert each.mean is None and each.interval is None and "other tasks" in found.sentence


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["paper", "eval"], "record of strop eval"),
        (["paper", "paper"], "named twice"),
        (["paper"], "1 runs: 2 to 5"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_one_line(runs: Runs, names: list[str], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said) as error:
        compare_runs([runs[name] for name in names])
    assert "\n" not in str(error.value)


def test_run_that_was_killed_before_it_measured_anything_is_compared_with_a_dash(runs: Runs, tmp_path: Path) -> None:
    killed = tmp_path / "killed"
    with Store.open(runs["paper"]) as whole, Store.create(killed, whole.meta) as store:
        for stored in whole.events():
            if isinstance(stored.event, IterationFinished | RunFinished):
                break
            store.append(stored.event)
    document = compared_page([runs["paper"], killed])
    assert document.comparison is not None and document.comparison.differences[0].mean is None
    assert (
        "not measured" in document.headline["sentence"]
        and "Not finished: B (unfinished)" in document.headline["detail"]
    )


def test_page_shows_names_of_runs_as_text_when_they_are_hostile(runs: Runs, tmp_path: Path) -> None:
    evil = shutil.copytree(runs["gated"], tmp_path / "<img src=x onerror=alert(1)> $a_$")
    page = render(compared_page([runs["paper"], evil]))
    places = [page[found.start() - 200 : found.end() + 50] for found in re.finditer("<img src=x", page)]
    assert not places and "&lt;img src=x" in page
    assert page.count('id="figure-comparison"') == 1


def test_damaged_iterations_are_one_clear_line(runs: Runs, tmp_path: Path) -> None:
    broken = shutil.copytree(runs["gated"], tmp_path / "broken")
    with raw(broken) as tool:
        tool.execute("INSERT INTO event (at, scope, kind, data) VALUES (1, 't9', 'IterationFinished', '{\"t\": 9}')")
    with pytest.raises(Exception, match="damaged"):
        compare_runs([runs["paper"], broken])
