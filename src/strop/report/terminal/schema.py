"""The types of the documents of `--json`. `bench/make_reference.py` makes docs/json.md from them."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

from strop.analysis.search import Search


class Measured(TypedDict):
    """A sample: one value a copy of the task."""

    mean: float
    """Mean of the values."""
    stderr: float | None
    """Standard error of the mean; null for a single value."""
    values: list[float]
    """One value per copy of the task."""


class Difference(TypedDict):
    """A mean difference of scores with its 95% interval."""

    mean: float
    """Mean of the paired differences."""
    stderr: float | None
    """Its standard error; null for a single pair."""
    interval: list[float] | None
    """95% interval (docs/statistics.md); null where nothing was compared."""


class GateDocument(TypedDict):
    """What a gate saw of one candidate, and what that cost."""

    pairs: int
    """Pairs that were evaluated."""
    budget: int
    """Most pairs of one comparison."""
    mean: float
    """Mean difference, candidate minus incumbent, in [-1, 1]."""
    interval: list[float]
    """95% confidence sequence of it, valid at any stopping time."""
    e_value: float
    """Largest evidence that the candidate is better."""
    threshold: float
    """The candidate is accepted if the evidence reaches this."""
    evaluations: int
    """Evaluations of solutions."""
    lm_calls: int
    """LM calls."""


class OnTaskDocument(TypedDict):
    """û on one of several tasks."""

    task: str
    """Name of the task."""
    train: Measured
    """On the training split."""
    test: Measured
    """On the sealed test split."""


class IterationDocument(TypedDict):
    """One iteration of Algorithm 1."""

    t: int
    """Iteration of Algorithm 1; it ends with the improver I_t."""
    accepted: bool
    """Whether I_t is what the self-improvement returned; false at t = 0."""
    reason: str
    """Why the improver was kept, or empty."""
    train: Measured | None
    """û of I_t on the training split; null if it was not measured."""
    test: Measured | None
    """û of I_t on the sealed test split; null if it was not measured."""
    lm_calls: int
    """LM calls, including the measurements."""
    evaluations: int
    """Evaluations of downstream solutions."""
    verdicts: dict[str, int]
    """Verdict → number of those evaluations, such as `{"ok": 120, "timeout": 3}`."""
    seconds: float
    """Wall time."""
    improver: str
    """SHA-256 of the text of I_t."""
    parent: int | None
    """The iteration whose improver improved itself."""
    gate: GateDocument | None
    """Comparison of the candidate with the incumbent; null if there was none."""
    tasks: NotRequired[list[OnTaskDocument]]
    """û of I_t on each task, if there are several."""
    search: NotRequired[Search]
    """How I_t searches; in the documents of `strop run` and `strop show`."""


class Noted(TypedDict):
    """How often the audit noted one rule in a run."""

    rule: str
    """Id of the rule, such as `R005`."""
    title: str
    """Empty for a rule of another version."""
    source: str
    """Source of the notes: `text`, `kernel`, `host` or `guest`; a guest's notes can be left out or invented by the program.
    Empty for a rule of another version."""
    unsandboxing: bool
    """Whether it counts as a circumvention of the sandbox (§6.2 of the paper)."""
    times: int
    """How often. For a rule on texts the number of its findings, each program once."""


class AnswersDocument(TypedDict):
    """Responses of the language model by what they hold, and by what became of their programs."""

    total: int
    """Responses."""
    ran: int
    """Responses whose program was evaluated without a failure."""
    failed: int
    """Responses whose program failed, or without one that can run."""
    failures: dict[str, int]
    """Why they failed → number of responses, the most frequent first."""
    no_program: int
    """`extract_code` finds no program."""
    does_not_compile: int
    """Only Python is compiled."""
    edits_do_not_fit: int
    """Edits that do not fit, also after another request."""
    repeated: int
    """Programs that an earlier response of the same improvement held."""
    not_examined: int
    """Of an LM call that the end of the run cut off."""
    sentence: str
    """The same in words; empty if there was no response."""


class SpentDocument(TypedDict):
    """Cost of one role, or of one model."""

    lm_calls: int
    """LM calls."""
    responses: int
    """Responses, including repeated ones."""
    again: int
    """Responses that were used again, at no cost."""
    input_tokens: int
    """As the server reports."""
    output_tokens: int
    """As the server reports."""
    unknown_tokens: int
    """Responses whose tokens the server did not count."""
    cost: float | None
    """Dollars; null if the price of a response is unknown."""


class CostsDocument(TypedDict):
    """What a run spent on its language model."""

    total: SpentDocument
    """Everything."""
    roles: dict[str, SpentDocument]
    """Role → cost: `self-improvement`, `meta-evaluation`, `gate`, `measurement`."""
    models: dict[str, SpentDocument]
    """Model → cost: the member of a mixture, or the name that the server reports. Its `lm_calls` are 0."""
    unseen_cost: float
    """Dollars reserved for calls that may have been billed without a response."""
    unseen_tokens: int
    """Tokens reserved for these, and for responses without usage."""


class RunDocument(TypedDict):
    """What `strop run --json` and `strop show --json` print."""

    schema_version: int
    """1."""
    run: str
    """Directory of the run."""
    kind: str
    """`run`; for the record of another command `eval`, `compare`, `noise` or `table2`."""
    task: str
    """Name of the task; of several, the first."""
    tasks: NotRequired[list[str]]
    """Every task, if the improver is trained on several; `task` is the first."""
    selection: str
    """`paper`, `gated` or `archive`; empty unless `kind` is `run`."""
    status: str
    """`finished`, `interrupted`, `failed`, `budget` (a limit is reached), `running`, or `unfinished` (the process was
    killed)."""
    detail: str
    """Why the run ended; empty if it completed all its iterations."""
    model: str
    """The model's specification, such as `openai/gpt-4o` or `offline`."""
    is_language_model: bool
    """False for stand-ins such as `offline`: do not report their results as a language model's."""
    iterations: list[IterationDocument]
    """In order. The first, t = 0, measures the seed improver."""
    last: GateDocument | None
    """The last comparison, of I_T with I_0 on sealed instances; null if there was none."""
    best: str | None
    """File of the best improver; null if there is none yet."""
    unused_evaluations: int
    """Evaluations that workers made ahead and no improver asked for; they cost no budget."""
    audit: list[Noted]
    """What the audit noted, one entry per rule: circumventions of the sandbox first, then the most frequent."""
    card: NotRequired[dict[str, Any]]
    """The card of the best improver; in the document of a finished run."""
    costs: NotRequired[CostsDocument]
    """In the documents of `strop run` and `strop show`, as the next three."""
    answers: NotRequired[AnswersDocument]
    """What the responses contain."""
    sentence: NotRequired[str]
    """The conclusion (strop.report.terminal.conclusion)."""
    explanation: NotRequired[str]
    """One or two sentences more; may be empty."""


class OutcomeDocument(TypedDict):
    """How one improvement ended."""

    kind: str
    """Verdict of the improver, such as `ok`, `raised` or `timeout`."""
    detail: str
    """The reason, or empty."""
