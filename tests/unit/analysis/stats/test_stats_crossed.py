from __future__ import annotations

import numpy as np
import pytest

from strop.analysis import stats
from strop.analysis.stats import crossed_t_difference as crossed
from strop.analysis.stats import stratified_t_difference as stratified

TABLE = [[0.1, 0.4, 0.3], [0.2, 0.6, 0.1], [0.5, 0.9, 0.4], [0.3, 0.3, 0.3]]
ZEROS = [[0.0] * 3 for _ in range(4)]
TABLE_OF_TWO = [[0.3, 0.2], [0.1, 0.4], [0.2, 0.2]]


def wide(values: list[float]) -> list[list[float]]:
    """Copies that score the same on each of five instances."""
    return [[value] * 5 for value in values]


@pytest.mark.parametrize("paired", [False, True])
def test_crossed_difference_adds_the_variances_of_copies_and_of_instances(paired: bool) -> None:
    copies, instances = [0.8 / 3, 0.3, 0.6, 0.3], [1.1 / 4, 2.2 / 4, 1.1 / 4]
    found = crossed(TABLE, ZEROS, paired=paired).estimate
    assert found.mean == pytest.approx(4.4 / 12)
    assert found.stderr == pytest.approx((np.var(copies, ddof=1) / 4 + np.var(instances, ddof=1) / 3) ** 0.5)


def test_crossed_difference_is_that_of_paired_t_when_instances_do_not_vary() -> None:
    values = [0.3, 0.1, 0.7, 0.2]
    found = crossed(wide(values), wide([0.0] * 4), paired=True)
    assert found.estimate.interval == pytest.approx(stats.t_estimate(values).interval)
    assert found.p == pytest.approx(stats.t_test(values))


def test_crossed_difference_is_that_of_welch_when_instances_do_not_vary() -> None:
    one, other = [0.3, 0.1, 0.7, 0.2], [0.1, 0.5]
    found = crossed(wide(one), wide(other))
    assert found.estimate.interval == pytest.approx(stats.unpaired_difference(one, other).interval)
    assert found.p == pytest.approx(stats.welch_test(one, other))


def test_crossed_difference_is_wider_than_that_of_the_copies_when_instances_vary() -> None:
    both = crossed(TABLE, ZEROS, paired=True).estimate.interval
    copies = stats.t_estimate([float(np.mean(row)) for row in TABLE]).interval
    assert both is not None
    assert copies is not None
    assert both[0] < copies[0] < copies[1] < both[1]


def test_crossed_difference_leaves_out_0_exactly_when_its_p_value_is_small() -> None:
    rng = np.random.default_rng(1)
    seen = set()
    for shift in np.linspace(0, 0.6, 60):
        found = crossed((shift + rng.normal(0, 0.2, (5, 8))).tolist(), rng.normal(0, 0.2, (4, 8)).tolist())
        assert found.estimate.interval is not None
        assert found.p is not None
        assert (found.p < 0.05) == (not found.estimate.interval[0] <= 0 <= found.estimate.interval[1])
        seen.add(found.p < 0.05)
    assert seen == {False, True}


def test_crossed_difference_has_no_interval_when_there_is_one_copy() -> None:
    found = crossed([[0.75, 0.5]], [[0.25, 0.5]])
    assert found == stats.CrossedDifference(stats.Estimate(0.25, None, 2), None)


def test_crossed_difference_takes_a_single_instance_as_given() -> None:
    one, other = [0.3, 0.1, 0.7, 0.2], [0.1, 0.5]
    found = crossed([[value] for value in one], [[value] for value in other])
    assert found.estimate.interval == pytest.approx(stats.unpaired_difference(one, other).interval)


@pytest.mark.parametrize(("paired", "p"), [(False, 2 / 70), (True, 2 / 16)])
def test_crossed_difference_rests_on_permutations_when_nothing_varies(paired: bool, p: float) -> None:
    found = crossed([[0.5] * 3] * 4, ZEROS, paired=paired)
    assert found == stats.CrossedDifference(stats.Estimate(0.5, None, 8), p)
    assert crossed(ZEROS, ZEROS, paired=paired).p == 1.0


def test_crossed_difference_takes_rounding_for_nothing() -> None:
    jittered = [[0.1 + 0.2] * 2, [0.3] * 2]
    assert crossed(jittered, [[0.0, 0.0]] * 2).estimate.stderr is None


@pytest.mark.parametrize("paired", [False, True])
def test_crossed_difference_covers_the_truth_as_often_as_it_says_when_copies_and_instances_vary(paired: bool) -> None:
    rng = np.random.default_rng(3)
    covered = 0
    for _ in range(1000):
        table = rng.normal(0, 0.2, (5, 1)) + rng.normal(0, 0.1, (1, 20)) + rng.normal(0, 0.1, (5, 20))
        other = rng.normal(0, 0.2, (5, 1)) + rng.normal(0, 0.1, (5, 20))
        low, high = crossed(table.tolist(), other.tolist(), paired=paired).estimate.interval or (1.0, 1.0)
        covered += low <= 0 <= high
    assert (
        0.92 < covered / 1000 < 0.985
    )  # 0.95 and a little more; over four standard errors of 1000 trials to each side


def test_pigeonhole_interval_is_near_the_crossed_one_when_there_is_much_of_both() -> None:
    rng = np.random.default_rng(4)
    table = 0.1 + rng.normal(0, 0.2, (60, 1)) + rng.normal(0, 0.2, (1, 80)) + rng.normal(0, 0.1, (60, 80))
    zeros = np.zeros((60, 80)).tolist()
    low, high = stats.pigeonhole_interval(table.tolist(), zeros, resamples=4000, rng=rng)
    expected = crossed(table.tolist(), zeros, paired=True).estimate.interval
    assert expected is not None
    assert (low, high) == pytest.approx(expected, abs=0.1 * (expected[1] - expected[0]))


def test_pigeonhole_interval_is_a_point_when_nothing_varies() -> None:
    rng = np.random.default_rng(0)
    assert stats.pigeonhole_interval([[0.5] * 3] * 4, ZEROS, rng=rng) == pytest.approx((0.5, 0.5))


@pytest.mark.parametrize(
    ("a", "b", "said"),
    [
        ([[1.0, 2.0]], [[1.0, 2.0], [1.0, 2.0]], "1 copies cannot be paired with 2"),
        ([], [], "the same instances"),
        ([[]], [[]], "the same instances"),
        ([[1.0, 2.0], [1.0]], [[1.0, 2.0], [1.0]], "the same instances"),
        ([[1.0, 2.0]], [[1.0]], "the same instances"),
    ],
)
def test_crossed_methods_refuse_what_is_not_crossed(a: list[list[float]], b: list[list[float]], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        crossed(a, b, paired=True)
    with pytest.raises(ValueError, match=said):
        stats.pigeonhole_interval(a, b, rng=np.random.default_rng(0))


def test_crossed_methods_refuse_what_is_no_probability_and_no_resamples() -> None:
    with pytest.raises(ValueError, match="not a probability"):
        crossed(TABLE, ZEROS, confidence=1.0)
    with pytest.raises(ValueError, match="0 resamples"):
        stats.pigeonhole_interval(TABLE, ZEROS, resamples=0, rng=np.random.default_rng(0))


def test_stratified_difference_of_one_stratum_is_the_crossed_one() -> None:
    assert stratified([(TABLE, ZEROS)]) == crossed(TABLE, ZEROS)


def test_stratified_difference_averages_the_differences_and_adds_their_variances() -> None:
    other = [[value + 0.2 for value in row[:2]] for row in TABLE]
    one, two = crossed(TABLE, ZEROS).estimate, crossed(other, TABLE_OF_TWO).estimate
    found = stratified([(TABLE, ZEROS), (other, TABLE_OF_TWO)]).estimate
    assert one.stderr is not None and two.stderr is not None and found.interval is not None
    assert found.mean == pytest.approx((one.mean + two.mean) / 2)
    assert found.stderr == pytest.approx((one.stderr**2 + two.stderr**2) ** 0.5 / 2)
    assert found.interval[0] < found.mean < found.interval[1]


def test_stratified_difference_covers_the_truth_of_its_tasks_when_the_tasks_differ_much() -> None:
    rng, held = np.random.default_rng(5), 0
    for _ in range(200):
        strata = [
            ((level + rng.normal(0, 0.1, (5, 8))).tolist(), rng.normal(0, 0.1, (5, 8)).tolist()) for level in (0, 5)
        ]
        interval = stratified(strata).estimate.interval
        assert interval is not None and interval[1] - interval[0] < 1
        held += interval[0] <= 2.5 <= interval[1]
    assert held >= 186


def test_stratified_difference_has_the_p_of_all_deals_when_nothing_varies() -> None:
    one, nought = [[0.5, 0.5]] * 2, [[0.1, 0.1]] * 2
    assert stratified([(one, nought), (one, nought)]).p == pytest.approx(2 / 36)
    assert stratified([(one, nought), (nought, one)]).p == 1.0


@pytest.mark.parametrize("strata", [[], [([[0.5]], [])]])
def test_stratified_difference_refuses_nothing(strata: list) -> None:  # type: ignore[type-arg]
    with pytest.raises(ValueError, match=r"no values|every copy"):
        stratified(strata)
