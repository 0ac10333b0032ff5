"""Improvers on tasks, read from the record of strop eval or strop compare without the tasks themselves."""

from __future__ import annotations

import json
from collections.abc import Mapping

from strop.handles import NAMED_BY
from strop.measured import Copy, whole
from strop.page.reading import Seen
from strop.page.shape import CellFacts, Headline, MatrixFacts, RunFacts
from strop.report.documents import difference, measured
from strop.store import Store

_KINDS = ("eval", "compare")


def matrix_of(store: Store, seen: Seen, meta: Mapping[str, str]) -> MatrixFacts | None:
    """The matrix of a record; None where it has none."""
    if meta.get("kind") not in _KINDS or "improvers" not in meta:
        return None
    tasks = meta.get("task", "").split(", ")
    improvers = [(str(name), str(digest)) for name, digest in json.loads(meta["improvers"])]
    copies = json.loads(seen.spec or meta.get("spec") or "{}").get("copies", 0)
    return {
        "tasks": tasks,
        "improvers": [name for name, _ in improvers],
        "cells": [[_cell(store, task, digest, copies) for _, digest in improvers] for task in tasks],
        "seeds": [None if (found := seen.singles.get(f"{task}/seed/test")) is None else found.value for task in tasks],
    }


def headline_of_matrix(found: MatrixFacts, run: RunFacts) -> Headline:
    """The largest difference from the first improver on the sealed split, with its interval."""
    said = []
    for task, row in zip(found["tasks"], found["cells"], strict=True):
        first = row[0]["test"] if row and row[0] is not None else None
        for name, cell in zip(found["improvers"][1:], row[1:], strict=True):
            if cell is None or cell["test"] is None or first is None:
                continue
            change = difference(cell["test"]["values"], first["values"])
            interval = None if change is None else change["interval"]
            words = "" if interval is None else f" (95% interval {interval[0]:+.3f} to {interval[1]:+.3f})"
            by = cell["test"]["mean"] - first["mean"]
            said.append(
                (
                    abs(by),
                    f"{name} reaches û {cell['test']['mean']:.3f} on {task}, {by:+.3f} from {found['improvers'][0]}'s{words}",
                )
            )
    if not said:
        return {"sentence": f"strop {run['kind']}: no pair of measurements is whole.", "detail": ""}
    most = max(said)[1]
    several = f"The largest of {len(said)} differences on the sealed split. " if len(said) > 1 else ""
    detail = f"{several}The interval is over copies, on these instances; strop {run['kind']} prints the one for new instances."
    return {"sentence": f"{most}.", "detail": detail}


def _cell(store: Store, task: str, digest: str, copies: int) -> CellFacts | None:
    found: tuple[Copy, ...] = whole(store, f"{task}/{digest[:NAMED_BY]}", copies, sealed=True)
    if not found:
        return None
    tests = [copy.test.value for copy in found if copy.test is not None]
    return {"train": measured([copy.train.value for copy in found]), "test": measured(tests) if tests else None}
