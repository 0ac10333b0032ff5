"""What a run spent on its language model, by what it was for and by who answered: as a table and as part of a document."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table
from rich.text import Text

from strop.base.errors import dollars
from strop.base.pluralize import quantity
from strop.report.terminal.documents import CostsDocument, SpentDocument
from strop.report.terminal.tables import fitting, new_table, say
from strop.report.terminal.words import escape
from strop.runs.cost_estimate import ROLES
from strop.runs.run_data import Costs, Spent
from strop.runs.scopes import IMPROVEMENT


def costs_document(costs: Costs) -> CostsDocument:
    """The costs of a run as they stand in a document; money in dollars."""
    return {
        "total": _document(costs.total),
        "roles": {role: _document(spent) for role, spent in _in_order(costs.roles)},
        "models": {model: _document(spent) for model, spent in sorted(costs.models.items())},
        "unseen_cost": costs.unseen_cost / 1e9,
        "unseen_tokens": costs.unseen_tokens,
    }


def print_costs(costs: Costs, console: Console) -> None:
    """A row for each role, their sum, and a row for each model where there are several; nothing where nothing was asked."""
    if not costs.total.calls:
        return
    table = _table("LM cost", console)
    for role, spent in _in_order(costs.roles):
        _row(table, role, spent, str(spent.calls), console)
    if len(costs.roles) > 1:
        _row(table, "all", costs.total, str(costs.total.calls), console)
    for model, spent in sorted(costs.models.items()) if len(costs.models) > 1 else ():
        _row(table, escape(model, 40), spent, "", console)
    console.print(table)
    if costs.total.again:
        say(console, f"{quantity(costs.total.again, 'response')} used again within comparisons, at no cost")
    if costs.unseen_cost:
        say(
            console,
            f"{dollars(costs.unseen_cost)} more set aside for calls that may have been billed without an answer",
        )


def _in_order(roles: Mapping[str, Spent]) -> list[tuple[str, Spent]]:
    return [(role, roles[role]) for role in (*ROLES, IMPROVEMENT) if role in roles]


def _table(title: str, console: Console) -> Table:
    table = new_table(title, "calls", "responses", "tokens in", "tokens out", "money", console=console)
    for column in table.columns[1:]:
        column.justify = "right"
    return table


def _row(table: Table, name: str, spent: Spent, calls: str, console: Console) -> None:
    paid = spent.responses - spent.again
    known = spent.unknown < paid or not paid
    tokens = [f"{each:,}" if known else "-" for each in (spent.input_tokens, spent.output_tokens)]
    money = "-" if spent.money is None else dollars(spent.money)
    table.add_row(Text(fitting(console, name)), calls, str(spent.responses), *tokens, money)


def _document(spent: Spent) -> SpentDocument:
    return {
        "lm_calls": spent.calls,
        "responses": spent.responses,
        "again": spent.again,
        "input_tokens": spent.input_tokens,
        "output_tokens": spent.output_tokens,
        "unknown_tokens": spent.unknown,
        "cost": None if spent.money is None else spent.money / 1e9,
    }
