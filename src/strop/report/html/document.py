"""Make the document of a page from a record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from strop.analysis.strategy import TOLD_BY, Behaviour, behaviours_of
from strop.base.errors import ConfigurationError, StoreError
from strop.base.events import Event, IterationFinished
from strop.report.html.baselines import baselines_of
from strop.report.html.facts import commands_of, environment_of, posture_of, run_facts
from strop.report.html.figures import figures_of
from strop.report.html.headline import headline_of_noise, headline_of_rest, headline_of_run, headline_of_table2
from strop.report.html.highlight import highlight_nodes
from strop.report.html.lineage import Lineage, describe, lineage_of, programs_of
from strop.report.html.matrix import headline_of_matrix, matrix_of
from strop.report.html.money import budget_of, money_of
from strop.report.html.page_data import PageData, read_page_data
from strop.report.html.patch import patch_of
from strop.report.html.schema import SCHEMA, Headline, ImprovementRow, IterationFacts, PageDocument, RunFacts
from strop.report.terminal.claim import sentence, spent_words
from strop.report.terminal.documents import answers_document, iteration_document, noted
from strop.report.terminal.gains import unnamed, valued
from strop.report.terminal.improvement import read_improvement
from strop.report.terminal.reading import reading
from strop.report.terminal.statistics import StatisticsDocument, statistics_document
from strop.runs.improve import Single
from strop.runs.improver_card import card_path, read_card
from strop.runs.training import FILE
from strop.store import Store, Stored

ALL_EVALUATIONS = 30_000
"""A record with more is large: of each improver only the first improvements are read for the name of its strategy."""
MOST_IMPROVEMENTS = 5


def page_document(store: Store, directory: Path) -> PageDocument:
    """All that a page tells of the record in `store`, which lies in `directory`; finished or not, of any command.

    Raises:
        StoreError: the record is damaged.
    """
    with reading(directory):
        return _document(store, directory)


def _document(store: Store, directory: Path) -> PageDocument:
    data, meta = read_page_data(store), store.meta
    recipe = dict(data.run.recipe)
    run = run_facts(data, meta, recipe, directory)
    statistics = statistics_document(data.run) if data.run.iterations else None
    iterations = _iterations(data, statistics)
    lineage = _lineage(store, data, run, directory)
    matrix = matrix_of(store, data, meta)
    cuts = [*data.texts.cuts(), *highlight_nodes(lineage.nodes, data.texts.bodies)]
    if len(data.tables.evaluations["at"]) > ALL_EVALUATIONS and data.run.iterations:
        cuts.append(
            f"strategies are named from the first {MOST_IMPROVEMENTS} improvements of each improver; strop show reads all"
        )
    if lineage.left_out:
        cuts.append(f"{lineage.left_out:,} candidates are not in the lineage; the table of evaluations has them")
    document: PageDocument = {
        "schema": SCHEMA,
        "headline": {"sentence": "", "detail": ""},
        "run": run,
        "recipe": recipe,
        "environment": environment_of(data),
        "commands": commands_of(run, recipe, meta),
        "posture": posture_of(data),
        "iterations": iterations,
        "baselines": baselines_of(data, iterations, matrix),
        "nodes": lineage.nodes,
        "evaluations": data.tables.evaluations,
        "calls": data.tables.calls,
        "budget": budget_of(data, recipe),
        "money": money_of(data),
        "verdicts": dict(data.verdicts.most_common()),
        "audit": noted(data.run.notes),
        "matrix": matrix,
        "comparison": None,
        "answers": answers_document(data.run.answers)["sentence"] if run["kind"] not in ("table2", "proposals") else "",
        "used": "",
        "judged": {arm: dict(counts) for arm, counts in data.judged.items()},
        "improvement": [],
        "patch": None,
        "figures": [],
        "texts": data.texts.bodies,
        "cuts": cuts,
    }
    document["headline"] = _headline(store, data, document, statistics)
    document["figures"] = figures_of(document)
    return document


def _headline(store: Store, data: PageData, document: PageDocument, statistics: StatisticsDocument | None) -> Headline:
    run = document["run"]
    if run["kind"] == "run":
        statistics = statistics or statistics_document(data.run)
        return headline_of_run(statistics, list(data.run.gates.values()), run, document["recipe"])
    if run["kind"] == "improve":
        return _of_improvement(store, document)
    if document["matrix"] is not None or run["kind"] == "noise":
        return _of_measurements(store, data, run)
    if data.judged:
        return headline_of_table2(data)
    return headline_of_rest(run, len(data.tables.evaluations["at"]))


def _of_measurements(store: Store, data: PageData, run: RunFacts) -> Headline:
    try:
        return (headline_of_noise if run["kind"] == "noise" else headline_of_matrix)(store, data, run)
    except (StoreError, ValueError) as error:
        rest = headline_of_rest(run, len(data.tables.evaluations["at"]))
        return {"sentence": rest["sentence"], "detail": f"What it came to cannot be computed: {error}."}


def _of_improvement(store: Store, document: PageDocument) -> Headline:
    """The sentence; the rows of before and after go into the document."""
    run, evaluations = document["run"], len(document["evaluations"]["at"])
    try:
        improvement = read_improvement(store)
    except StoreError as error:  # what the metrics were is told nowhere else; all the rest of the record can be shown
        return headline_of_rest(run, evaluations) | {"detail": f"What it came to cannot be told: {error}."}
    found = improvement.single
    document["improvement"] = _before_and_after(found)
    document["used"] = "" if found is None else f"The improver: {spent_words(found)}."
    document["patch"], left_out = patch_of(found, improvement.original)
    document["cuts"] += left_out
    return {"sentence": sentence(found), "detail": ""}


def _before_and_after(found: Single | None) -> list[ImprovementRow]:
    if found is None or found.improved is None:
        return []
    if found.gains:
        return [
            {
                "name": each.metric.name,
                "original": valued(each.metric, each.before),
                "improved": valued(each.metric, each.after),
                "change": unnamed(each),
            }
            for each in found.gains
        ]
    change, before, after = found.difference, found.original.test.value, found.improved.test.value
    interval = "" if change is None or change.interval is None else " ({:+.3f} to {:+.3f})".format(*change.interval)
    words = "-" if change is None else f"{change.mean:+.3f}{interval}"
    name = "score" if found.facts is None else "utility"
    return [{"name": name, "original": f"{before:.3f}", "improved": f"{after:.3f}", "change": words}]


def _lineage(store: Store, data: PageData, run: RunFacts, directory: Path) -> Lineage:
    if run["kind"] == "improve":
        lineage = programs_of(data)
    else:
        try:
            card = read_card(card_path(directory / FILE))
        except ConfigurationError:
            card = None
        lineage = lineage_of(data, card)
    texts = {node["digest"]: data.texts.bodies[node["text"]] for node in lineage.nodes if node["text"] is not None}
    improvers = run["kind"] != "improve"
    describe(lineage.nodes, texts, data, _behaviours(store, data, texts) if improvers else {}, strategies=improvers)
    return lineage


def _behaviours(store: Store, data: PageData, texts: Mapping[str, str]) -> dict[str, Behaviour]:
    """What the improvers of the lineage did: in all their improvements, or where these are very many, in some."""
    scopes = [scope for digest in texts for scope in data.run.improvements.get(digest, ())[:MOST_IMPROVEMENTS]]
    if len(data.tables.evaluations["at"]) <= ALL_EVALUATIONS:
        events: Iterable[Stored[Event]] = store.events(*TOLD_BY)
    else:
        events = (stored for scope in scopes for stored in store.events(*TOLD_BY, scope=scope))
    return behaviours_of((stored.event for stored in events), set(texts.values())) if texts else {}


def _iterations(data: PageData, statistics: StatisticsDocument | None) -> list[IterationFacts]:
    measured = {row["t"]: row["t_interval"] for row in statistics["iterations"]} if statistics else {}
    return [_iteration(data, event, measured.get(event.t)) for event in data.run.iterations]


def _iteration(data: PageData, event: IterationFinished, interval: list[float] | None) -> IterationFacts:
    found = iteration_document(event, data.run.gates.get(event.t))
    return {
        "t": event.t,
        "parent": event.parent,
        "accepted": event.accepted,
        "reason": event.reason,
        "train": found["train"],
        "test": found["test"],
        "test_interval": interval,
        "lm_calls": event.lm_calls,
        "evaluations": event.evaluations,
        "verdicts": {str(name): int(count) for name, count in event.verdicts.items()},
        "seconds": event.seconds,
        "gate": found["gate"],
        "tasks": found.get("tasks", []),
    }
