"""The lineage: each improver that became I_t, and each candidate that a self-improvement evaluated; or the programs of `strop
improve`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from strop.analysis.audit import RULES, audit_program
from strop.analysis.search import TOLD_BY, Search, searches_of
from strop.analysis.stats import Estimate, estimate
from strop.base.events import Evaluated, Event
from strop.base.solution import short
from strop.core.metric_change import ObjectiveFacts, facts_from
from strop.report.html.tables import Texts
from strop.runs.claims.gains import in_units, unit_of
from strop.runs.improve import OBJECTIVE_KEY
from strop.runs.improver_card import ImproverCard
from strop.runs.programs import programs_in
from strop.runs.results.parts import sample
from strop.runs.run_data import RunData
from strop.store import Store, Stored

MOST_NODES = 2000
"""Candidates of a lineage, at most; the table of evaluations has them all."""
MANY_EVALUATIONS = 30_000
"""In a record with more evaluations, what an improver did is counted in its first MOST_IMPROVEMENTS improvements."""
MOST_IMPROVEMENTS = 5


@dataclass(frozen=True)
class NodeNote:
    """An audit finding in a program."""

    rule: str
    line: int
    """Line of the program, from 1; 0 if no line can be named."""
    detail: str
    times: int = 1
    title: str = ""
    unsandboxing: bool = False


@dataclass
class Node:
    """An improver, or a program of `strop improve`."""

    id: str
    label: str
    state: str
    """`seed`, `accepted`, `rejected`, `evaluated` or `failed`."""
    digest: str
    text: int | None = None
    """Index of its text in the page."""
    t: int | None = None
    """The iteration that made it."""
    parent: str | None = None
    """Id of the node that made it."""
    iterations: list[int] = field(default_factory=list)
    """The iterations that ended with it."""
    reason: str = ""
    train: Estimate | None = None
    """û of a candidate as its self-improvement saw it, of I_t as it was measured; utility of a program."""
    test: Estimate | None = None
    """û of I_t, or the utility of a program, on the sealed split."""
    measured: tuple[str, str] | None = None
    """What a program of a command task measured in training and on the sealed split, in the user's units."""
    unit: str = ""
    """Unit of `measured`."""
    amount: float | None = None
    """The mean of a lone metric in training."""
    search: Search | None = None
    """How the improver searches; None for other programs."""
    notes: list[NodeNote] = field(default_factory=list)
    card: dict[str, Any] | None = None
    html: str | None = None
    """Its lines, highlighted, as safe HTML; None if the page would get too large."""
    diff_html: str | None = None
    """Its lines beside its parent's, as safe HTML; None if there is no parent, no difference, or no room."""

    @property
    def value(self) -> float | None:
        """Its score in training."""
        return None if self.train is None else self.train.mean


def nodes_of(run: RunData, texts: Texts) -> tuple[list[Node], int]:
    """The programs of a record in the order in which they were made, and how many candidates beyond MOST_NODES are left out."""
    facts = facts_from(run.meta[OBJECTIVE_KEY]) if OBJECTIVE_KEY in run.meta else None
    nodes: list[Node] = []
    ids: dict[int, str] = {}
    left_out = 0
    for number, program in enumerate(programs_in(run)):
        if program.digest is None:
            continue
        if len(nodes) >= MOST_NODES and program.state in ("evaluated", "failed"):
            left_out += 1
            continue
        prefix = f"t{program.t}" if program.t is not None else f"c{number}"
        node = Node(f"{prefix}-{short(program.digest)}", program.name, program.state, program.digest)
        node.text, node.t, node.reason = texts.of(program.digest), program.t, program.reason
        node.parent = ids[id(program.parent)] if program.parent is not None else None
        node.iterations = program.iterations
        if program.ends:
            end = program.ends[0]
            node.train, node.test = (sample(of, len(end.tasks) or 1) for of in (end.train, end.test))
        if program.train is not None:
            _score(node, program.train, program.test, facts)
        elif node.train is None and program.tried:
            node.train = _seen(program.tried[0])
        ids[id(program)] = node.id
        nodes.append(node)
    return nodes, left_out


def _score(node: Node, train: Evaluated, test: Evaluated | None, facts: ObjectiveFacts | None) -> None:
    """What `strop improve` measured of a program."""
    node.train = Estimate(train.value, None, 1)
    node.test = None if test is None else _seen(test)
    if facts is not None:
        node.unit = unit_of(facts)
        node.measured = in_units(facts, train), "" if test is None else in_units(facts, test)
        if len(facts.metrics) == 1:
            node.amount = train.means.get(facts.metrics[0].name)


def describe(
    nodes: Sequence[Node], texts: Texts, run: RunData, store: Store, card: ImproverCard | None, *, improvers: bool
) -> None:
    """Add what the audit says of every node and, of improvers, how they search and the card."""
    noted = _noted(run)
    shown = {node.digest: texts.bodies[node.text] for node in nodes if node.text is not None}
    searches = _searches(store, run, shown) if improvers and shown else {}
    for node in nodes:
        if card is not None and card.digest == node.digest:
            node.card = asdict(card)
        text = shown.get(node.digest)
        if text is not None:
            node.notes = _notes(text, noted[node.digest])
            node.search = searches.get(text)


def _seen(event: Evaluated) -> Estimate:
    """The value of an evaluation, with the standard error over its scores."""
    return Estimate(event.value, estimate(event.scores).stderr if len(event.scores) > 1 else None, len(event.scores))


def _noted(run: RunData) -> Mapping[str, Counter[tuple[str, int, str]]]:
    """Digest of a program → (rule, line, detail) → how often the audit noted it while the program ran."""
    notes: defaultdict[str, Counter[tuple[str, int, str]]] = defaultdict(Counter)
    for event in run.audit:
        if event.program is not None:
            notes[event.program][event.rule, event.line or 0, event.detail] += event.times
    return notes


def _notes(text: str, noted: Counter[tuple[str, int, str]]) -> list[NodeNote]:
    """What the rules on texts say of a program now, and what was noted while it ran."""
    times = {(finding.rule, finding.line, finding.detail): 1 for finding in audit_program(text)}
    times |= {key: count for key, count in noted.items() if not key[0].startswith("S")}
    notes = []
    for key, count in times.items():
        rule = RULES.get(key[0])
        notes.append(NodeNote(*key, count, *(("", False) if rule is None else (rule.title, rule.unsandboxing))))
    return notes


def _searches(store: Store, run: RunData, texts: Mapping[str, str]) -> dict[str, Search]:
    """How improvers search: in all their improvements, or in the first ones of a large record."""
    events: Iterable[Stored[Event]] = store.events(*TOLD_BY)
    if is_large(run):
        scopes = [scope for digest in texts for scope in run.improvements.get(digest, ())[:MOST_IMPROVEMENTS]]
        events = (stored for scope in scopes for stored in store.events(*TOLD_BY, scope=scope))
    return searches_of((stored.event for stored in events), texts.values())


def is_large(run: RunData) -> bool:
    """Whether what improvers did is counted in their first improvements only."""
    return run.evaluations > MANY_EVALUATIONS
