"""Trackers get the figures of a run, whatever happens to it and to them."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from strop.base.errors import ConfigurationError
from strop.base.events import Event, IterationFinished
from strop.report import track
from strop.report.track import TRACKERS, Log, check_trackers, figures_of, sent, settings_of
from strop.runs.run_data import RunData
from strop.store import Store
from strop.tasks.base import META_TASK
from support.processes import wait_until
from support.tracked import CALLED, EVALUATED, FINISHED, ITERATED, RESPONDED, STARTED


class Kept:
    """A tracker in memory."""

    def __init__(self) -> None:
        self.works, self.begun = True, 0
        self.goes_on = threading.Event()
        self.goes_on.set()
        self.logged: list[tuple[int, float]] = []

    @contextmanager
    def begin(self, directory: Path, run: RunData) -> Iterator[Log]:
        self.goes_on.wait()
        if not self.works:
            raise OSError("not now\x1b[2J")
        self.begun += 1
        yield lambda t, at, values: self.logged.append((t, at))

    @property
    def steps(self) -> list[int]:
        return [t for t, _ in self.logged]


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Kept:
    tracker = Kept()
    monkeypatch.setitem(TRACKERS, "kept", tracker.begin)
    return tracker


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path / "run", {"kind": "run", "task": "lpn", "secret": "00"}) as store:
        store.append(STARTED)
        yield store


def test_tracker_gets_iterations_while_the_run_goes_on_and_its_end_afterwards(
    store: Store, tmp_path: Path, kept: Kept
) -> None:
    said: list[str] = []
    with sent(tmp_path / "run", ["kept"], said.append, seconds=600):
        store.append(ITERATED)
        wait_until(lambda: kept.steps == [0])
        store.append(dataclasses.replace(ITERATED, scope="t1", t=1))
        store.append(FINISHED)
    with Store.open(tmp_path / "run") as record:
        assert kept.logged[:2] == [(stored.event.t, stored.time) for stored in record.events(IterationFinished)]
    assert (kept.steps, said) == ([0, 1, 2], [])


def test_tracker_gets_nothing_before_the_run_has_recorded_its_settings(tmp_path: Path, kept: Kept) -> None:
    with Store.create(tmp_path / "run", {}), sent(tmp_path / "run", ["kept"]):
        pass
    assert kept.begun == 0


def test_tracker_that_fails_costs_one_line(store: Store, tmp_path: Path, kept: Kept) -> None:
    kept.works, said = False, list[str]()
    with sent(tmp_path / "run", ["kept"], said.append, seconds=600):
        wait_until(lambda: said)
        store.append(ITERATED)
    assert (kept.steps, len(said)) == ([], 1) and "\x1b[" not in said[0]
    assert said[0].startswith(
        "tracker kept failed: OSError: not now\\x1b[2J; to send the run when it has ended: strop export"
    )


def test_tracker_that_is_too_slow_does_not_hold_the_run(store: Store, tmp_path: Path, kept: Kept) -> None:
    kept.goes_on.clear()
    said: list[str] = []
    with sent(tmp_path / "run", ["kept"], said.append, seconds=0.05):
        store.append(ITERATED)
    kept.goes_on.set()
    assert "tracker kept is too slow; to send" in said[0]


def test_tracker_without_its_library_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(track, "find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match=r"pip install wandb$"):
        check_trackers(["wandb"])


def run_of(*events: Event) -> RunData:
    run = RunData()
    for number, event in enumerate(events, 1):
        run.add(event, 100.0 + number)
    return run


def test_settings_and_figures_are_those_of_the_recipe_and_the_events_and_what_is_not_known_is_left_out() -> None:
    recipe = {"model": "openai/gpt-4?seed=60", "base_url": "http://127.0.0.1:8000/v1", "iterations": 1}
    settings = settings_of(run_of(STARTED))
    assert settings["kind"] == "run" and recipe.items() <= settings.items() and "max_cost" not in settings
    meta = dataclasses.replace(EVALUATED, utility=META_TASK)
    again = dataclasses.replace(RESPONDED, is_repeat=True, input_tokens=0, output_tokens=0, cost=0)
    paid = {"input_tokens": 200.0, "output_tokens": 40.0, "cost_dollars": pytest.approx(0.006), "cost_is_bound": 0.0}
    counts = {"lm_calls": 1.0, "responses": 2.0, "evaluations": 1.0}
    assert figures_of(run_of(STARTED, CALLED, RESPONDED, RESPONDED, again, EVALUATED, meta)) == counts | paid
    assert "cost_dollars" not in figures_of(run_of(RESPONDED, dataclasses.replace(RESPONDED, cost=None)))
    assert figures_of(run_of(dataclasses.replace(RESPONDED, input_tokens=None)))["cost_is_bound"] == 1.0
    figures = figures_of(run_of(CALLED, ITERATED), ITERATED)
    assert (figures["train"], figures["accepted"], figures["lm_calls"]) == (pytest.approx(0.6), 0.0, 1.0)
    assert "test" not in figures
