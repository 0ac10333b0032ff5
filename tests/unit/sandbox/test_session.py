"""A session turns whatever a guest does into an outcome. The guest is real, in an ordinary process without a jail."""

from __future__ import annotations

import os
import select
import time
from pathlib import Path
from typing import Any

import pytest

from strop.sandbox import messages, session
from strop.sandbox.base import (
    ANSWER_BYTES,
    MOST_STARVED,
    AnswerTooLarge,
    Died,
    GuestProgram,
    Limits,
    Outcome,
    OutOfMemory,
    Raised,
    Returned,
    TimedOut,
    Value,
)
from strop.sandbox.link import Link
from strop.sandbox.session import Session
from strop.tasks.values import rebuilt
from strop_selftest.plain_guest import PlainChild, PlainSandbox
from support.processes import open_descriptors, wait_until
from support.rows import table
from support.unconfined import unconfined

GENEROUS = Limits(cpu_seconds=20.0, wall_seconds=60.0)
WORK_ON = """import threading, time
def work():
    time.sleep(1)  # until the answer is there
    while True: pass
def algorithm():
    threading.Thread(target=work).start()
    return 1
"""
ANSWER_AND_DIE = """import frames, os
def algorithm():
    os.write(4, frames.encode(["returned", 1]))
    os._exit(1)
"""


def solve(text: str, *arguments: Value, limits: Limits = GENEROUS, seed: int = 1) -> Outcome:
    with unconfined().open(GuestProgram(text, "algorithm"), limits) as guest:
        return guest.call(arguments, seed=seed)


def body(lines: str, *, parameters: str = "") -> str:
    return f"def algorithm({parameters}):\n    " + lines.replace("\n", "\n    ")


@table(
    "expression, expected",
    # What a program returns, and the value of plain types that arrives.
    [
        ("(1, (2, 3))", (1, (2, 3))),
        ("range(3)", range(3)),
        ("__import__('numpy').float64(0.5)", 0.5),
        ("[__import__('numpy').int32(3), __import__('numpy').bool_(True)]", [3, True]),
        ("type('Text', (str,), {})('text')", "text"),
        ("type('Real', (float,), {'__gt__': lambda s, o: True})(0.5)", 0.5),
        ("__import__('enum').IntEnum('E', 'a b').b", 2),
        ("__import__('collections').Counter('aab')", {"a": 2, "b": 1}),
        ("__import__('numpy').array(['a', 1], object)", ["a", 1]),
        ("__import__('numpy').array(['a', 'b'])", ["a", "b"]),
        ("'nul \\0, and \\u2603'", "nul \0, and \u2603"),
        ("-(2**63)", -(2**63)),
        ("-(2**64)", -(2**64)),
        ("[(n, 10**n) for n in range(99)]", [(n, 10**n) for n in range(99)]),
        *(
            (f"[{expression}]", [eval(expression)])
            for expression in ("{1, 2}", "b'bytes'", "1j", "{1: 2}", "{(0, 1): [2]}", "{'__nd__': 1}", "{1: (2,)}")
        ),
    ],
)
def test_session_returns_plain_types_or_what_json_does_not_have_in_its_exact_type(
    expression: str, expected: Value
) -> None:
    outcome = solve(body(f"return {expression}"))
    assert isinstance(outcome, Returned)
    assert repr(rebuilt(outcome.value)) == repr(expected)


RAISED = [
    *(
        (f"return {sent}", "TypeError", "cannot send")
        for sent in (
            *("object()", "float('nan')", "[1e308 * 10]", "10**4100", "{1: object()}"),
            *("'\\ud800'", "lambda: 0", "__import__('numpy').longdouble(1)"),
            *("__import__('numpy').array([float('inf')])", "__import__('numpy').array([object()])"),
        )
    ),
    ("raise KeyboardInterrupt", "KeyboardInterrupt", ""),
    ("return algorithm()", "RecursionError", "recursion"),
    ("raise type('Odd', (Exception,), {'__str__': lambda self: 1 / 0})", "Odd", "str() failed"),
]


@table(
    ("text", "exception", "message"),
    # A program, and what it raises.
    [
        *((body(lines), exception, message) for lines, exception, message in RAISED),
        ("import no_such_module_at_all", "ModuleNotFoundError", "no_such_module_at_all"),
        ("x = 1", "NameError", "does not define algorithm"),
        ("algorithm = 3", "TypeError", "not callable"),
        (body("return 1", parameters="a, b"), "TypeError", "missing 2 required"),
        ("algorithm = 1 / 0", "ZeroDivisionError", "division by zero"),
        ("def algorithm(): return '\0'", "SyntaxError", "null bytes"),
    ],
)
def test_session_tells_what_was_raised_when_the_program_fails_or_returns_what_cannot_be_sent(
    text: str, exception: str, message: str
) -> None:
    outcome = solve(text)
    assert isinstance(outcome, Raised), text
    assert outcome.exception == exception and message in outcome.message, text


def test_session_shows_source_lines_and_no_frame_of_its_own() -> None:
    outcome = solve("def inner(x):\n    return 1 / x  # here\n\ndef algorithm():\n    return inner(0)\n")
    assert isinstance(outcome, Raised)
    assert '"<solution>", line 2, in inner\n    return 1 / x  # here' in outcome.traceback
    assert "main.py" not in outcome.traceback


ENDINGS: list[tuple[str, type, str]] = [
    ("raise MemoryError", OutOfMemory, ""),
    ("import numpy\nnumpy.ones(2**55)", OutOfMemory, ""),
    ("import os\nos.abort()", Died, "signal SIGABRT"),
    ("import os\nos.close(4)\nwhile True: pass", Died, "closed its pipe to the host"),
    ("import os\nos.write(4, b'\\x09')\nos._exit(0)", Died, "exit status 0"),
    ("import os, signal\nos.kill(os.getpid(), signal.SIGXCPU)", TimedOut, "cpu"),  # the kernel's own limit comes first
]


def test_session_tells_how_the_guest_ended_without_an_answer() -> None:
    # The child is forked from the process of the tests, and its peak of memory begins with theirs: no limit that they may reach.
    limits = Limits(cpu_seconds=20.0, wall_seconds=60.0, memory_bytes=1 << 40)
    for lines, kind, reason in ENDINGS:
        outcome = solve(body(lines), limits=limits)
        assert isinstance(outcome, kind), (lines, outcome)
        assert getattr(outcome, "reason", getattr(outcome, "limit", "")) == reason, lines
    large = body("import os\ntext = b'x' * 100_000_000\nos.kill(os.getpid(), 9)")
    outcome = solve(large, limits=Limits(memory_bytes=100 << 20))
    assert isinstance(outcome, OutOfMemory) and outcome.limit_bytes == 100 << 20


def test_session_lets_a_guest_end_when_its_wall_time_went_by_in_waiting_for_a_core(crowded_core: None) -> None:
    text = body("import time\nwhile time.process_time() < 0.25: pass\nreturn 1")
    outcome = solve(text, limits=Limits(cpu_seconds=20.0, wall_seconds=0.5))
    assert outcome.spent.wall_seconds > 0.5
    # Beside many others it may wait longer than a guest may at all.
    assert isinstance(outcome, Returned) or outcome.spent.wall_seconds > MOST_STARVED * 0.5, outcome


def test_session_kills_a_guest_that_sleeps_when_others_wait_for_a_core(crowded_core: None) -> None:
    outcome = solve(body("import time\ntime.sleep(600)"), limits=Limits(cpu_seconds=20.0, wall_seconds=0.5))
    assert isinstance(outcome, TimedOut)
    assert outcome.limit == "wall"


@table(("sleeps", "host_seconds", "ending"), ((600, 0.0, TimedOut), (0.7, 1e9, Returned)))
def test_session_leaves_out_of_a_wall_limit_what_the_guest_waits_for_the_host(
    sleeps: float, host_seconds: float, ending: type
) -> None:
    program = GuestProgram(body(f"import time\ntime.sleep({sleeps})"), "algorithm")
    with Session(program, Limits(cpu_seconds=20.0, wall_seconds=0.5), PlainChild) as guest:
        guest.host_seconds = lambda: host_seconds
        assert isinstance(guest.call({}, seed=0), ending)


def test_session_tells_each_call_its_own_output_also_when_the_guest_dies_or_its_last_line_has_no_end() -> None:
    assert solve(body("print('last words')\nimport os\nos._exit(1)")).output == "last words\n"
    assert solve(body("print('no end', end='')")).output == "no end"
    with PlainSandbox().open(GuestProgram(body("print(n)", parameters="n"), "algorithm"), GENEROUS) as guest:
        assert [guest.call([n], seed=0).output for n in (1, 2)] == ["1\n", "2\n"]


def test_session_takes_a_fresh_child_when_the_last_one_died_between_two_calls() -> None:
    children = [PlainChild(), PlainChild()]
    with Session(GuestProgram(body("return 1"), "algorithm"), GENEROUS, iter(children).__next__) as guest:
        guest.call([], seed=0)
        children[0].reap()
        assert isinstance(guest.call([], seed=0), Returned)


def test_session_charges_no_answer_for_those_that_came_while_the_host_was_busy() -> None:
    """A guest works on while a slow scorer looks at its first answer."""
    works = "import time\nend = time.process_time() + 0.1 * (n > 0)\nwhile time.process_time() < end: pass\nreturn 1"
    child = PlainChild()
    limits = Limits(cpu_seconds=0.3, wall_seconds=60.0)
    with Session(GuestProgram(body(works, parameters="n"), "algorithm"), limits, lambda: child) as guest:
        outcomes = guest.calls(([number], number) for number in range(6))
        first = next(outcomes)
        wait_until(lambda: child.cpu_seconds() > 0.4)
        assert [isinstance(outcome, Returned) for outcome in (first, *outcomes)] == [True] * 6


def test_session_counts_answers_that_arrive_together_once_and_loses_nothing_that_is_printed(
    tmp_path: Path,
) -> None:
    works = "import time\nend = time.process_time() + 0.05\nwhile time.process_time() < end: pass\nprint('said')"
    text = body(f"if n == 6: open({str(tmp_path / 'six')!r}, 'x').close()\n{works}", parameters="n")
    with Session(GuestProgram(text, "algorithm"), Limits(cpu_seconds=9.0, wall_seconds=60.0), PlainChild) as guest:
        outcomes = guest.calls(([number], number) for number in range(12))
        first = next(outcomes)
        wait_until((tmp_path / "six").exists)
        found = [first, *outcomes]
    assert sum(outcome.spent.cpu_seconds > 0.0 for outcome in found[:6]) <= 2
    assert sum(outcome.spent.cpu_seconds for outcome in found) >= 0.6
    assert "".join(outcome.output for outcome in found) == 12 * "said\n"


def test_session_charges_a_guest_that_ends_with_its_answer_although_its_clock_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Gone(PlainChild):
        def cpu_seconds(self) -> float:
            return 0.0

    def parse_after_the_end(*arguments: Any) -> Any:
        select.select([child.pidfd], [], [])
        return parse(*arguments)

    child, parse = Gone(), messages.parse
    monkeypatch.setattr(messages, "parse", parse_after_the_end)
    burning = "import time\nwhile time.process_time() < 0.3: pass\n" + ANSWER_AND_DIE
    with Session(GuestProgram(burning, "algorithm"), GENEROUS, lambda: child) as guest:
        outcome = guest.call([], seed=0)
    assert isinstance(outcome, Returned) and outcome.spent.cpu_seconds >= 0.3


def test_session_leaves_no_descriptor_when_it_was_used_and_closed() -> None:
    solve(body("return 1"))
    before = open_descriptors()
    solve(body("return 1"))
    solve(body("import os\nos._exit(1)"))
    assert open_descriptors() <= before  # of an earlier test, one may have been closed meanwhile


@table("seed", (-1, 2**64))
def test_session_raises_when_the_host_s_seed_does_not_fit_64_bits(seed: int) -> None:
    with pytest.raises(ValueError, match="64 bits"):
        solve(body("return 1"), seed=seed)


def test_session_counts_cpu_time_when_a_thread_works_between_two_calls() -> None:
    child = PlainChild()
    with Session(
        GuestProgram(WORK_ON, "algorithm"), Limits(cpu_seconds=0.5, wall_seconds=60.0), lambda: child
    ) as guest:
        first = guest.call([], seed=1)
        began = child.cpu_seconds()
        wait_until(lambda: child.cpu_seconds() > began + 0.6)
        second = guest.call([], seed=1)
    assert isinstance(first, Returned)
    assert isinstance(second, TimedOut) and second.limit == "cpu"


def test_session_counts_the_cpu_time_of_the_whole_life_when_the_guest_dies() -> None:
    outcome = solve(body("import os, time\nwhile time.process_time() < 0.15: pass\nos._exit(1)"))
    assert isinstance(outcome, Died)
    assert outcome.spent.cpu_seconds > 0.1


def test_link_reads_what_was_sent_when_the_guest_is_dead_before_anyone_looked() -> None:
    child, (wake, waker) = PlainChild(), os.pipe()
    link = Link(child, GENEROUS)
    link.send(messages.load(GuestProgram(ANSWER_AND_DIE, "algorithm")))
    link.send(messages.call([], 0))
    select.select([child.pidfd], [], [], 60)
    link.poll(wake, reading=True, seconds=1)
    assert link.frames.take() == ["returned", 1]
    assert link.dead
    link.close()
    os.close(wake)
    os.close(waker)


LARGE = Limits(cpu_seconds=60.0, wall_seconds=300.0, reply_bytes=ANSWER_BYTES)


ITEMS = ["[i / 3 for i in range(10**5)]", "[i - 2**62 for i in range(10**5)]", "[2**63 + i for i in range(100)]"]
ITEMS += ["[i if i % 2 else i / 3 for i in range(10**5)]", "[True, False] * 10**5", "['word'] * 10**5"]
ITEMS += ["[[i / 3] * 40 for i in range(10**4)]", "{'key%d' % i: i / 3 for i in range(10**5)}", "'a,[\\\\\"{' * 10**5"]


@table("answer", ITEMS)
def test_session_returns_a_large_answer_as_it_is(answer: str) -> None:
    outcome = solve(body(f"return {answer}"), limits=LARGE)
    assert isinstance(outcome, Returned), answer
    expected = eval(answer)
    assert rebuilt(outcome.value) == expected, answer
    if isinstance(expected, list):
        assert isinstance(outcome.value, list) and [*map(type, outcome.value)] == [*map(type, expected)], answer


def test_session_reads_large_answers_however_many_calls_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "MAX_COST", 400_000)
    with PlainSandbox().open(
        GuestProgram(body("return [n, 0.5] * 60_000", parameters="n"), "algorithm"), LARGE
    ) as guest:
        for number in range(8):
            outcome = guest.call([number], seed=1)
            assert isinstance(outcome, Returned) and isinstance(outcome.value, list) and len(outcome.value) == 120_000


@table(
    ("answer", "reason"),
    (
        ("[[0]] * 1_000_001", "the answer has more than 2,000,000 items"),
        ("'x' * (33 << 20)", "the answer has 34,603,044 bytes of data, more than the 33,554,432 allowed"),
        ("numpy.zeros(5_000_000)", "more than the 33,554,432 allowed"),
        ("functools.reduce(lambda inner, _: [inner], range(70), 1)", "the answer has data nested deeper than 60"),
    ),
)
def test_session_names_the_limit_that_an_answer_exceeds(answer: str, reason: str) -> None:
    outcome = solve(body(f"import functools, numpy\nreturn {answer}"), limits=LARGE)
    assert isinstance(outcome, AnswerTooLarge) and reason in outcome.reason, answer


def test_answer_that_was_there_in_time_counts_however_long_the_host_takes_to_read_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    late, parse = [0.0], messages.parse

    def parse_slowly(*arguments: Any) -> Any:
        late[0] = 1000.0
        return parse(*arguments)

    monkeypatch.setattr(messages, "parse", parse_slowly)
    program = GuestProgram(body("return 1"), "algorithm")
    with Session(program, GENEROUS, PlainChild, clock=lambda: time.monotonic() + late[0]) as guest:
        outcome = guest.call([], seed=0)
    assert isinstance(outcome, Returned)
    assert outcome.spent.wall_seconds > 1000
