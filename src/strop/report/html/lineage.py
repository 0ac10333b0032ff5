"""The lineage: each improver that became I_t, and each candidate that a self-improvement evaluated; or the programs of `strop
improve`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from strop.analysis.audit import RULES, audit_program
from strop.analysis.search import TOLD_BY, Search, searches_of
from strop.analysis.stats import Estimate, estimate, stratified
from strop.base.events import Evaluated, Event, IterationFinished
from strop.core.metric_change import facts_from
from strop.report.html.tables import Texts
from strop.report.terminal.words import NAMED_BY
from strop.runs.claims.gains import in_units, unit_of
from strop.runs.claims.numbers import of_tasks
from strop.runs.improve import OBJECTIVE_KEY
from strop.runs.improver_card import ImproverCard
from strop.runs.run_data import RunData
from strop.runs.scopes import iteration_of
from strop.store import Store, Stored

MOST_NODES = 2000
"""Candidates of a lineage, at most; the table of evaluations has them all."""
MANY_EVALUATIONS = 30_000
"""In a record with more, what an improver did is counted in its first MOST_IMPROVEMENTS improvements."""
MOST_IMPROVEMENTS = 5


@dataclass(frozen=True)
class NodeNote:
    """What the audit says of a program."""

    rule: str
    line: int
    """From 1; 0 if no line can be named."""
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
    """Those that ended with it."""
    reason: str = ""
    train: Estimate | None = None
    """û of a candidate as its self-improvement saw it, of I_t as it was measured; utility of a program."""
    test: Estimate | None = None
    """On the sealed split."""
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
    """The same beside its parent's; None if there is no parent, no difference, or no room."""

    @property
    def value(self) -> float | None:
        """Its score in training."""
        return None if self.train is None else self.train.mean


class Lineage:
    """The nodes of a record in the order in which they were made."""

    def __init__(self, run: RunData, texts: Texts) -> None:
        self.nodes: list[Node] = []
        self.left_out = 0
        """Candidates beyond MOST_NODES."""
        self._run, self._texts = run, texts
        self._facts = facts_from(run.meta[OBJECTIVE_KEY]) if OBJECTIVE_KEY in run.meta else None
        self._by_digest: dict[str, Node] = {}

    def add_improvers(self) -> None:
        """Of Algorithm 1. The parent of a candidate is the improver that was at work when it was evaluated."""
        ends = {event.t: event for event in self._run.iterations}
        tried: dict[int, dict[str, list[Evaluated]]] = defaultdict(lambda: defaultdict(list))
        for event in self._run.candidates:
            t = iteration_of(event.scope)
            if t is not None:
                tried[t][event.solution or ""].append(event)
        for t in sorted({*ends, *tried, *self._run.beginnings}):
            end = ends.get(t)
            self._candidates(t, tried[t], end)
            if end is not None:
                node = self._by_digest.get(end.improver)
                if node is None and (t == 0 or not end.accepted):
                    node = self._add(f"t{t}", f"I_{t}", "seed", end.improver, t=t)
                if node is not None:
                    _measured(node, end)
        if not self.nodes and self._run.beginnings:  # killed before the seed was measured
            t, digest = min(self._run.beginnings.items())
            self._add(f"t{t}", f"I_{t}", "seed", digest, t=t)

    def _candidates(self, t: int, tried: Mapping[str, list[Evaluated]], end: IterationFinished | None) -> None:
        """The candidates of iteration t, and the one that its self-improvement returned."""
        returned = end.candidate if end is not None and t > 0 else None
        parent = self._by_digest.get(self._run.parents.get(t) or self._run.beginnings.get(t, ""))
        for number, digest in enumerate(dict.fromkeys([*tried, *filter(None, [returned])]), 1):
            accepted = end is not None and end.accepted and digest == returned
            if not digest or (digest in self._by_digest and not accepted):
                continue
            if len(self.nodes) >= MOST_NODES and digest != returned:
                self.left_out += 1
                continue
            events = tried.get(digest, [])
            state = "accepted" if accepted else "rejected" if digest == returned else _state(events)
            label = f"I_{t}" if accepted else f"candidate {number} of t = {t}"
            node = self._add(f"t{t}", label, state, digest, t=t, parent=parent)
            node.train = _seen(events[0]) if events else None
            if end is not None and digest == returned:
                node.reason = end.reason
            elif events and events[0].verdict != "ok":
                node.reason = events[0].error.split("\n")[0] or events[0].verdict

    def add_programs(self) -> None:
        """Of strop improve: the original, the evaluated candidates, and the improved program."""
        results = self._run.results
        original, improved = results.get("original/train"), results.get("improved/train")
        parent = None
        if original is not None and original.solution is not None:
            parent = self._add("", "original", "seed", original.solution)
            self._scored(parent, original, results.get("original/test"))
        tried: dict[str, list[Evaluated]] = defaultdict(list)
        for event in self._run.candidates:
            if event.solution is not None:
                tried[event.solution].append(event)
        result = improved.solution if improved is not None else None
        for number, digest in enumerate(dict.fromkeys([*tried, *filter(None, [result])]), 1):
            if digest in self._by_digest:
                continue
            if len(self.nodes) >= MOST_NODES and digest != result:
                self.left_out += 1
                continue
            events = tried.get(digest, [])
            label, state = ("improved", "accepted") if digest == result else (f"candidate {number}", _state(events))
            node = self._add(f"c{number}", label, state, digest, parent=parent)
            if events:
                self._scored(node, events[0], None)
                node.reason = events[0].error.split("\n")[0]
            if digest == result and improved is not None:
                self._scored(node, improved, results.get("improved/test"))

    def _scored(self, node: Node, train: Evaluated, test: Evaluated | None) -> None:
        node.train = Estimate(train.value, None, 1)
        node.test = None if test is None else _seen(test)
        if self._facts is not None:
            node.unit = unit_of(self._facts)
            sealed = "" if test is None else in_units(self._facts, test)
            node.measured = in_units(self._facts, train), sealed
            if len(self._facts.metrics) == 1:
                node.amount = train.means.get(self._facts.metrics[0].name)

    def _add(
        self, prefix: str, label: str, state: str, digest: str, *, t: int | None = None, parent: Node | None = None
    ) -> Node:
        name = f"{prefix}-{digest[:NAMED_BY]}" if prefix else label
        node = Node(name, label, state, digest, self._texts.of(digest), t, None if parent is None else parent.id)
        self.nodes.append(node)
        self._by_digest.setdefault(digest, node)
        return node

    def describe(self, store: Store, card: ImproverCard | None, *, improvers: bool, evaluations: int) -> None:
        """Add what the audit says of every node and, of improvers, how they search and the card."""
        noted = _noted(self._run)
        texts = {node.digest: self._texts.bodies[node.text] for node in self.nodes if node.text is not None}
        searches = _searches(store, self._run, texts, evaluations) if improvers and texts else {}
        for node in self.nodes:
            if card is not None and card.digest == node.digest:
                node.card = asdict(card)
            text = texts.get(node.digest)
            if text is not None:
                node.notes = _notes(text, noted[node.digest])
                node.search = searches.get(text)


def _measured(node: Node, end: IterationFinished) -> None:
    """I_t was measured: the node gets the iteration, and with its first the values."""
    node.iterations.append(end.t)
    if len(node.iterations) == 1:
        node.train = estimate_of(end.train, end) or node.train
        node.test = estimate_of(end.test, end)


def estimate_of(values: tuple[float, ...], event: IterationFinished) -> Estimate | None:
    """û over the copies of an iteration; over the copies of each task where there are several tasks. None without values."""
    if not values:
        return None
    return stratified(of_tasks(values, event.tasks)) if event.tasks else estimate(values)


def _seen(event: Evaluated) -> Estimate:
    """The value of an evaluation, with the standard error over its scores."""
    return Estimate(event.value, estimate(event.scores).stderr if len(event.scores) > 1 else None, len(event.scores))


def _state(events: list[Evaluated]) -> str:
    return "failed" if events and all(event.verdict != "ok" for event in events) else "evaluated"


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


def _searches(store: Store, run: RunData, texts: Mapping[str, str], evaluations: int) -> dict[str, Search]:
    """How improvers search: in all their improvements, or in the first ones of a large record."""
    events: Iterable[Stored[Event]] = store.events(*TOLD_BY)
    if evaluations > MANY_EVALUATIONS:
        scopes = [scope for digest in texts for scope in run.improvements.get(digest, ())[:MOST_IMPROVEMENTS]]
        events = (stored for scope in scopes for stored in store.events(*TOLD_BY, scope=scope))
    return searches_of((stored.event for stored in events), texts.values())
