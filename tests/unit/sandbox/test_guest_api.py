"""What an improver sees: both generations of the API, as docs/reference/improver-api.md promises, and the page's examples."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from strop.sandbox.base import GuestProgram, Limits, Outcome, Raised, Returned, Value
from strop.tasks.values import rebuilt
from support.guest import extract_code
from support.unconfined import unconfined

LIMITS = Limits(cpu_seconds=20.0, wall_seconds=60.0)


class Host:
    """Handlers that record every request and answer as a host with ample budgets would."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, list[Value]]] = []

    def run(self, program: str, *, solution: str = "x = 1") -> Outcome:
        methods = ("utility", "utility.map", "utility.report", "utility.remaining", "lm", "lm.remaining", "note")
        handlers = {method: lambda params, method=method: self.answer(method, list(params)) for method in methods}
        arguments: list[Value] = [
            solution,
            {"str": "the score", "budget": 25},
            {"budget": 4, "max_responses_per_call": 6},
        ]
        with unconfined().open(GuestProgram(program, "improve_algorithm", "improver"), LIMITS, handlers) as guest:
            return guest.call(arguments, seed=1)

    def answer(self, method: str, params: list[Value]) -> Value:
        self.asked.append((method, params))
        match method:
            case "utility":
                return _score(params[0])
            case "utility.map":
                assert isinstance(params[0], list)
                return [_score(candidate) for candidate in params[0]]
            case "utility.report":
                return {"utility": 0.5, "verdict": "ok", "error": "", "instances": [0.5], "verdicts": ["ok"]}
            case "utility.remaining":
                return 24
            case "lm.remaining":
                return 3
            case "lm":
                assert isinstance(params[1], list)
                return [f"answer {number} to {message}" for number, message in enumerate(params[1])]
        return None


def _score(candidate: Value) -> float:
    return float(len(candidate)) if isinstance(candidate, str) else 0.0


def value_of(host: Host, lines: str, parameters: str = "initial_solution, utility, language_model") -> Value:
    indented = lines.replace("\n", "\n    ")
    outcome = host.run(f"from language_model import *\ndef improve_algorithm({parameters}):\n    {indented}\n")
    assert isinstance(outcome, Returned), outcome
    return outcome.value


ANSWERS: list[tuple[str, Value]] = [
    ("initial_solution", "x = 1"),
    ("utility('four')", 4.0),
    ("utility.str", "the score"),
    ("utility.budget", 25),
    ("utility.remaining", 24),
    ("utility.map(['a', 'bb'])", [1.0, 2.0]),
    ("utility.map(iter(['a']))", [1.0]),
    ("utility.report('a')['verdict']", "ok"),
    ("max(['a', 'ccc', 'bb'], key=utility)", "ccc"),
    ("language_model.budget", 4),
    ("language_model.max_responses_per_call", 6),
    ("language_model.remaining", 3),
    ("language_model.prompt('e', 'm')", ["answer 0 to m"]),
    ("language_model.prompt('e', 'm', 2)", ["answer 0 to m", "answer 1 to m"]),
    ("language_model.prompt('e', 'm', 0)", []),
    ("language_model.batch_prompt('e', ['m', 'n'])", ["answer 0 to m", "answer 1 to n"]),
    ("language_model.batch_prompt('e', ('m',), 0.2)", ["answer 0 to m"]),
    ("LanguageModel('a role').prompt('m', n_responses=1, temperature=0.1)", ["answer 0 to m"]),
    ("LanguageModel('a role').batch_prompt(['m'])", ["answer 0 to m"]),
    ("LanguageModel().budget", 4),
    ("LanguageModel(budget=1000).budget", 4),
    ("issubclass(BudgetExceeded, Exception)", True),
    *((f"utility({candidate})", 0.0) for candidate in ("None", "3", "0.5", "['a']", "float('nan')")),
]
"""What an improver writes, and what it gets."""


def test_handles_answer_as_documented_when_an_improver_uses_them() -> None:
    host = Host()
    found = value_of(host, f"return [{', '.join(expression for expression, _ in ANSWERS)}]")
    assert isinstance(found, list)
    assert list(zip((expression for expression, _ in ANSWERS), found, strict=True)) == ANSWERS
    sent = [params for method, params in host.asked if method == "utility"][-5:]
    assert rebuilt(sent) == [[each, []] for each in (None, 3, 0.5, {"type": "list"}, {"type": "float"})], (
        "no text: plain, or a type"
    )


ASKED: list[tuple[str, list[Value]]] = [
    ("language_model.prompt('e', 'm')", ["e", ["m"], 0.7]),
    ("language_model.prompt('e', 'm', 3, 0.1)", ["e", ["m"] * 3, 0.1]),
    ("language_model.prompt('e', message='m', temperature=1, n_responses=2)", ["e", ["m"] * 2, 1.0]),
    ("language_model.prompt(expertise='e', message='m')", ["e", ["m"], 0.7]),
    ("language_model.prompt('m')", ["", ["m"], 0.7]),
    ("LanguageModel('r').prompt('m')", ["r", ["m"], 0.7]),
    ("LanguageModel(role='r').prompt('m', 2)", ["r", ["m"] * 2, 0.7]),
    ("LanguageModel('r').prompt(message='m')", ["r", ["m"], 0.7]),
    ("LanguageModel('r').prompt('e', 'm', 2)", ["e", ["m"] * 2, 0.7]),
    ("LanguageModel('r').prompt('e', message='m')", ["e", ["m"], 0.7]),
    ("LanguageModel(budget=9).prompt('e', 'm')", ["e", ["m"], 0.7]),
    ("LanguageModel('r').batch_prompt(['m', 'n'], temperature=0.2)", ["r", ["m", "n"], 0.2]),
    ("LanguageModel('r').batch_prompt('e', ['m', 'm'])", ["e", ["m", "m"], 0.7]),
    ("language_model.batch_prompt('e', message_batch=['m', 'n'])", ["e", ["m", "n"], 0.7]),
    ("language_model.batch_prompt(['m', 'n'], 0.3)", ["", ["m", "n"], 0.3]),
    ("language_model.prompt('e', 'm', 0)", []),
    ("language_model.prompt('e', 'm', -1)", []),
    ("language_model.batch_prompt('e', [])", []),
]
"""What an improver writes, and what is asked of the host: expertise, messages, temperature."""


def test_generation_is_told_from_the_arguments_and_nothing_is_asked_when_no_response_is_wanted() -> None:
    host = Host()
    value_of(host, "\n".join([expression for expression, _ in ASKED] + ["return 'x'"]))
    assert [params for method, params in host.asked if method != "note"] == [asked for _, asked in ASKED if asked]


def test_earlier_generation_is_called_when_its_parameter_names_are_found() -> None:
    for parameters in (
        "initial_solution, utility_str, utility",
        "solution, utility_str, u",
        "solution, description, utility",
    ):
        second, third = parameters.split(", ")[1:]
        assert value_of(Host(), f"return [{second}, {third}('abc')]", parameters) == ["the score", 3.0], parameters
    with_default = "initial_solution, utility, language_model, population_size=10"
    assert value_of(Host(), "return [utility.budget, language_model.budget, population_size]", with_default) == [
        25,
        4,
        10,
    ]


NOTED: list[tuple[str, list[Value] | None]] = [
    ("LanguageModel(budget=1000)", ["new_language_model", "budget=1000"]),
    ("LanguageModel(50, 20)", ["new_language_model", "50, 20"]),
    ("LanguageModel('role', max_responses_per_call=9)", ["new_language_model", "max_responses_per_call=9"]),
    ("utility.map(['a'], use_sandbox=False)", ["extra_argument", "utility.map(use_sandbox=False)"]),
    ("utility.report('a', 3)", ["extra_argument", "utility.report(3)"]),
    ("utility(['a'])", ["candidate", "not a text: list"]),
    ("utility('\\ud800')", ["candidate", "a text with a lone surrogate"]),
    ("LanguageModel()", None),
    ("LanguageModel('a role')", None),
    ("utility('a')", None),
]


def test_host_is_told_when_an_improver_asks_for_what_it_may_not_have_and_only_then() -> None:
    host = Host()
    value_of(host, "\n".join([expression for expression, _ in NOTED] + ["return 'x'"]))
    assert [params for method, params in host.asked if method == "note"] == [note for _, note in NOTED if note]


def test_handle_changes_only_for_the_improver_and_its_further_arguments_are_sent_cut() -> None:
    host = Host()
    lines = "utility('a', use_sandbox=False, other='y' * 999)\nutility.budget = language_model.budget = 10**9\n"
    assert value_of(host, f"{lines}return [utility.remaining, language_model.remaining]") == [24, 3]
    _, (candidate, extra) = host.asked[0]
    assert candidate == "a"
    assert isinstance(extra, list) and isinstance(extra[1], str)
    assert (extra[0], extra[1][:8], len(extra[1])) == ("use_sandbox=False", "other='y", 200)


def test_thousand_responses_are_asked_for_in_one_small_frame_when_the_message_is_long() -> None:
    program = (
        "def improve_algorithm(s, u, language_model):\n    return len(language_model.prompt('e', 'm' * 100_000, 1000))"
    )
    arguments: list[Value] = ["x", {"str": "", "budget": 1}, {"budget": 1, "max_responses_per_call": 1}]

    def answer(params: Sequence[Value]) -> Value:
        assert isinstance(params[1], list)
        return ["short"] * len(params[1])

    limits = Limits(cpu_seconds=20, reply_bytes=1 << 20)
    with unconfined().open(GuestProgram(program, "improve_algorithm", "improver"), limits, {"lm": answer}) as guest:
        outcome = guest.call(arguments, seed=1)
    assert isinstance(outcome, Returned) and outcome.value == 1000


WRONG = [
    "language_model.prompt('e', ['m'])",
    "language_model.prompt('e', 'm', colour='red')",
    "language_model.prompt()",
    "language_model.prompt('e', 'm', 1, 0.7, 5)",
    "language_model.batch_prompt('e', 'm')",
    "language_model.batch_prompt('e', ['m', 3])",
    "language_model.prompt('e', 'm', temperature=None)",
    "utility()",
]


def test_improver_gets_a_type_error_of_its_own_when_it_calls_a_handle_wrongly() -> None:
    host = Host()
    tries = [f"try: {call}\nexcept TypeError: refused.append({call!r})" for call in WRONG]
    assert value_of(host, "\n".join(["refused = []", *tries, "return refused"])) == WRONG
    assert host.asked == []


def test_solution_has_no_language_model_when_it_builds_one() -> None:
    program = "from language_model import LanguageModel\ndef algorithm(): return LanguageModel('r')"
    with unconfined().open(GuestProgram(program, "algorithm"), LIMITS) as guest:
        outcome = guest.call([], seed=1)
    assert isinstance(outcome, Raised) and outcome.message == "a solution has no language model"


def test_documented_improver_of_each_generation_returns_the_best_program_when_it_is_run() -> None:
    class Writing(Host):
        def answer(self, asked: str, params: list[Value]) -> Value:
            said = super().answer(asked, params)
            if asked != "lm":
                return said
            assert isinstance(said, list)
            return [f"An idea.\n```python\n{'x' * (number + 10)}\n```" for number in range(len(said))]

    document = (Path(__file__).parents[3] / "docs" / "reference" / "improver-api.md").read_text("utf-8")
    programs = [code for code in map(extract_code, re.split(r"\n## ", document)) if code]
    assert [code.count("utility_str, utility)") for code in programs] == [0, 1]
    for program, best in zip(programs, (15, 13), strict=True):
        outcome = Writing().run(program, solution="y")
        assert isinstance(outcome, Returned) and outcome.value == "x" * best, program
