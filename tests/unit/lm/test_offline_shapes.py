"""The shape of a program, from the names and words of its entry function."""

from __future__ import annotations

import ast

import pytest

from strop.lm.offline.shapes import SHAPES, signature_of, words

CASES = [
    (
        "def algorithm(train_samples, train_parity, test_samples): ...",
        "learner",
        "train_samples train_parity test_samples",
    ),
    ("def fit_predict(X_train, y_train, X_test): ...", "learner", "X_train y_train X_test"),
    ("def classify(test_x, train_y, train_x): ...", "learner", "train_x train_y test_x"),
    ("def run(x, labels, queries, k=3): ...", "learner", "x labels queries"),
    ("def algorithm(F, D, P):\n    assignment = list(range(len(F)))", "assignment", "F D P"),
    ("def qap(flow, distance, preference):\n    'Find a permutation.'", "assignment", "flow distance preference"),
    ("def algorithm(adjacency_matrix):\n    partition = []", "partition", "adjacency_matrix"),
    ("def max_cut(weights): ...", "partition", "weights"),
    ("def algorithm(formula): ...", "sat", "formula"),
    ("def solve(clauses): ...", "sat", "clauses"),
    ("def algorithm(t, dist):\n    return t", "string", "t dist"),
    ("def build(distance, text): ...", "string", "text distance"),
    (
        "def improve_algorithm(initial_solution, utility, language_model): ...",
        "improver",
        "initial_solution utility language_model",
    ),
    ("def improve(solution, utility_str, utility, lm): ...", "improver", "solution utility lm"),
    ("def improve(program, score, lm, rounds=3): ...", "improver", "program score lm"),
    (
        "def improve_algorithm(initial_solution, utility_str, utility): ...",
        "improver-earlier",
        "initial_solution utility_str utility",
    ),
]


@pytest.mark.parametrize(("source", "shape", "roles"), CASES)
def test_signature_knows_the_shape_and_the_roles(source: str, shape: str, roles: str) -> None:
    signature = signature_of(ast.parse(source))
    assert signature is not None
    assert (signature.shape, signature.roles) == (shape, tuple(roles.split()))


@pytest.mark.parametrize(
    "source",
    [
        "def pack(items): ...",
        "def f(a, b, c): ...",
        "def f(): ...",
        "def score(instance, answer): ...",
        "def f(matrix): ...",
    ],
)
def test_signature_has_no_shape_when_the_words_tell_nothing(source: str) -> None:
    signature = signature_of(ast.parse(source))
    assert signature is not None and signature.shape is None and signature.roles == ()


def test_signature_is_of_the_outer_function_when_there_are_helpers() -> None:
    tree = ast.parse("def main(clauses):\n    return walk(clauses)\ndef walk(clauses):\n    return walk(clauses)")
    signature = signature_of(tree)
    assert signature is not None and signature.entry == "main"


def test_signature_prefers_a_known_shape_when_functions_do_not_call_each_other() -> None:
    signature = signature_of(ast.parse("def solve(clauses): ...\ndef show(result): ..."))
    assert signature is not None and signature.entry == "solve"


def test_signature_is_of_a_function_that_calls_only_itself() -> None:
    signature = signature_of(ast.parse("def solve(clauses):\n    return solve(clauses[1:])\ndef show(result): ..."))
    assert signature is not None and signature.entry == "solve"


def test_signature_is_found_when_functions_call_each_other_in_a_circle() -> None:
    signature = signature_of(ast.parse("def one(clauses):\n    two(clauses)\ndef two(clauses):\n    one(clauses)"))
    assert signature is not None and signature.shape == "sat"


def test_signature_is_none_when_there_is_no_function() -> None:
    assert signature_of(ast.parse("x = 1")) is None


def test_every_shape_has_a_case() -> None:
    assert {shape for _, shape, _ in CASES} == set(SHAPES)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("train_labels", {"train", "labels"}), ("trainLabels2", {"train", "labels"}), ("XTrain", {"x", "train"})],
)
def test_words_splits_identifiers(name: str, expected: set[str]) -> None:
    assert words(name) == expected
