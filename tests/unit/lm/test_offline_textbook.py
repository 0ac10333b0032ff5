"""Every textbook file: its header, and that it runs on a small real instance of its shape with an answer of the right form."""

from __future__ import annotations

import ast
import random
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from strop.base.errors import ConfigurationError
from strop.lm.offline.library import Algorithm, load_textbook
from strop.lm.offline.shapes import SHAPES, signature_of

TEXTBOOK = load_textbook()


def of_shape(shape: str, grade: str | None = None) -> Any:
    return pytest.mark.parametrize("algorithm", TEXTBOOK.fitting(shape, grade), ids=lambda algorithm: algorithm.name)


def function_of(algorithm: Algorithm) -> Callable[..., Any]:
    namespace: dict[str, Any] = {}
    exec(compile(algorithm.text, algorithm.name, "exec"), namespace)
    random.seed(1)
    np.random.seed(1)
    return namespace[algorithm.entry]  # type: ignore[no-any-return]


def named(name: str) -> Callable[..., Any]:
    return function_of(next(each for each in TEXTBOOK.algorithms if each.name == name))


def parity(seed: int, noise: float) -> tuple[np.ndarray, ...]:
    """100 training and 20 test samples of 10 bits, labels flipped by noise among the training ones."""
    generator = np.random.RandomState(seed)
    mask, bits = generator.binomial(1, 0.3, 10), generator.binomial(1, 0.5, (120, 10))
    labels, flips = bits @ mask % 2, generator.binomial(1, noise, 100)
    return bits[:100], (labels[:100] + flips) % 2, bits[100:], labels[100:]


def quadratic(size: int = 8) -> list[np.ndarray]:
    return list(np.random.RandomState(3).rand(3, size, size))


def graph(size: int = 30) -> np.ndarray:
    upper = np.triu(np.random.RandomState(4).randint(-9, 10, (size, size)).clip(0), k=1).astype(float)
    return upper + upper.T


def planted(variables: int, seed: int) -> list[list[int]]:
    """A random 3-SAT formula that the all-true assignment satisfies, four clauses a variable."""
    rng = random.Random(seed)
    clauses: list[list[int]] = []
    while len(clauses) < 4 * variables:
        clause = [rng.choice((-1, 1)) * each for each in rng.sample(range(1, variables + 1), 3)]
        clauses += [clause] if max(clause) > 0 else []
    return clauses


def is_satisfied(clauses: list[list[int]], values: list[Any]) -> bool:
    return all(any(bool(values[abs(literal)] > 0) == (literal > 0) for literal in clause) for clause in clauses)


def cut(matrix: np.ndarray, sides: list[int]) -> float:
    return float(matrix[np.not_equal.outer(sides, sides)].sum() / matrix.sum())


@pytest.mark.parametrize("algorithm", TEXTBOOK.algorithms, ids=lambda algorithm: algorithm.name)
def test_textbook_file_states_its_idea_in_one_sentence(algorithm: Algorithm) -> None:
    assert algorithm.idea.endswith(".") and algorithm.idea[0].isupper()
    assert ast.get_docstring(ast.parse(algorithm.text)) is None


@pytest.mark.parametrize("shape", SHAPES)
def test_textbook_has_good_and_mediocre_algorithms_for_every_shape(shape: str) -> None:
    assert TEXTBOOK.fitting(shape, "good") and TEXTBOOK.fitting(shape, "mediocre")


@pytest.mark.parametrize("shape", ["improver", "improver-earlier"])
def test_textbook_improvers_are_recognised_as_improvers_themselves(shape: str) -> None:
    for algorithm in TEXTBOOK.fitting(shape):
        signature = signature_of(ast.parse(algorithm.text))
        assert signature is not None and (signature.shape, signature.entry) == (shape, "improve_algorithm")


@pytest.mark.parametrize(
    "text",
    [
        '"""No shape.\n\ngrade: good\n"""\ndef f(x): ...',
        '"""Odd.\n\nshape: sphere\ngrade: good\n"""\ndef f(x): ...',
        '"""Odd.\n\nshape: sat\ngrade: superb\n"""\ndef f(x): ...',
        '"""Empty.\n\nshape: sat\ngrade: good\n"""',
        '"""Two.\n\nshape: sat\ngrade: good\n"""\ndef f(clauses, more): ...',
        "def f(:",
    ],
)
def test_textbook_refuses_a_file_that_is_not_in_order(tmp_path: Path, text: str) -> None:
    (tmp_path / "odd.py").write_text(text)
    with pytest.raises(ConfigurationError, match=r"odd\.py"):
        load_textbook(tmp_path)


def test_textbook_reads_another_folder_when_given_one(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text('"""All\ntrue.\n\nshape: sat\ngrade: good\n"""\ndef f(clauses):\n    return []\n')
    (tmp_path / "notes.txt").write_text("not an algorithm")
    (algorithm,) = load_textbook(tmp_path).algorithms
    assert (algorithm.name, algorithm.idea, algorithm.entry) == ("a", "All true.", "f")
    assert algorithm.text == "def f(clauses):\n    return []\n"


@pytest.mark.heavy
@of_shape("learner")
@pytest.mark.parametrize("noise", [0.0, 0.05])
def test_learner_predicts_a_bit_for_every_test_sample(algorithm: Algorithm, noise: float) -> None:
    for seed in range(3):
        *arguments, labels = parity(seed, noise)
        predictions = np.asarray(function_of(algorithm)(*arguments))
        assert predictions.shape == labels.shape and set(predictions.tolist()) <= {0, 1}


@of_shape("learner")
def test_learner_does_not_fail_when_all_labels_are_equal(algorithm: Algorithm) -> None:
    train, labels, test, _ = parity(0, 0.0)
    assert len(function_of(algorithm)(train, labels * 0, test)) == 20


@of_shape("learner")
def test_learner_leaves_its_inputs_as_they_are(algorithm: Algorithm) -> None:
    arguments = parity(5, 0.05)[:3]
    function_of(algorithm)(*arguments)
    assert all((left == right).all() for left, right in zip(arguments, parity(5, 0.05), strict=False))


def test_parity_learner_is_nearly_always_exact_when_labels_are_noisy() -> None:
    learn = named("parity_information_sets")
    exact = [bool((learn(*data[:3]) == data[3]).all()) for data in (parity(seed, 0.05) for seed in range(40))]
    assert sum(exact) >= 38


def test_gaussian_elimination_is_exact_when_labels_have_no_noise() -> None:
    learn = named("gaussian_elimination")
    assert all((learn(*data[:3]) == data[3]).all() for data in (parity(seed, 0.0) for seed in range(10)))


@of_shape("assignment")
def test_assignment_is_a_permutation(algorithm: Algorithm) -> None:
    assert sorted(function_of(algorithm)(*quadratic())) == list(range(8))


def test_assignment_search_beats_sorting() -> None:
    flows, distances, preferences = quadratic()

    def value(name: str) -> float:
        order = named(name)(flows, distances, preferences)
        return float((flows * distances[np.ix_(order, order)]).sum() - preferences[range(8), order].sum())

    assert value("assignment_exchange_up") > value("assignment_sorted")


@of_shape("partition")
def test_partition_puts_every_node_on_one_of_two_sides(algorithm: Algorithm) -> None:
    sides = function_of(algorithm)(graph())
    assert len(sides) == 30 and set(sides) <= {0, 1}


@of_shape("partition", "good")
def test_partition_cuts_clearly_more_than_chance_when_it_is_good(algorithm: Algorithm) -> None:
    assert cut(graph(), function_of(algorithm)(graph())) > 0.58


@of_shape("sat")
def test_sat_gives_every_variable_a_value(algorithm: Algorithm) -> None:
    assert len(function_of(algorithm)(planted(12, 0))) == 13


@pytest.mark.parametrize("name", ["sat_walksat", "sat_dpll"])
def test_sat_solvers_satisfy_planted_formulas(name: str) -> None:
    for seed in range(8):
        clauses = planted(15, seed)
        assert is_satisfied(clauses, named(name)(clauses))


@of_shape("string")
def test_string_has_the_length_and_letters_of_the_target(algorithm: Algorithm) -> None:
    for target, distance in (("ABBA", 3), ("A", 0), ("BBBBBB", 7)):
        built = function_of(algorithm)(target, distance)
        assert len(built) == len(target) and set(built) <= set("AB")


def test_string_sets_reach_every_distance_that_some_string_has() -> None:
    def changes(text: str) -> int:
        return sum(left != right for left, right in pairwise(text))

    def distance(left: str, right: str) -> int:
        return sum(a != b for a, b in zip(left, right, strict=True)) + changes(left) + changes(right)

    rng = random.Random(0)
    for _ in range(50):
        length = rng.randint(1, 20)
        target, other = ("".join(rng.choices("AB", k=length)) for _ in range(2))
        wanted = distance(other, target)
        assert distance(named("string_sets")(target, wanted), target) == wanted
