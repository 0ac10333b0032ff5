"""improve(): what an improver gets, what it may spend, and what is recorded of it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any, cast

import pytest

from strop.base.budget import LM_CALLS, RESPONSES, UTILITY_CALLS, Budget, Grant
from strop.base.errors import GuestLost, LanguageModelError, RunBudgetSpent
from strop.base.events import AuditNoted, BudgetMoved, Evaluated, Extracted, ImproveFinished, LmCalled, LmResponded
from strop.base.solution import digest_of
from strop.core.completed_work import CompletedWork
from strop.lm.base import Request
from strop.runs.spec import improver_text
from support.processes import kill_and_wait, leaves

MakeBench = Callable[..., Any]

HEAD = "def improve_algorithm(initial_solution, utility, language_model):\n"


def finished(bench: Any) -> ImproveFinished:
    (event,) = bench.of(ImproveFinished)
    return cast(ImproveFinished, event)


def test_seed_improver_returns_the_best_candidate_when_the_model_offers_one(bench: MakeBench) -> None:
    b = bench()
    improvement = b.improve(improver_text("seed"))
    assert improvement.solution is not None and "2 * n" in improvement.solution
    assert (finished(b).lm_calls, finished(b).utility_calls) == (1, 6)
    assert (b.budget.used(LM_CALLS), b.budget.used(RESPONSES), b.budget.used(UTILITY_CALLS)) == (1, 6, 6)


def test_run_ends_when_its_own_limit_does_not_cover_a_call_and_the_guest_learns_nothing(bench: MakeBench) -> None:
    b = bench(grant=Grant(lm_calls=5))
    b.budget = Budget({LM_CALLS: 2})
    call = "language_model.prompt('e', 'm')"
    seen = b.improve(HEAD + f"    {call}\n    return str(language_model.remaining)")
    assert seen.solution == "4", "what the run has left is not shown"
    with pytest.raises(RunBudgetSpent):
        b.improve(HEAD + f"    while language_model.remaining: {call}")
    assert b.budget.used(LM_CALLS) == 2


ASKS = """
        try:
            language_model.prompt('e', 'm')
            got += 1
        except BudgetExceeded:
            pass
"""
DOUBLE = "def algorithm(n):\\n    return 2 * n\\n"
FAILS = "def algorithm(n):\\n    return [][n]\\n"
COVERED: dict[str, tuple[Grant, str, str, tuple[int, int]]] = {
    "BudgetExceeded is raised when all calls are spent": (
        Grant(lm_calls=2),
        f"    got = 0\n    for _ in range(5):{ASKS}    return f'{{got}} {{language_model.remaining}}'",
        "2 0",
        (2, 0),
    ),
    "a request costs as many calls as it needs when it is larger than one call": (
        Grant(lm_calls=4, max_responses_per_call=6),
        "    return str(len(language_model.batch_prompt('e', ['m'] * 13)))",
        "13",
        (3, 0),
    ),
    "a request is refused whole when the budget does not cover it": (
        Grant(lm_calls=4, max_responses_per_call=6),
        "    try: return language_model.prompt('e', 'm', n_responses=1000)[0]\n    except BudgetExceeded: return 'refused'",
        "refused",
        (0, 0),
    ),
    "map evaluates in order and gives zero beyond the budget": (
        Grant(utility_calls=3),
        f"    return str(utility.map(['{DOUBLE}', 'nonsense(', None, '{DOUBLE}']))",
        "[1.0, 0.0, 0.0, 0.0]",
        (0, 3),
    ),
    "a report tells why a solution failed and costs nothing when it was scored before": (
        Grant(),
        f"    utility('{FAILS}')\n    found = utility.report('{FAILS}')\n"
        "    return f\"{found['verdict']} {'IndexError' in found['error']} {found['utility']} {utility.remaining}\"",
        "raised True 0.0 24",
        (0, 1),
    ),
    "a report is paid for once when several threads ask for the same program": (
        Grant(),
        "    ask = lambda: utility.report(initial_solution)\n"
        "    threads = [threading.Thread(target=ask) for _ in range(4)]\n"
        "    [thread.start() for thread in threads]\n    [thread.join() for thread in threads]\n"
        "    return str(utility.remaining)",
        "24",
        (0, 1),
    ),
    "budgets that are only told cover more, and say that nothing is left": (
        Grant(utility_calls=1, lm_calls=1, slack=2),
        "    for _ in range(2): language_model.prompt('e', 'm'), utility(initial_solution)\n"
        "    return f'{language_model.budget} {utility.budget} {language_model.remaining} {utility.remaining}'",
        "1 1 0 0",
        (2, 2),
    ),
    "a candidate that is refused uses up no room": (
        Grant(),
        "    filled = [utility.report(initial_solution + '#' * 999_000 + str(k))['verdict'] for k in range(5)]\n"
        "    return ' '.join(filled) + ' ' + utility.report(initial_solution)['verdict']",
        "ok ok ok ok malformed ok",
        (0, 6),
    ),
}
"""What an improver is granted, what it does and returns, and how many LM calls and evaluations that costs."""


@pytest.mark.parametrize(("grant", "body", "returned", "counts"), COVERED.values(), ids=COVERED)
def test_improver_gets_what_its_budgets_cover(
    bench: MakeBench, grant: Grant, body: str, returned: str, counts: tuple[int, int]
) -> None:
    b = bench(grant=grant)
    assert b.improve(f"import threading\nfrom language_model import BudgetExceeded\n{HEAD}{body}").solution == returned
    assert (finished(b).lm_calls, finished(b).utility_calls) == counts
    assert (sum(cast(LmCalled, e).cost for e in b.of(LmCalled)), len(b.of(Evaluated))) == counts


def test_equal_requests_are_told_apart_by_their_sample_whatever_their_order(bench: MakeBench) -> None:
    asked: list[Request] = []
    b = bench(answers=lambda request: asked.append(request) or "no code")
    b.improve(HEAD + "    [language_model.prompt('e', 'm', n_responses=3) for _ in range(2)]\n    return ''")
    assert sorted(request.sample for request in asked) == [0, 1, 2, 3, 4, 5]
    assert {request.scope for request in asked} == {"improve"}


@pytest.mark.parametrize(
    ("returned", "words"), [("None", "None"), ("42", "int"), ("['a']", "list"), ("{'a': 1}", "dict")]
)
def test_improvement_is_malformed_when_no_text_is_returned(bench: MakeBench, returned: str, words: str) -> None:
    improvement = bench().improve(HEAD + f"    return {returned}")
    assert (improvement.outcome, improvement.solution) == ("malformed", None)
    assert words in improvement.detail


@pytest.mark.parametrize(
    ("candidate", "verdict", "reason"),
    [
        ("None", "no program", "the candidate is None: extract_code returns None when a response has no program"),
        ("3", "malformed", "the candidate is not the text of a program: its type is int"),
        ("['x']", "malformed", "the candidate is not the text of a program: its type is list"),
        ("object()", "malformed", "the candidate is not the text of a program: its type is object"),
        ("'\\ud800'", "malformed", "the candidate is not the text of a program: its type is str with a lone surrogate"),
        ("'x' * 1_000_001", "malformed", "the candidate has 1,000,001 characters; the most is 1,000,000"),
        ("'def algorithm(:'", "raised", ""),
        ("''", "raised", ""),
    ],
)
def test_candidate_that_is_no_program_scores_zero_and_its_report_says_why(
    bench: MakeBench, candidate: str, verdict: str, reason: str
) -> None:
    b = bench()
    improvement = b.improve(HEAD + f"    return str(utility({candidate})) + utility.report({candidate})['error']")
    first = cast(Evaluated, b.of(Evaluated)[0])
    assert first.verdict == verdict and first.error.startswith(reason) and first.error
    assert improvement.solution == f"0.0{first.error}"
    assert not reason or (first.error, first.solution) == (reason, None)


ANSWERS = [
    "```python\ndef algorithm(n):\n    return 2 * n\n```",
    "I cannot help with that.",
    "```python\ndef algorithm(n:\n    return 2 * n\n```",
    "Here:\n\n```python\ndef algorithm(n):\n    return 2 * n\n```\nIt doubles.",
]


def test_answers_are_told_apart_by_what_they_hold_whatever_the_improver_does_with_them(bench: MakeBench) -> None:
    b = bench(answers=ANSWERS)
    b.improve(HEAD + "    language_model.prompt('e', 'm', n_responses=4)\n    raise ValueError('never looks at them')")
    (extracted,) = [cast(Extracted, e) for e in b.of(Extracted)]
    assert extracted.contents == ("program", "no program", "does not compile", "program")
    first, none, _, again = extracted.programs
    assert first == again == digest_of("def algorithm(n):\n    return 2 * n") and none == ""


def test_report_has_a_row_an_instance_and_every_measurement_of_the_program(bench: MakeBench) -> None:
    b = bench()
    text = (
        HEAD
        + "    utility(initial_solution)\n    utility(initial_solution)\n    return str(utility.report(initial_solution))"
    )
    report = eval(b.improve(text).solution or "")
    assert len(report["rows"]) == 8 and len(report["repeated"]) == 2
    row = report["rows"][0]
    assert row.keys() == {"inputs", "score", "verdict", "seconds", "limit"} and re.fullmatch(r"n \d+", row["inputs"])
    assert row["seconds"] == row["limit"] / 10 and "numpy" in report["rules"]


def test_replay_reports_the_seconds_and_versions_of_its_record(bench: MakeBench) -> None:
    b = bench()
    text = (
        HEAD
        + "    report = utility.report(initial_solution)\n    return str((report['rows'][0]['seconds'], report['rules'][:9]))"
    )
    first = b.improve(text)
    known = {event.scope: tuple(7.5 for _ in event.seconds) for event in b.of(Evaluated)}
    b.past = CompletedWork(seconds=known, versions="Python 4, numpy 9")
    assert first.solution != b.improve(text).solution == "(7.5, 'Python 4,')"


FORGED_NOTES = """    import channel, gc
    [link] = [each for each in gc.get_objects() if isinstance(each, channel.Channel)]
    link.note("R001", "execve x100")
    link.note("utility out of bounds", "forged")
    return 'ok'
"""


NO_WORDS = """    import channel, gc
    [link] = [each for each in gc.get_objects() if isinstance(each, channel.Channel)]
    link.ask("note", [["fork"], {"a": "execve"}])
    link.ask("utility", [initial_solution, [["use_sandbox=False"], 0]])
    return 'ok'
"""
"""A host that spelled these out would spend seconds on each where they are nested arrays."""


@pytest.mark.parametrize(
    ("body", "notes"),
    [
        ("    return str(utility(initial_solution, 3))", [("R010", "3", 1)]),
        ("    return str(utility(initial_solution, use_sandbox=True))", []),
        ("    return str(utility(initial_solution, use_sandbox=False))", [("R005", "use_sandbox=False", 1)]),
        (
            "    return str(utility.map([initial_solution], use_sandbox=False))",
            [("R005", "utility.map(use_sandbox=False)", 1)],
        ),
        ("    return str(utility(7))", []),
        ("    return str(utility([7]))", [("R011", "not a text: list", 1)]),
        ("    exec('x = 1')\n    return 'ok'", [("R006", "'<string>' executed in '<improver>' line 2", 1)]),
        ("    from collections import namedtuple\n    namedtuple('A', 'b')\n    return 'ok'", []),
        ("    import os\n    try: os.fork()\n    except OSError: return 'ok'", [("R009", "os.fork", 1)]),
        (FORGED_NOTES, [("R012", "execve x100", 1), ("R012", "forged", 1)]),
        (NO_WORDS, [("R012", "<dict>", 1), ("R010", "<list>, <int>", 1)]),
        ("    import os\n    os.write(4, b'x' * 100)\n    while True: pass", [("R003", None, 1)]),
        ("    for _ in range(30): utility(initial_solution)\n    return 'ok'", [("R002", "utility_calls x5", 5)]),
    ],
)
def test_what_an_improver_does_is_noted_under_its_rule(
    bench: MakeBench, body: str, notes: list[tuple[str, str | None, int]]
) -> None:
    b = bench()
    b.improve(HEAD + body)
    told = [cast(AuditNoted, e) for e in b.of(AuditNoted)]
    assert [(e.rule, e.detail, e.times) for e in told] == [
        (rule, detail if detail is not None else told[0].detail, times) for rule, detail, times in notes
    ]
    assert {e.program for e in told} <= {HEAD + body}


def test_refused_system_calls_of_an_improver_and_of_a_solution_are_noted_with_their_programs(bench: MakeBench) -> None:
    b = bench()
    if not b.sandbox.posture.layers["audit"].startswith("forbidden calls are counted"):
        pytest.skip("this kernel tells nobody of forbidden calls")
    attempt = "    import os\n    for call in (os.chmod, os.execv):\n        try: call('/', ['x'] if call is os.execv else 0)\n"
    attempt += "        except OSError: pass\n"
    solution = f"def algorithm(n):\n{attempt}    return n\n"
    improver = f"{HEAD}{attempt}    utility({solution!r})\n    return 'ok'"
    b.improve(improver)
    told = [cast(AuditNoted, e) for e in b.of(AuditNoted)]
    assert [(e.rule, e.times, e.program) for e in told] == [
        ("R001", 8, solution),
        ("R013", 8, solution),
        ("R001", 1, improver),
        ("R013", 1, improver),
    ]
    assert told[1].detail == "execve x8" and told[0].scope.startswith(f"{told[2].scope}/u-")


def test_flood_of_refused_calls_is_one_audit_note_and_one_map_one_refused_movement(bench: MakeBench) -> None:
    b, moved = bench(grant=Grant(utility_calls=2)), list[BudgetMoved]()
    b.budget = Budget(on_movement=moved.append)
    b.improve(HEAD + "    return str(sum(utility.map([initial_solution] * 5000)))")
    assert [cast(AuditNoted, e).times for e in b.of(AuditNoted)] == [4998]
    assert [movement.granted for movement in moved] == [True, True, False]


def test_course_of_an_improver_with_threads_is_the_same_whichever_comes_first(bench: MakeBench) -> None:
    told = set()
    for order in ("ab", "ba"):
        b = bench(grant=Grant(lm_calls=2))
        text = "import threading\n" + HEAD + "    def work(name):\n        language_model.prompt('e', name)\n"
        text += "        [utility(one) for one in {'a': [initial_solution, '1 / 0'], 'b': ['raise KeyError']}[name]]\n"
        text += f"    for name in {order!r}:\n        thread = threading.Thread(target=work, args=(name,))\n"
        b.improve(text + "        thread.start()\n        thread.join()\n    return initial_solution\n")
        told.add(finished(b).course)
    assert told == {"best score 0.375; failed: 1 KeyError, 1 ZeroDivisionError"}


def test_loop_over_exec_is_a_few_notes_and_no_flood(bench: MakeBench) -> None:
    b = bench()
    assert b.improve(HEAD + "    for _ in range(20_000): exec('1')\n    return 'ok'").outcome == "ok"
    assert [cast(AuditNoted, e).rule for e in b.of(AuditNoted)] == ["R006"] * 5


def test_paid_answers_are_recorded_when_the_rest_of_the_call_failed(bench: MakeBench) -> None:
    b = bench(answers=["first", "second"])
    with pytest.raises(LanguageModelError):
        b.improve(HEAD + "    return language_model.prompt('e', 'm', n_responses=3)[0]")
    assert [cast(LmResponded, e).text for e in b.of(LmResponded)] == ["first", "second"]


def test_improver_that_is_killed_stops_the_run(bench: MakeBench) -> None:
    def answer(request: Request) -> str:
        kill_and_wait(*leaves(os.getpid()))
        return "an answer"

    with pytest.raises(GuestLost, match="a program was killed"):
        bench(answers=answer).improve(HEAD + "    return language_model.prompt('e', 'm')[0]")
