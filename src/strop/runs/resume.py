"""Read a record for the work that goes on with it, or that does it again: results, answers, and what was told already.

Work that goes on tells its events anew from the beginning; those that the record holds are recognised and not recorded twice.
Two events are the same when they agree in everything but what was measured by a clock.
"""

from __future__ import annotations

import json
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from strop.base.budget import COST, LM_CALLS, TOKENS
from strop.base.events import (
    AuditNoted,
    BudgetMoved,
    Compared,
    Evaluated,
    Event,
    ImproveFinished,
    ImproveStarted,
    IterationFinished,
    IterationStarted,
    LmCalled,
    LmFault,
    LmResponded,
    RunFinished,
    RunResumed,
    RunStarted,
)
from strop.base.results import Fault, Response, fields_of
from strop.base.solution import digest_of
from strop.core.completed_work import CompletedWork
from strop.lm.base import Completion, Request
from strop.store import Store
from strop.tasks.base import META_TASK

BY_THE_CLOCK = frozenset({"seconds", "cpu_seconds", "wall_seconds", "waited_seconds"})
"""Fields that no two runs share."""
BY_THE_ORDER = frozenset({"call"})
"""Fields that depend on the order of a guest's threads: which LM call of an improvement it was."""
_ON_TEXTS = "S"
"""What the names of the audit's rules on texts begin with."""
_FRAME = (RunStarted, RunResumed, RunFinished)
"""Events of a stretch of work, not of what is worked on."""


def identity(event: Event, digest: Callable[[str], str] = digest_of) -> str:
    """All of an event but what was measured by a clock. `digest` makes a digest of a text; `str` where digests stand there."""
    values = {name: value for name, value in vars(event).items() if name not in BY_THE_CLOCK | BY_THE_ORDER}
    if isinstance(event, AuditNoted) and event.rule.startswith(_ON_TEXTS):
        # A text is judged once a run, where it comes first: among copies side by side that is chance.
        values["scope"] = ""
    for name in event.TEXTS:
        value = values[name]
        if value is not None:
            values[name] = [digest(each) for each in value] if isinstance(value, tuple) else digest(value)
    return json.dumps([type(event).__name__, values], sort_keys=True, ensure_ascii=True)


def is_told_again(event: Event) -> bool:
    """Whether work that is done again tells this event again.

    Not the frame; not what was spent in money and tokens, which depends on what else was in flight; not the troubles of a
    request that was never answered.
    """
    if isinstance(event, BudgetMoved):
        return event.counter not in (COST, TOKENS)
    return not isinstance(event, _FRAME) and not (isinstance(event, LmFault) and event.index < 0)


def identities(store: Store) -> Counter[str]:
    """What happened in a run, times aside: how often each event that would be told again was told."""
    return Counter(identity(stored.event, str) for stored in store.outline() if is_told_again(stored.event))


@dataclass
class Tally:
    """LM calls, evaluations and verdicts inside one scope of a run."""

    lm_calls: int = 0
    evaluations: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    """How long the stretches before were at work here, each from its first event to its last."""

    def add(self, event: Event) -> None:
        """Count an event, if it is one of these."""
        if isinstance(event, LmCalled):
            self.lm_calls += event.cost
        elif isinstance(event, Evaluated) and event.utility != META_TASK:
            self.evaluations += 1
            self.verdicts[event.verdict] += 1


def top(scope: str) -> str:
    """The outermost scope inside the run, e.g. `t3`."""
    return scope.partition("/")[0]


@dataclass
class ResumeState:
    """What a record held when the work went on."""

    past: CompletedWork
    answers: dict[str, Completion]
    """Every answer that was paid for, by the key of its request."""
    told: Counter[str]
    """Events that are still to be told again, by `identity`."""
    tallies: dict[str, Tally]
    """By `top` scope."""
    money: dict[str, int]
    """COST and TOKENS that were spent; what was in flight when the work ended counts at its worst case."""
    calls: Counter[str]
    """LM_CALLS that were reserved, by path."""
    events: int
    seconds: float
    """How long the stretches took together."""
    history: tuple[Event, ...]
    """What a view needs to draw where the work stands."""
    programs: set[str]
    """Digests of the programs that the audit has judged."""
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def knows(self, event: Event) -> bool:
        """Whether the record holds this event; each is known as often as it was told."""
        name = identity(event)
        with self._lock:
            if self.told[name] <= 0:
                return False
            self.told[name] -= 1
            return True


def recall(store: Store) -> ResumeState:
    """Everything that a record holds of the work so far."""
    found = ResumeState(
        CompletedWork(), {}, Counter(), defaultdict(Tally), {COST: 0, TOKENS: 0}, Counter(), 0, 0.0, (), set()
    )
    evaluations: dict[str, Evaluated] = {}
    improvements: dict[str, ImproveFinished] = {}
    spent: dict[str, Counter[str]] = defaultdict(Counter)
    spans: dict[
        tuple[int, str | None], list[float]
    ] = {}  # first and last moment of a stretch (None), and of its scopes
    stretch = 0
    for stored in store.outline():
        event = stored.event
        found.events += 1
        stretch += isinstance(event, RunResumed)
        for place in (None, top(event.scope)):
            spans.setdefault((stretch, place), [stored.at, stored.at])[1] = stored.at
        found.tallies[top(event.scope)].add(event)
        if is_told_again(event):
            found.told[identity(event, str)] += 1
        match event:
            case LmResponded(request=""):
                raise ValueError("an answer does not name its request: it would be paid for again")
            case ImproveStarted():
                found.programs.add(event.improver)
            case Evaluated():
                evaluations[event.scope] = event
                found.programs.add(event.solution or "")
            case ImproveFinished():
                solution = None if event.solution is None else store.text(event.solution)
                improvements[event.scope] = replace(event, solution=solution)
            case BudgetMoved(granted=True):
                _count(event, spent, found.money)
                if event.counter == LM_CALLS:
                    found.calls[event.scope] += event.amount
    for (_, place), (first, last) in spans.items():
        if place is None:
            found.seconds += max(0.0, last - first)  # a clock can be set back
        else:
            found.tallies[place].seconds += max(0.0, last - first)
    found.past = CompletedWork(evaluations, improvements, spent)
    found.answers = answers(store)
    told = store.events(RunStarted, IterationStarted, IterationFinished, Compared, Evaluated)
    found.history = tuple(stored.event for stored in told if _is_history(stored.event))
    return found


def _is_history(event: Event) -> bool:
    """Whether a view needs an event to draw where the work stands: of evaluations, those of candidates and of gates' pairs."""
    if not isinstance(event, Evaluated):
        return True
    return event.utility == META_TASK or (event.split == "gate" and event.scope.endswith("/result"))


def _count(event: BudgetMoved, spent: dict[str, Counter[str]], money: dict[str, int]) -> None:
    if event.amount < 0 and event.counter not in money:
        raise ValueError(f"{event.amount} {event.counter} were reserved")
    if event.counter in money:
        money[event.counter] += event.amount
    scope = event.scope
    while scope:
        spent[scope][event.counter] += event.amount
        scope = scope.rpartition("/")[0]


def answers(store: Store) -> dict[str, Completion]:
    """Every answer that was paid for, by the key of its request, with the faults on its way."""
    found: dict[str, Completion] = {}
    faults: dict[tuple[str, int, int], list[Fault]] = defaultdict(list)
    for stored in store.events(LmFault, LmResponded):
        event = stored.event
        if isinstance(event, LmFault):
            faults[event.scope, event.call, event.index].append(Fault(**fields_of(Fault, event)))
        elif isinstance(event, LmResponded) and event.request and not event.again:
            found.setdefault(event.request, _completion(event, faults.pop((event.scope, event.call, event.index), [])))
    return found


def _completion(event: LmResponded, faults: list[Fault]) -> Completion:
    values = fields_of(Response, event) | {"parameters": dict(event.parameters)}  # a damaged record fails here
    return Completion(**values, faults=tuple(faults))


def requests(store: Store) -> Iterator[Request]:
    """What was asked of the model in a run, in order; each answer's request once."""
    samples: Counter[tuple[str, str, str, float]] = Counter()
    for stored in store.events(LmCalled):
        event = stored.event
        for message in event.messages:
            same = (event.scope, event.expertise, message, event.temperature)
            yield Request(event.expertise, message, event.temperature, event.scope, samples[same])
            samples[same] += 1
