from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import scipy
from hypothesis import given, settings
from hypothesis import strategies as st

from strop.analysis import stats

UNTIMED = settings(deadline=None)  # other work may keep the machine busy

PROBABILITY = st.floats(1e-6, 0.999)


def test_lemma_1_is_the_formula_of_the_paper() -> None:
    assert stats.lemma_1(5, 1000, delta=0.05, alphabet=256) == pytest.approx(
        math.sqrt((1000 * math.log(256) + math.log(20)) / 5)
    )


@UNTIMED
@given(st.integers(1, 10**6), st.integers(2, 10**5), st.integers(2, 10**5), PROBABILITY)
def test_lemma_1_follows_from_hoeffding_and_the_union_bound(n: int, length: int, alphabet: int, delta: float) -> None:
    # 2 exp(-2 epsilon^2 n) for one program, times fewer than alphabet^(length + 1) programs, is at most delta. In logarithms.
    epsilon = stats.lemma_1(n, length, delta=delta, alphabet=alphabet)
    one = math.log(2) - 2 * epsilon**2 * n
    assert one + (length + 1) * math.log(alphabet) <= math.log(delta) + 1e-6 * length * math.log(alphabet)


@pytest.mark.heavy
@pytest.mark.parametrize("n", [4, 12, 40])
@pytest.mark.parametrize("delta", [0.05, 0.5])
def test_lemma_1_holds_for_every_program_at_once_when_tasks_are_coins(n: int, delta: float) -> None:
    # 15 programs of at most 3 bits, each with tasks of its own: what is exceeded by one of them, computed exactly.
    epsilon = stats.lemma_1(n, 3, delta=delta, alphabet=2)
    chance = sum(scipy.stats.binom.pmf(k, n, 0.5) for k in range(n + 1) if abs(k / n - 0.5) >= epsilon)
    assert 1 - (1 - chance) ** 15 <= delta


@UNTIMED
@given(st.floats(0.01, 1.0), st.integers(2, 5000), PROBABILITY)
def test_lemma_1_tasks_are_the_fewest_that_suffice(epsilon: float, length: int, delta: float) -> None:
    n = stats.lemma_1_tasks(epsilon, length, delta=delta)
    assert stats.lemma_1(n, length, delta=delta) <= epsilon * (1 + 1e-9)
    assert n == 1 or stats.lemma_1(n - 1, length, delta=delta) > epsilon * (1 - 1e-9)


def test_best_by_measure_is_within_two_epsilon_of_the_best() -> None:
    assert stats.within_of_best(0.04) == 0.08


@pytest.mark.heavy
@pytest.mark.parametrize("n", [5, 30])
@pytest.mark.parametrize("improvers", [1, 4, 40])
@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_finite_class_holds_for_all_improvers_at_once_when_tasks_are_coins(n: int, improvers: int, rate: float) -> None:
    epsilon = stats.finite_class(n, improvers, delta=0.1)
    chance = sum(scipy.stats.binom.pmf(k, n, rate) for k in range(n + 1) if abs(k / n - rate) >= epsilon)
    assert 1 - (1 - chance) ** improvers <= 0.1


def test_finite_class_is_far_below_lemma_1_when_programs_are_long() -> None:
    assert stats.finite_class(5, 20) < 1 < 30 < stats.lemma_1(5, 1000)


@UNTIMED
@given(st.integers(0, 1000), st.integers(1, 1000))
def test_observation_1_wants_a_task_a_call(calls: int, tasks: int) -> None:
    found = stats.observation_1(calls, tasks)
    assert found == stats.Simulated(calls, tasks)
    assert found.perfect == (tasks >= calls)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: stats.lemma_1(0, 10), "0 tasks"),
        (lambda: stats.lemma_1(5, 1), "2 of each"),
        (lambda: stats.lemma_1(5, 10, alphabet=1), "2 of each"),
        (lambda: stats.lemma_1(5, 10, delta=0.0), "not a probability"),
        (lambda: stats.lemma_1_tasks(0.0, 10), "epsilon of 0"),
        (lambda: stats.lemma_1_tasks(1.5, 10), "epsilon of 1.5"),
        (lambda: stats.finite_class(0, 3), "0 tasks"),
        (lambda: stats.finite_class(3, 0), "0 improvers"),
        (lambda: stats.finite_class(3, 3, delta=1.0), "not a probability"),
        (lambda: stats.observation_1(-1, 3), "-1 calls"),
        (lambda: stats.observation_1(1, 0), "0 tasks"),
    ],
)
def test_bounds_refuse_what_they_say_nothing_of(call: Callable[[], object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        call()


def test_finite_class_is_the_formula_of_hoeffding_and_the_union_bound() -> None:
    assert stats.finite_class(200, 5, delta=0.1) == pytest.approx(math.sqrt(math.log(100) / 400))
