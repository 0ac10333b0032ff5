"""What was spent, on what, and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from strop.report.html.page_data import PageData
from strop.report.html.schema import BudgetLine, MoneyFacts
from strop.report.terminal.documents import costs_document

POINTS = 120
"""Of a line over time, at most."""


def money_of(data: PageData) -> MoneyFacts:
    """What was spent on the language model."""
    return {
        "costs": costs_document(data.run.costs),
        "roles": {
            role: {"lm_calls": rows[-1][1], "tokens": rows[-1][2], "dollars": rows[-1][3]}
            for role, rows in data.tables.spending.items()
        },
        "by_role": {role: thinned(rows) for role, rows in data.tables.spending.items()},
    }


def budget_of(data: PageData, recipe: Mapping[str, Any]) -> list[BudgetLine]:
    """What was used of each limit of the whole run."""
    total = data.run.costs.total
    used: list[tuple[str, float, str]] = [
        ("LM calls", total.calls, "max_calls"),
        ("responses", total.responses, ""),
        ("tokens", total.input_tokens + total.output_tokens, "max_tokens"),
        ("dollars", total.cost / 1e9, "max_cost"),
        ("evaluations", len(data.tables.evaluations["at"]), ""),
        ("seconds", round(data.run.seconds, 1), "max_time"),
    ]
    return [{"name": name, "used": amount, "limit": recipe.get(limit)} for name, amount, limit in used]


def thinned(rows: Sequence[list[float]], most: int = POINTS) -> list[list[float]]:
    """At most so many of the rows, evenly, the last among them."""
    if len(rows) <= most:
        return list(rows)
    step = (len(rows) - 1) / (most - 1)
    return [rows[round(number * step)] for number in range(most)]
