"""The journal of a run: record, count and show every event; and Algorithm 1 carried out with one."""

from __future__ import annotations

import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from strop.analysis.stats import mean
from strop.base.errors import NO_THREAD, OutOfThreads, RunBudgetSpent, StoreError, StropError
from strop.base.events import (
    Evaluated,
    Event,
    IterationFinished,
    IterationStarted,
    Recorder,
    RunFinished,
)
from strop.base.terminal_text import escape
from strop.core.algorithm import Step, self_improve
from strop.core.handles import Grant
from strop.runs.assembly import Components, RunContext, first_event
from strop.runs.interrupts import Interrupted, TimeSpent, stopped_by_signals
from strop.runs.resume import ResumeState, Tally, top
from strop.store import Store


class Journal:
    """The recorder of a run: it appends each event to the store, counts it and shows it. No event is appended twice."""

    def __init__(
        self,
        store: Store,
        view: Recorder,
        clock: Callable[[], float] = time.monotonic,
        recalled: ResumeState | None = None,
        notify: Callable[[str], None] | None = None,
    ) -> None:
        """`recalled` is the content of `store` if the run resumes. `notify` prints a notice above the live view."""
        self.clock = clock
        self.recalled = recalled if recalled and recalled.events else None
        self._store = store
        self._view = view
        self._notify = notify
        self._lock = threading.Lock()
        self._tallies: dict[str, Tally] = defaultdict(Tally, recalled.tallies if recalled else {})

    def __call__(self, event: Event) -> None:
        if self.recalled is not None and self.recalled.is_recorded(event):
            return
        self._store.append(event)
        with self._lock:
            self._tallies[top(event.scope)].add(event)
        self._view(event)

    def evaluations(self) -> Iterator[Evaluated]:
        """The evaluations recorded so far."""
        return (stored.event for stored in self._store.events(Evaluated))

    def tally(self, scope: str) -> Tally:
        """The counts of an outermost scope of the run, such as `t2`."""
        with self._lock:
            return self._tallies[scope]

    @contextmanager
    def of(self, parts: Components) -> Iterator[Ending]:
        """One session of a run, from its first event to its last, which holds the detail of `Ending`.

        Raises:
            Interrupted: the user stopped it.
            StropError: the host failed.
        """
        model, seconds = parts.language_model, parts.spec.max_time
        if self.recalled is not None:
            for event in self.recalled.history:
                self._view(event)
            model.learn(self.recalled.answers, by_the_model=True)
            if seconds is not None:
                seconds = max(0.0, seconds - self.recalled.seconds)
        stops = [parts.sandbox.close, *([parts.workspaces.close] if parts.workspaces is not None else [])]
        with (
            framed(self, first_event(parts.spec, model, parts.sandbox.posture, self.recalled)) as ending,
            stopped_by_signals(*stops, model.finish, seconds=seconds, notify=self._notify),
        ):
            yield ending


@dataclass
class Ending:
    """Why a session ended."""

    detail: str = ""
    """In words; empty if everything was done."""


@contextmanager
def framed(record: Recorder, first: Event) -> Iterator[Ending]:
    """Record the first and the last event of a session; the last one says why the session ended."""
    record(first)
    ending = Ending()
    status, detail = "failed", ""
    try:
        yield ending
        status, detail = "finished", ending.detail
    except Interrupted as error:
        status, detail = "interrupted", error.number.name
        raise
    except (RunBudgetSpent, TimeSpent) as error:
        status, detail = "budget", str(error)
        raise
    except StropError as error:
        detail = str(error)
        raise
    except RuntimeError as error:
        detail = f"RuntimeError: {error}"
        if NO_THREAD not in str(error):
            raise
        detail = str(OutOfThreads())
        raise OutOfThreads from error
    except BaseException as error:
        detail = str(error) if isinstance(error, StropError) else f"{type(error).__name__}: {error}"
        raise
    finally:
        record(RunFinished(scope="", status=status, detail=detail))


def run(parts: Components, improver: str, directory: Path, journal: Journal) -> None:
    """Carry out Algorithm 1 from `improver`; every I_t is saved in `directory` immediately.

    Raises:
        Interrupted: the user stopped it.
        StropError: the host failed. Completed work is kept.
    """
    spec = parts.spec
    context = RunContext(parts, journal, recalled=journal.recalled)
    with journal.of(parts) as ending:
        context.check_seed()
        steps = self_improve(
            improver,
            context.meta_utility(),
            spec.iterations,
            Grant(spec.meta_budget, spec.lm_budget, spec.max_responses),
            context.selection(),
            context.run,
        )
        best = -1.0
        for t in range(spec.iterations + 1):
            begun = journal.clock()
            journal(IterationStarted(scope=f"t{t}", t=t, improver=improver))
            step = next(steps)
            improver = step.improver
            journal(_finished(step, journal, begun, tuple(task.name for task in parts.further and parts.tasks)))
            save(directory / "improvers" / f"I{t}.py", improver)
            # The best is chosen by training values, like everything; with a gate, it is I_t.
            if spec.selection != "paper" or mean(step.measurement.train) > best:
                best = mean(step.measurement.train)
                save(directory / "best.py", improver)
            if step.nothing_to_gain:
                ending.detail = (
                    f"{step.nothing_to_gain}; nothing can be gained on this task (--selection paper continues)"
                )
                break


def _finished(step: Step, journal: Journal, begun: float, tasks: tuple[str, ...]) -> IterationFinished:
    tally = journal.tally(f"t{step.t}")
    return IterationFinished(
        scope=f"t{step.t}",
        t=step.t,
        improver=step.improver,
        candidate=step.candidate,
        accepted=step.choice.accepted,
        reason=step.choice.reason,
        train=step.measurement.train,
        test=step.measurement.test,
        lm_calls=tally.lm_calls,
        evaluations=tally.evaluations,
        verdicts=dict(sorted(tally.verdicts.items())),
        seconds=tally.seconds + journal.clock() - begun,
        parent=step.parent,
        tasks=tasks,
    )


def save(path: Path, text: str) -> None:
    """Write a program text, whole or not at all."""
    if path.parent.is_symlink():
        raise StoreError(f"{escape(str(path.parent))} is a link out of the record; remove it")
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".tmp")
    draft.unlink(missing_ok=True)  # in a directory from elsewhere, it may be a link to any file
    draft.write_text(text, encoding="utf-8", errors="backslashreplace")
    draft.replace(path)


def ignore_records(directory: Path) -> None:
    """Keep records in the default folder `runs` out of the user's git tree."""
    ignored = directory.parent / ".gitignore"
    if directory.parent == Path("runs") and not ignored.exists():
        ignored.write_text("*\n", encoding="utf-8")


def new_directory(root: Path, name: str, now: Callable[[], float] = time.time) -> Path:
    """The path of a new run directory: `<root>/<date>-<time>-<name>-<four hex digits>`. Does not create it."""
    stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(now()))
    return root / f"{stamp}-{Path(name).stem}-{os.urandom(2).hex()}"
