"""What a run spent on its language model, by what it was for and by who answered: as a table and as part of a document."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table
from rich.text import Text

from strop.base.budget import COST, TOKENS
from strop.base.errors import dollars
from strop.base.events import BudgetMoved, Event, LmCalled, LmResponded
from strop.base.pluralize import quantity
from strop.report.terminal.documents import CostsDocument, SpentDocument
from strop.report.terminal.tables import fitting, new_table, say
from strop.report.terminal.words import escape
from strop.runs.cost_estimate import GATE, MEASUREMENT, META_EVALUATION, ROLES, SELF_IMPROVEMENT
from strop.store import Stored

IMPROVEMENT = "improvement"
"""The role of the one improvement of `strop improve`."""
_OF_ITERATION = re.compile(r"t\d+/(improve|gate)(?=/|$)(/)?")


@dataclass
class Spent:
    """What some of the answers came to."""

    calls: int = 0
    """LM calls, as budgets count them."""
    responses: int = 0
    """Answers, those that were given again included."""
    again: int = 0
    """Of these, given before to another asker: nothing was paid."""
    input_tokens: int = 0
    output_tokens: int = 0
    unknown: int = 0
    """Answers of which the server did not say how many tokens they took."""
    cost: int = 0
    """Billionths of a dollar."""
    unpriced: int = 0
    """Answers without a known price."""

    @property
    def money(self) -> int | None:
        """None where some answer has no known price."""
        return None if self.unpriced else self.cost

    def add(self, event: LmResponded) -> None:
        """Count an answer."""
        self.responses += 1
        self.again += event.again
        self.input_tokens += event.input_tokens or 0
        self.output_tokens += event.output_tokens or 0
        self.unknown += event.input_tokens is None or event.output_tokens is None
        self.cost += event.cost or 0
        self.unpriced += event.cost is None


@dataclass
class Costs:
    """What a run spent: `roles` and `models` each add up to `total`, but for LM calls, which have no model."""

    total: Spent = field(default_factory=Spent)
    roles: defaultdict[str, Spent] = field(default_factory=lambda: defaultdict(Spent))
    models: defaultdict[str, Spent] = field(default_factory=lambda: defaultdict(Spent))
    charged: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    """What the budget counts, by counter: the answers', and the worst case of what was never answered."""
    told_tokens: int = 0
    """Tokens of answers that the budget was charged with."""

    def add(self, event: Event) -> None:
        """Count an event, if anything was spent in it."""
        match event:
            case LmCalled():
                self.total.calls += event.cost
                self.roles[role_of(event.scope)].calls += event.cost
            case LmResponded():
                for spent in (self.total, self.roles[role_of(event.scope)], self.models[event.lm or event.model]):
                    spent.add(event)
                self.told_tokens += (event.input_tokens or 0) + (event.output_tokens or 0)
            case BudgetMoved(granted=True, counter="cost" | "tokens"):
                self.charged[event.counter] += event.amount
            case _:
                pass

    @property
    def unseen_cost(self) -> int:
        """Billionths of a dollar set aside for calls that ended without an answer, but may have been billed."""
        return max(self.charged[COST] - self.total.cost, 0)

    @property
    def unseen_tokens(self) -> int:
        """Tokens set aside for these, and for answers without usage."""
        return max(self.charged[TOKENS] - self.told_tokens, 0)


def role_of(scope: str) -> str:
    """What an LM call in a scope is for, one of `ROLES` or `IMPROVEMENT`."""
    if scope == "improve":
        return IMPROVEMENT
    found = _OF_ITERATION.match(scope)
    if found is None:
        return MEASUREMENT
    if found[1] == "gate":
        return GATE
    return META_EVALUATION if found[2] else SELF_IMPROVEMENT


def costs(events: Iterable[Stored[Event]]) -> Costs:
    """What the events of a run say was spent."""
    found = Costs()
    for stored in events:
        found.add(stored.event)
    return found


def costs_document(found: Costs) -> CostsDocument:
    """The same, as it stands in a document; money in dollars."""
    return {
        "total": _document(found.total),
        "roles": {role: _document(spent) for role, spent in _in_order(found.roles)},
        "models": {model: _document(spent) for model, spent in sorted(found.models.items())},
        "unseen_cost": found.unseen_cost / 1e9,
        "unseen_tokens": found.unseen_tokens,
    }


def print_costs(found: Costs, console: Console) -> None:
    """A row for each role, their sum, and a row for each model where there are several; nothing where nothing was asked."""
    if not found.total.calls:
        return
    table = _table("LM cost", console)
    for role, spent in _in_order(found.roles):
        _row(table, role, spent, str(spent.calls), console)
    if len(found.roles) > 1:
        _row(table, "all", found.total, str(found.total.calls), console)
    for model, spent in sorted(found.models.items()) if len(found.models) > 1 else ():
        _row(table, escape(model, 40), spent, "", console)
    console.print(table)
    if found.total.again:
        say(console, f"{quantity(found.total.again, 'response')} used again within comparisons, at no cost")
    if found.unseen_cost:
        say(
            console,
            f"{dollars(found.unseen_cost)} more set aside for calls that may have been billed without an answer",
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
