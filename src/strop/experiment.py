"""Carry out a recipe: self-improve an improver, or measure one beside the seed, and keep every step."""

from __future__ import annotations

import json
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from strop.algorithm import Step, self_improve
from strop.events import (
    Evaluated,
    Event,
    IterationFinished,
    IterationStarted,
    LmCalled,
    Recorder,
    RunFinished,
    RunStarted,
)
from strop.handles import Grant
from strop.laboratory import Laboratory, Parts, started
from strop.stats import mean
from strop.stopping import Interrupted, stopped_by_signals
from strop.store import Store
from strop.tasks.base import META_TASK


class Journal:
    """The recorder of a run: keeps an event, counts it, shows it, in this order."""

    def __init__(self, store: Store, view: Recorder, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._store = store
        self._view = view
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._verdicts: Counter[str] = Counter()

    def __call__(self, event: Event) -> None:
        self._store.append(event)
        with self._lock:
            if isinstance(event, LmCalled):
                self._counts["lm_calls"] += event.cost
            elif isinstance(event, Evaluated) and event.utility != META_TASK:
                self._counts["evaluations"] += 1
                self._verdicts[event.verdict] += 1
        self._view(event)

    def tally(self) -> tuple[int, int, dict[str, int]]:
        """(LM calls, evaluations, verdicts) since the last tally."""
        with self._lock:
            counted = self._counts["lm_calls"], self._counts["evaluations"], dict(sorted(self._verdicts.items()))
            self._counts.clear()
            self._verdicts.clear()
        return counted

    @contextmanager
    def of(self, parts: Parts) -> Iterator[None]:
        """The record of a run from its first event to its last.

        Raises:
            Interrupted: the user stopped it.
            StropError: the host failed.
        """
        beginning = started(parts.spec, parts.language_model, parts.sandbox.posture)
        with framed(self, beginning), stopped_by_signals(parts.sandbox.close, parts.language_model.finish):
            yield


@contextmanager
def framed(record: Recorder, beginning: RunStarted) -> Iterator[None]:
    """The first and the last event of one stretch of work; what ended it is in the last, and goes on."""
    record(beginning)
    status, detail = "failed", ""
    try:
        yield
        status = "finished"
    except Interrupted as error:
        status, detail = "interrupted", error.number.name
        raise
    except BaseException as error:
        detail = f"{type(error).__name__}: {error}"
        raise
    finally:
        record(RunFinished(scope="", status=status, detail=detail))


def run(parts: Parts, improver: str, directory: Path, journal: Journal) -> None:
    """Self-improve `improver` as the recipe says; every I_t is saved in `directory` as soon as it is known.

    Raises:
        Interrupted: the user stopped it.
        StropError: the host failed. In both cases what was done before is kept.
    """
    spec = parts.spec
    laboratory = Laboratory(parts, journal)
    with journal.of(parts):
        laboratory.check_seed()
        journal.tally()
        steps = self_improve(
            improver,
            laboratory.meta_utility(),
            spec.iterations,
            Grant(spec.meta_budget, spec.lm_budget, spec.max_responses),
            laboratory.selection(),
            laboratory.run,
        )
        best = -1.0
        for t in range(spec.iterations + 1):
            begun = journal.clock()
            journal(IterationStarted(scope=f"t{t}", t=t, improver=improver))
            step = next(steps)
            improver = step.improver
            journal(_finished(step, journal, begun))
            save(directory / "improvers" / f"I{t}.py", improver)
            # The best is chosen by what was seen in training, as everything is; where a gate chose, that is I_t.
            if spec.selection != "paper" or mean(step.measurement.train) > best:
                best = mean(step.measurement.train)
                save(directory / "best.py", improver)


def _finished(step: Step, journal: Journal, begun: float) -> IterationFinished:
    lm_calls, evaluations, verdicts = journal.tally()
    return IterationFinished(
        scope=f"t{step.t}",
        t=step.t,
        improver=step.improver,
        candidate=step.candidate,
        accepted=step.choice.accepted,
        reason=step.choice.reason,
        train=step.measurement.train,
        test=step.measurement.test,
        lm_calls=lm_calls,
        evaluations=evaluations,
        verdicts=json.dumps(verdicts),
        seconds=journal.clock() - begun,
        parent=step.parent,
    )


def save(path: Path, text: str) -> None:
    """Write a program text whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".tmp")
    draft.write_text(text, encoding="utf-8", errors="backslashreplace")
    draft.replace(path)


def new_directory(root: Path, name: str, now: Callable[[], float] = time.time) -> Path:
    """The path of a new run directory: `<root>/<date>-<time>-<name>-<four hex digits>`; it is not made yet."""
    stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(now()))
    return root / f"{stamp}-{Path(name).stem}-{os.urandom(2).hex()}"
