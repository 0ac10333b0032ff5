"""Improvers on tasks, read from the record of strop eval without the tasks themselves."""

from __future__ import annotations

import json
from collections.abc import Mapping

from strop.core.handles import NAMED_BY
from strop.report.html.page_data import PageData
from strop.report.html.schema import CellFacts, Headline, MatrixFacts, RunFacts
from strop.report.terminal.conclusion import status_words
from strop.report.terminal.documents import measured
from strop.report.terminal.evaluation import sentence
from strop.report.terminal.words import quantity
from strop.runs.compare import comparison
from strop.runs.evaluate import recorded_matrix
from strop.runs.measurements import Copy, copies_of
from strop.store import Store

_KINDS = ("eval", "compare")


def matrix_of(store: Store, data: PageData, meta: Mapping[str, str]) -> MatrixFacts | None:
    """The matrix of a record; None where it has none."""
    if meta.get("kind") not in _KINDS or "improvers" not in meta:
        return None
    tasks = meta.get("task", "").split(", ")
    improvers = [(str(name), str(digest)) for name, digest in json.loads(meta["improvers"])]
    copies = _copies(data)
    return {
        "tasks": tasks,
        "improvers": [name for name, _ in improvers],
        "cells": [[_cell(store, task, digest, copies) for _, digest in improvers] for task in tasks],
        "seeds": [
            None if (found := data.run.results.get(f"{task}/seed/test")) is None else found.value for task in tasks
        ],
    }


def headline_of_matrix(store: Store, data: PageData, run: RunFacts) -> Headline:
    """The sentence of the terminal, computed by the same function; where measurements are missing, how many there are.

    Raises:
        StoreError: the record does not hold what it needs.
    """
    found = recorded_matrix(store, _copies(data))
    cells = len(found.plan.tasks) * len(found.plan.improvers)
    ended = status_words(run["status"], run["detail"])
    if not found.complete:
        return {
            "sentence": f"Unfinished: {len(found.cells)} of {quantity(cells, 'measurement')} done.",
            "detail": ended,
        }
    if run["kind"] != "compare":
        return {"sentence": sentence(found), "detail": ended}
    verdict, cost = comparison(found, store).said
    return {"sentence": verdict, "detail": f"{cost} {ended}".rstrip()}


def _copies(data: PageData) -> int:
    return int(data.run.recipe.get("copies", 0))


def _cell(store: Store, task: str, digest: str, copies: int) -> CellFacts | None:
    found: tuple[Copy, ...] = copies_of(store, f"{task}/{digest[:NAMED_BY]}", copies, sealed=True)
    if not found:
        return None
    tests = [copy.test.value for copy in found if copy.test is not None]
    return {"train": measured([copy.train.value for copy in found]), "test": measured(tests) if tests else None}
