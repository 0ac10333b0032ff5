"""The lineage of improvers: each that became I_t, and each candidate that the meta-utility was asked about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from strop.analysis.audit import RULES, audit_program
from strop.analysis.stats import estimate, stratified
from strop.analysis.strategy import Behaviour, classify
from strop.base.events import Evaluated, IterationFinished
from strop.report.html.page_data import PageData
from strop.report.html.schema import LineageNode, NodeNote
from strop.report.terminal.card import card_document
from strop.report.terminal.words import NAMED_BY, of_tasks
from strop.runs.improver_card import ImproverCard
from strop.runs.scopes import iteration_of

MOST_NODES = 2000
"""Candidates beyond these are left out of the lineage, and that is told; the tables have them all."""


@dataclass
class Lineage:
    """The nodes, and how many were left out."""

    nodes: list[LineageNode] = field(default_factory=list)
    left_out: int = 0


def lineage_of(data: PageData, card: ImproverCard | None) -> Lineage:
    """The lineage of a run of Algorithm 1. A candidate's parent is the improver that was at work when it was tried."""
    found, places = Lineage(), dict[str, str]()
    chosen = {event.t: event for event in data.run.iterations}
    tried: dict[int, dict[str, list[Evaluated]]] = {}
    for event in data.run.candidates:
        t = iteration_of(event.scope)
        if t is not None:
            tried.setdefault(t, {}).setdefault(event.solution or "", []).append(event)
    for t in sorted({*chosen, *tried, *data.run.beginnings}):
        end = chosen.get(t)
        _candidates(found, data, t, tried.get(t, {}), end, places)
        if end is not None and end.improver not in places and (t == 0 or not end.accepted):
            node = _node(f"t{t}-{end.improver[:NAMED_BY]}", f"I_{t}", "seed", end.improver, data)
            found.nodes.append(node)
            places[end.improver] = node["id"]
        if end is not None:
            _measured(found.nodes, places, end)
    if not found.nodes and data.run.beginnings:  # killed before the seed was measured
        t, digest = min(data.run.beginnings.items())
        found.nodes.append(_node(f"t{t}-{digest[:NAMED_BY]}", f"I_{t}", "seed", digest, data))
    for node in found.nodes:
        node["card"] = card_document(card) if card is not None and card.digest == node["digest"] else None
    return found


def _candidates(
    found: Lineage,
    data: PageData,
    t: int,
    tried: Mapping[str, list[Evaluated]],
    end: IterationFinished | None,
    places: dict[str, str],
) -> None:
    """The candidates of iteration t, and the one that its self-improvement gave."""
    given = None if end is None else end.candidate
    digests = list(dict.fromkeys([*tried, *([given] if given is not None and t > 0 else [])]))
    parent = places.get(data.run.parents.get(t) or data.run.beginnings.get(t, ""))
    for number, digest in enumerate(digests, 1):
        went_on = end is not None and end.accepted and digest == given
        if not digest or (digest in places and not went_on):
            continue
        if len(found.nodes) >= MOST_NODES and not (went_on or digest == given):
            found.left_out += 1
            continue
        seen_values = tried.get(digest, [])
        state = "accepted" if went_on else "rejected" if digest == given else _state(seen_values)
        label = f"I_{t}" if went_on else f"candidate {number} of t = {t}"
        node = _node(f"t{t}-{digest[:NAMED_BY]}", label, state, digest, data)
        node["t"], node["parent"] = t, parent
        if end is not None and digest == given:
            node["reason"] = end.reason
        elif seen_values and seen_values[0].verdict != "ok":
            node["reason"] = seen_values[0].error.split("\n")[0] or seen_values[0].verdict
        _valued(node, seen_values)
        found.nodes.append(node)
        places.setdefault(digest, node["id"])


def _measured(nodes: list[LineageNode], places: Mapping[str, str], end: IterationFinished) -> None:
    """I_t was measured: the node gets the iteration, and with its first the values."""
    place = places.get(end.improver)
    node = next((each for each in nodes if each["id"] == place), None)
    if node is None:
        return
    node["iterations"].append(end.t)
    if len(node["iterations"]) > 1:
        return
    if end.train:
        of_train = stratified(of_tasks(end.train, end.tasks)) if end.tasks else estimate(end.train)
        node["value"], node["stderr"] = of_train.mean, of_train.stderr
    if end.test:
        of_test = stratified(of_tasks(end.test, end.tasks)) if end.tasks else estimate(end.test)
        node["test"], node["test_stderr"] = of_test.mean, of_test.stderr


def programs_of(data: PageData) -> Lineage:
    """The lineage of strop improve: the original, the candidates that were tried, and the improved program."""
    found, first = Lineage(), ""
    original, improved = data.run.results.get("original/train"), data.run.results.get("improved/train")
    if original is not None and original.solution is not None:
        node = _node("original", "original", "seed", original.solution, data)
        node["value"], first = original.value, original.solution
        _sealed(node, data.run.results.get("original/test"))
        found.nodes.append(node)
    tried: dict[str, list[Evaluated]] = {}
    for event in data.run.candidates:
        if event.solution is not None:
            tried.setdefault(event.solution, []).append(event)
    result = improved.solution if improved is not None else None
    digests = list(dict.fromkeys([*tried, *([result] if result is not None else [])]))
    for number, digest in enumerate(digests, 1):
        if digest == first:
            continue
        if len(found.nodes) >= MOST_NODES and digest != result:
            found.left_out += 1
            continue
        seen_values = tried.get(digest, [])
        state = "accepted" if digest == result else _state(seen_values)
        node = _node(
            f"c{number}-{digest[:NAMED_BY]}",
            "improved" if digest == result else f"candidate {number}",
            state,
            digest,
            data,
        )
        node["parent"] = "original" if first else None
        if seen_values:
            node["value"] = seen_values[0].value
            node["reason"] = seen_values[0].error.split("\n")[0]
        if digest == result and improved is not None:
            node["value"] = improved.value
            _sealed(node, data.run.results.get("improved/test"))
        found.nodes.append(node)
    return found


def notes_of(text: str, digest: str, data: PageData) -> list[NodeNote]:
    """What the rules on texts say of a program now, and what was noted of it at run time."""
    notes: dict[tuple[str, int, str], int] = {}
    for finding in audit_program(text):
        notes[finding.rule, finding.line, finding.detail] = 1
    for (rule, line, detail), times in data.program_notes.get(digest, {}).items():
        if not rule.startswith("S"):
            notes[rule, line, detail] = times
    return [_note(rule, line, detail, times) for (rule, line, detail), times in notes.items()]


def describe(
    nodes: Iterable[LineageNode],
    texts: Mapping[str, str],
    data: PageData,
    behaviours: Mapping[str, Behaviour],
    strategies: bool,
) -> None:
    """Say of every node what the audit and, of improvers, the names of strategies say. `texts`: digest → text."""
    for node in nodes:
        text = texts.get(node["digest"])
        if text is None:
            continue
        node["notes"] = notes_of(text, node["digest"], data)
        if strategies:
            strategy = classify(text, behaviours.get(text))
            node["strategy"] = {"name": strategy.name, "also": list(strategy.also), "why": list(strategy.why)}


def _note(rule: str, line: int, detail: str, times: int) -> NodeNote:
    known = RULES.get(rule)
    title = "" if known is None else known.title
    unsandboxing = False if known is None else known.unsandboxing
    return {"rule": rule, "title": title, "line": line, "times": times, "detail": detail, "unsandboxing": unsandboxing}


def _state(values: list[Evaluated]) -> str:
    return "failed" if values and all(each.verdict != "ok" for each in values) else "evaluated"


def _valued(node: LineageNode, values: list[Evaluated]) -> None:
    """û as the self-improvement saw it the first time."""
    if not values:
        return
    first = values[0]
    node["value"] = first.value
    if len(first.scores) > 1:
        node["stderr"] = estimate(first.scores).stderr


def _sealed(node: LineageNode, event: Evaluated | None) -> None:
    if event is not None:
        node["test"] = event.value
        node["test_stderr"] = estimate(event.scores).stderr if len(event.scores) > 1 else None


def _node(name: str, label: str, state: str, digest: str, data: PageData) -> LineageNode:
    return {
        "id": name,
        "label": label,
        "t": iteration_of(name.replace("-", "/")),
        "iterations": [],
        "parent": None,
        "state": state,
        "reason": "",
        "value": None,
        "stderr": None,
        "test": None,
        "test_stderr": None,
        "text": data.texts.of(digest),
        "digest": digest,
        "strategy": None,
        "notes": [],
        "card": None,
        "html": None,
        "diff_html": None,
    }
