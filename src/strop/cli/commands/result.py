"""What a run came to, printed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from strop.base.events import Compared, Edited, Evaluated, ImproveStarted, IterationFinished
from strop.base.solution import digest_of
from strop.cli.commands.improve import show_improvement
from strop.cli.commands.output import notice_of, print_document, reading, results
from strop.report.terminal.answers import answers_in
from strop.report.terminal.card import card_document, print_card
from strop.report.terminal.conclusion import Conclusion, of_run, run_words
from strop.report.terminal.costs import costs, costs_document, print_costs
from strop.report.terminal.documents import ModelFacts, RunDocument, run_document
from strop.report.terminal.edits import edit_counts, edits_line
from strop.report.terminal.glossary import print_glossary
from strop.report.terminal.lineage_tree import print_lineage
from strop.report.terminal.progress import Progress
from strop.report.terminal.statistics import statistics_document
from strop.report.terminal.strategies import (
    has_lineage,
    named,
    names_of,
    print_comparisons,
    print_strategies,
    strategy_documents,
)
from strop.report.terminal.tables import print_run, say
from strop.runs.improver_card import card_path, read_card
from strop.runs.training import FILE
from strop.store import Store, status_of

NO_ITERATIONS = {
    "eval": "this is the record of strop eval, which has no iterations; the same command with --out here prints it again",
    "noise": "this is the record of strop noise, which has no iterations; the same command with --out here prints it again",
    "compare": "this is the record of strop compare, which has no iterations; the same command with --out here prints it again",
    "table2": "this is the record of strop reproduce table2, which has no iterations; the same command with --list shows it",
    "proposals": "this is the record of strop reproduce strategies, which has no iterations; proposals.json above it tells more",
}
"""What is said of records of other kinds."""


def show_result(directory: Path, *, as_json: bool) -> None:
    """Print what a run came to."""
    with reading(directory), Store.open(directory) as store:
        meta = store.meta
        if meta.get("kind") == "improve":
            show_improvement(store, directory, as_json=as_json)
            return
        best = directory / "best.py"
        if as_json:
            print_document(_document(store, directory, best if best.is_file() else None))
            return
        model = _model_of(meta)
        notice = notice_of(model.name, model.is_language_model)
        tasks = meta.get("task", "") if meta.get("kind") in NO_ITERATIONS else ""
        lines = [] if tasks else list(map(str, conclusion_of(store, directory).values()))
        progress = print_run(store.events(), results(), notice=notice, tasks=tasks, came_to=lines)
        print_costs(costs(store.outline()), results())
        say(results(), answers_in(store.outline())["sentence"] if _has_improvements(meta) else "")
        edits = edits_line(edit_counts(stored.event for stored in store.events(Edited)))
        if edits:
            results().print(edits, markup=False)
        rows = named(store)
        print_lineage(progress.lineage, results(), names_of(rows))
        print_strategies(rows, results(), lineage=has_lineage(store))
        print_comparisons((stored.event for stored in store.events(Compared)), results())
        if meta.get("kind") in NO_ITERATIONS:
            say(results(), NO_ITERATIONS[meta["kind"]])
        elif progress.iterations:
            print_glossary(results())
    card = read_card(card_path(directory / FILE))
    if card is not None:
        results().print()
        print_card(card, results())
        said = f"improver: {directory / FILE}, its card: {card_path(directory / FILE)}"
        results().print(said, markup=False, soft_wrap=True)
    elif best.is_file():
        results().print(f"best improver: {best}{_whose(best, progress)}", markup=False, soft_wrap=True)


def _has_improvements(meta: Mapping[str, str]) -> bool:
    """Whether its answers were given to improvers."""
    return meta.get("kind") not in ("table2", "proposals")


def _model_of(meta: Mapping[str, str]) -> ModelFacts:
    return ModelFacts(meta.get("language_model", ""), meta.get("is_language_model") == "true")


def _document(store: Store, directory: Path, best: Path | None) -> RunDocument:
    """The same as one JSON document."""
    meta = store.meta
    document = run_document(
        store.events(),
        directory=directory,
        model=_model_of(meta),
        best=best,
        strategies=strategy_documents(named(store)),
        kind=meta.get("kind", "run"),
    )
    card = read_card(card_path(directory / FILE))
    if card is not None:
        document["improver"] = str(directory / FILE)
        document["card"] = card_document(card)
    document["costs"] = costs_document(costs(store.outline()))
    if _has_improvements(meta):
        document["answers"] = answers_in(store.outline())
    if meta.get("kind") not in NO_ITERATIONS:
        words = conclusion_of(store, directory)
        document["sentence"], document["explanation"] = words["sentence"], words["detail"]
    return document


def conclusion_of(store: Store, directory: Path) -> Conclusion:
    """What the run of Algorithm 1 in an open store came to, or has come to so far."""
    found = statistics_document(store.events(Evaluated, ImproveStarted, IterationFinished, Compared))
    status, detail = status_of(store, directory)
    gates = [stored.event for stored in store.events(Compared)]
    recipe = json.loads(store.meta.get("spec") or "{}")
    return of_run(found, gates, run_words(recipe, store.meta.get("task", ""), status, detail))


def _whose(best: Path, progress: Progress) -> str:
    """By which iteration the best improver was found."""
    text = digest_of(best.read_text(encoding="utf-8"))
    t = next((event.t for event in progress.iterations if digest_of(event.improver) == text), None)
    if t is None:
        return ""
    return f", of iteration {t}" if t else ": still the one that the run began with; nothing better was found"
