"""The headroom tasks: scores are exact, bounds hold, hostile answers score nothing, and the ladder leaves room."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Callable
from functools import cache
from itertools import combinations, permutations, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from strop.base.errors import Malformed
from strop.tasks.base import Instance, SecretSeeds, Task
from strop_problems.headroom import cap_set, job_shop, quadratic_assignment
from strop_problems.headroom.ladder import WHAT, ladder
from strop_problems.headroom.suite import HEADROOM, LARGE
from support.kits import task as kit
from support.rows import table

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "packages" / "problems" / "HEADROOM.md").read_text(encoding="utf-8")
SEEDS = SecretSeeds(b"headroom")
TASKS = {**HEADROOM, **LARGE}
SHORTEST = [0, 1, 8, 11, 68, 77, 94, 116, 121, 156, 158, 179, 194, 208, 212, 228, 240, 253, 259, 283]
"""The shortest Golomb ruler of 20 marks (OEIS A003022)."""


@cache
def task_of(name: str) -> Task:
    return TASKS[name]()


def drawn(name: str, index: int = 0) -> Instance:
    return task_of(name).instance("test", index, SEEDS)


def score(name: str, instance: Instance, answer: Any) -> float:
    return task_of(name).checked_score(instance, answer)


def seed_answer(name: str, instance: Instance) -> Any:
    """The seed's answer. Our own program, so the host may run it."""
    space: dict[str, Any] = {}
    exec(compile(task_of(name).seed, "seed", "exec"), space)
    return np.asarray(space[task_of(name).entry](**instance.inputs)).tolist()


def replaced(value: object) -> Callable[[list[Any]], Any]:
    """Replace the second number of an answer, or the first of its second row."""

    def replace(answer: list[Any]) -> Any:
        second = [value, *answer[1][1:]] if isinstance(answer[1], list) else value
        return [answer[0], second, *answer[2:]]

    return replace


@table("name", TASKS)
@table(
    "broken",
    [
        *map(replaced, (math.nan, math.inf, 0.5, -1, 2**63, 10**400, "1", None)),
        lambda answer: [answer, answer],
        lambda answer: 10 * answer,
        lambda answer: np.outer(answer, answer),
        lambda answer: np.array(answer, dtype=object),
        lambda answer: dict(enumerate(answer)),
        lambda answer: [],
        lambda answer: list(range(10**5)),
        lambda answer: None,
    ],
)
def test_hostile_answer_is_malformed(name: str, broken: Callable[[list[Any]], Any]) -> None:
    instance = drawn(name)
    answer = seed_answer(name, instance)
    assert 0 <= score(name, instance, answer) < 0.5
    with pytest.raises(Malformed):
        score(name, instance, broken(answer))


def test_shortest_ruler_scores_1_and_one_of_twice_its_length_a_fifth() -> None:
    instance = Instance({"marks": 20, "forbidden": [284]})
    assert score("golomb", instance, SHORTEST) == score("golomb", instance, [500 - place for place in SHORTEST]) == 1
    assert score("golomb", instance, [2 * place for place in SHORTEST]) == 0.25 / 1.25


def test_ruler_with_an_equal_or_a_forbidden_distance_is_malformed() -> None:
    for distance in sorted({b - a for a, b in combinations(SHORTEST, 2)})[::20]:
        with pytest.raises(Malformed, match="forbidden"):
            score("golomb", Instance({"marks": 20, "forbidden": [distance]}), SHORTEST)
    free = Instance({"marks": 20, "forbidden": [284]})
    for place in range(284):
        ruler = [*SHORTEST[:-1], place]
        distances = [abs(b - a) for a, b in combinations(ruler, 2)]
        if 0 in distances or len(set(distances)) < len(distances):
            with pytest.raises(Malformed, match="two"):
                score("golomb", free, ruler)


def test_every_instance_of_cap_set_contains_the_112_points_of_a_cap() -> None:
    cap = cap_set.largest_cap()
    assert score("cap-set", Instance({"points": cap}), list(range(112))) == 1
    rows = cap_set.sample(np.random.default_rng(5))["points"]
    again = np.random.default_rng(5)  # the seed is known here, so the map can be drawn again
    matrix = np.triu(again.integers(0, 3, (6, 6)), 1) + np.eye(6, dtype=np.int64)
    hidden = (cap @ matrix[again.permutation(6)] @ matrix.T + again.integers(0, 3, 6)) % 3
    assert len(np.unique(rows, axis=0)) == len(rows) >= 312
    where = {tuple(point): row for row, point in enumerate(rows.tolist())}
    assert score("cap-set", Instance({"points": rows}), [where[tuple(point)] for point in hidden.tolist()]) == 1


def test_points_are_refused_exactly_if_three_of_them_sum_to_zero() -> None:
    instance, rng, outcomes = drawn("cap-set"), np.random.default_rng(0), set()
    for _ in range(60):
        rows = rng.choice(len(instance["points"]), 12, replace=False)
        chosen = instance["points"][rows]
        line = any(not ((a + b + c) % 3).any() for a, b, c in combinations(chosen, 3))
        outcomes.add(line)
        if line:
            with pytest.raises(Malformed, match="line"):
                score("cap-set", instance, rows)
        else:
            assert score("cap-set", instance, rows) == pytest.approx(0.2 / (0.2 + 112 / 12 - 1))
    assert outcomes == {True, False}


def test_point_that_is_chosen_twice_is_malformed() -> None:
    with pytest.raises(Malformed, match="twice"):
        score("cap-set", drawn("cap-set"), [3, 4, 3])


def test_no_assignment_costs_less_than_the_hidden_one() -> None:
    for seed in range(20):
        flows, distances, lowest = quadratic_assignment.grid(np.random.default_rng(seed), side=2)
        costs = [int((flows * distances[np.ix_(a, a)]).sum()) for a in permutations(range(4))]
        assert min(costs) == costs[0] == lowest
        expected = flows.sum() * distances.sum() / 12
        assert np.mean(costs) == pytest.approx(expected)
    flows, distances, lowest = quadratic_assignment.grid(np.random.default_rng(1), side=5)
    instance, rng = Instance({"flows": flows, "distances": distances}, lowest), np.random.default_rng(2)
    assert score("quadratic-assignment", instance, list(range(25))) == 1
    scores = [score("quadratic-assignment", instance, rng.permutation(25)) for _ in range(500)]
    assert max(scores) < 1 and np.mean(scores) == pytest.approx(0.05 / 1.05, rel=0.05)


def test_fewest_bins_score_1_and_a_full_bin_may_not_hold_more() -> None:
    instance = Instance({"items": [4, 3, 3, 5, 2, 3], "capacity": 10})
    for bins in product(range(3), repeat=6):
        loads = [sum(item for item, place in zip(instance["items"], bins, strict=True) if place == b) for b in range(3)]
        if max(loads) > 10:
            with pytest.raises(Malformed, match="more than 10"):
                score("bin-packing", instance, bins)
        else:
            excess = sum(load > 0 for load in loads) / 2 - 1
            assert score("bin-packing", instance, bins) == pytest.approx(0.02 / (0.02 + excess))


def test_items_fill_whole_bins_by_three() -> None:
    for index in range(8):
        inputs = drawn("bin-packing", index).inputs
        items, capacity = inputs["items"], inputs["capacity"]
        assert sum(items) * 3 == len(items) * capacity
        assert capacity / 4 <= min(items) and max(items) < capacity / 2


def test_schedule_is_as_long_as_the_longest_path_and_never_shorter_than_the_bound() -> None:
    rng = np.random.default_rng(0)
    for _ in range(5):
        machines, times = rng.permuted(np.tile(np.arange(3), (2, 1)), axis=1), rng.integers(1, 20, (2, 3))
        instance, bound = Instance({"machines": machines, "times": times}), job_shop.bound(machines, times)
        for order in set(permutations([0, 1] * 3)):
            length = longest_path(machines, times, order)
            assert length >= bound
            assert job_shop.score(instance, np.array(order)) == pytest.approx(0.05 / (0.05 + length / bound - 1))


def longest_path(machines: Any, times: Any, order: tuple[int, ...]) -> int:
    """The end of the last step, from the longest chain of steps that wait for each other."""
    count, steps = [0] * len(machines), []
    for job in order:
        steps.append((job, machines[job, count[job]], int(times[job, count[job]])))
        count[job] += 1
    ends: list[int] = []
    for place, (job, machine, time) in enumerate(steps):
        waits = [end for end, (j, m, _) in zip(ends, steps[:place], strict=False) if j == job or m == machine]
        ends.append(time + max(waits, default=0))
    return max(ends)


CORNER = np.zeros((12, 2))
"""Nails that are in nobody's way."""
FOUR = np.array([[x, y, 0.25] for x, y in product((0.25, 0.75), repeat=2)])


def test_four_touching_circles_score_by_the_sum_of_their_radii() -> None:
    instance = Instance({"circles": 4, "nails": CORNER})
    best = 0.1 / (0.1 + math.sqrt(4 / math.pi) - 1)
    assert best - 1e-6 < score("circle-packing", instance, FOUR) < best
    assert best - 1e-6 < score("circle-packing", instance, FOUR + np.array([0, 0, 4e-13])) < best
    smaller = FOUR * [1, 1, 0.5]
    assert score("circle-packing", instance, smaller) == pytest.approx(0.1 / (0.1 + 2 * math.sqrt(4 / math.pi) - 1))


@table(
    ("change", "words"),
    [([0, 0, 4e-10], "not inside"), ([1e-8, 0, 0], "not inside"), ([0, -1e-8, 0], "not inside")],
)
def test_circle_beyond_the_square_is_malformed(change: list[float], words: str) -> None:
    with pytest.raises(Malformed, match=words):
        score("circle-packing", Instance({"circles": 4, "nails": CORNER}), FOUR + np.array(change))


def test_packing_is_refused_exactly_if_circles_overlap_or_hold_a_nail() -> None:
    rng, outcomes = np.random.default_rng(0), set()
    for _ in range(200):
        nails = rng.random((12, 2))
        centers, radii = rng.uniform(0.2, 0.8, (4, 2)), rng.uniform(0, 0.2, 4)
        pairs = combinations(range(4), 2)
        overlap = any(math.dist(centers[i], centers[j]) < radii[i] + radii[j] for i, j in pairs)
        nailed = any(
            math.dist(center, nail) < radius for center, radius in zip(centers, radii, strict=True) for nail in nails
        )
        outcomes.add((overlap, nailed))
        instance, packing = Instance({"circles": 4, "nails": nails}), np.column_stack([centers, radii])
        if overlap or nailed:
            with pytest.raises(Malformed, match="nail" if nailed else "overlap"):
                score("circle-packing", instance, packing)
        else:
            assert 0 < score("circle-packing", instance, packing) < 1
    assert len(outcomes) == 4


THREE_FIVE_SEVEN = [[0, 0, 0, 1, 1], [0, 0, 0, 2, 1], [0, 3, 0, 0, -1]]


def test_block_with_one_addition_for_each_constant_scores_1() -> None:
    instance = Instance({"constants": [7, 3, 5]})
    assert score("multiplier-block", instance, THREE_FIVE_SEVEN) == 1
    assert score("multiplier-block", instance, [*THREE_FIVE_SEVEN, [3, 1, 2, 0, -1]]) == 0.25 / (0.25 + 1 / 3)
    assert score("multiplier-block", Instance({"constants": [45]}), [[0, 0, 0, 2, 1], [1, 3, 1, 0, 1]]) == 0.25 / 1.25


@table(
    ("addition", "words"),
    [
        ([4, 0, 0, 1, 1], "addition 4 is"),
        ([-1, 0, 0, 1, 1], "addition 4 is"),
        ([0, 0, 0, 17, 1], "addition 4 is"),
        ([0, -1, 0, 1, 1], "addition 4 is"),
        ([0, 0, 0, 1, 0], "addition 4 is"),
        ([0, 0, 0, 1, 2], "addition 4 is"),
        ([0, 0, 0, 0, -1], "not from 1"),
        ([0, 0, 0, 3, -1], "not from 1"),
        ([0, 16, 0, 0, 1], "to 65535"),
        ([0, 1, 0, 0, 1], "no value is 9"),
    ],
)
def test_addition_that_is_not_possible_or_misses_a_constant_is_malformed(addition: list[int], words: str) -> None:
    with pytest.raises(Malformed, match=words):
        score("multiplier-block", Instance({"constants": [3, 5, 7, 9]}), [*THREE_FIVE_SEVEN, addition])


@table(("right", "value"), [(64, 1.0), (48, 0.5), (33, 1 / 32), (32, 0.0), (0, 0.0)])
def test_predictions_score_by_what_they_add_to_a_guess(right: int, value: float) -> None:
    instance = drawn("noisy-parity")
    wrong = np.arange(64) >= right
    assert score("noisy-parity", instance, instance.hidden ^ wrong) == pytest.approx(value)


def test_labels_of_the_test_rows_follow_from_bits_that_fit_four_fifths_of_the_training_rows() -> None:
    rng = np.random.default_rng(3)
    bits = int(np.random.default_rng(3).integers(24, 73))
    inputs, hidden = task_of("noisy-parity").sample(rng)
    again = np.random.default_rng(3)
    again.integers(24, 73)
    chosen = again.integers(0, 2, bits)
    assert np.array_equal(inputs["test_samples"] @ chosen % 2, hidden)
    wrong = np.mean(inputs["train_samples"] @ chosen % 2 != inputs["train_parity"])
    assert wrong == pytest.approx(0.2, abs=0.1) and len(inputs["train_parity"]) == 10 * bits


@table("name", HEADROOM)
def test_ladder_leaves_room_between_seed_heuristics_reference_and_bound(name: str) -> None:
    seed, *heuristics, reference, model = ladder(name)
    assert (seed.name, len(heuristics), reference.name, model.name) == ("seed", 3, "reference", "language model")
    assert seed.mean <= 0.5 * reference.mean
    assert max(rung.mean for rung in heuristics) < 0.9 * reference.mean
    assert model.mean < 0.98, "no room is left for a model's second answer"
    assert all(rung.low <= rung.mean <= rung.high for rung in ladder(name))


@table("name", HEADROOM)
def test_page_shows_the_recorded_ladder_and_a_section(name: str) -> None:
    assert list(WHAT) == list(HEADROOM) and f"\n## {name}\n" in PAGE
    shown = PAGE.split("<!-- ladder -->")[1].split("<!-- end -->")[0]
    for rung in ladder(name):
        assert f": {rung.what} | {rung.mean:.3f} | {rung.low:.3f} to {rung.high:.3f} |" in shown


@pytest.mark.heavy
@table("name", HEADROOM)
def test_programs_of_the_ladder_give_answers_that_are_scored(name: str) -> None:
    path = ROOT / "bench" / "ladder" / f"{name.replace('-', '_')}.py"
    spec = importlib.util.spec_from_file_location(f"ladder_{path.stem}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert len(module.LADDER) == 4 and module.LADDER[-1].__doc__.startswith("reference: ")
    instance = drawn(name)
    assert 0 <= score(name, instance, module.LADDER[0](**instance.inputs)) <= 1


@table("check", kit.CHECKS)
@table("name", TASKS)
def test_task_conforms(name: str, check: Callable[[Task], None]) -> None:
    check(task_of(name))


@table("name", TASKS)
def test_description_names_the_entry_the_limits_and_the_code_that_measures(name: str) -> None:
    task = task_of(name)
    assert f"`{task.entry}(" in task.u_str and f"over {task.instances} instances" in task.u_str
    assert f"def {task.sample.__name__}(rng" in task.u_str and "def score(instance" in task.u_str
    assert (task.time_limit, task.failure) == (1.0, "instance")


@table(
    ("name", "key", "least", "most"),
    [("quadratic-assignment-large", "flows", 324, 484), ("circle-packing-large", "circles", 100, 140)],
)
def test_instance_has_a_size_that_page_and_description_name(name: str, key: str, least: int, most: int) -> None:
    sizes = {np.size(drawn(name, index)[key], 0) if key == "flows" else drawn(name, index)[key] for index in range(12)}
    assert least <= min(sizes) < max(sizes) <= most
    assert f"{least} to {most}" in PAGE and f"{least} to {most}" in task_of(name).u_str
