"""The textbook: which program it fits, how an algorithm takes a program's place, and every file on a small instance."""

from __future__ import annotations

import ast
import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from strop.lm.offline.prompt import fenced_blocks
from strop.lm.offline.textbook import HINTS, SHAPES, Algorithm, load_textbook, recombine, signature_of, words
from strop.sandbox.base import Sandbox
from support.guest import extract_code
from support.kits.improver import ANSWERS, prompts_show_the_solution_first_and_the_score_function_second, tried

ALGORITHMS = {algorithm.name: algorithm for algorithm in load_textbook()}
every_algorithm = pytest.mark.parametrize("algorithm", ALGORITHMS.values(), ids=lambda algorithm: algorithm.name)


def of_shape(shape: str, grade: str = "good mediocre") -> Any:
    chosen = [each for each in ALGORITHMS.values() if each.shape == shape and each.grade in grade]
    return pytest.mark.parametrize("algorithm", chosen, ids=lambda algorithm: algorithm.name)


def function_of(algorithm: Algorithm) -> Callable[..., Any]:
    namespace: dict[str, Any] = {}
    exec(compile(algorithm.text, algorithm.name, "exec"), namespace)
    random.seed(1)
    np.random.seed(1)
    return namespace[algorithm.entry]  # type: ignore[no-any-return]


def named(name: str) -> Callable[..., Any]:
    return function_of(ALGORITHMS[name])


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
    ("def improve(program, score, lm, rounds=3): ...", "improver", "program score lm"),
    ("def pack(items): ...", None, ""),
    ("def f(a, b, c): ...", None, ""),
    ("def f(): ...", None, ""),
    ("def score(instance, answer): ...", None, ""),
    ("def f(matrix): ...", None, ""),
]


@pytest.mark.parametrize(("source", "shape", "roles"), CASES)
def test_signature_knows_the_shape_and_the_roles_where_the_words_tell(source: str, shape: str, roles: str) -> None:
    signature = signature_of(ast.parse(source))
    assert signature is not None
    assert (signature.shape, signature.roles) == (shape, tuple(roles.split()))


@pytest.mark.parametrize(
    ("source", "entry"),
    [
        ("def main(clauses):\n    return walk(clauses)\ndef walk(clauses):\n    return walk(clauses)", "main"),
        ("def solve(clauses): ...\ndef show(result): ...", "solve"),
        ("def solve(clauses):\n    return solve(clauses[1:])\ndef show(result): ...", "solve"),
        ("def one(clauses):\n    two(clauses)\ndef two(clauses):\n    one(clauses)", "two"),
        ("x = 1", None),
    ],
    ids=["a helper", "another function", "recursion", "a circle", "no function"],
)
def test_signature_is_of_the_outer_function_of_a_known_shape(source: str, entry: str | None) -> None:
    signature = signature_of(ast.parse(source))
    assert (signature and signature.function.name) == entry


@pytest.mark.parametrize(
    ("name", "expected"),
    [("train_labels", {"train", "labels"}), ("trainLabels2", {"train", "labels"}), ("XTrain", {"x", "train"})],
)
def test_words_splits_identifiers(name: str, expected: set[str]) -> None:
    assert words(name) == expected


PROGRAMS = {shape: source for source, shape, _ in reversed(CASES) if shape}


def recombined(name: str, source: str) -> str:
    tree = ast.parse(source)
    signature = signature_of(tree)
    assert signature is not None and signature.shape == ALGORITHMS[name].shape
    return recombine(ALGORITHMS[name], tree, signature)


def result_of(text: str, entry: str, *arguments: Any) -> Any:
    namespace: dict[str, Any] = {}
    exec(text, namespace)
    return namespace[entry](*arguments)


@every_algorithm
def test_recombined_program_has_the_shape_entry_and_parameters_of_the_old_one(algorithm: Algorithm) -> None:
    source = PROGRAMS[algorithm.shape]
    old, new = (signature_of(ast.parse(text)) for text in (source, recombined(algorithm.name, source)))
    assert old is not None and new is not None
    assert (new.function.name, ast.unparse(new.function.args)) == (old.function.name, ast.unparse(old.function.args))
    assert new.roles == old.roles


def test_recombine_uses_the_textbook_as_it_is_when_no_name_changes() -> None:
    assert recombined("improver_greedy", PROGRAMS["improver"]) == ALGORITHMS["improver_greedy"].text


def test_recombine_passes_the_parameters_by_their_roles_wherever_they_stand() -> None:
    new = recombined("nearest_neighbour", "def predict(queries, labels, x):\n    return queries")
    assert list(result_of(new, "predict", [[0], [9]], [1, 2], [[0], [8]])) == [1, 2]


def test_recombine_keeps_apart_two_entry_functions_of_one_name() -> None:
    new = recombined("sat_random", "def satisfy(formula, *, tries: int = 10):\n    return None")
    assert result_of(new, "satisfy", [[1], [-2]])[1:] == [True, False]


def test_recombine_keeps_what_the_old_entry_function_did_not_use_and_what_its_parameters_use() -> None:
    new = recombined(
        "string_constant",
        "import math\nimport numpy as np\nimport os\nRADIUS, SEED = 2, 3\ndef area():\n    return math.pi * RADIUS\n"
        "def helper(t):\n    return np.zeros(3)\ndef solve(t: os.PathLike, dist, /, seed=SEED):\n    return helper(t)",
    )
    names = {node.name for node in ast.parse(new).body if isinstance(node, ast.FunctionDef)}
    assert names == {"area", "construct", "solve"}
    assert "import math" in new and "import os" in new and "RADIUS" in new and "numpy" not in new
    assert result_of(new, "solve", "AAB", 2) == "AAA"


def test_recombine_can_be_repeated_without_leaving_dead_code() -> None:
    once = recombined("parity_information_sets", PROGRAMS["learner"])
    assert recombined("naive_bayes", once) == recombined("naive_bayes", PROGRAMS["learner"])


@every_algorithm
def test_textbook_file_states_its_grade_shape_and_idea(algorithm: Algorithm) -> None:
    assert algorithm.idea.endswith(".") and algorithm.idea[0].isupper()
    assert algorithm.grade in ("good", "mediocre") and algorithm.shape in SHAPES
    assert len(algorithm.parameters) == len(SHAPES[algorithm.shape])
    assert ast.get_docstring(ast.parse(algorithm.text)) is None


@pytest.mark.parametrize("shape", SHAPES)
def test_textbook_has_good_and_mediocre_algorithms_for_every_shape(shape: str) -> None:
    assert {each.grade for each in ALGORITHMS.values() if each.shape == shape} == {"good", "mediocre"}
    assert HINTS.keys() <= SHAPES.keys()


@pytest.mark.heavy
@of_shape("learner")
@pytest.mark.parametrize("noise", [0.0, 0.05])
def test_learner_predicts_a_bit_for_every_test_sample_and_leaves_its_inputs_as_they_are(
    algorithm: Algorithm, noise: float
) -> None:
    for seed in range(3):
        *arguments, labels = parity(seed, noise)
        predictions = np.asarray(function_of(algorithm)(*arguments))
        assert predictions.shape == labels.shape and set(predictions.tolist()) <= {0, 1}
        assert all((left == right).all() for left, right in zip(arguments, parity(seed, noise), strict=False))


@of_shape("learner")
def test_learner_does_not_fail_when_all_labels_are_equal(algorithm: Algorithm) -> None:
    train, labels, test, _ = parity(0, 0.0)
    assert len(function_of(algorithm)(train, labels * 0, test)) == 20


def test_parity_learner_is_nearly_always_exact_when_labels_are_noisy() -> None:
    learn = named("parity_information_sets")
    exact = [bool((learn(*data[:3]) == data[3]).all()) for data in (parity(seed, 0.05) for seed in range(40))]
    assert sum(exact) >= 38


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


def test_walksat_satisfies_planted_formulas() -> None:
    for seed in range(8):
        clauses = planted(15, seed)
        assert is_satisfied(clauses, named("sat_walksat")(clauses))


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


@pytest.mark.process
@of_shape("improver")
@pytest.mark.parametrize("answers", ["better each time", "mixed", "no code", "another program"])
def test_improver_returns_a_program_within_its_budgets_and_the_best_of_all_when_it_is_good(
    jail: Sandbox, algorithm: Algorithm, answers: str
) -> None:
    trial = tried(algorithm.text, jail, ANSWERS[answers]())
    assert trial.improvement.solution and not trial.notes
    if algorithm.grade == "good" and answers in ("better each time", "mixed"):
        assert dict(trial.scored)[trial.improvement.solution.rstrip() + "\n"] == max(dict(trial.scored).values())
        assert (trial.lm_calls, len(trial.requests)) == (4, 24)
        assert len(trial.scored) >= (12 if answers == "better each time" else 5)


@pytest.mark.process
@of_shape("improver")
def test_improver_shows_the_solution_first_and_the_score_after_it(jail: Sandbox, algorithm: Algorithm) -> None:
    prompts_show_the_solution_first_and_the_score_function_second(algorithm.text, jail)


@of_shape("improver")
def test_improver_can_be_shown_to_itself(algorithm: Algorithm) -> None:
    """Its fences are balanced, so that the answer that holds it, and the prompt that holds it, read as one block."""
    assert extract_code(f"Idea.\n\n```python\n{algorithm.text.rstrip()}\n```\n") == algorithm.text.rstrip()
    assert [block.text for block in fenced_blocks(f"```python\n{algorithm.text}```\nprose")] == [
        algorithm.text.rstrip()
    ]
