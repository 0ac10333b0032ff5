"""Read a record in order to resume or replay it: its completed work, responses and events.

A resumed run emits its events again from the beginning. Events that the record holds are recognised and not recorded twice. Two
events are the same if they agree in everything that no clock measured.
"""

from __future__ import annotations

import json
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import field, replace
from pathlib import Path

from strop.base.budget import COST, LM_CALLS, TOKENS
from strop.base.errors import ConfigurationError, StoreError
from strop.base.events import (
    BudgetMoved,
    Compared,
    Edited,
    Evaluated,
    Event,
    Extracted,
    ImproveFinished,
    IterationFinished,
    IterationStarted,
    LmCalled,
    LmFault,
    LmResponded,
    ProgramRan,
    RunFinished,
    RunResumed,
    RunStarted,
    SearchEnded,
    SuiteRan,
    outlined,
)
from strop.base.later import dataclass
from strop.base.private import FILE
from strop.base.results import Fault, Response, fields_of
from strop.base.solution import digest_of
from strop.core.completed_work import CompletedWork
from strop.lm.base import Completion, Request
from strop.lm.scripted import answer_line, head_line
from strop.runs.run_data import read_run
from strop.runs.scopes import comparison_of
from strop.store import Store
from strop.tasks.base import META_TASK

BY_THE_CLOCK = frozenset({"seconds", "cpu_seconds", "wall_seconds", "waited_seconds", "unused_evaluations", "course"})
"""Fields that differ between any two runs."""
BY_THE_ORDER = {
    BudgetMoved: {"used", "act"},
    LmCalled: {"call"},
    LmResponded: {"call", "index"},  # `request` names it
    LmFault: {"call", "index"},
    Edited: {"call"},
    Extracted: {"call"},
    ImproveFinished: {"output"},
}
"""Fields that depend on the order of a guest's threads. The other fields name what was asked for."""


def identity(event: Event) -> str:
    """A text with all fields of an outlined event, except those that a clock measured or the order of threads decided."""
    left_out = BY_THE_CLOCK | BY_THE_ORDER.get(type(event), set())
    values = {name: value for name, value in vars(event).items() if name not in left_out}
    return json.dumps([type(event).__name__, values], sort_keys=True, ensure_ascii=True)


def _name(event: Event) -> str:
    """The identity of an event within one record. That of a movement of a budget includes its act."""
    return identity(event) + (event.act if isinstance(event, BudgetMoved) else "")


def is_repeated(event: Event) -> bool:
    """Whether a resumed run emits this event again.

    It does not repeat the start and end of a session, the spending of money and tokens, which depends on other requests in
    flight, and the faults of a request that was never answered.
    """
    if isinstance(event, BudgetMoved):
        return event.counter not in (COST, TOKENS)
    is_frame = isinstance(event, RunStarted | RunResumed | RunFinished)
    return not is_frame and not (isinstance(event, LmFault) and event.index < 0)


def identities(store: Store) -> Counter[str]:
    """The identities of the events that a resumed run would emit again, and how often each was recorded.

    Refusals of a budget count once. A `utility.map` is refused once for all its candidates, so the number of refusals depends on
    which of an improver's threads comes first. An audit note has the number of refused candidates and calls, which does not.
    """
    counts: Counter[str] = Counter()
    is_left = _left_by_later(store)
    for stored in store.outline():
        event = stored.event
        if is_repeated(event) and not is_left(event):
            name = identity(event)
            counts[name] = 1 if isinstance(event, BudgetMoved) and not event.granted else counts[name] + 1
    return counts


def _left_by_later(store: Store) -> Callable[[Event], bool]:
    """A function that tells whether an event belongs to a comparison after which the search went on. A replay makes only the last
    comparison."""
    number = read_run(store, kinds=(SearchEnded, Evaluated, ImproveFinished)).comparison
    return lambda event: 0 < comparison_of(event.scope)[0] < number


@dataclass
class ScopeTally:
    """LM calls, evaluations and verdicts inside one scope of a run."""

    lm_calls: int = 0
    evaluations: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    """Duration in earlier sessions, each from its first event to its last."""

    def add(self, event: Event) -> None:
        """Count an event, if it is an LM call or an evaluation of a solution."""
        if isinstance(event, LmCalled):
            self.lm_calls += event.cost
        elif isinstance(event, Evaluated) and event.utility != META_TASK:
            self.evaluations += 1
            self.verdicts[event.verdict] += 1


def top(scope: str) -> str:
    """The outermost scope, such as `t3`."""
    return scope.partition("/")[0]


@dataclass
class ResumeState:
    """The content of a record when its run resumes."""

    past: CompletedWork = field(default_factory=CompletedWork)
    answers: dict[str, Completion] = field(default_factory=dict)
    """All paid responses, by the key of their request."""
    expected: Counter[str] = field(default_factory=Counter)
    """Recorded events that the run has yet to emit again, by name."""
    tallies: dict[str, ScopeTally] = field(default_factory=lambda: defaultdict(ScopeTally))
    """Outermost scope, such as `t3` → what was counted inside it."""
    money: dict[str, int] = field(default_factory=lambda: {COST: 0, TOKENS: 0})
    """COST and TOKENS spent; requests that were in flight at the end count at their worst case."""
    events: int = 0
    seconds: float = 0.0
    """Duration of all sessions."""
    history: tuple[Event, ...] = ()
    """The events that a view needs to show the present state."""
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def lm_calls(self) -> int:
        """LM calls that were reserved."""
        return sum(sum(acts.values()) for (_, counter), acts in self.past.granted.items() if counter == LM_CALLS)

    def is_recorded(self, event: Event) -> bool:
        """Whether the record holds this event; each recorded event answers once."""
        name = _name(outlined(event))
        with self._lock:
            if self.expected[name] <= 0:
                return False
            self.expected[name] -= 1
            return True


def recall(store: Store) -> ResumeState:
    """The content of a record, for a run that resumes."""
    state = ResumeState()
    evaluations: dict[str, Evaluated] = {}
    improvements: dict[str, ImproveFinished] = {}
    ends: list[SearchEnded] = []
    spent: dict[str, Counter[str]] = defaultdict(Counter)
    calls: dict[str, list[LmCalled]] = defaultdict(list)
    granted: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    spans: dict[tuple[int, str | None], list[float]] = {}  # first and last second of a session (None) and of its scopes
    session = 0
    for stored in store.outline():
        event = stored.event
        state.events += 1
        _check(event, store)
        session += isinstance(event, RunResumed)
        for scope in (None, top(event.scope)):
            spans.setdefault((session, scope), [stored.time, stored.time])[1] = stored.time
        state.tallies[top(event.scope)].add(event)
        if is_repeated(event):
            state.expected[_name(event)] += 1
        match event:
            case LmCalled():
                calls[event.scope].append(event)
            case SearchEnded():
                ends.append(event)
            case Evaluated():
                evaluations[event.scope] = event
            case ImproveFinished():
                solution = None if event.solution is None else store.text(event.solution)
                improvements[event.scope] = replace(event, solution=solution)
            case BudgetMoved(granted=True):
                _reserve(event, spent, granted)
                if event.counter in state.money:
                    state.money[event.counter] += event.amount
    for (_, scope), (first, last) in spans.items():
        seconds = max(0.0, last - first)  # clocks can be set back
        if scope is None:
            state.seconds += seconds
        else:
            state.tallies[scope].seconds += seconds
    state.past = _with_runs(CompletedWork(evaluations, improvements, spent, calls, granted, ends=tuple(ends)), store)
    state.answers = answers(store)
    events = store.events(RunStarted, IterationStarted, IterationFinished, Compared, Evaluated)
    state.history = tuple(stored.event for stored in events if _is_history(stored.event))
    return state


def _with_runs(work: CompletedWork, store: Store) -> CompletedWork:
    """The work with the recorded runs of the user's tests and of the recorded commands, and the versions of the record."""
    suites = {digest_of(stored.event.solution): stored.event for stored in store.events(SuiteRan)}
    programs = {stored.event.scope: stored.event for stored in store.events(ProgramRan)}
    for start in store.events(RunStarted):
        versions = start.event.environment
        work = replace(work, versions=f"Python {versions.get('python')}, numpy {versions.get('numpy')}")
    return replace(work, suites=suites, programs=programs)


def _check(event: Event, store: Store) -> None:
    """Raises StoreError if a run cannot go on from this event."""
    match event:
        case LmResponded(request=""):
            why = "a response does not name its request, so it would be paid for again"
        case BudgetMoved(granted=True, amount=amount, counter=counter) if amount < 0 and counter not in (COST, TOKENS):
            why = f"{amount} {counter} were reserved"
        case _:
            return
    raise StoreError(f"the record in {store.directory} is damaged: {why}")


def _reserve(event: BudgetMoved, spent: dict[str, Counter[str]], granted: dict[tuple[str, str], Counter[str]]) -> None:
    """Add what an event reserved to the fields of `CompletedWork`."""
    if event.counter not in (COST, TOKENS) and event.act:
        granted[event.scope, event.counter][event.act] += event.amount
    scope = event.scope
    while scope:
        spent[scope][event.counter] += event.amount
        scope = scope.rpartition("/")[0]


def recorded_acts(store: Store) -> CompletedWork:
    """The recorded acts of the improvers of a run, for its replay."""
    past = recall(store).past
    seconds = {scope: event.seconds for scope, event in past.evaluations.items()}
    last = read_run(store).search_end
    ends = past.ends[: len(past.ends) - (last is not None)]
    acts = {"calls": past.calls, "granted": past.granted, "seconds": seconds, "versions": past.versions}
    return CompletedWork(**acts, suites=past.suites, programs=past.programs, ends=ends, last=last)  # type: ignore[arg-type]


def _is_history(event: Event) -> bool:
    """Whether a view needs an event to show the present state. Of evaluations it needs those of candidate improvers and of a
    gate's pairs."""
    if not isinstance(event, Evaluated):
        return True
    return event.utility == META_TASK or (event.split == "gate" and event.scope.endswith("/result"))


def answers(store: Store) -> dict[str, Completion]:
    """All paid responses with their faults, by the key of their request."""
    paid: dict[str, Completion] = {}
    faults: dict[tuple[str, int, int], list[Fault]] = defaultdict(list)
    for stored in store.events(LmFault, LmResponded):
        event = stored.event
        if isinstance(event, LmFault):
            faults[event.scope, event.call, event.index].append(Fault(**fields_of(Fault, event)))
        elif isinstance(event, LmResponded) and event.request and not event.is_repeat:
            of = tuple(faults.pop((event.scope, event.call, event.index), ()))
            paid.setdefault(event.request, Completion(**fields_of(Response, event), faults=of))
    return paid


def requests(store: Store) -> Iterator[Request]:
    """The requests of a run, in order: one for each response."""
    samples: Counter[tuple[str, str, str, float]] = Counter()
    for stored in store.events(LmCalled):
        event = stored.event
        for message in event.messages:
            same = (event.scope, event.expertise, message, event.temperature)
            yield Request(event.expertise, message, event.temperature, event.scope, samples[same])
            samples[same] += 1


def write_answers(store: Store, path: Path) -> int:
    """Write the responses of a record to a file for `--model recorded:FILE`, in the order of their requests.

    Raises:
        ConfigurationError: the file exists, or cannot be written.
    """
    completions, meta = answers(store), store.meta
    lines = [head_line(meta.get("language_model", ""), meta.get("is_language_model") == "true")]
    for request in requests(store):
        completion = completions.get(request.key)
        if completion is not None:
            lines.append(answer_line(request, completion))
    try:
        path.touch(FILE, exist_ok=False)
        with path.open("w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
    except FileExistsError:
        raise ConfigurationError(f"--responses {path} exists already; name a new file") from None
    except OSError as error:
        raise ConfigurationError(f"--responses: cannot write {path}: {error.strerror}") from error
    return len(lines) - 1
