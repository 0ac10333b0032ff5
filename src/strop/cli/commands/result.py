"""Print the result of a run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from strop.cli.commands.improve import show_improvement
from strop.cli.commands.output import notice_of, print_document, reading, results
from strop.report.terminal.card import card_document, print_card
from strop.report.terminal.conclusion import conclusion_of
from strop.report.terminal.documents import ModelFacts, answers_document, costs_document, run_document
from strop.report.terminal.layout import print_glossary, say
from strop.report.terminal.lineage import print_lineage
from strop.report.terminal.run import (
    print_comparisons,
    print_costs,
    print_run,
    print_searches,
    searches_in,
)
from strop.report.terminal.schema import RunDocument
from strop.report.terminal.words import edits_line
from strop.runs.improver_card import ImproverCard, card_path
from strop.runs.run_data import RunData, read_run
from strop.runs.train import FILE, best_improver, is_changed
from strop.store import Store

_EVAL = "this is the record of strop eval{}, which has no iterations; the same command with --out here prints it again"
NO_ITERATIONS = {
    "eval": _EVAL.format(""),
    "compare": _EVAL.format(" --against"),
    "noise": _EVAL.format(" --noise"),
    "table2": "this is the record of strop reproduce table2, which has no iterations; the same command with --list shows it",
}
"""A line about records of other kinds."""


def show_result(directory: Path, *, as_json: bool) -> None:
    """Print the result of the run in `directory`."""
    with reading(directory), Store.open(directory) as store:
        if store.meta.get("kind") == "improve":
            show_improvement(store, directory, as_json=as_json)
            return
        run, best = read_run(store), directory / FILE
        trained = best_improver(store, directory) if best.is_file() else None
        if as_json:
            print_document(_document(store, run, directory, trained), store.unverified)
            return
        _print(store, run)
    if trained is None:
        return
    text, card = trained
    if len(card.tasks) > 1:
        results().print()
        print_card(card, results())
    line = f"best improver: {best}{_whose(card.iteration)}; its card: {card_path(best)}"
    if is_changed(directory, text, card):
        line = f"{best} or its card was changed after the run; strop resume {directory} writes what the record says"
    results().print(line, markup=False, soft_wrap=True)


def _print(store: Store, run: RunData) -> None:
    kind, model = run.meta.get("kind"), _model_of(run.meta)
    notice = notice_of(model.name, model.is_language_model)
    tasks = run.meta.get("task", "") if kind in NO_ITERATIONS else ""
    lines = [] if tasks else list(map(str, conclusion_of(run).values()))
    print_run(run, results(), notice=notice, tasks=tasks, conclusion=lines)
    print_costs(run.costs, results())
    say(results(), answers_document(run.answers)["sentence"] if _has_improvements(run.meta) else "")
    edits = edits_line(run.answers.edits)
    if edits:
        results().print(edits, markup=False)
    print_lineage(run, results())
    print_searches(run, searches_in(store, run), results(), lineage=run.recipe.get("selection") == "archive")
    print_comparisons([*run.gates.values(), *([run.last] if run.last else [])], results())
    if kind in NO_ITERATIONS:
        say(results(), NO_ITERATIONS[kind])
    elif run.iterations:
        print_glossary(results())


def _has_improvements(meta: Mapping[str, str]) -> bool:
    """Whether its responses went to improvers."""
    return meta.get("kind") != "table2"


def _model_of(meta: Mapping[str, str]) -> ModelFacts:
    return ModelFacts(meta.get("language_model", ""), meta.get("is_language_model") == "true")


def _document(store: Store, run: RunData, directory: Path, trained: tuple[str, ImproverCard] | None) -> RunDocument:
    """The result as one JSON document."""
    best = None if trained is None or is_changed(directory, *trained) else directory / FILE
    document = run_document(
        run,
        directory=directory,
        model=_model_of(run.meta),
        best=best,
        searches=searches_in(store, run),
    )
    if trained is not None:
        document["card"] = card_document(trained[1])
    document["costs"] = costs_document(run.costs)
    if _has_improvements(run.meta):
        document["answers"] = answers_document(run.answers)
    if run.meta.get("kind") not in NO_ITERATIONS:
        words = conclusion_of(run)
        document["sentence"], document["explanation"] = words["sentence"], words["detail"]
    return document


def _whose(t: int) -> str:
    """The iteration that found the best improver, in words."""
    return f", of iteration {t}" if t else ": the one that the run started from; nothing better was found"
