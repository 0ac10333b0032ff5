"""Putting a textbook algorithm in the place of an entry function."""

from __future__ import annotations

import ast

import pytest

from strop.lm.offline.adapt import adapt
from strop.lm.offline.library import Algorithm, load_textbook
from strop.lm.offline.prompt import PromptProgram, read_program

PROGRAMS = {
    "learner": "def algorithm(train_samples, train_parity, test_samples):\n    return test_samples[:, 0]",
    "assignment": "def algorithm(F, D, P):\n    assignment = list(range(len(F)))\n    return assignment",
    "partition": "def algorithm(adjacency_matrix):\n    partition = [0] * len(adjacency_matrix)\n    return partition",
    "sat": "def algorithm(formula):\n    return None",
    "string": "def algorithm(t, dist):\n    return t",
    "improver": "def improve_algorithm(initial_solution, utility, language_model):\n    return initial_solution",
    "improver-earlier": "def improve_algorithm(initial_solution, utility_str, utility):\n    return initial_solution",
}
TEXTBOOK = load_textbook()


def program(text: str) -> PromptProgram:
    found = read_program(f"Improve:\n```python\n{text}\n```")
    assert found is not None
    return found


def named(name: str) -> Algorithm:
    return next(each for each in TEXTBOOK.algorithms if each.name == name)


def function(text: str, name: str) -> ast.FunctionDef:
    return next(node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef) and node.name == name)


@pytest.mark.parametrize("algorithm", TEXTBOOK.algorithms, ids=lambda algorithm: algorithm.name)
def test_adapt_keeps_entry_and_parameter_names(algorithm: Algorithm) -> None:
    current = program(PROGRAMS[algorithm.shape])
    assert current.signature is not None
    new = function(adapt(algorithm, current), current.signature.entry)
    old = current.signature.function
    assert [argument.arg for argument in new.args.args] == [argument.arg for argument in old.args.args]


def test_adapt_prints_the_textbook_as_it_is_when_no_name_changes() -> None:
    assert adapt(named("improver_greedy"), program(PROGRAMS["improver"])) == named("improver_greedy").text


def test_adapt_renames_roles_wherever_the_parameters_stand() -> None:
    current = program("def predict(queries, labels, x):\n    return queries")
    new = adapt(named("majority"), current)
    namespace: dict[str, object] = {}
    exec(new, namespace)
    assert list(namespace["predict"]([[0], [1]], [1, 1, 0], [[0], [0], [0]])) == [1, 1]  # type: ignore[operator]


def test_adapt_moves_a_local_variable_away_when_a_parameter_has_its_name() -> None:
    text = "def f(train_inputs, train_labels, test_inputs):\n    labels = 7\n    return [labels + train_labels[0]]\n"
    parameters = ("train_inputs", "train_labels", "test_inputs")
    algorithm = Algorithm("seven", "Seven more.", "learner", "good", text, "f", parameters)
    namespace: dict[str, object] = {}
    exec(adapt(algorithm, program("def predict(x, labels, queries):\n    return x")), namespace)
    assert namespace["predict"]([0], [3], [0]) == [10]  # type: ignore[operator]


def test_adapt_keeps_defaults_but_no_annotations() -> None:
    current = program("def solve(clauses: Formula, tries: int = 10, seed=SEED):\n    return None")
    assert ast.unparse(function(adapt(named("sat_random"), current), "solve").args) == "clauses, tries=10, seed=None"


def test_adapt_keeps_code_that_the_old_entry_function_did_not_use() -> None:
    current = program(
        "import math\nimport numpy as np\nRADIUS = 2\ndef area():\n    return math.pi * RADIUS\n"
        "def helper(clauses):\n    return np.zeros(3)\ndef solve(clauses):\n    return helper(clauses)"
    )
    tree = ast.parse(adapt(named("sat_random"), current))
    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert names == {"area", "solve"}
    assert "import math" in ast.unparse(tree) and "RADIUS = 2" in ast.unparse(tree)
    assert "numpy" not in ast.unparse(tree)


def test_adapt_can_be_repeated_without_leaving_dead_code() -> None:
    once = adapt(named("decision_tree"), program(PROGRAMS["learner"]))
    assert adapt(named("majority"), program(once)) == adapt(named("majority"), program(PROGRAMS["learner"]))


def test_adapt_refuses_a_program_of_another_shape() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        adapt(named("majority"), program(PROGRAMS["sat"]))
