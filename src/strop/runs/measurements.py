"""Measurements of improvers: carried out side by side, and read back from their record.

Reports of measurements are made from the record alone. A measurement counts once every copy has its result.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count

from strop.base.concurrency import all_or_error
from strop.base.errors import ConfigurationError, StoreError
from strop.base.events import Evaluated, ImproveFinished
from strop.base.from_json import read_json
from strop.base.pluralize import quantity
from strop.base.solution import digest_of
from strop.runs.assembly import RunContext
from strop.runs.evaluators import improvers_at_once
from strop.runs.run_data import FRAME, RunData, read_run
from strop.runs.spec import RunSpec, improver_text
from strop.store import Store

SEED = "seed"
"""The shipped improver that all others are compared with."""


@dataclass(frozen=True)
class Named:
    """An improver and the name that the user gave it."""

    name: str
    """A shipped improver, a file, or RUN:t."""
    text: str
    trained_on: tuple[str, ...] = ()
    """The tasks that it was trained on, as far as a record or a card names them."""

    @property
    def digest(self) -> str:
        return digest_of(self.text)


@dataclass(frozen=True)
class MeasuredCopy:
    """One improvement of a task's seed solution, and the scores of its result."""

    outcome: str
    """`ok`, or why there is no solution."""
    detail: str
    utility_calls: int
    lm_calls: int
    train: Evaluated
    test: Evaluated | None
    """On the sealed split; None if it was not measured there."""


@dataclass(frozen=True)
class MeasurementJob:
    """One measurement of an improver: |D| improvements at one scope of the run."""

    scope: str
    label: str
    measure: Callable[[], object]


def measure_all(
    context: RunContext, jobs: Sequence[MeasurementJob], noun: str, result: str, progress: Callable[[str], None]
) -> None:
    """Do the `jobs` that are not completed, as many side by side as there are slots for improvers.

    The next job starts while the last copies of another are still at work. `noun` names a job; `result` is the scope of the last
    evaluation of a copy; `progress` receives a line for each job.

    Raises:
        StropError: the host failed or was stopped. Completed work is kept.
    """
    spec, past = context.parts.spec, context.host.past
    missing = [job for job in jobs if not past.has_copies(job.scope, spec.copies, result)]
    done = len(jobs) - len(missing)
    if done:
        progress(f"{done} of {quantity(len(jobs), noun)} done before")
    numbers = count(done + 1)

    def run(job: MeasurementJob) -> None:
        progress(f"{job.label} ({next(numbers)} of {len(jobs)})")
        job.measure()

    all_or_error(
        [partial(run, job) for job in missing], improvers_at_once(spec) // spec.copies + 1, "strop-measurement"
    )


def named(
    names: Sequence[str],
    text_of: Callable[[str], str] = improver_text,
    trained_on: Callable[[str], tuple[str, ...]] = lambda name: (),
) -> tuple[Named, ...]:
    """The improvers with these names. Only the seed improver may have several names, because STOP may return it unchanged.

    Raises:
        ConfigurationError: one does not exist, or two are the same program.
    """
    seed = improver_text(SEED)
    improvers: list[Named] = []
    for name in names:
        improver = Named(name, text_of(name), trained_on(name))
        for other in improvers:
            if other.name == name:
                raise ConfigurationError(f"the improver {name} is given twice")
            if other.text == improver.text != seed:
                raise ConfigurationError(f"{other.name} and {name} are the same improver; name one of them")
        improvers.append(improver)
    return tuple(improvers)


def recorded_digests(store: Store) -> list[tuple[str, str]]:
    """(name, digest) of the improvers that a record measured.

    Raises:
        StoreError: the record does not name them.
    """
    try:
        return [(str(name), str(digest)) for name, digest in read_json(store.meta["improvers"])]
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError("the record does not name its improvers") from error


def recorded_copies(store: Store) -> int:
    """How many copies of each task a record measures; 0 before its first event."""
    return int(read_run(store, kinds=FRAME).recipe.get("copies", 0))


def copies_of(store: Store, scope: str, copies: int, *, sealed: bool) -> tuple[MeasuredCopy, ...]:
    """The copies of the measurement at `scope`, in order; none if some are missing. `sealed`: with their sealed scores."""
    ends: dict[int, ImproveFinished] = {}
    results: dict[tuple[int, str], Evaluated] = {}
    for stored in store.events(ImproveFinished, Evaluated, scope=scope):
        event = stored.event
        number, *inside = event.scope.removeprefix(f"{scope}/copy").split("/")
        if not number.isdigit():
            continue
        if isinstance(event, ImproveFinished) and not inside:
            ends[int(number)] = event
        elif isinstance(event, Evaluated) and inside in (["result"], ["test"]):
            results[int(number), event.split] = event
    measured = [
        MeasuredCopy(
            ends[number].outcome,
            ends[number].detail,
            ends[number].utility_calls,
            ends[number].lm_calls,
            results[number, "train"],
            results.get((number, "test")),
        )
        for number in range(copies)
        if number in ends and (number, "train") in results and (not sealed or (number, "test") in results)
    ]
    return tuple(measured) if len(measured) == copies else ()


def spec_of(run: RunData) -> RunSpec | None:
    """The spec of a run; None before its first event."""
    if run.start is None:
        return None
    try:
        return RunSpec.from_json(json.dumps(run.start.spec))
    except ValueError as error:
        raise StoreError(f"the record has no valid configuration: {error}") from error
