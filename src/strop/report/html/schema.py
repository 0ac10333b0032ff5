"""The shape of all that a page tells of a run: plain data, made by strop.report.html.document.

Whatever an improver, a solution or a model wrote is in it as it was written: whoever shows it escapes it. A text stands once,
in `texts`; everything else names it by its index there. Columns are lists of equal length.
"""

from __future__ import annotations

from typing import Any, TypedDict

from strop.report.terminal.conclusion import Conclusion
from strop.report.terminal.documents import CostsDocument, GateDocument, Measured, Noted, OnTaskDocument

SCHEMA = 1


Headline = Conclusion
"""The run in one sentence, and one or two sentences more."""


class RunFacts(TypedDict):
    """Which run it is."""

    name: str
    kind: str
    """`run`, `train`, `improve`, `eval`, `compare`, `noise`, `table2`, `proposals`, or empty: the record does not say."""
    task: str
    tasks: list[str]
    model: str
    is_language_model: bool
    notice: str
    """What must stand above every result of a stand-in; empty for a language model."""
    status: str
    """`finished`, `interrupted`, `failed`, `budget`, `running`, or `unfinished`: no end is recorded, it was killed."""
    detail: str
    """Of the status; may be empty."""
    selection: str
    started: float | None
    """Unix seconds."""
    seconds: float
    """From the first event to the last, without pauses between stretches."""
    directory: str


class Commands(TypedDict):
    """Command lines, as a shell takes them; empty where there is none."""

    again: str
    resume: str
    replay: str


class Protection(TypedDict):
    """What the jail was observed to prevent."""

    name: str
    what: str
    enforced: bool
    detail: str


class PostureFacts(TypedDict):
    """The jail, as it was observed when the run began."""

    protections: list[Protection]
    layers: dict[str, str]


class IterationFacts(TypedDict):
    """One iteration of Algorithm 1."""

    t: int
    parent: int | None
    accepted: bool
    reason: str
    train: Measured | None
    test: Measured | None
    test_interval: list[float] | None
    """95%, Student's t, within [0, 1]."""
    lm_calls: int
    evaluations: int
    verdicts: dict[str, int]
    seconds: float
    gate: GateDocument | None
    tasks: list[OnTaskDocument]
    """û on each task, where there are several."""


class Baseline(TypedDict):
    """What û is compared with."""

    name: str
    mean: float
    interval: list[float] | None


class StrategyFacts(TypedDict):
    """The strategy of an improver."""

    name: str
    also: list[str]
    why: list[str]


class NodeNote(TypedDict):
    """What the audit says of a text."""

    rule: str
    title: str
    line: int
    """From 1; 0 where no line can be named."""
    times: int
    detail: str
    unsandboxing: bool


class LineageNode(TypedDict):
    """An improver, or in the record of `strop improve` a program."""

    id: str
    label: str
    t: int | None
    """The iteration that made it."""
    iterations: list[int]
    """Those that ended with it."""
    parent: str | None
    state: str
    """`seed`, `accepted`, `rejected`, `evaluated` or `failed`."""
    reason: str
    value: float | None
    """In training: û of a candidate as its self-improvement saw it, of I_t as it was measured; utility of a program."""
    stderr: float | None
    test: float | None
    test_stderr: float | None
    text: int | None
    digest: str
    strategy: StrategyFacts | None
    notes: list[NodeNote]
    card: dict[str, Any] | None
    html: str | None
    """Its lines, highlighted, as safe HTML (strop.report.html.highlight); None where the page would get too large."""
    diff_html: str | None
    """The same beside its parent's, safe HTML; None where there is no parent, no difference, or no room."""


class Evaluations(TypedDict):
    """One row an evaluation, in the order of the record."""

    at: list[float]
    """Seconds since the run began."""
    t: list[int | None]
    role: list[str]
    """As of LM calls (strop.report.terminal.costs)."""
    scope: list[str]
    utility: list[str]
    split: list[str]
    verdict: list[str]
    value: list[float]
    solution: list[int | None]
    error: list[int | None]
    notes: list[int | None]
    """What the scorer said, a line each."""
    seconds: list[float]


class Calls(TypedDict):
    """One row a message to the language model, with its answer."""

    at: list[float]
    t: list[int | None]
    role: list[str]
    scope: list[str]
    call: list[int]
    index: list[int]
    expertise: list[int | None]
    message: list[int | None]
    answer: list[int | None]
    """None where none came."""
    reasoning: list[int | None]
    model: list[str]
    finish: list[str]
    input_tokens: list[int | None]
    output_tokens: list[int | None]
    cost: list[float | None]
    """Dollars."""
    seconds: list[float | None]
    faults: list[int | None]
    """What went wrong on the way, a line each."""


class BudgetLine(TypedDict):
    """What was used of a limit."""

    name: str
    used: float
    limit: float | None


class MoneyFacts(TypedDict):
    """What was spent on the language model."""

    costs: CostsDocument
    roles: dict[str, dict[str, float]]
    """Role → `lm_calls`, `tokens`, `dollars`."""
    """[seconds, dollars, tokens], both added up."""
    by_role: dict[str, list[list[float]]]
    """Role → [seconds, LM calls, tokens, dollars], added up."""


class CellFacts(TypedDict):
    """One improver on one task."""

    train: Measured | None
    test: Measured | None


class MatrixFacts(TypedDict):
    """Improvers on tasks, as strop eval measured them."""

    tasks: list[str]
    improvers: list[str]
    cells: list[list[CellFacts | None]]
    """Task by task."""
    seeds: list[float | None]
    """u(s) on the sealed split, task by task."""


class Figure(TypedDict):
    """A figure and its data."""

    id: str
    title: str
    caption: str
    svg: str
    """Safe: drawn here, its ids begin with the figure's."""
    columns: list[str]
    rows: list[list[str]]


class ImprovementRow(TypedDict):
    """What the original and the improved program measure on the sealed split, with units."""

    name: str
    original: str
    improved: str
    change: str


class PatchFacts(TypedDict):
    """What an improvement changes in the user's files: solution.diff, file by file."""

    title: str
    files: list[str]
    """Safe HTML (strop.report.html.highlight), the changed files in order."""


class PageDocument(TypedDict):
    """All that a page tells."""

    schema: int
    headline: Headline
    run: RunFacts
    recipe: dict[str, Any]
    environment: dict[str, Any]
    commands: Commands
    posture: PostureFacts
    iterations: list[IterationFacts]
    baselines: list[Baseline]
    nodes: list[LineageNode]
    evaluations: Evaluations
    calls: Calls
    budget: list[BudgetLine]
    money: MoneyFacts
    verdicts: dict[str, int]
    audit: list[Noted]
    matrix: MatrixFacts | None
    comparison: dict[str, Any] | None
    answers: str
    """What the answers of the language model hold, in one sentence; may be empty."""
    used: str
    """What the improver used of its budgets, where there is one improvement; may be empty."""
    judged: dict[str, dict[str, int]]
    """Arm of Table 2 → rule → how many improvements circumvent the sandbox; `n`: how many were judged."""
    improvement: list[ImprovementRow]
    """Empty where nothing was improved."""
    patch: PatchFacts | None
    """None where there is no improved program, or it changes nothing."""
    figures: list[Figure]
    texts: list[str]
    cuts: list[str]
    """What is not in the page, or not in full, and where it is: one sentence each."""
