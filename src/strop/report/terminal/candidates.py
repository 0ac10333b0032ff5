"""The candidates of one improvement, as a table."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.console import Console

from strop.core.metric_change import ObjectiveFacts
from strop.evaluation.feedback import failure, gist
from strop.report.terminal.layout import print_table, say
from strop.report.terminal.words import NAMED_BY, escape, quantity
from strop.runs.claims.gains import in_units, unit_of
from strop.runs.finding import ScoredProgram

SHOWN = 8
"""Candidates that are listed; the record has all of them."""
_EXIT = re.compile(r"^(instance \d+: )?exit status \d+ \.\.\. ")
"""Dropped from an error if there is only room for one message: the last printed line says more."""


def print_candidates(candidates: Sequence[ScoredProgram], facts: ObjectiveFacts | None, console: Console) -> None:
    """The best candidates: digest, score in training, verdict; those that failed in the same way are one row."""
    groups: dict[tuple[str, ...], list[ScoredProgram]] = {}
    for program in candidates:
        train = program.train
        kind = (program.digest,) if train.verdict == "ok" else (train.verdict, failure(train.verdict, train.error))
        groups.setdefault(kind, []).append(program)
    unit = f"{unit_of(facts)}, train"
    room = max(console.width - NAMED_BY - len(unit) - 2 * len("  "), 20)
    rows = []
    for first, *more in list(groups.values())[:SHOWN]:
        train = first.train
        error = f": {_EXIT.sub('', gist(train.error))}" if train.error else ""
        name = f"{1 + len(more)} candidates" if more else first.digest[:NAMED_BY]
        rows.append((name, in_units(facts, train), escape(train.verdict + error, room)))
    print_table(console, ("candidate", unit, "verdict"), rows)
    left = sum(map(len, list(groups.values())[SHOWN:]))
    if left:
        say(console, f"and {quantity(left, 'more candidate')}")
