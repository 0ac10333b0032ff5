"""Every textbook file: its header, and that it runs on a small real instance of its shape with an answer of the right form."""

from __future__ import annotations

import ast
import random
from collections.abc import Callable
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


@pytest.mark.parametrize("algorithm", TEXTBOOK.algorithms, ids=lambda algorithm: algorithm.name)
def test_textbook_file_states_its_idea_in_one_sentence(algorithm: Algorithm) -> None:
    assert algorithm.idea.endswith(".") and algorithm.idea[0].isupper()
    assert ast.get_docstring(ast.parse(algorithm.text)) is None


@pytest.mark.parametrize("shape", SHAPES)
def test_textbook_has_good_and_mediocre_algorithms_for_every_shape(shape: str) -> None:
    assert len(TEXTBOOK.fitting(shape, "good")) >= 2
    assert len(TEXTBOOK.fitting(shape, "mediocre")) >= 2


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
        '"""Odd.\n\nshape: learner\ngrade: superb\n"""\ndef f(x): ...',
        '"""Empty.\n\nshape: learner\ngrade: good\n"""',
        '"""Two.\n\nshape: learner\ngrade: good\n"""\ndef f(clauses, more): ...',
        "def f(:",
    ],
)
def test_textbook_refuses_a_file_that_is_not_in_order(tmp_path: Path, text: str) -> None:
    (tmp_path / "odd.py").write_text(text)
    with pytest.raises(ConfigurationError, match=r"odd\.py"):
        load_textbook(tmp_path)


def test_textbook_reads_another_folder_when_given_one(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(
        '"""All\ntrue.\n\nshape: learner\ngrade: good\n"""\ndef f(x, y, z):\n    return []\n'
    )
    (tmp_path / "notes.txt").write_text("not an algorithm")
    (algorithm,) = load_textbook(tmp_path).algorithms
    assert (algorithm.name, algorithm.idea, algorithm.entry) == ("a", "All true.", "f")
    assert algorithm.text == "def f(x, y, z):\n    return []\n"


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


@pytest.mark.parametrize("name", ["parity_search", "parity_information_sets"])
def test_parity_learners_are_nearly_always_exact_when_labels_are_noisy(name: str) -> None:
    learn = named(name)
    exact = [bool((learn(*data[:3]) == data[3]).all()) for data in (parity(seed, 0.05) for seed in range(40))]
    assert sum(exact) >= 38


def test_parity_search_looks_at_sparse_parities_when_there_are_many_columns() -> None:
    bits = np.random.RandomState(0).binomial(1, 0.5, (80, 20))
    labels = bits[:, 2] ^ bits[:, 11] ^ bits[:, 17]
    assert (named("parity_search")(bits[:60], labels[:60], bits[60:]) == labels[60:]).all()


def test_gaussian_elimination_is_exact_when_labels_have_no_noise() -> None:
    learn = named("gaussian_elimination")
    assert all((learn(*data[:3]) == data[3]).all() for data in (parity(seed, 0.0) for seed in range(10)))
