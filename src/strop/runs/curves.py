"""Quality by price: what the best program so far scores on sealed instances after 1, 2, 4, … answers of one improvement.

"Best" is by the training score that the improver saw, as it would choose itself. The sealed scores cost evaluations, no answers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from strop.base.concurrency import all_or_error
from strop.base.events import Evaluated, Event, Extracted, ImproveFinished, LmResponded
from strop.base.solution import digest_of
from strop.core.utility import Utility
from strop.runs.assembly import RunContext
from strop.runs.evaluators import improvers_at_once
from strop.runs.results.measured import CurvePoint
from strop.runs.results.parts import sample
from strop.store import Store


@dataclass
class _Copy:
    """One improvement: its answers in order, and its best programs so far."""

    costs: list[int | None] = field(default_factory=list)
    """Cost of each answer, in billionths of a dollar; None if unknown."""
    numbers: dict[tuple[int, int], int] = field(default_factory=dict)
    """(call, index) of an answer → its number, from 1."""
    found: dict[str, int] = field(default_factory=dict)
    """Digest of a program that an answer holds → the number of that answer, from 1."""
    scored: list[tuple[int, float, str]] = field(default_factory=list)
    """(answers, training score, program) of each evaluation."""
    solution: str | None = None
    """What the improver returned, which the measurement has scored."""

    @property
    def steps(self) -> dict[int, str]:
        """Number of answers → the best program from there on; without what was best before the first answer."""
        steps: dict[int, str] = {}
        best = -1.0
        for answers, value, program in sorted(self.scored, key=lambda one: one[0]):
            if value > best:
                best, steps[answers] = value, program
        return {answers: program for answers, program in steps.items() if answers}

    def dollars(self, answers: int) -> float | None:
        """What the first answers cost; None if the price of one is unknown."""
        paid = self.costs[:answers]
        return None if None in paid else sum(cost or 0 for cost in paid) / 1e9


def score_steps(context: RunContext, store: Store, scope: str) -> None:
    """Score the best programs so far of each copy of the measurement at `scope` on the sealed split, unless that was done.

    `context` is that of the task. What a copy began with is scored as the task's seed solution.
    """
    utility: Utility = context.utility("test")
    at = context.run.child(scope.rpartition("/")[2])
    work = [
        partial(utility.evaluate, program, at.child(copy).child(_name(step)))
        for copy, improvement in _copies(store, scope).items()
        for step, program in improvement.steps.items()
        if program != improvement.solution
    ]
    all_or_error(work, improvers_at_once(context.parts.spec), "strop-curve")


def curve_of(store: Store, scope: str, most: int, seed: float) -> tuple[CurvePoint, ...]:
    """The curve of the measurement at `scope`, up to `most` answers; empty if it was not measured to its end.

    `seed` is the sealed score of what every copy began with.
    """
    scores = {event.scope: event.value for event in _events(store, scope) if isinstance(event, Evaluated)}
    copies = _copies(store, scope)
    reached = {name: _reached(copy, f"{scope}/{name}", scores, seed) for name, copy in copies.items()}
    points = []
    for answers in _grid(most):
        at = [steps[max(step for step in steps if step <= answers)] for steps in reached.values()]
        values = sample([value for value in at if value is not None])
        if values is None or len(values.values) < len(copies):
            return ()
        paid = [copy.dollars(answers) for copy in copies.values()]
        known = [dollars for dollars in paid if dollars is not None]
        mean = sum(known) / len(paid) if len(known) == len(paid) else None
        points.append(CurvePoint(answers=answers, dollars=mean, test=values))
    return tuple(points)


def _reached(copy: _Copy, scope: str, scores: Mapping[str, float], seed: float) -> dict[int, float | None]:
    """Number of answers → the sealed score from there on; None if it was not measured."""
    places = {step: "test" if program == copy.solution else _name(step) for step, program in copy.steps.items()}
    return {0: seed} | {step: scores.get(f"{scope}/{place}") for step, place in places.items()}


def _grid(most: int) -> Sequence[int]:
    """0, 1, 2, 4, … and `most`."""
    return [0, *(2**power for power in range(most.bit_length()) if 2**power < most), most]


def _name(step: int) -> str:
    return f"after{step}"


def _events(store: Store, scope: str) -> Iterator[Event]:
    for stored in store.events(Evaluated, LmResponded, Extracted, ImproveFinished, scope=scope):
        yield stored.event


def _copies(store: Store, scope: str) -> Mapping[str, _Copy]:
    """Name of a copy → its improvement, as the record has it.

    A program that an answer holds counts from that answer on, whenever it was evaluated; another one, from the last answer before
    its evaluation.
    """
    copies: defaultdict[str, _Copy] = defaultdict(_Copy)
    for event in _events(store, scope):
        name, _, inside = event.scope.removeprefix(f"{scope}/").partition("/")
        copy = copies[name]
        if isinstance(event, LmResponded):
            copy.costs.append(0 if event.again else event.cost)
            copy.numbers[event.call, event.index] = len(copy.costs)
        elif isinstance(event, Extracted):
            for index, digest in enumerate(event.programs):
                copy.found.setdefault(digest, copy.numbers.get((event.call, index), len(copy.costs)))
        elif isinstance(event, ImproveFinished) and not inside:
            copy.solution = event.solution
        elif (
            isinstance(event, Evaluated)
            and event.split == "train"
            and inside != "result"
            and event.solution is not None
        ):
            copy.scored.append(
                (copy.found.get(digest_of(event.solution), len(copy.costs)), event.value, event.solution)
            )
    return copies
