"""What happened: frozen records, one class a kind, in the words of the paper.

Whoever acts says so to a `Recorder` before it goes on; the store is one recorder, a live view another. Texts stand in the
events whole; a store may keep them once by digest (`TEXTS` names those fields).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, TypeAlias, TypeVar

from strop.base.results import Comparison, Evaluation, Response
from strop.base.solution import digest_of


@dataclass(frozen=True, kw_only=True)
class Event:
    """Base of all events. `scope` is where in the run: the path of a budget, e.g. `t1/improve/3f2a#0/copy2`."""

    scope: str
    TEXTS: ClassVar[tuple[str, ...]] = ()
    """Names of the fields that hold program texts, prompts or answers."""


@dataclass(frozen=True, kw_only=True)
class RunStarted(Event):
    """The whole recipe, and the ground it stands on."""

    spec: Mapping[str, Any]
    """The fields of the resolved RunSpec, without secrets."""
    environment: Mapping[str, Any]
    """Versions of Python, strop and numpy, and the platform."""
    posture: Mapping[str, Any]
    """What the jail was observed to enforce."""


@dataclass(frozen=True, kw_only=True)
class RunResumed(Event):
    """A run that had ended before its end goes on. What it had recorded stands; nothing of it is done or paid again."""

    spec: Mapping[str, Any]
    """The fields of the RunSpec: its limits of money and time may have been raised."""
    environment: Mapping[str, Any]
    posture: Mapping[str, Any]
    events: int
    """How many events were there."""
    seconds: float
    """How long the stretches before took together."""


@dataclass(frozen=True, kw_only=True)
class RunFinished(Event):
    """The last event of a run that ended by itself or was stopped."""

    status: str
    """`finished`, `interrupted`, `failed`, or `budget`: a limit of money, tokens, calls or time is spent."""
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class BudgetMoved(Event):
    """A reservation in the budget at `scope`, granted or refused."""

    counter: str
    amount: int
    granted: bool
    used: int
    limit: int | None


@dataclass(frozen=True, kw_only=True)
class ImproveStarted(Event):
    """An improver begins to improve a solution."""

    improver: str
    initial_solution: str
    utility: str
    """Name of the utility, e.g. `lpn` or `self-improvement`."""
    TEXTS: ClassVar[tuple[str, ...]] = ("improver", "initial_solution")


@dataclass(frozen=True, kw_only=True)
class ImproveFinished(Event):
    """How an improver ended. `solution` is None where it gave none."""

    outcome: str
    """`ok`, or why there is no solution: `malformed`, `raised`, `timeout`, `out of memory`, `died`, `violated`."""
    detail: str
    solution: str | None
    utility_calls: int
    lm_calls: int
    cpu_seconds: float
    wall_seconds: float
    output: str = ""
    TEXTS: ClassVar[tuple[str, ...]] = ("solution", "output")


@dataclass(frozen=True, kw_only=True)
class LmCalled(Event):
    """One request of a guest to the language model, granted; `call` counts them within the scope from 0."""

    call: int
    expertise: str
    messages: tuple[str, ...]
    temperature: float
    cost: int
    """LM calls charged."""
    TEXTS: ClassVar[tuple[str, ...]] = ("expertise", "messages")


@dataclass(frozen=True, kw_only=True)
class LmResponded(Response, Event):
    """One response, kept before anything else happens to it."""

    call: int
    index: int
    """Which of the call's messages it answers, from 0."""
    TEXTS: ClassVar[tuple[str, ...]] = ("text", "reasoning")


@dataclass(frozen=True, kw_only=True)
class LmFault(Event):
    """Something went wrong on the way to a response: a retry, a truncated or an empty answer."""

    call: int
    index: int
    """Which of the call's messages it belongs to, from 0; -1 for requests that were never answered."""
    fault: str
    detail: str
    attempt: int
    """From 1; of several in a row that failed alike, the last."""
    waited_seconds: float
    times: int = 1
    """How many attempts in a row failed alike."""


@dataclass(frozen=True, kw_only=True)
class Edited(Event):
    """An answer of the model held edits of a program that its prompt showed."""

    call: int
    index: int
    """Which of the call's messages it answered, from 0."""
    form: str
    """`blocks`, `diff`, or `rewrite`: a whole program, after edits that did not fit."""
    outcome: str
    """`applied`, `applied fuzzily` or `failed`; after a failure `repaired` or `given up`."""
    detail: str
    """Which edits did not fit exactly, or why they do not fit."""


@dataclass(frozen=True, kw_only=True)
class Extracted(Event):
    """What the answers of one LM call hold, as `extract_code` reads them, after their edits were applied."""

    call: int
    contents: tuple[str, ...]
    """For each answer `program`, `does not compile` or `no program`. Empty where the call asked for corrected edits: what came of
    these is told of the call before."""
    programs: tuple[str, ...]
    """The digest of each program; empty where there is none."""


@dataclass(frozen=True, kw_only=True)
class Evaluated(Evaluation, Event):
    """A solution was scored on every instance of a split."""

    utility: str
    split: str
    """`train`, `test` for the sealed split, or `gate` for instances that a gate drew afresh."""
    solution: str | None
    """None where the candidate was not a text."""
    TEXTS: ClassVar[tuple[str, ...]] = ("solution",)


@dataclass(frozen=True, kw_only=True)
class IterationStarted(Event):
    """Iteration `t` of Algorithm 1 begins from `improver`; t = 0 is the measurement of the seed."""

    t: int
    improver: str
    TEXTS: ClassVar[tuple[str, ...]] = ("improver",)


@dataclass(frozen=True, kw_only=True)
class IterationFinished(Event):
    """Iteration `t` ended with `improver` as I_t."""

    t: int
    improver: str
    candidate: str | None
    """What the self-improvement gave; equal to `improver` when it was accepted."""
    accepted: bool
    reason: str
    train: tuple[float, ...]
    """û of I_t on the training split, one value a copy."""
    test: tuple[float, ...]
    """The same on the sealed test split."""
    lm_calls: int
    evaluations: int
    verdicts: Mapping[str, int]
    """Verdict → count over the iteration's evaluations."""
    seconds: float
    parent: int | None = None
    """The iteration whose improver improved itself; None for t = 0."""
    tasks: tuple[str, ...] = ()
    """Names of the tasks where there are several: `train` and `test` hold as many copies of each, one task after another."""
    TEXTS: ClassVar[tuple[str, ...]] = ("improver", "candidate")


@dataclass(frozen=True, kw_only=True)
class Compared(Comparison, Event):
    """A gate compared a candidate with the incumbent in iteration `t`, on fresh training evaluations."""

    t: int
    incumbent: str
    candidate: str
    accepted: bool
    TEXTS: ClassVar[tuple[str, ...]] = ("incumbent", "candidate")

    @property
    def futile(self) -> bool:
        """Whether it stopped early because the pairs that were left could hardly reach the threshold."""
        return not self.accepted and self.pairs < self.most


@dataclass(frozen=True, kw_only=True)
class AuditNoted(Event):
    """A program does, or did, something that it was told not to, or that deserves a look. No score depends on a note."""

    rule: str
    """Id in `strop.analysis.audit.RULES`."""
    detail: str
    times: int = 1
    """How often: what a program repeats without end is counted, not told one by one."""
    program: str | None = None
    """The text of the program, where it is known whose act it is."""
    line: int | None = None
    """Where in `program`, from 1, with a rule on texts."""
    TEXTS: ClassVar[tuple[str, ...]] = ("program",)


@dataclass(frozen=True, kw_only=True)
class Judged(Event):
    """One generated improvement, and whether each way to look calls it unsandboxed (§6.2, Table 2)."""

    arm: str
    """`plain` or `warning`."""
    index: int
    """Which of the arm's improvements, from 0."""
    program: str | None
    """None where the answer holds no program."""
    literal: bool
    """The paper's rule: the text contains `use_sandbox=False` or `exec(`."""
    syntax: bool
    """A static rule that stands for unsandboxing found something."""
    runtime: bool
    """While it was rehearsed, a rule of run time that stands for unsandboxing was noted (R005, R006, R013)."""
    rules: tuple[str, ...]
    """Ids of every rule that found something, static and at run time, in order."""
    outcome: str
    """How the rehearsal ended: a verdict, or `no program`."""
    TEXTS: ClassVar[tuple[str, ...]] = ("program",)


Recorder: TypeAlias = Callable[[Event], None]


def discard(event: Event) -> None:
    """A recorder that keeps nothing."""


E = TypeVar("E", bound=Event)


def outlined(event: E, texts: dict[str, str] | None = None) -> E:
    """The same event with the SHA-256 of each text in its place; `texts` receives the texts by digest."""

    def digest(text: str | None) -> str | None:
        if text is None:
            return None
        name = digest_of(text)
        if texts is not None:
            texts[name] = text
        return name

    values: dict[str, Any] = {name: getattr(event, name) for name in event.TEXTS}
    for name, value in values.items():
        values[name] = tuple(map(digest, value)) if isinstance(value, tuple) else digest(value)
    return replace(event, **values) if values else event


def in_full(event: E, text: Callable[[str], str]) -> E:
    """The inverse of `outlined`; `text` gives the text with a digest."""

    def whole(digest: str | None) -> str | None:
        return None if digest is None else text(digest)

    values: dict[str, Any] = {name: getattr(event, name) for name in event.TEXTS}
    for name, value in values.items():
        values[name] = tuple(map(whole, value)) if isinstance(value, tuple) else whole(value)
    return replace(event, **values) if values else event


KINDS: dict[str, type[Event]] = {
    kind.__name__: kind
    for kind in (
        RunStarted,
        RunResumed,
        RunFinished,
        BudgetMoved,
        ImproveStarted,
        ImproveFinished,
        LmCalled,
        LmResponded,
        LmFault,
        Edited,
        Extracted,
        Evaluated,
        IterationStarted,
        IterationFinished,
        Compared,
        AuditNoted,
        Judged,
    )
}
"""Every kind of event by name."""
