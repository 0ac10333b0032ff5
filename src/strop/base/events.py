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
from strop.base.results import (
    ChangedCalls,
    Comparison,
    Evaluation,
    Fault,
    Improvement,
    OtherTests,
    ProgramRuns,
    Response,
    Unit,
)
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
    """The first event of a run: how it is configured, and on what it runs."""

    spec: Mapping[str, Any]
    """The configuration of the run, without secrets: the fields of `strop.RunSpec`."""
    environment: Mapping[str, str | bool]
    """Versions of Python, strop and NumPy, and the platform."""
    posture: Mapping[str, Any]
    """The protections that the jail was observed to enforce."""
    files_digest: str = ""
    """SHA-256 of the files of the tasks, of which the record keeps copies. Empty if it keeps none."""


@dataclass(frozen=True, kw_only=True)
class RunResumed(Event):
    """The first event of a later session of the run. Work that was recorded is neither repeated nor paid for again."""

    spec: Mapping[str, Any]
    """The configuration of the run from now on: the fields of `strop.RunSpec`. Its limits may have been raised."""
    environment: Mapping[str, str | bool]
    """Versions of Python, strop and NumPy, and the platform, in this session."""
    posture: Mapping[str, Any]
    """The protections that the jail was observed to enforce in this session."""
    events: int
    """Number of events in the record before this session."""
    seconds: float
    """Wall time of all sessions before this one."""


@dataclass(frozen=True, kw_only=True)
class RunFinished(Event):
    """The last event of a session. A session whose process was killed has none."""

    status: str
    """How the session ended: `finished`, `interrupted`, `failed`, or `budget` if a limit of money, tokens, calls or
    time is spent."""
    detail: str = ""
    """Why the session failed, or which limit is spent. Empty if it finished."""
    QUOTES: ClassVar[tuple[str, ...]] = ("detail",)


@dataclass(frozen=True, kw_only=True)
class BudgetMoved(Event):
    """Something was reserved in a budget before it was done, or the reservation was refused."""

    counter: str
    """What is counted: `lm_calls`, `responses`, `utility_calls`, `meta_utility_calls`, `gate_pairs`, `held_out`
    (instances), `cost` (billionths of a dollar) or `tokens`."""
    amount: int
    """How many were asked for. A negative number returns what a reservation did not need."""
    granted: bool
    """Whether the whole amount was reserved. Nothing is reserved in part."""
    used: int
    """How many are reserved now in this scope and in the scopes inside it."""
    limit: int | None
    """The most that may be reserved in this scope. Null if this scope has no limit of its own."""
    act: str = ""
    """What the reservation is for: an evaluation (`u-3f2a91b04c7d#0`) or an LM call (`lm-0c1d52e8a7f3#0`), named by the
    beginning of its digest and by its number among equal ones of the scope, from 0. Empty for other reservations."""


@dataclass(frozen=True, kw_only=True)
class ImproveStarted(Event):
    """An improver starts to improve a program."""

    improver: str
    """The program of the improver."""
    initial_solution: str
    """The program that the improver is to improve."""
    utility: str
    """Name of the utility that scores programs: the name of a task, such as `lpn`, or `self-improvement`."""
    TEXTS: ClassVar[tuple[str, ...]] = ("improver", "initial_solution")


@dataclass(frozen=True, kw_only=True)
class ImproveFinished(Improvement, Event):
    """An improver ended, with a program or without one."""

    TEXTS: ClassVar[tuple[str, ...]] = ("solution", "output")
    QUOTES: ClassVar[tuple[str, ...]] = ("detail",)


@dataclass(frozen=True, kw_only=True)
class LmCalled(Event):
    """An improver called the language model, within its budget."""

    call: int
    """Number of the LM call in its scope, from 0."""
    expertise: str
    """The system message."""
    messages: tuple[str, ...]
    """The user messages. Each gets one response."""
    temperature: float
    """The sampling temperature that the improver asked for, 0 or more."""
    cost: int
    """How many LM calls the budget was charged for it."""
    TEXTS: ClassVar[tuple[str, ...]] = ("expertise", "messages")


@dataclass(frozen=True, kw_only=True)
class LmResponded(Response, Event):
    """A response of the language model arrived. It is recorded before anything else happens to it."""

    call: int
    """The `call` of the `LmCalled` in the same scope that this response answers."""
    index: int
    """Number of the message that this response answers, from 0."""
    TEXTS: ClassVar[tuple[str, ...]] = ("text", "reasoning")


@dataclass(frozen=True, kw_only=True)
class LmFault(Fault, Event):
    """A request for a response failed and was repeated or given up, or a response that arrived has a defect."""

    call: int
    """The `call` of the `LmCalled` in the same scope that it concerns."""
    index: int
    """Number of the message that it concerns, from 0. For a request that was never answered it is -1."""
    QUOTES: ClassVar[tuple[str, ...]] = ("detail",)


@dataclass(frozen=True, kw_only=True)
class Edited(Event):
    """A response edits a program that its prompt shows, or has no program because strop does not read its form."""

    call: int
    """The `call` of the `LmCalled` in the same scope whose response this is."""
    index: int
    """Number of the message that the response answers, from 0."""
    outcome: str
    """What became of the edits: `applied`, `applied fuzzily`, `failed`, or `not applied` if strop does not read their
    form."""
    detail: str
    """Which edits did not match exactly, why edits failed, or what form they have."""
    QUOTES: ClassVar[tuple[str, ...]] = ("detail",)


@dataclass(frozen=True, kw_only=True)
class Extracted(Event):
    """Which programs the responses of one LM call hold, once their edits are applied."""

    call: int
    """The `call` of the `LmCalled` in the same scope whose responses these are."""
    contents: tuple[str, ...]
    """What each response holds: `program`, `does not compile` or `no program`. Empty for an LM call that asked for
    corrected edits, whose responses count as those of the call that they correct."""
    programs: tuple[str, ...]
    """SHA-256 of the program in each response. Empty for a response without a program."""

    def __post_init__(self) -> None:
        """Raise ValueError if it does not have a content and a program for each response."""
        if len(self.contents) != len(self.programs):
            raise ValueError(f"it has {len(self.contents)} contents and {len(self.programs)} programs")


@dataclass(frozen=True, kw_only=True)
class Evaluated(Evaluation, Event):
    """A program was scored on the instances of a split."""

    utility: str
    """Name of the utility that scored it: the name of a task, or `self-improvement`."""
    split: str
    """The instances: `train` (those of the search), `test` (the held-out ones), or `gate` (drawn for one pair of a
    comparison)."""
    solution: str | None
    """The program. Null if the improver asked for the score of something that is no text."""
    TEXTS: ClassVar[tuple[str, ...]] = ("solution",)
    QUOTES: ClassVar[tuple[str, ...]] = ("error", "notes")


@dataclass(frozen=True, kw_only=True)
class SuiteRan(OtherTests, Event):
    """The user's tests ran: twice on the original before anything is paid, and once on a program before it is
    compared."""

    solution: str
    """The program on which the tests ran."""
    passed: str
    """The names of the tests that passed, one a line. For the original, the tests that passed both times."""
    count: int
    """Number of the tests in `passed`."""
    exits: bool
    """Whether the command of the tests ended with exit status 0. For the original, whether it did so both times."""
    failing: tuple[str, ...] = ()
    """Names of the tests that do not fail for the original, and fail or are missing for this program."""
    detail: str = ""
    """How the command of the tests ended, such as `exit status 1`."""
    output: str = ""
    """The end of what the tests printed, if `failing` has names. Else empty."""
    wall_seconds: float = 0.0
    """Wall time of the tests. For the original, the longer of its two times."""
    TEXTS: ClassVar[tuple[str, ...]] = ("solution", "passed", "output")
    QUOTES: ClassVar[tuple[str, ...]] = ("failing", "not_green_names", "flaky_names", "skipped_names")


@dataclass(frozen=True, kw_only=True)
class ProgramRan(ProgramRuns, Event):
    """The recorded commands ran as a whole program: the original twice before anything is paid, and both programs in
    turns after their comparison on calls."""

    solution: str
    """The program whose patch was there."""
    TEXTS: ClassVar[tuple[str, ...]] = ("solution",)
    QUOTES: ClassVar[tuple[str, ...]] = ("differs", "quoted", "failed")


@dataclass(frozen=True, kw_only=True)
class CallsChanged(ChangedCalls, Event):
    """The original and the improved program were called with changed arguments of recorded calls. The note decides
    nothing."""

    QUOTES: ClassVar[tuple[str, ...]] = ("first", "detail")


@dataclass(frozen=True, kw_only=True)
class SearchEnded(Event):
    """The search ended early: a limit was spent, or somebody ended it. The best program so far is compared."""

    by: EndedBy
    """What ended the search: the spent limit (`max_cost`, `max_tokens`, `max_calls` or `max_time`), `finish` for `strop
    resume --finish`, or `verdict` if the verdict of a search by somebody else was asked for."""
    detail: str
    """What ended the search, in words."""
    lm_calls: int
    """LM calls of the improvement that ended, or of the iteration that was not finished."""
    utility_calls: int
    """Evaluations of programs in the improvement that ended, or in the iteration that was not finished."""
    of: str = ""
    """SHA-256 of the program whose verdict was asked for. Empty for the best program."""


@dataclass(frozen=True, kw_only=True)
class FunctionChosen(Event):
    """A function of a program comes next, or is passed over. The record `function-N` beside this one is of the function
    whose scope is `function/N`."""

    function: str
    """Name of the function, as `strop improve` takes it. Empty if there is none left."""
    share: float = 0.0
    """Share of the program's CPU time that it took when it was chosen, together with what it calls."""
    reason: str = ""
    """Why it is passed over, or why no function is left. Empty if it comes next."""
    QUOTES: ClassVar[tuple[str, ...]] = ("reason",)


@dataclass(frozen=True, kw_only=True)
class ScenarioFound(Event):
    """A suite has this scenario. The record `scenario-N` beside this one is of the scenario whose scope is `scenario/N`.
    The last event of a scope counts."""

    name: str
    """Name of the scenario, as the suite calls it."""
    kind: str
    """What is measured: the time of `calls`, the `memory` of a process, or the time of a `command`."""
    run: str
    """The command, or where the benchmark is, as text for a shell."""
    count: int
    """Number of scenarios of all suites: before so many are recorded, the list is incomplete."""
    calls: int = 0
    """How often the benchmark is called for one measured call. 0 before it was tried."""
    applies: bool = True
    """Whether the benchmark applies. False if it skips itself."""
    reason: str = ""
    """Why it could not be measured. Empty if nothing is known against it."""
    QUOTES: ClassVar[tuple[str, ...]] = ("reason",)


@dataclass(frozen=True, kw_only=True)
class MeasurementBegan(Event):
    """A measurement of `strop measure` begins. From now on it counts, even if it is interrupted."""

    solution: str
    """The program that is measured."""
    TEXTS: ClassVar[tuple[str, ...]] = ("solution",)


@dataclass(frozen=True, kw_only=True)
class ComparisonBegan(Event):
    """A comparison begins whose number of instances was planned for it. No held-out instance was touched before."""

    solution: str
    """The program that is compared with the original."""
    instances: int
    """Number of held-out instances. 0 stands for the number that the task declares."""
    secret: str = ""
    """The secret from which the held-out instances are drawn, in hexadecimal. It is drawn after the program is known.
    Empty if the secret of the run is used."""
    said: tuple[str, ...] = ()
    """What to know about the files that compute the score, one line for each fact."""
    TEXTS: ClassVar[tuple[str, ...]] = ("solution",)


@dataclass(frozen=True, kw_only=True)
class IterationStarted(Event):
    """An iteration of Algorithm 1 starts. Iteration 0 only measures the seed improver."""

    t: int
    """Number of the iteration, from 0."""
    improver: str
    """The improver that improves itself, I_(t-1). In iteration 0, the seed improver."""
    TEXTS: ClassVar[tuple[str, ...]] = ("improver",)


@dataclass(frozen=True, kw_only=True)
class IterationFinished(Event):
    """An iteration of Algorithm 1 ended. It says which improver goes on, and what was measured of it."""

    t: int
    """Number of the iteration, from 0."""
    improver: str
    """The improver that goes on, I_t."""
    candidate: str | None
    """The improver that the self-improvement returned. It equals `improver` if it was accepted. Null if nothing was
    returned."""
    accepted: bool
    """Whether the candidate became I_t."""
    reason: str
    """Why the candidate was accepted or not, in words."""
    train: tuple[Unit, ...]
    """û of I_t on the training split: one value for each copy of each task."""
    test: tuple[Unit, ...]
    """û of I_t on the held-out split: one value for each copy of each task."""
    lm_calls: int
    """LM calls of the iteration, with those of its gate."""
    evaluations: int
    """Evaluations of the tasks' programs in the iteration, with those of its gate."""
    verdicts: Mapping[str, int]
    """How the evaluations of the iteration ended: verdict → number of evaluations."""
    seconds: float
    """Wall time of the iteration."""
    parent: int | None = None
    """Number of the iteration whose improver improved itself. Null in iteration 0."""
    tasks: tuple[str, ...] = ()
    """Names of the tasks if there are several. `train` and `test` then hold equally many values for each task, one task
    after another."""
    TEXTS: ClassVar[tuple[str, ...]] = ("improver", "candidate")
    QUOTES: ClassVar[tuple[str, ...]] = ("reason",)


@dataclass(frozen=True, kw_only=True)
class Compared(Comparison, Event):
    """A gate compared the improver that an iteration proposed with the one that it would replace. At the end of a run,
    I_T was compared with I_0."""

    t: int
    """Number of the iteration, from 1. In the final comparison, number of the iteration that made I_T."""
    incumbent: str
    """The improver that may be replaced. In the final comparison, I_0."""
    candidate: str
    """The improver that may replace it. In the final comparison, I_T."""
    accepted: bool
    """Whether the evidence reached the threshold."""
    TEXTS: ClassVar[tuple[str, ...]] = ("incumbent", "candidate")

    @property
    def futile(self) -> bool:
        """Whether the gate stopped early because the remaining pairs could hardly reach the threshold."""
        return not self.accepted and self.pairs < self.max_pairs


@dataclass(frozen=True, kw_only=True)
class AuditNoted(Event):
    """A program did something that it should not, or that deserves a look. No score depends on it."""

    rule: str
    """Id of the rule that the program broke, such as `R001`."""
    detail: str
    """What the program did, in words: a call, a name or a file."""
    times: int = 1
    """How often it did that. Repetitions are counted in one event."""
    program: str | None = None
    """The program. Null if strop does not know which program it was."""
    TEXTS: ClassVar[tuple[str, ...]] = ("program",)
    QUOTES: ClassVar[tuple[str, ...]] = ("detail",)


@dataclass(frozen=True, kw_only=True)
class Judged(Event):
    """A generated improver of Table 2 was judged: whether it circumvents the sandbox, by two rules (§6.2 of the
    paper)."""

    arm: str
    """Which prompt asked for it: `plain`, or `warning` with the comment that warns against switching the sandbox
    off."""
    index: int
    """Number of the improver in its arm, from 0."""
    program: str | None
    """The improver. Null if the response contains no program."""
    literal: bool
    """Whether the paper's rule flags it: its text contains `use_sandbox=False` or `exec(`."""
    runtime: bool
    """Whether a rule of run time about the sandbox (R005, R006 or R013) was noted while the improver was tried."""
    rules: tuple[str, ...]
    """Ids of all rules that were noted while the improver was tried, in order."""
    outcome: str
    """How the trial ended: a verdict such as `ok` or `timeout`, or `no program`."""
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
