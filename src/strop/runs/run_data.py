"""The read model of a run: one pass over the record collects everything that views show.

Every view (terminal, JSON, page, export, trackers) is a function of `RunData`; none reads events itself. Events in it are
outlines, with digests in place of texts; `RunData.text` returns the text with a digest.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import field

from strop.base.as_document import HIDDEN, computed
from strop.base.budget import COST, TOKENS
from strop.base.errors import EndedBy, StoreError
from strop.base.events import (
    AuditNoted,
    BudgetMoved,
    CallsChanged,
    Compared,
    ComparisonBegan,
    Edited,
    Evaluated,
    Event,
    Extracted,
    ImproveFinished,
    ImproveStarted,
    IterationFinished,
    IterationStarted,
    Judged,
    LmCalled,
    LmFault,
    LmResponded,
    MeasurementBegan,
    ProgramRan,
    RunFinished,
    RunResumed,
    RunStarted,
    SearchEnded,
    SuiteRan,
)
from strop.base.failures import failure
from strop.base.from_json import read_as, reader_of
from strop.base.later import dataclass
from strop.base.protections import DEFAULT_REQUIRE, Posture
from strop.base.results import joined
from strop.runs.claims.numbers import money
from strop.runs.meta import Meta, read_meta
from strop.runs.scopes import (
    ORIGINAL_PROGRAM,
    comparison_of,
    is_candidate,
    is_final,
    is_meta_candidate,
    iteration_of,
    role_of,
)
from strop.runs.spec import RunSpec
from strop.store import Store, is_locked
from strop.tasks.base import META_TASK

FRAME = (RunStarted, RunResumed, RunFinished, IterationStarted, IterationFinished, Compared, SearchEnded)
"""The few events that determine status, sessions, iterations and gates."""
OUTER_IMPROVEMENT = re.compile(r"improve|t\d{1,9}/improve")
_PART = re.compile(r"improved/test/\d{1,9}")
"""The scope of a further part of a final comparison."""
_RESULTS = ("original", "returned", "improved", "seed")
"""The outermost scopes of evaluations outside of any improvement."""


@dataclass
class Spent:
    """What some LM calls and their responses cost."""

    lm_calls: int = 0
    """LM calls, as budgets count them."""
    requests: int = 0
    """Number of responses that were asked for."""
    responses: int = 0
    """Number of responses that were paid for."""
    shared: int = 0
    """Number of responses that were used again within a pair, at no cost."""
    input_tokens: int = 0
    """Tokens of the prompts, as the server reports them."""
    output_tokens: int = 0
    """Tokens of the responses, as the server reports them."""
    unknown_tokens: int = 0
    """Number of responses whose tokens the server did not count."""
    cost: int = field(default=0, metadata=HIDDEN)
    """Billionths of a dollar."""
    unpriced: int = 0
    """Number of responses without a known price."""
    is_bound: bool = False
    """Whether `dollars` is an upper bound, because the server did not count the tokens of some response."""

    @computed
    def dollars(self) -> float | None:
        """Price of the responses. Null if the price of one is not known."""
        return None if self.unpriced else self.cost / 1e9

    @property
    def in_words(self) -> str:
        """The price in words."""
        return money(self.dollars, self.is_bound)

    @property
    def tokens(self) -> int | None:
        """Tokens in and out; None if the server did not count them."""
        return None if self.unknown_tokens else self.input_tokens + self.output_tokens

    def add(self, event: LmResponded) -> None:
        """Add a response."""
        self.responses += not event.is_repeat
        self.shared += event.is_repeat
        self.input_tokens += event.input_tokens or 0
        self.output_tokens += event.output_tokens or 0
        uncounted = event.input_tokens is None or event.output_tokens is None
        self.unknown_tokens += uncounted
        self.is_bound |= uncounted and bool(event.cost)
        self.cost += event.cost or 0
        self.unpriced += event.cost is None


@dataclass(frozen=True)
class TotalPrice:
    """The price of all LM calls."""

    dollars: float | None = 0.0
    """Price of all responses. Null if the price of one is not known."""
    is_bound: bool = False
    """Whether `dollars` is an upper bound, because the server did not count the tokens of some response."""
    maybe_billed_dollars: float = 0.0
    """Price of requests that got no response but may have been billed."""

    def __add__(self, other: TotalPrice) -> TotalPrice:
        both_known = self.dollars is not None and other.dollars is not None
        total = (self.dollars or 0) + (other.dollars or 0) if both_known else None
        maybe = self.maybe_billed_dollars + other.maybe_billed_dollars
        return TotalPrice(total, self.is_bound or other.is_bound, maybe)

    @property
    def in_words(self) -> str:
        """In words; empty if nothing was billed, or has no known price."""
        some = self.dollars or self.maybe_billed_dollars
        return money(self.dollars, self.is_bound, self.maybe_billed_dollars) if some else ""


@dataclass
class Costs:
    """What a run spent on its language model. `roles` and `models` each add up to `total`, except that LM calls belong
    to no model."""

    total: Spent = field(default_factory=Spent)
    """The cost of everything."""
    roles: defaultdict[str, Spent] = field(default_factory=lambda: defaultdict(Spent))
    """The cost by purpose: `self-improvement`, `meta-evaluation`, `gate` or `measurement` → cost."""
    models: defaultdict[str, Spent] = field(default_factory=lambda: defaultdict(Spent))
    """The cost by model: the member of a mixture, or the name that the server reports → cost. Its `lm_calls` are 0."""
    reserved: Counter[str] = field(default_factory=Counter, metadata=HIDDEN)
    """COST and TOKENS as budgets count them: responses, and the worst case of requests that were never answered."""

    def add(self, event: LmCalled | LmResponded | BudgetMoved) -> None:
        """Add the costs of `event`."""
        match event:
            case LmCalled():
                for spent in (self.total, self.roles[role_of(event.scope)]):
                    spent.lm_calls += event.cost
                    spent.requests += len(event.messages)
            case LmResponded():
                for spent in (self.total, self.roles[role_of(event.scope)], self.models[event.lm or event.model]):
                    spent.add(event)
            case BudgetMoved(granted=True) if event.counter in (COST, TOKENS):
                self.reserved[event.counter] += event.amount
            case _:
                pass

    @property
    def price(self) -> TotalPrice:
        """The price of everything."""
        return TotalPrice(self.total.dollars, self.total.is_bound, self.maybe_billed_dollars)

    @computed
    def maybe_billed_dollars(self) -> float:
        """Price of calls that got no response but may have been billed."""
        return max(self.reserved[COST] - self.total.cost, 0) / 1e9

    @computed
    def maybe_billed_tokens(self) -> int:
        """Tokens of calls that got no response, and of responses whose tokens the server did not count, as they were
        reserved."""
        return max(self.reserved[TOKENS] - self.total.input_tokens - self.total.output_tokens, 0)


@dataclass
class Answers:
    """The contents of the responses, by (scope, call)."""

    arrived: Counter[tuple[str, int]] = field(default_factory=Counter)
    extracted: dict[tuple[str, int], Extracted] = field(default_factory=dict)
    unfitting: set[tuple[str, int, int]] = field(default_factory=set)
    """(scope, call, index) of responses whose edits failed."""
    lacking: dict[tuple[str, int, int], str] = field(default_factory=dict)
    """(scope, call, index) of responses that are empty, cut or in another form of edits → what the server said, or the form."""
    edits: Counter[str] = field(default_factory=Counter)
    """`Edited.outcome` → count."""
    cut_prompts: int = 0
    """Prompts of which the server read only a part."""
    failures: dict[str, str] = field(default_factory=dict)
    """Each program that was evaluated → the kind of its failure in its first evaluation, or an empty text."""

    def add(self, event: LmResponded | LmFault | Extracted | Edited) -> None:
        """Add what `event` says about responses."""
        match event:
            case LmResponded():
                self.arrived[event.scope, event.call] += 1
            case Extracted():
                self.extracted[event.scope, event.call] = event
            case LmFault():
                if event.fault in ("empty", "truncated"):
                    self.lacking[event.scope, event.call, event.index] = event.detail
                self.cut_prompts += event.fault == "cut_prompt"
            case Edited():
                self.edits[event.outcome] += 1
                if event.outcome == "failed":
                    self.unfitting.add((event.scope, event.call, event.index))
                elif event.outcome == "not applied":  # what the server said is why
                    self.lacking.setdefault((event.scope, event.call, event.index), event.detail)


@dataclass
class RunSession:
    """The part of a run between its start, or a resumption, and the next end."""

    start: RunStarted | RunResumed | None
    began: float
    """Unix seconds of its first event."""
    last: float
    """Unix seconds of its last event."""
    end: RunFinished | None = None
    spec: RunSpec | None = None
    """Its configuration; None if its beginning does not say."""
    posture: Posture = field(default_factory=lambda: Posture({}))
    """What the jail was observed to prevent."""

    @classmethod
    def begun(cls, start: RunStarted | RunResumed, time: float) -> RunSession:
        """The session that an event begins. Raises StoreError if what it says is something else."""
        spec = RunSpec.from_json(json.dumps(start.spec)) if start.spec else None
        try:
            posture = read_as(reader_of(Posture), start.posture, "posture") if start.posture else Posture({})
        except ValueError as error:
            raise StoreError(f"the record is damaged: {error}") from error
        return cls(start, time, time, spec=spec, posture=posture)


@dataclass
class RunData:
    """A run so far, collected event by event. Not thread-safe."""

    meta: Meta = field(default_factory=Meta)
    text: Callable[[str], str] = str
    """Returns the text with a digest; raises StoreError if the record lacks it."""
    alive: bool = False
    """Whether another process is writing the record."""
    unverified: str = ""
    """Why this machine cannot vouch for the record; empty if it is proven."""
    sessions: list[RunSession] = field(default_factory=list)
    beginnings: dict[int, str] = field(default_factory=dict)
    """t → the improver that iteration t starts with."""
    parents: dict[int, str] = field(default_factory=dict)
    """t → the improver that improves itself in iteration t."""
    iterations: list[IterationFinished] = field(default_factory=list)
    gates: dict[int, Compared] = field(default_factory=dict)
    """Gates by t."""
    final_comparison: Compared | None = None
    """I_T with I_0 on held-out instances; None before it, and if I_0 stayed or nothing was gated."""
    candidates: list[Evaluated] = field(default_factory=list)
    """Evaluations of the candidates of self-improvements, or of `strop improve`."""
    results: dict[str, Evaluated] = field(default_factory=dict)
    """Scope → an evaluation outside of improvements, such as that of the original or the improved program."""
    meta_calls: Counter[str | None] = field(default_factory=Counter)
    """Improver → how often the meta-utility was evaluated on it."""
    improvements: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Improver → scopes of its improvements."""
    spent_by: defaultdict[str, list[ImproveFinished]] = field(default_factory=lambda: defaultdict(list))
    """Improver → how its improvements ended."""
    ends: dict[str, ImproveFinished] = field(default_factory=dict)
    """Scope → how its self-improvement, or the improvement of `strop improve`, ended."""
    suites: list[SuiteRan] = field(default_factory=list)
    """Runs of the user's tests."""
    programs: dict[str, ProgramRan] = field(default_factory=dict)
    """Runs of the recorded commands: scope in the comparison → a part of them."""
    search_ends: list[SearchEnded] = field(default_factory=list)
    """How the search ended before its end, each time."""
    search_end: SearchEnded | None = None
    """The last of these; None once the search was continued after it."""
    measurements: int = 0
    """Measurements of `strop measure` that began."""
    measuring: str = ""
    """The scope of the last one, if it has no result."""
    said: tuple[str, ...] = ()
    """What to know about what scores in the last comparison, a line each."""
    changed_calls: CallsChanged | None = None
    """What calls with changed arguments showed in the comparison of `strop improve`; None if none were made."""
    compared: int = 0
    """The last comparison with a verdict after which the search was continued; 0 for none."""
    unused_evaluations: int = 0
    """Evaluations that workers made ahead and no improver asked for."""
    costs: Costs = field(default_factory=Costs)
    answers: Answers = field(default_factory=Answers)
    verdicts: Counter[str] = field(default_factory=Counter)
    """Verdict → number of evaluations of solutions, without those of the meta-utility."""
    faults: Counter[str] = field(default_factory=Counter)
    """`LmFault.fault` → attempts."""
    audit: list[AuditNoted] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)
    """Audit rule → number of notes."""
    judged: list[Judged] = field(default_factory=list)
    _improving: dict[str, str] = field(default_factory=dict)
    """Scope of an improvement that goes on → its improver."""

    def add(self, event: Event, time: float = 0.0) -> None:
        """Add an event of Unix second `time`. Its texts are digests, or of a kind whose texts are not kept."""
        if isinstance(event, RunStarted | RunResumed):
            self.sessions.append(RunSession.begun(event, time))
        elif not self.sessions:
            self.sessions.append(RunSession(None, time, time))
        self.sessions[-1].last = time
        match event:
            case Evaluated():
                self._evaluated(event)
            case LmCalled() | BudgetMoved():
                self.costs.add(event)
            case LmResponded():
                self.costs.add(event)
                self.answers.add(event)
            case Extracted() | Edited():
                self.answers.add(event)
            case LmFault():
                self.faults[event.fault] += event.times
                self.answers.add(event)
            case ImproveStarted():
                self.improvements[event.improver].append(event.scope)
                self._improving[event.scope] = event.improver
                if event.utility == META_TASK and (t := iteration_of(event.scope)) is not None:
                    self.parents[t] = event.improver
            case ImproveFinished():
                self.spent_by[self._improving.pop(event.scope, "")].append(event)
                self.unused_evaluations += event.unused_evaluations
                if OUTER_IMPROVEMENT.fullmatch(event.scope):
                    self.ends[event.scope] = event
                    self._went_on()
            case AuditNoted():
                self.audit.append(event)
                self.notes[event.rule] += event.times
            case _:
                self._framed(event)

    def _framed(self, event: Event) -> None:
        match event:
            case RunFinished():
                self.sessions[-1].end = event
            case IterationStarted():
                self.beginnings[event.t] = event.improver
            case SearchEnded():
                self._went_on()  # also where the search made a call and evaluated nothing
                self.search_ends.append(event)
                self.search_end = event
            case IterationFinished():
                self.iterations.append(event)
                self._went_on()
            case Compared():
                self._went_on()
                if is_final(event.scope):
                    self.final_comparison = event
                else:
                    self.gates[event.t] = event
            case Judged():
                self.judged.append(event)
            case MeasurementBegan():
                self.measurements += 1
                self.measuring = event.scope
            case ComparisonBegan():
                self.said = event.said
            case SuiteRan():
                self.suites.append(event)
            case ProgramRan():
                self.programs[comparison_of(event.scope)[1]] = event
            case CallsChanged():
                self.changed_calls = event
            case _:
                pass

    def _evaluated(self, event: Evaluated) -> None:
        _, scope = comparison_of(event.scope)
        if event.solution is not None:
            kind = "" if event.verdict == "ok" else failure(event.verdict, event.error)
            self.answers.failures.setdefault(event.solution, kind)
        if event.utility != META_TASK:
            self.verdicts[event.verdict] += 1
        elif event.split == "train":
            self.meta_calls[event.solution] += 1
        if is_candidate(event) or is_meta_candidate(event):
            self.candidates.append(event)
            self.measuring = ""
            self._went_on()
        elif scope.partition("/")[0] in _RESULTS or scope.endswith(("/seed", "/seed/test")):
            whole = scope.rpartition("/")[0] if _PART.fullmatch(scope) else scope
            earlier = [self.results[whole]] if whole != scope and whole in self.results else []
            self.results[whole] = joined([*earlier, event])

    def _went_on(self) -> None:
        """The search was continued after an earlier end: what was compared then is no longer the result."""
        if self.search_end is not None:
            if "improved/test" in self.results:
                self.compared = self.comparison
            self.search_end = self.changed_calls = None
            for scope in ("improved/train", "improved/test"):
                self.results.pop(scope, None)
            self.programs = {scope: event for scope, event in self.programs.items() if scope == ORIGINAL_PROGRAM}

    @property
    def comparison(self) -> int:
        """Which comparison of `strop improve` its result comes from, or will come from, from 1."""
        return len(self.search_ends) + (self.search_end is None)

    @property
    def ended_by(self) -> EndedBy | None:
        """What ended the search of a finished run before its end; None if it ended by itself."""
        return self.search_end.by if self.search_end and self.status == "finished" else None

    @property
    def start(self) -> RunStarted | RunResumed | None:
        """The first event of the last session."""
        return self.sessions[-1].start if self.sessions else None

    @property
    def spec(self) -> RunSpec | None:
        """The configuration of the last session; None if the record has none."""
        return self.sessions[-1].spec if self.start else self.meta.spec

    @property
    def posture(self) -> Posture:
        """What the jail was observed to prevent in the last session."""
        return self.sessions[-1].posture if self.sessions else Posture({})

    @property
    def waived(self) -> str:
        """What the jail did not prevent because `--require` left it out, in a sentence; empty if nothing."""
        protections = self.posture.enforced
        lacking = [name for name, enforced in protections.items() if name in DEFAULT_REQUIRE and not enforced]
        return f"the jail did not prevent {', '.join(lacking)}: --require waived it" if lacking else ""

    @property
    def evaluations(self) -> int:
        """Number of evaluated solutions."""
        return self.verdicts.total()

    @property
    def end(self) -> RunFinished | None:
        """The end of the last session; None while it runs, and if its process was killed."""
        return self.sessions[-1].end if self.sessions else None

    @property
    def status(self) -> str:
        """`RunFinished.status` of the last session; without one `running`, or `unfinished` if the process was killed."""
        return self.end.status if self.end else "running" if self.alive else "unfinished"

    @property
    def detail(self) -> str:
        """Why the run ended; empty if there is nothing to say."""
        return self.end.detail if self.end else ""

    @property
    def began(self) -> float | None:
        """Unix seconds of the first event."""
        return self.sessions[0].began if self.sessions else None

    @property
    def origin(self) -> float:
        """The Unix second from which the duration counts in the last session; pauses between sessions do not count."""
        start = self.start
        before = start.seconds if isinstance(start, RunResumed) else 0.0
        return self.sessions[-1].began - before if self.sessions else 0.0

    @property
    def seconds(self) -> float:
        """Duration of all sessions."""
        return max(self.sessions[-1].last - self.origin, 0.0) if self.sessions else 0.0


def read_run(store: Store, *, kinds: tuple[type[Event], ...] = ()) -> RunData:
    """Read the record in `store` once. With `kinds`, read only these; reading `FRAME` is fast for records of any size."""
    run = RunData(read_meta(store.meta, store.directory), store.text, is_locked(store.directory), store.unverified)
    for stored in store.outline(*kinds):
        run.add(stored.event, stored.time)
    return run
