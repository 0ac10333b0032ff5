"""What a run would come to: the paper's formula, its bounds, and what a limit buys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from strop.base.events import Evaluated, LmCalled, LmResponded
from strop.lm.answer_cache import AnswerCache
from strop.lm.offline import Offline
from strop.lm.prices import NOTHING, Tariff, read_price
from strop.runs.assembly import Components
from strop.runs.context import session
from strop.runs.journal import Journal
from strop.runs.plan import USED, Assumptions, Formula, Plan, Work, planned, works
from strop.runs.spec import PAPERS, RunSpec, improver_text
from strop.runs.train import run
from strop.sandbox.jail import JailedSandbox
from strop.store import Store
from strop.tasks.base import META_TASK
from support.rows import table
from support.tiers import slow_unless

PAPER = replace(PAPERS, workers="2")
PAID = Tariff(read_price("1,2"), 1000)
GROUND = Assumptions(solution_prompt=4000, improver_prompt=6000, instances=20, time_limit=0.5, tariffs={"m": PAID})
SMALL = RunSpec(
    iterations=2, copies=2, utility_budget=3, lm_budget=2, max_responses=2, meta_budget=2, gate_pairs=3, workers="2"
)


def plan(spec: RunSpec, assumptions: Assumptions = GROUND) -> Plan:
    return planned([(spec, assumptions)], [works(spec, assumptions, Formula.run)])


def test_most_calls_and_evaluations_are_those_of_the_papers_formula_and_of_what_it_leaves_out() -> None:
    most = plan(PAPER)
    formula = 4 * 25 * 5 * (25 + 4)
    # Left out: the self-improvements' own calls, the measurements of I_0 to I_4, one score of each result, and of the seed.
    own, measured = 4 * 4, 5 * 5 * (4 + 25 + 2)
    assert most.lm_calls.most + most.evaluations.most == formula + own + measured + 4 * 25 * 5 + 1


@table("used", [USED, 1.0])
def test_calls_of_a_gated_run_are_those_of_its_parts(used: float) -> None:
    own, meta, gates, measured = 4 * 4, 4 * 25 * 5 * 4, 5 * 60 * used * 2 * 4, 5 * 5 * 4
    found = plan(replace(PAPER, selection="gated")).lm_calls
    assert (found.most if used == 1 else found.expected) == pytest.approx(used * (own + meta + gates + measured)), used


@table(
    ("selection", "sizes", "calls", "responses"),
    [
        ("gated", (3, 4, 16, 3, 5, 12), 416, 2051),
        ("paper", (2, 2, 8, 3, 3, 4), 59, 169),
    ],
)
def test_expected_calls_are_within_a_factor_of_two_of_what_a_strong_models_run_cost(
    selection: str, sizes: Any, calls: int, responses: int
) -> None:
    names = ("iterations", "copies", "utility_budget", "lm_budget", "max_responses", "meta_budget")
    found = plan(replace(PAPER, selection=selection, **dict(zip(names, sizes, strict=True))))  # type: ignore[arg-type]
    assert found.lm_calls.expected / 2 < calls < found.lm_calls.expected * 2, selection
    assert found.responses.expected / 2 < responses < found.responses.expected * 2, selection


def test_time_beside_a_stand_in_is_that_of_programs_which_are_expected_to_be_quick_and_may_use_all_of_their_limit() -> (
    None
):
    """`strop run lpn` took 4:18 on two quiet cores where the plan said 44:01."""
    alone = replace(GROUND, tariffs={"offline": Tariff(NOTHING, 1000, tokenless=True)}, time_limit=2.0)
    whole = replace(PAPER, selection="gated")
    assert 129 / 2 < plan(whole, alone).seconds.expected < 2 * 258
    assert plan(whole).seconds.expected > 10 * 4 * 4
    most = plan(whole, alone)
    assert most.seconds.most > most.evaluations.most * alone.instances * alone.time_limit / whole.slots


def test_money_is_that_of_the_tokens_by_the_price_and_of_the_dearest_member_at_most() -> None:
    spec = replace(PAPER, iterations=0)
    found = plan(spec)
    each = 2700 * 1000 + 1000 * 2000  # a response of the model has at most 1,000 tokens
    assert found.cost is not None and found.cost.expected == pytest.approx(5 * 24 * USED * each / 1e9, rel=0.01)
    both = replace(GROUND, tariffs={"m": PAID, "free?weight=3": Tariff(NOTHING, 1000, tokenless=True)})
    mixed = plan(spec, both)
    assert mixed.cost is not None and mixed.cost.expected == pytest.approx(found.cost.expected / 4, rel=0.01)
    assert mixed.cost.most == found.cost.most
    unknown = replace(GROUND, tariffs={"m": Tariff(None, 1000)})
    assert plan(spec, unknown).cost is None and plan(spec, unknown).tokens.expected > 0


@table(
    ("limits", "flag"),
    [
        ({"max_cost": 0.04}, "--max-cost"),
        ({"max_tokens": 50_000}, "--max-tokens"),
        ({"max_calls": 20}, "--max-calls"),
        ({"max_time": 60.0}, "--max-time"),
    ],
)
def test_plan_says_what_the_run_takes_without_a_limit_and_where_the_limit_stops_it(
    limits: dict[str, Any], flag: str
) -> None:
    found, free = plan(replace(PAPER, **limits)), plan(PAPER).lm_calls
    assert found.warning is not None, (limits, flag)
    assert found.warning.startswith(f"without a limit: {free.expected:,.0f} LM calls, about $"), (limits, flag)
    assert found.warning.endswith(
        f"; {flag} {limits[flag[2:].replace('-', '_')]:g} will stop it at about {found.lm_calls.expected:,.0f}"
    ), (limits, flag)


def test_plan_does_not_warn_when_a_limit_covers_what_is_expected() -> None:
    expected = plan(PAPER).lm_calls.expected
    assert plan(replace(PAPER, max_calls=round(expected) + 1)).warning is None
    assert plan(replace(PAPER, max_calls=round(expected) - 1)).warning


def test_every_expected_figure_ends_with_the_limit_that_is_spent_first() -> None:
    free = plan(PAPER)
    assert free.cost is not None
    cut = plan(replace(PAPER, max_cost=free.cost.expected / 4))
    figures = [each.name for each in fields(Work)]
    assert [getattr(cut, each).expected * 4 for each in figures] == pytest.approx(
        [getattr(free, each).expected for each in figures]
    )
    assert cut.lm_calls.most == free.lm_calls.most  # cheap calls may be many


def test_most_money_and_tokens_are_those_of_the_calls_that_the_limits_allow() -> None:
    cut, free = plan(replace(PAPER, max_calls=10)), plan(PAPER)
    share = 10 / free.lm_calls.most
    assert cut.lm_calls.most == 10 and cut.cost is not None and free.cost is not None
    assert cut.cost.most == pytest.approx(free.cost.most * share)
    assert cut.tokens.most == pytest.approx(free.tokens.most * share)
    assert plan(replace(PAPER, max_tokens=100_000)).tokens.most == 100_000


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
    model = AnswerCache(Offline(3, float(skill)))
    with session(Components(spec, (task,), model, jail, b"plan"), Journal(store, lambda event: None)) as context:
        run(context, improver_text("seed"))
    found = plan(spec, replace(GROUND, tariffs={"offline": Tariff(NOTHING, 1000, tokenless=True)}))
    calls = sum(stored.event.cost for stored in store.events(LmCalled))
    responses = sum(not stored.event.is_repeat for stored in store.events(LmResponded))
    evaluations = sum(stored.event.utility != META_TASK for stored in store.events(Evaluated))
    assert calls <= found.lm_calls.most
    assert responses <= found.responses.most
    assert evaluations <= found.evaluations.most
