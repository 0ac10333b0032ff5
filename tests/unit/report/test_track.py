"""Trackers get the figures of a run, whatever happens to it and to them."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from strop.base.errors import ConfigurationError
from strop.base.events import Event, IterationFinished
from strop.report import track
from strop.report.track import TRACKERS, Sent, checked, continued, figures_of, sent, settings_of, totals_of
from strop.runs.run_data import RunData
from strop.store import Store
from strop.tasks.base import META_TASK
from support.tracked import CALLED, EVALUATED, FINISHED, ITERATED, RESPONDED, RESUMED, STARTED, eventually


class Kept:
    """A tracker in memory."""

    def __init__(self) -> None:
        self.works = True
        self.goes_on = threading.Event()
        self.goes_on.set()
        self.steps: list[int] = []
        self.times: list[float] = []
        self.ends: list[str] = []
        self.tries = 0

    def begin(self, directory: Path, run: RunData, sent: Sent) -> Kept:
        self._try()
        sent.run = sent.run or "number 1"
        return self

    def _try(self) -> None:
        self.tries += 1
        self.goes_on.wait()
        if not self.works:
            raise OSError("not now\x1b[2J")

    def log(self, t: int, at: float, values: Mapping[str, float]) -> None:
        self._try()
        self.steps.append(t)
        self.times.append(at)

    def end(self, status: str, at: float, totals: Mapping[str, float], best: Path | None) -> None:
        self._try()
        self.ends.append(status)


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Kept:
    tracker = Kept()
    monkeypatch.setitem(TRACKERS, "kept", tracker.begin)
    return tracker


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path / "run", {"kind": "run", "task": "lpn", "secret": "hidden"}) as store:
        store.append(STARTED)
        yield store


def test_tracker_gets_iterations_while_the_run_goes_on_and_its_end_afterwards(
    store: Store, tmp_path: Path, kept: Kept
) -> None:
    said: list[str] = []
    with sent(tmp_path / "run", ["kept"], said.append) as whole:
        store.append(ITERATED)
        assert eventually(lambda: kept.steps == [0])
        store.append(dataclasses.replace(ITERATED, scope="t1", t=1))
        store.append(FINISHED)
    assert (kept.steps, kept.ends, whole, said) == ([0, 1], ["finished"], ["kept"], [])


def test_tracker_gets_nothing_before_the_run_has_recorded_its_settings(tmp_path: Path, kept: Kept) -> None:
    with Store.create(tmp_path / "run", {}), sent(tmp_path / "run", ["kept"]) as whole:
        pass
    assert (kept.tries, whole) == (0, ["kept"])


def test_resumed_run_sends_only_what_is_missing(store: Store, tmp_path: Path, kept: Kept) -> None:
    for event in (ITERATED, FINISHED):
        with sent(tmp_path / "run", ["kept"]):
            store.append(event)
    store.append(RESUMED)
    with sent(tmp_path / "run", ["kept"]):
        store.append(dataclasses.replace(ITERATED, scope="t1", t=1))
        store.append(FINISHED)
    assert (kept.steps, kept.ends) == ([0, 1], ["finished", "finished"])


def test_end_of_a_resumed_run_is_sent_though_nobody_read_the_record_in_between(
    store: Store, tmp_path: Path, kept: Kept
) -> None:
    for events in ([ITERATED, FINISHED], [RESUMED, FINISHED]):
        for event in events:
            store.append(event)
        with sent(tmp_path / "run", ["kept"]):
            pass
    assert (kept.steps, kept.ends) == ([0], ["finished", "finished"])


def test_tracker_that_fails_costs_one_line_and_one_at_the_end(store: Store, tmp_path: Path, kept: Kept) -> None:
    kept.works, said = False, list[str]()
    with sent(tmp_path / "run", ["kept"], said.append) as whole:
        assert eventually(lambda: said)
        store.append(ITERATED)
    assert (whole, kept.steps, len(said)) == ([], [], 2) and kept.tries > 1
    assert "tracker kept failed and will be retried: OSError: not now" in said[0] and "\x1b" not in said[0]
    assert said[1].startswith("kept does not have the whole run; to send the rest: strop export ")


def test_tracker_that_recovers_gets_everything(store: Store, tmp_path: Path, kept: Kept) -> None:
    kept.works, said = False, list[str]()
    with sent(tmp_path / "run", ["kept"], said.append) as whole:
        store.append(ITERATED)
        assert eventually(lambda: said)
        kept.works = True
    assert (kept.steps, whole, len(said)) == ([0], ["kept"], 1)


def test_tracker_that_is_too_slow_does_not_hold_the_run(store: Store, tmp_path: Path, kept: Kept) -> None:
    kept.goes_on.clear()
    said: list[str] = []
    with sent(tmp_path / "run", ["kept"], said.append, seconds=0.05) as whole:
        store.append(ITERATED)
    kept.goes_on.set()
    assert whole == [] and "(it is too slow)" in said[0]


def test_damaged_notes_are_one_clear_error(store: Store, tmp_path: Path, kept: Kept) -> None:
    (tmp_path / "run" / "tracker-kept.json").write_text("{")
    with pytest.raises(ConfigurationError, match="damaged; remove it"), sent(tmp_path / "run", ["kept"]):
        pass


@pytest.mark.parametrize("name", ["jaeger", "jsonl:events", "", "mlflow.x"])
def test_unknown_tracker_is_refused_with_those_that_there_are(name: str) -> None:
    with pytest.raises(ConfigurationError, match="choose mlflow or wandb"):
        checked([name])


def test_tracker_without_its_library_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(track, "find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match=r"pip install 'strop\[wandb\]'"):
        checked(["wandb"])


def test_run_continues_the_trackers_that_it_was_sent_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert continued(tmp_path) == ()
    monkeypatch.setattr(track, "find_spec", lambda name: name)
    (tmp_path / "tracker-mlflow.json").write_text("{}")
    assert continued(tmp_path) == ("mlflow",) == checked(["mlflow", "mlflow"])


def run_of(*events: Event) -> RunData:
    run = RunData()
    for number, event in enumerate(events, 1):
        run.add(event, 100.0 + number)
    return run


def test_settings_are_the_fields_of_the_recipe_that_have_a_value() -> None:
    recipe = {"model": "openai/gpt-4?seed=60", "base_url": "http://127.0.0.1:8000/v1", "iterations": 1}
    assert settings_of(run_of(STARTED)) == recipe


def test_totals_count_what_was_paid_and_no_reused_answer() -> None:
    meta = dataclasses.replace(EVALUATED, utility=META_TASK)
    again = dataclasses.replace(RESPONDED, again=True, input_tokens=0, output_tokens=0, cost=0)
    assert totals_of(run_of(STARTED, CALLED, RESPONDED, RESPONDED, again, EVALUATED, meta)) == {
        "lm_calls": 1.0,
        "responses": 2.0,
        "input_tokens": 200.0,
        "output_tokens": 40.0,
        "evaluations": 1.0,
        "cost_dollars": pytest.approx(0.006),
        "cost_is_bound": 0.0,
    }


def test_cost_is_left_out_when_a_response_has_no_price() -> None:
    assert "cost_dollars" not in totals_of(run_of(RESPONDED, dataclasses.replace(RESPONDED, cost=None)))
    assert totals_of(run_of(dataclasses.replace(RESPONDED, input_tokens=None)))["cost_is_bound"] == 1.0


def test_figures_of_an_iteration_hold_the_means_of_the_splits_that_were_measured() -> None:
    figures = figures_of(run_of(CALLED, ITERATED))
    assert (figures["train"], figures["accepted"], figures["lm_calls"]) == (pytest.approx(0.6), 0.0, 1.0)
    assert "test" not in figures


def test_tracker_gets_the_time_of_the_record_and_no_end_before_the_run_has_one(
    store: Store, tmp_path: Path, kept: Kept
) -> None:
    with sent(tmp_path / "run", ["kept"]):
        store.append(ITERATED)
    with Store.open(tmp_path / "run") as record:
        assert kept.times == [stored.at for stored in record.events(IterationFinished)]
    assert kept.ends == []
