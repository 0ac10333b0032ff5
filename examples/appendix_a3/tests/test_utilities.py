"""The utilities of maximizers, and the stochastic meta-utility: by simulation, and with real guests."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from appendix_a3 import (
    Drawn,
    Listed,
    MaximizerMetaUtility,
    RecursiveUtility,
    StochasticMetaUtility,
    drawn_tasks,
    expected_maximizer_calls,
    iterated,
    least_depth,
    meta_description,
    probability_of_depth,
    recursive_description,
    seed_maximizer,
)
from appendix_a3.recursive import MAXIMIZER_CALLS
from strop.analysis.stats import mean
from strop.base.budget import LM_CALLS, META_UTILITY_CALLS, Budget, Grant
from strop.base.errors import BudgetExceeded
from strop.base.events import ImproveStarted
from strop.base.results import Evaluation
from strop.core.handles import Host
from strop.core.improver import improve
from strop.core.meta_utility import Downstream
from strop.lm.scripted import Scripted
from strop.sandbox.base import GuestProgram, Handler, Limits, Outcome, Returned, Value

MakeBench = Callable[..., Any]

GOOD = """
def maximize_algorithm(utility, language_model):
    return "def algorithm(n): return 2 * n"
"""
POOR = """
def maximize_algorithm(utility, language_model):
    return "def algorithm(n): return 0"
"""
FINDS_GOOD = f"""
GOOD = {GOOD!r}
POOR = {POOR!r}

def maximize_algorithm(utility, language_model):
    if "maximize_algorithm" in utility.str:
        return max([POOR, GOOD], key=utility)
    return "def algorithm(n): return 0"
"""
BROKEN = "def maximize_algorithm(utility, language_model):\n    return undefined\n"


@dataclass
class Instant:
    """A sandbox for simulations: every program gives back a text at once, without being run."""

    text: str = "anything"
    opened: int = 0

    def open(self, program: GuestProgram, limits: Limits, handlers: Any = None) -> Instant:
        self.opened += 1
        return self

    def call(self, arguments: Sequence[Value], *, seed: int | None) -> Outcome:
        return Returned(self.text)

    def close(self) -> None:
        """Nothing to free."""

    def __enter__(self) -> Instant:
        return self

    def __exit__(self, *exc: object) -> None:
        """Nothing to free."""


@dataclass(frozen=True)
class Constant:
    """A utility that is the same for every text."""

    value: float
    name: str = "constant"
    description: str = "constant"
    counter: str = "utility_calls"

    def evaluate(self, candidate: str | None, at: Budget) -> Evaluation:
        return Evaluation(self.value, "ok", (self.value,), ("ok",))


def simulated(lam: float, most: int = 10_000, depth: int = 1) -> tuple[RecursiveUtility, Instant]:
    sandbox = Instant()
    host = Host(sandbox, Scripted([]), lambda event: None, b"a fixed secret")  # type: ignore[arg-type]
    return RecursiveUtility(Constant(0.5), lam, "u", Grant(), {MAXIMIZER_CALLS: most}, depth, host), sandbox


@pytest.mark.parametrize(
    ("lam", "most"), [pytest.param(0.3, None, marks=pytest.mark.slow), (0.5, None), (0.9, None), (0.2, 3), (0.4, 0)]
)
def test_maximizers_are_called_as_often_on_average_as_the_formula_says(lam: float, most: int | None) -> None:
    utility, sandbox = simulated(lam, 10_000 if most is None else most)
    n = 4000
    for number in range(n):
        assert utility.evaluate("M", Budget().child(f"e{number}")).value == 0.5
    # Five standard errors of a geometric number; the secret is fixed, so that the result is too.
    margin = 5 * ((1 - lam) / lam**2 / n) ** 0.5
    assert (sandbox.opened + n) / n == pytest.approx(expected_maximizer_calls(lam, most), abs=margin)


def test_expected_calls_are_one_over_lambda_and_the_bounded_sum_of_a_geometric_series() -> None:
    assert expected_maximizer_calls(0.25) == 4.0
    assert expected_maximizer_calls(0.25, 2) == pytest.approx(1 + 0.75 + 0.75**2)
    assert expected_maximizer_calls(1.0) == expected_maximizer_calls(1.0, 5) == 1.0
    assert expected_maximizer_calls(1e-12, 0) == pytest.approx(1.0, rel=1e-9)


@pytest.mark.parametrize("lam", [0.0, -0.1, 1.1, float("nan")])
def test_lambda_out_of_its_range_is_refused(lam: float) -> None:
    with pytest.raises(ValueError, match="lambda"):
        simulated(lam)
    with pytest.raises(ValueError, match="lambda"):
        expected_maximizer_calls(lam)


def test_recursion_without_a_bound_on_its_calls_is_refused() -> None:
    with pytest.raises(ValueError, match=MAXIMIZER_CALLS):
        replace(simulated(0.5)[0], limits={LM_CALLS: 3})


@pytest.mark.parametrize("lam", [0.1, 0.5, 0.99])
def test_least_depth_is_the_first_that_is_unlikely_enough(lam: float) -> None:
    depth = least_depth(lam, 0.001)
    assert probability_of_depth(lam, depth) <= 0.001 < probability_of_depth(lam, depth - 1)
    assert least_depth(1.0, 0.001) == 0


def test_chain_of_thousands_of_tails_needs_no_deep_stack() -> None:
    utility, sandbox = simulated(1e-9, most=3000)
    assert utility.evaluate("M", Budget().child("e")).value == 0.5
    assert sandbox.opened == 3000


def test_coins_differ_from_place_to_place_and_are_the_same_when_repeated() -> None:
    counts = []
    for _ in range(2):
        utility, sandbox = simulated(0.5)
        opened = []
        for number in range(40):
            utility.evaluate("M", Budget().child(f"e{number}"))
            opened.append(sandbox.opened)
        counts.append(opened)
    assert counts[0] == counts[1] and len(set(counts[0])) > 5


def over(bench: Any, copies: int = 2) -> MaximizerMetaUtility:
    grant = Grant(utility_calls=3, lm_calls=1, max_responses_per_call=2)
    return MaximizerMetaUtility([bench.utility()] * copies, meta_description(copies, grant), grant, bench.host())


def recursive(bench: Any, lam: float, **limits: int) -> RecursiveUtility:
    inner = over(bench)
    told = recursive_description(2, inner.grant, lam)
    bounds = {MAXIMIZER_CALLS: 6, META_UTILITY_CALLS: 8, **limits}
    return RecursiveUtility(inner, lam, told, Grant(utility_calls=4), bounds, 2, bench.host())


def test_meta_utility_of_a_maximizer_is_the_mean_of_what_it_reaches(bench: MakeBench) -> None:
    easy, hard = bench(), bench(score=lambda instance, answer: 0.25)
    utility = MaximizerMetaUtility([easy.utility(), hard.utility()], "mean", Grant(), easy.host())
    evaluation = utility.evaluate(GOOD, Budget())
    assert (evaluation.value, evaluation.scores, evaluation.verdict) == (0.625, (1.0, 0.25), "ok")


@pytest.mark.parametrize(("candidate", "verdict"), [(None, "malformed"), ("", "raised"), (BROKEN, "raised")])
def test_meta_utility_is_zero_when_the_candidate_is_no_maximizer(
    bench: MakeBench, candidate: str | None, verdict: str
) -> None:
    evaluation = over(bench()).evaluate(candidate, Budget())
    assert (evaluation.value, evaluation.verdict) == (0.0, verdict)


def test_maximizers_are_iterated_and_one_that_gives_nothing_stays(bench: MakeBench) -> None:
    b = bench(answers=lambda request: f"```python\n{GOOD if 'maximizer' in request.message else POOR}```")
    steps = list(iterated(seed_maximizer(), over(b), 2, Grant(utility_calls=2), b.budget, b.host()))
    assert steps[0][0].strip() == GOOD.strip()
    # GOOD gives a solution of the task, which is no maximizer, but a text; a broken one gives none.
    broken = list(iterated(BROKEN, over(b), 2, Grant(), b.budget.child("again"), b.host()))
    assert [maximizer for maximizer, _ in broken] == [BROKEN, BROKEN]


def test_recursive_utility_in_the_jail_is_that_of_what_the_maximizer_makes_of_it(bench: MakeBench) -> None:
    b = bench()
    utility = recursive(b, 1e-9)  # tails, until the budget ends it
    evaluation = utility.evaluate(FINDS_GOOD, b.budget.child("e"))
    # FINDS_GOOD finds GOOD, which is no good at maximizers: it gives a solution of the task, which is none.
    assert (evaluation.value, evaluation.verdict) == (0.0, "raised")
    once = replace(utility, limits={**utility.limits, MAXIMIZER_CALLS: 1})
    assert once.evaluate(FINDS_GOOD, b.budget.child("once")).value == 1.0
    assert (
        replace(utility, lam=1.0).evaluate(FINDS_GOOD, b.budget.child("heads")).value
        == over(b).evaluate(POOR, b.budget.child("poor")).value
        < 1.0
    )


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_nested_recursion_goes_no_deeper_and_spends_no_more_than_was_granted(bench: MakeBench, depth: int) -> None:
    b = bench()
    asks = f"""
M = {POOR!r}

def maximize_algorithm(utility, language_model):
    utility.map([M + "#" * n for n in range(4)])
    return M.replace("0", "n + n")
"""
    greedy = f"GREEDY = {asks!r}\n" + asks.replace("M +", "GREEDY +").replace("M.replace", "GREEDY.replace")
    utility = replace(recursive(b, 1e-9), most_depth=depth)  # tails everywhere
    at = b.budget.child("e")
    utility.evaluate(greedy, at)
    assert at.used(MAXIMIZER_CALLS) <= 6 and at.used(META_UTILITY_CALLS) <= 8
    waiting = [e.scope.count("/u-") for e in b.of(ImproveStarted) if "heads" not in e.scope]
    assert max(waiting, default=-1) == depth - 1


class Waiting(Instant):
    """A sandbox in which every program asks for three evaluations at once, and which counts how many do so together."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Lock()
        self.now = self.most = 0

    def open(self, program: GuestProgram, limits: Limits, handlers: Any = None) -> Any:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        return Asking(self, handlers)


class Asking(Instant):
    """A program in it."""

    def __init__(self, house: Waiting, handlers: Mapping[str, Handler]) -> None:
        super().__init__()
        self.house, self.handlers = house, handlers

    def call(self, arguments: Sequence[Value], *, seed: int | None) -> Outcome:
        time.sleep(0.01)  # so that whatever may overlap does
        self.handlers["utility.map"]([["a", "b", "c"]])
        return Returned("M")

    def __exit__(self, *exc: object) -> None:
        with self.house.lock:
            self.house.now -= 1


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_no_more_maximizers_wait_at_once_than_the_depth_whatever_they_ask_for(depth: int) -> None:
    utility, _ = simulated(1e-9, most=40, depth=depth)
    sandbox = Waiting()
    utility = replace(utility, host=replace(utility.host, sandbox=sandbox))  # type: ignore[arg-type]
    utility.evaluate("M", Budget().child("e"))
    assert sandbox.most == depth


def test_maximizer_that_fails_ends_the_recursion_at_zero_with_its_reason(bench: MakeBench) -> None:
    evaluation = recursive(bench(), 1e-9).evaluate(BROKEN, Budget().child("e"))
    assert (evaluation.value, evaluation.verdict) == (0.0, "raised") and "undefined" in evaluation.error


def tasks(bench: MakeBench) -> list[Downstream]:
    made = [bench(score=lambda instance, answer, worth=worth: worth) for worth in (0.1, 0.4, 0.7)]
    return [Downstream(b.utility(), b.utility("test"), b.task.seed) for b in made]


IDLE = "def improve_algorithm(initial_solution, utility, language_model):\n    return initial_solution\n"


@pytest.mark.slow
def test_stochastic_meta_utility_is_unbiased() -> None:
    host = Host(Instant(), Scripted([]), lambda event: None, b"secret")  # type: ignore[arg-type]
    worth = (0.1, 0.4, 0.7, 1.0)
    each = [Downstream(Constant(value), Constant(0.0), "s") for value in worth]
    utility = StochasticMetaUtility(Drawn(each, b"secret"), "u", Grant(), host)
    values = [utility.evaluate(IDLE, Budget()).value for _ in range(3000)]
    assert set(values) == set(worth)
    assert mean(values) == pytest.approx(mean(worth), abs=5 * 0.336 / 3000**0.5)


def test_algorithm_of_n_calls_sees_the_same_with_n_tasks_drawn_beforehand(bench: MakeBench) -> None:
    adaptive = """
def improve_algorithm(initial_solution, utility, language_model):
    seen = []
    for n in range(4):
        seen.append(utility(initial_solution + "#" * int(10 * sum(seen))))
    return repr(seen)
"""
    b, each = bench(), tasks(bench)
    sources = (Drawn(each, b"secret"), Listed(drawn_tasks(each, b"secret", 4)))
    seen = [
        improve(
            adaptive,
            IDLE,
            StochasticMetaUtility(source, "u", Grant(), b.host()),
            Grant(4),
            Budget().child("a"),
            b.host(),
        ).solution
        for source in sources
    ]
    assert seen[0] == seen[1] and len(set(eval(seen[0]))) > 1


def test_listed_tasks_are_refused_once_they_are_used_up(bench: MakeBench) -> None:
    listed = Listed(tasks(bench)[:1])
    listed.next()
    with pytest.raises(BudgetExceeded, match="1 of 1 used"):
        listed.next()
