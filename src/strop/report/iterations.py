"""The iterations of runs of Algorithm 1 as a table, a line for each copy of a task."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from strop.base.events import LmCalled, LmResponded
from strop.base.terminal_text import escape
from strop.lm.options import named
from strop.runs.record import Record
from strop.runs.results.parts import by_task
from strop.runs.run_data import Spent
from strop.runs.scopes import iteration_of

COLUMNS = (
    *("run", "seed", "model", "is_language_model", "t", "task", "copy", "split", "utility"),
    *("lm_calls", "responses", "evaluations", "tokens", "cost"),
)
"""docs/how-to/your-own-paper.md has their units."""


def iterations_table(folders: Sequence[Path]) -> str:
    """The iterations of the runs in these folders as CSV, with a line of headings.

    Raises:
        StoreError: a record is damaged.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for folder in folders:
        with Record.open(folder) as record:
            writer.writerows(_rows(record))
    return text.getvalue()


def _rows(record: Record) -> Iterator[tuple[object, ...]]:
    run, by_iteration = record.run, defaultdict[int | None, Spent](Spent)
    for stored in record.store.outline(LmCalled, LmResponded):
        if isinstance(stored.event, LmResponded):
            by_iteration[iteration_of(stored.event.scope)].add(stored.event)
    meta, spec, calls, evaluations, spent = run.meta, run.spec, 0, 0, Spent()
    head = (escape(str(record.folder), 1000), "" if spec is None else spec.seed, escape(named(meta.model), 1000))
    for event in run.iterations:
        calls, evaluations, more = calls + event.lm_calls, evaluations + event.evaluations, by_iteration[event.t]
        for name in ("responses", "input_tokens", "output_tokens", "unknown_tokens", "cost", "unpriced"):
            setattr(spent, name, getattr(spent, name) + getattr(more, name))
        so_far = (calls, spent.responses, evaluations, _number_or_empty(spent.tokens), _number_or_empty(spent.dollars))
        names = event.tasks or meta.tasks
        for split, values in (("train", event.train), ("test", event.test)):
            for name, copies in zip(names, by_task(values, len(names) or 1), strict=False):
                for number, value in enumerate(copies, 1):
                    coordinates = (str(meta.is_language_model).lower(), event.t, escape(name, 1000), number, split)
                    yield (*head, *coordinates, repr(value), *so_far)


def _number_or_empty(value: float | None) -> str:
    """A number as text; empty if it is unknown."""
    return "" if value is None else repr(value)
