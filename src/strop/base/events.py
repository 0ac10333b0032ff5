"""Everything that happens in a run, as frozen events in the words of the paper.

Code that acts passes an event to a `Recorder` before it continues; the store is one recorder, a live view another. An event
that records a result is a subclass of it (`strop.base.results`). Events hold whole texts; the store keeps each text once, by
its digest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar, TypeAlias, TypeVar

from strop.base.errors import EndedBy
from strop.base.later import dataclass
from strop.base.results import ChangedCalls, Comparison, Evaluation, Fault, Improvement, Response, Unit
from strop.base.solution import digest_of


@dataclass(frozen=True, kw_only=True)
class Event:
    """Base of all events."""

    scope: str
    """Where in the run it happened: the path of a budget, such as `t1/improve/u-3f2a91b04c7d#0/copy2`."""
    TEXTS: ClassVar[tuple[str, ...]] = ()
    """Names of the fields that hold programs, prompts or responses."""
    QUOTES: ClassVar[tuple[str, ...]] = ()
    """Names of other fields that may quote such a text."""


@dataclass(frozen=True, kw_only=True)
class RunStarted(Event):
    """The first event of a run: its configuration and environment."""

    spec: Mapping[str, Any]
    """The fields of the resolved RunSpec, without secrets."""
    environment: Mapping[str, str | bool]
    """Versions of Python, strop and numpy, and the platform."""
    posture: Mapping[str, Any]
    """The protections that the jail was observed to enforce."""
    files_digest: str = ""
    """Digest of the files of the tasks that the record keeps."""


@dataclass(frozen=True, kw_only=True)
class RunResumed(Event):
    """The first event of a later session. Recorded work is neither repeated nor paid again."""

    spec: Mapping[str, Any]
    """The fields of the RunSpec; its limits may have been raised."""
    environment: Mapping[str, str | bool]
    """Versions and platform, now."""
    posture: Mapping[str, Any]
    """The protections that the jail was observed to enforce, now."""
    events: int
    """Events of the sessions before."""
    seconds: float
    """Duration of the sessions before."""


@dataclass(frozen=True, kw_only=True)
class RunFinished(Event):
    """The last event of a session, unless its process was killed."""

    status: str
    """`finished`, `interrupted`, `failed`, or `budget`: a limit of money, tokens, calls or time is spent."""
    detail: str = ""
    """Why it failed, or which limit is spent; empty if it finished."""
    QUOTES: ClassVar[tuple[str, ...]] = ("detail",)


@dataclass(frozen=True, kw_only=True)
class BudgetMoved(Event):
    """A reservation in the budget at `scope`, granted or refused."""

    counter: str
    """What is counted: `lm_calls`, `responses`, `utility_calls`, or another counter of `strop.base.budget`."""
    amount: int
    """How many were asked for."""
    granted: bool
    """Whether they were reserved; all or none."""
    used: int
    """How many are reserved in this scope and those below it; includes `amount` if it was granted."""
    limit: int | None
    """The most that may be reserved; None if the scope has no limit of its own."""
    act: str = ""
    """What the reservation is for: a candidate (`u-3f2a91b04c7d#0`) or an LM call (`lm-0c1d52e8a7f3#0`). Its digest, and its
    number among equal ones of the scope, from 0. Empty for everything else."""


@dataclass(frozen=True, kw_only=True)
class ImproveStarted(Event):
    """An improver starts."""

    improver: str
    """The text of the improver."""
    initial_solution: str
    """The program that the improver is given."""
    utility: str
    """Name of the utility, e.g. `lpn` or `self-improvement`."""
    TEXTS: ClassVar[tuple[str, ...]] = ("improver", "initial_solution")


@dataclass(frozen=True, kw_only=True)
class ImproveFinished(Improvement, Event):
    """An improver ended."""

    TEXTS: ClassVar[tuple[str, ...]] = ("solution", "output")
    QUOTES: ClassVar[tuple[str, ...]] = ("detail",)


@dataclass(frozen=True, kw_only=True)
class LmCalled(Event):
    """An improver called the language model, within its budget."""

    call: int
    """Number of the call within the scope, from 0."""
    expertise: str
    """The system message."""
    messages: tuple[str, ...]
    """The user messages; each gets a response of its own."""
    temperature: float
    """The sampling temperature that the improver asked for."""
    cost: int
    """LM calls charged."""
    TEXTS: ClassVar[tuple[str, ...]] = ("expertise", "messages")


@dataclass(frozen=True, kw_only=True)
class LmResponded(Response, Event):
    """A response arrived. It is recorded before anything else happens to it."""

    call: int
    """The `LmCalled` of this scope that it answers."""
    index: int
    """Which message of the call it answers, from 0."""
    TEXTS: ClassVar[tuple[str, ...]] = ("text", "reasoning")


@dataclass(frozen=True, kw_only=True)
class LmFault(Fault, Event):
    """A request was retried or gave up, or a response is defective."""

    call: int
    """The `LmCalled` of this scope that it concerns."""
    index: int
    """Which message of the call it concerns, from 0; -1 for a request that was never answered."""
    QUOTES: ClassVar[tuple[str, ...]] = ("detail",)


@dataclass(frozen=True, kw_only=True)
class Edited(Event):
    """A response contained edits of a program that its prompt shows, or has no program because of its form."""

    call: int
    """The `LmCalled` of this scope whose response it is."""
    index: int
    """Which message of the call it answers, from 0."""
    outcome: str
    """`applied`, `applied fuzzily`, `failed`, or `not applied` if strop does not read the form."""
    detail: str
    """The edits that did not match exactly, why they failed, or the form."""
    QUOTES: ClassVar[tuple[str, ...]] = ("detail",)


@dataclass(frozen=True, kw_only=True)
class Extracted(Event):
    """What `extract_code` finds in the responses of one LM call, once their edits are applied."""

    call: int
    """Number of the `LmCalled` of this scope whose responses these are."""
    contents: tuple[str, ...]
    """`program`, `does not compile` or `no program`, for each response. Empty for a call that asked for corrected edits: they
    count as responses of the call that they correct."""
    programs: tuple[str, ...]
    """The digest of each program; empty for a response without one."""

    def __post_init__(self) -> None:
        """Raise ValueError if it does not have a content and a program for each response."""
        if len(self.contents) != len(self.programs):
            raise ValueError(f"it has {len(self.contents)} contents and {len(self.programs)} programs")


@dataclass(frozen=True, kw_only=True)
class Evaluated(Evaluation, Event):
    """A candidate was scored on a split."""

    utility: str
    """Name of the utility, as in `ImproveStarted`."""
    split: str
    """`train`, `test` (the sealed split), or `gate` (instances drawn for one pair)."""
    solution: str | None
    """None if the candidate was not a text."""
    TEXTS: ClassVar[tuple[str, ...]] = ("solution",)
    QUOTES: ClassVar[tuple[str, ...]] = ("error", "notes")


@dataclass(frozen=True, kw_only=True)
class SuiteRan(Event):
    """The user's tests ran: twice on the original, before anything is paid; or once on a program, before it is compared."""

    solution: str
    """The program."""
    passed: str
    """The names of the tests that passed, a line each. For the original: of the tests that passed both times."""
    count: int
    """The number of these tests."""
    exits: bool
    """Whether the command ended with exit status 0; for the original, both times."""
    not_green: int = 0
    """Of the original, tests that failed and never passed."""
    flaky: int = 0
    """Of the original, tests that passed once."""
    failing: tuple[str, ...] = ()
    """Tests that passed for the original, and fail or are missing for this program."""
    detail: str = ""
    """How the command ended, such as `exit status 1`."""
    output: str = ""
    """The end of what it printed, if a test that passed for the original fails."""
    wall_seconds: float = 0.0
    """How long it took; on the original, the longer time."""
    TEXTS: ClassVar[tuple[str, ...]] = ("solution", "passed", "output")
    QUOTES: ClassVar[tuple[str, ...]] = ("failing",)


@dataclass(frozen=True, kw_only=True)
class CallsChanged(ChangedCalls, Event):
    """The improved program and the original made recorded calls with changed arguments."""

    QUOTES: ClassVar[tuple[str, ...]] = ("first", "detail")


@dataclass(frozen=True, kw_only=True)
class SearchEnded(Event):
    """The search ended before its end: a limit was spent, or `strop resume --finish` ended it. What it found is compared."""

    by: EndedBy
    """`max_cost`, `max_tokens`, `max_calls`, `max_time`, or `finish`; `verdict`: whoever searched asked for a verdict."""
    detail: str
    """The same in words."""
    lm_calls: int
    """LM calls of the improvement, or of the unfinished iteration."""
    utility_calls: int
    """Evaluations of programs in it."""
    of: str = ""
    """Digest of the program that a verdict was asked for; empty: the best program."""


@dataclass(frozen=True, kw_only=True)
class MeasurementBegan(Event):
    """A measurement of `strop measure` begins. It counts from now on, even if it fails."""

    solution: str
    """The program."""
    TEXTS: ClassVar[tuple[str, ...]] = ("solution",)


@dataclass(frozen=True, kw_only=True)
class ComparisonBegan(Event):
    """A comparison begins whose size was planned for it alone, before any held-out instance is touched."""

    solution: str
    """The candidate."""
    instances: int
    """How many instances are held out; 0: as many as the task says."""
    secret: str = ""
    """The secret that the instances are drawn from, in hexadecimal. It was drawn once the candidate was fixed. Empty: the secret
    of the run."""
    said: tuple[str, ...] = ()
    """What the user should know about what scores, one line each."""
    TEXTS: ClassVar[tuple[str, ...]] = ("solution",)


@dataclass(frozen=True, kw_only=True)
class IterationStarted(Event):
    """Iteration `t` of Algorithm 1 starts from `improver`; t = 0 measures the seed improver."""

    t: int
    """Number of the iteration, from 0."""
    improver: str
    """I_(t-1); at t = 0 the seed improver."""
    TEXTS: ClassVar[tuple[str, ...]] = ("improver",)


@dataclass(frozen=True, kw_only=True)
class IterationFinished(Event):
    """Iteration `t` ended with `improver` as I_t."""

    t: int
    """Number of the iteration, from 0."""
    improver: str
    """Text of I_t."""
    candidate: str | None
    """The result of the self-improvement; equal to `improver` if it was accepted."""
    accepted: bool
    """Whether the candidate became I_t."""
    reason: str
    """Why it did, or did not, as text."""
    train: tuple[Unit, ...]
    """û of I_t on the training split, one value for each copy."""
    test: tuple[Unit, ...]
    """û of I_t on the sealed split, one value for each copy."""
    lm_calls: int
    """LM calls of the iteration, with those of its gate."""
    evaluations: int
    """Evaluations of task solutions in the iteration, with those of its gate."""
    verdicts: Mapping[str, int]
    """Verdict → number of evaluations in the iteration."""
    seconds: float
    """Duration of the iteration."""
    parent: int | None = None
    """The iteration whose improver improved itself; None for t = 0."""
    tasks: tuple[str, ...] = ()
    """Names of the tasks if there are several: `train` and `test` hold equally many copies of each, task by task."""
    TEXTS: ClassVar[tuple[str, ...]] = ("improver", "candidate")
    QUOTES: ClassVar[tuple[str, ...]] = ("reason",)


@dataclass(frozen=True, kw_only=True)
class Compared(Comparison, Event):
    """The gate of iteration `t` compared a candidate with the incumbent; in the final comparison of a run, I_T and I_0."""

    t: int
    """Number of the iteration, from 1; in the final comparison, of the iteration whose candidate became I_T."""
    incumbent: str
    """The improver that the candidate would replace."""
    candidate: str
    """The improver that the self-improvement returned."""
    accepted: bool
    """Whether the evidence reached the threshold."""
    TEXTS: ClassVar[tuple[str, ...]] = ("incumbent", "candidate")

    @property
    def futile(self) -> bool:
        """Whether the gate stopped early because the remaining pairs could hardly reach the threshold."""
        return not self.accepted and self.pairs < self.max_pairs


@dataclass(frozen=True, kw_only=True)
class AuditNoted(Event):
    """A program did something forbidden or worth a look. Scores do not depend on it."""

    rule: str
    """Id in `strop.analysis.audit.RULES`."""
    detail: str
    """What it did, in words: a call, a name, a file."""
    times: int = 1
    """How often; repetitions are counted in one event."""
    program: str | None = None
    """The text of the program, if it is known."""
    TEXTS: ClassVar[tuple[str, ...]] = ("program",)
    QUOTES: ClassVar[tuple[str, ...]] = ("detail",)


@dataclass(frozen=True, kw_only=True)
class Judged(Event):
    """One generated improvement, and which checks call it unsandboxed (§6.2, Table 2)."""

    arm: str
    """`plain` or `warning`."""
    index: int
    """Number of the improvement in its arm, from 0."""
    program: str | None
    """None if the response contains no program."""
    literal: bool
    """The paper's rule: the text contains `use_sandbox=False` or `exec(`."""
    runtime: bool
    """A run-time rule about unsandboxing (R005, R006, R013) was noted while the program was rehearsed."""
    rules: tuple[str, ...]
    """Ids of the rules that were noted during the rehearsal, in order."""
    outcome: str
    """How the rehearsal ended: a verdict, or `no program`."""
    TEXTS: ClassVar[tuple[str, ...]] = ("program",)


Recorder: TypeAlias = Callable[[Event], None]


def discard(event: Event) -> None:
    """Record nothing."""


E = TypeVar("E", bound=Event)


def outlined(event: E, texts: dict[str, str] | None = None) -> E:
    """`event` with digests in place of its texts; `texts` receives the texts by digest."""

    def digest(text: str) -> str:
        name = digest_of(text)
        if texts is not None:
            texts[name] = text
        return name

    return _with_texts(event, digest)


def in_full(event: E, text: Callable[[str], str]) -> E:
    """The inverse of `outlined`; `text` returns the text with a digest."""
    return _with_texts(event, text)


def _with_texts(event: E, change: Callable[[str], str]) -> E:
    """`event` with each of its texts, or digests, replaced by what `change` makes of it; None stays None."""

    def changed(text: str | None) -> str | None:
        return None if text is None else change(text)

    values: dict[str, Any] = {name: getattr(event, name) for name in event.TEXTS}
    for name, value in values.items():
        values[name] = tuple(map(changed, value)) if isinstance(value, tuple) else changed(value)
    return replace(event, **values) if values else event


KINDS: dict[str, type[Event]] = {kind.__name__: kind for kind in Event.__subclasses__()}
"""Every kind of event by name."""
