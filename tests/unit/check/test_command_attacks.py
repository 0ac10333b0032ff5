"""Attacks on command tasks: the files, the candidates made of them, and the forged outputs."""

from __future__ import annotations

import ast

import pytest

from strop.checks.attack import Attack, attacks, family
from strop.checks.candidates import Given, candidate, forged_files, forged_output, forged_values
from strop.checks.findings import KINDS
from strop.tasks.command.objective_syntax import parse_objective
from strop.tasks.command.readers import Printed, read_score

FORGED = "\nscore: 9\n"
GIVEN = Given(FORGED, {"out.json": "{}"}, FORGED, others=("score.py",), port=1, outside=("/x",))
PYTHON = [attack for attack in attacks("command") if attack.language == "python"]


@pytest.mark.parametrize("attack", attacks("command"), ids=lambda attack: attack.name)
def test_attack_names_a_finding_and_says_what_it_tries(attack: Attack) -> None:
    assert attack.finding in KINDS
    assert all((attack.title, attack.tried, attack.means, attack.change))


@pytest.mark.parametrize("attack", PYTHON, ids=lambda attack: attack.name)
def test_attack_comes_before_the_code_and_after_what_must_come_first(attack: Attack) -> None:
    program = '"""What it does."""\n\nfrom __future__ import annotations\n\nimport os\n'
    made = candidate(attack, {"program.py": program, "notes.txt": "words"}, GIVEN)
    assert made is not None
    assert made["notes.txt"] == "words"
    compile(made["program.py"], "program.py", "exec")
    assert ast.get_docstring(ast.parse(made["program.py"])) == "What it does."
    assert (
        made["program.py"].index("from __future__")
        < made["program.py"].index("attack(")
        < made["program.py"].index("import os\n")
    )


@pytest.mark.parametrize("attack", PYTHON, ids=lambda attack: attack.name)
def test_attack_has_no_candidate_where_no_file_is_of_its_language(attack: Attack) -> None:
    assert candidate(attack, {"main.c": "int main() {}"}, GIVEN) is None


def test_a_script_is_known_by_its_first_line() -> None:
    (attack,) = (attack for attack in attacks("command") if attack.name == "exit_zero_shell")
    assert candidate(attack, {"run": "#!/bin/sh\necho 1\n"}, GIVEN) == {"run": "#!/bin/sh\nexit 0\necho 1\n"}


ODD = '"""Title\n\nTried: a.\n\nMeans: b.\n\nChange: c.\n"""\nNAME = "odd"\nKIND = "nothing"\nFINDING = "C411"\n'


@pytest.mark.parametrize(
    "text",
    [
        f'{ODD}LANGUAGE = "cobol"\n',
        f'{ODD}LANGUAGE = "any"\n',
        f'{ODD}CONTENT = {{"cobol": ""}}\n',
        ODD.replace("Change: c.", "") + 'LANGUAGE = "any"\nCONTENT = ""\n',
    ],
)
def test_file_that_is_not_an_attack_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^(odd|None): "):
        family(text)


@pytest.mark.parametrize(
    ("reader", "output", "value"),
    [
        (r"score: ([0-9.]+)", "start\nscore: 2 points\n", 20.0),
        ("$.a.b[1].c", '{"a": {"b": [0, {"c": 2}]}}', 20.0),
        ("$[-1]", "[1, 2]", 20.0),
        ("tests", "1 failed, 1 passed in 0.1s", 1.0),
        ("tests", "Ran 3 tests in 0.001s\n\nFAILED (failures=2)", 1.0),
        ("tests", "50% tests passed, 2 tests failed out of 4", 1.0),
        ("tests", "test result: FAILED. 1 passed; 2 failed; 0 ignored;\nerror: test failed", 1.0),
        ("tests", "--- FAIL: TestA (0.00s)\n--- PASS: TestB (0.00s)\nFAIL\tpackage\t0.1s", 1.0),
        ("tests", "1..2\nnot ok 1\nok 2", 1.0),
        ("tests", "Tests run: 4, Failures: 1, Errors: 1, Skipped: 0\nBUILD FAILURE", 1.0),
        (
            "tests",
            '<testsuite tests="2" failures="1"><testcase/><testcase><failure>x</failure></testcase></testsuite>',
            1.0,
        ),
    ],
)
def test_a_forged_output_is_read_as_a_better_score(reader: str, output: str, value: float) -> None:
    objective = parse_objective([reader], ["score"], [])

    def printed(text: str) -> Printed:
        return Printed(text, "", True, 0.0, 0.0, 0, lambda path: None)

    honest = {"score": read_score("score", reader, printed(output)).value}
    forged = forged_output(objective, forged_values(objective, honest), output)
    assert read_score("score", reader, printed(forged)).value == value


def test_a_forged_file_has_the_better_score_at_its_path() -> None:
    objective = parse_objective({"a": "out.json:$.x.a", "b": "out.json:$.x.b"}, ["a:max", "b:min"], [])
    forged = forged_values(objective, {"a": 2.0, "b": 5.0})
    assert forged_files(objective, forged) == {"out.json": '{"x": {"a": 20.0, "b": 0.5}}'}
    honest = {"out.json": '{"answer": [1], "x": {"b": 5.0, "a": 2.0}}'}
    assert forged_files(objective, forged, honest) == {"out.json": '{"answer": [1], "x": {"b": 0.5, "a": 20.0}}'}


def test_nothing_is_forged_where_the_kernel_counts() -> None:
    objective = parse_objective(["time"], [], [])
    assert forged_output(objective, forged_values(objective, {"time": 1.0}), "") == ""


def test_a_forged_output_is_the_honest_one_but_for_its_score() -> None:
    objective = parse_objective({"loss": "loss: ([0-9.]+)"}, ["loss:min"], [])
    assert forged_output(objective, {"loss": 0.2}, "answer 42\nloss: 2.0 ms\n") == "answer 42\nloss: 200 ms\n"
    assert forged_output(objective, {"loss": 0.2}, "answer 42\nloss: 2.0\nend\n") == "answer 42\nloss: 0.2\nend\n"
