"""What a run would come to: the paper's formula, its bounds, and what a limit buys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from strop.base.events import Evaluated, LmCalled, LmResponded
from strop.lm.known_answers import KnownAnswers
from strop.lm.offline import Offline
from strop.lm.prices import NOTHING, Tariff, given_price
from strop.runs.assembly import Components
from strop.runs.cost_estimate import (
    CHOSEN,
    GATE,
    GATE_ACCEPTS,
    GATE_PAIRS,
    MEASUREMENT,
    META_EVALUATION,
    SELF_IMPROVEMENT,
    Assumptions,
    Range,
    planned,
)
from strop.runs.journal import Journal
from strop.runs.spec import PAPERS, RunSpec, improver_text
from strop.runs.train import run
from strop.sandbox.jail import JailedSandbox
from strop.store import Store
from strop.tasks.base import META_TASK
from support.tiers import slow_unless

PAPER = replace(PAPERS, workers="2")
PAID = Tariff(given_price("1,2"), 1000)
GROUND = Assumptions(
    solution_prompt=4000,
    improver_prompt=6000,
    instances=20,
    time_limit=0.5,
    tariffs={"m": PAID},
)
SMALL = RunSpec(
    iterations=2, copies=2, utility_budget=3, lm_budget=2, max_responses=2, meta_budget=2, gate_pairs=3, workers="2"
)


def test_most_calls_of_the_meta_evaluations_are_those_of_the_papers_formula() -> None:
    found = planned(PAPER, GROUND)
    work = found.roles[META_EVALUATION]
    scored = work.evaluations.most - 4 * 25 * 5  # each result is scored once more, which the formula leaves out
    assert work.calls.most + scored == 4 * 25 * 5 * (25 + 4)


def test_roles_of_a_gated_run_are_counted_one_by_one() -> None:
    calls = {role: work.calls for role, work in planned(replace(PAPER, selection="gated"), GROUND).roles.items()}
    # The improver that improves itself is the seed improver, which asks once, while no gate accepted any candidate.
    seeds = sum((1 - GATE_ACCEPTS) ** t for t in range(4))
    assert calls[SELF_IMPROVEMENT] == Range(pytest.approx(seeds + (4 - seeds) * (4 * CHOSEN + (1 - CHOSEN))), 4 * 4)
    assert calls[META_EVALUATION].most == 4 * 25 * 5 * 4 and calls[GATE].most == 4 * 60 * 2 * 4
    each = 4 * CHOSEN + (1 - CHOSEN)
    assert calls[GATE].expected == pytest.approx(60 * GATE_PAIRS * (seeds + each * (8 - seeds)))
    assert calls[MEASUREMENT] == Range(pytest.approx(5 + 4 * GATE_ACCEPTS * 5 * each), 5 * 4 + 4 * 5 * 4)


def test_expected_calls_are_within_a_factor_of_two_of_what_a_strong_models_run_cost() -> None:
    """416 LM calls and 2,051 answers, of which 218 in the gates, in a run whose improvers a strong model wrote."""
    size = {"iterations": 3, "copies": 4, "utility_budget": 16, "lm_budget": 3, "max_responses": 5, "meta_budget": 12}
    found = planned(replace(PAPER, selection="gated", **size), GROUND)
    assert found.total.calls.expected / 2 < 416 < found.total.calls.expected * 2
    assert found.total.responses.expected / 2 < 2051 < found.total.responses.expected * 2


def test_stand_in_is_expected_to_answer_at_once() -> None:
    """`strop run lpn` took 4:18 on two quiet cores where the plan said 44:01."""
    alone = replace(GROUND, tariffs={"offline": Tariff(NOTHING, 1000, tokenless=True)}, time_limit=2.0)
    whole = replace(PAPER, selection="gated")
    assert 129 / 2 < planned(whole, alone).seconds.expected < 2 * 258
    assert planned(whole, GROUND).seconds.expected > 10 * 4 * 4


def test_money_is_that_of_the_tokens_by_the_price_and_of_the_dearest_member_at_most() -> None:
    spec = replace(PAPER, iterations=0)
    (found,) = [planned(spec, GROUND).total.cost]
    each = 2700 * 1000 + 1000 * 2000  # a response of the model has at most 1,000 tokens
    assert found is not None and found.expected == pytest.approx(5 * 6 * each, rel=0.01)
    both = replace(GROUND, tariffs={"m": PAID, "free?weight=3": Tariff(NOTHING, 1000, tokenless=True)})
    mixed = planned(spec, both).total
    assert mixed.cost is not None and mixed.cost.expected == pytest.approx(found.expected / 4, rel=0.01)
    assert mixed.cost.most == found.most
    unknown = replace(GROUND, tariffs={"m": Tariff(None, 1000)})
    assert planned(spec, unknown).total.cost is None and planned(spec, unknown).total.tokens.expected > 0


@pytest.mark.parametrize(
    ("limits", "flag"),
    [
        ({"max_cost": 0.04}, "--max-cost"),
        ({"max_tokens": 50_000}, "--max-tokens"),
        ({"max_calls": 20}, "--max-calls"),
        ({"max_time": 60.0}, "--max-time"),
    ],
)
def test_limit_warns_when_it_buys_fewer_than_one_iteration(limits: dict[str, Any], flag: str) -> None:
    found = planned(replace(PAPER, **limits), GROUND)
    assert found.warning.startswith(f"{flag} buys fewer than one iteration") and "\n" not in found.warning


def test_limit_does_not_warn_when_it_covers_the_first_measurement_and_one_iteration() -> None:
    spec = replace(PAPER, lm_budget=1)  # so that every improver asks as the seed improver does
    first = 5 + 1 + 6 * 5 + 5
    assert planned(replace(spec, max_calls=first), GROUND).warning == ""
    assert planned(replace(spec, max_calls=first - 1), GROUND).warning
    assert planned(replace(spec, max_calls=3, iterations=0), GROUND).warning == ""


def test_every_expected_figure_ends_with_the_limit_that_is_spent_first() -> None:
    free = planned(PAPER, GROUND)
    cut = planned(replace(PAPER, max_cost=free.total.cost.expected / 4e9 if free.total.cost else 0.0), GROUND)
    assert free.total.cost is not None and cut.total.cost is not None
    figures = [
        (cut.total.calls, free.total.calls),
        (cut.total.responses, free.total.responses),
        (cut.total.evaluations, free.total.evaluations),
        (cut.total.tokens, free.total.tokens),
        (cut.total.cost, free.total.cost),
        (cut.seconds, free.seconds),
    ]
    for shortened, whole in figures:
        assert shortened.expected == pytest.approx(whole.expected / 4)
    assert cut.total.calls.most == free.total.calls.most  # cheap calls may be many


def test_most_money_is_that_of_the_tokens_and_calls_that_the_limits_allow() -> None:
    tokens = planned(replace(PAPER, max_tokens=100_000), GROUND).total
    assert tokens.cost is not None and tokens.cost.most == pytest.approx(
        100_000 * 2000
    )  # all of them out, at $2 a million
    calls, free = planned(replace(PAPER, max_calls=10), GROUND).total, planned(PAPER, GROUND).total
    assert calls.cost is not None and free.cost is not None
    assert calls.cost.most == pytest.approx(free.cost.most * 10 / free.calls.most)
    assert calls.tokens.most == pytest.approx(free.tokens.most * 10 / free.calls.most)


def test_nothing_is_planned_of_the_model_when_no_budget_is_given_to_it() -> None:
    found = planned(replace(PAPER, lm_budget=0), GROUND)
    assert (found.total.calls, found.total.tokens) == (Range(), Range())


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("selection", "skill"),
    slow_unless(lambda name, _: name == "gated", [("paper", "0.9"), ("gated", "0.5"), ("archive", "0.2")]),
)
def test_real_run_costs_no_more_than_the_most(
    selection: Any, skill: str, jail: JailedSandbox, bench: Callable[..., Any], store: Store, tmp_path: Path
) -> None:
    task = bench().task
    spec = replace(SMALL, selection=selection, require=())
    model = KnownAnswers(Offline(3, float(skill)))
    run(
        Components(spec, task, model, jail, b"plan"),
        improver_text("seed"),
        tmp_path,
        Journal(store, lambda event: None),
    )
    found = planned(spec, replace(GROUND, tariffs={"offline": Tariff(NOTHING, 1000, tokenless=True)})).total
    calls = sum(stored.event.cost for stored in store.events(LmCalled))
    responses = sum(not stored.event.again for stored in store.events(LmResponded))
    evaluations = sum(stored.event.utility != META_TASK for stored in store.events(Evaluated))
    assert calls <= found.calls.most
    assert responses <= found.responses.most
    assert evaluations <= found.evaluations.most
