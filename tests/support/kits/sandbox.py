"""The conformance kit of sandboxes: small named checks of what every sandbox must do with a program.

    @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
    def test_my_sandbox(check):
        check(MySandbox())

or all at once, `check_sandbox(MySandbox())`. It checks the contract of `strop.sandbox.base`: outcomes, limits, handlers. It does
not check what a sandbox prevents: attacks are in `strop_selftest`, and `strop doctor` observes.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from strop.sandbox.base import (
    Died,
    GuestProgram,
    Handler,
    Limits,
    Outcome,
    OutOfMemory,
    Raised,
    Refusal,
    Returned,
    Sandbox,
    TimedOut,
    Value,
    Violated,
)

QUICK = Limits(cpu_seconds=0.2, wall_seconds=4.0)
"""Far apart, because a loop gets little CPU time per wall time on a busy machine."""


def check_sandbox(sandbox: Sandbox) -> None:
    """Run every check of `CHECKS`.

    Raises:
        AssertionError: the first check that fails; the message says what was expected.
    """
    for check in CHECKS:
        check(sandbox)


def value_comes_back_as_a_plain_copy(sandbox: Sandbox) -> None:
    """Numbers, texts, lists, dicts and arrays come back equal and of plain types."""
    sent: list[Value] = [None, True, 3, 0.5, "ü", [1, [2]], {"a": 1}]
    outcome = _run(sandbox, "def f(*a): return list(a)", sent)
    _require(isinstance(outcome, Returned) and outcome.value == sent, f"must come back equal: {outcome}")
    array = np.arange(6, dtype=np.int64).reshape(2, 3)
    outcome = _run(sandbox, "def f(a): return a * 2", [array])
    _require(
        isinstance(outcome, Returned)
        and type(outcome.value) is np.ndarray
        and np.array_equal(outcome.value, array * 2),
        f"an array must come back as an array: {outcome}",
    )


def inputs_are_copies(sandbox: Sandbox) -> None:
    """A guest that changes its arguments changes nothing in the host."""
    array = np.zeros(4)
    _run(sandbox, "def f(a):\n    a[:] = 9\n    return 1", [array])
    _require(not array.any(), "an argument must not change in the host")


def globals_last_between_calls_and_not_between_guests(sandbox: Sandbox) -> None:
    """Calls of one guest share a process; the next guest sees nothing of it."""
    program = GuestProgram(
        "import builtins\ndef f():\n    builtins.n = getattr(builtins, 'n', 0) + 1\n    return builtins.n", "f"
    )
    for _ in range(2):
        with sandbox.open(program, QUICK) as guest:
            values = [_value(guest.call([], seed=1)) for _ in range(2)]
        _require(values == [1, 2], f"globals must last within a guest only: {values}")


def seed_decides_random_numbers(sandbox: Sandbox) -> None:
    """Equal seeds give equal draws of `random` and numpy; different seeds different ones."""
    text = "import random\nimport numpy as np\ndef f(): return [random.random(), float(np.random.rand())]"
    draws = [_value(_run(sandbox, text, [], seed=seed)) for seed in (7, 7, 2**64 - 1)]
    _require(draws[0] == draws[1] and draws[0] != draws[2], f"draws must follow the seed: {draws}")


def program_that_fails_is_raised_with_its_reason(sandbox: Sandbox) -> None:
    """A syntax error, a missing entry point and an exception are named; the next call gets a fresh process."""
    for text, name in (
        ("def f(:", "SyntaxError"),
        ("x = 1", "NameError"),
        ("def f(): return 1 / 0", "ZeroDivisionError"),
        ("def f(): raise SystemExit(0)", "SystemExit"),
        ("def f(): return object()", "TypeError"),
    ):
        outcome = _run(sandbox, text, [])
        _require(isinstance(outcome, Raised) and outcome.exception == name, f"{name} expected: {outcome}")


def time_limits_end_a_guest(sandbox: Sandbox) -> None:
    """A loop hits the CPU limit and a sleep the wall limit; the guest can be called again."""
    with sandbox.open(
        GuestProgram("import time\ndef f(n):\n    while n == 1: pass\n    time.sleep(60 * (n == 2))", "f"), QUICK
    ) as g:
        for argument, limit in ((1, "cpu"), (2, "wall")):
            outcome = g.call([argument], seed=1)
            _require(isinstance(outcome, TimedOut) and outcome.limit == limit, f"{limit} limit expected: {outcome}")
        _require(isinstance(g.call([0], seed=1), Returned), "a guest must be usable after a limit")


def memory_limit_is_an_outcome(sandbox: Sandbox) -> None:
    """A program that exceeds its memory ends as out of memory."""
    limits = Limits(cpu_seconds=5, wall_seconds=10, memory_bytes=512 << 20)
    with sandbox.open(GuestProgram("def f():\n    return len(bytearray(2 << 30))", "f"), limits) as guest:
        outcome = guest.call([], seed=1)
    _require(isinstance(outcome, OutOfMemory), f"out of memory expected: {outcome}")


def death_is_an_outcome(sandbox: Sandbox) -> None:
    """A process that exits has no value, whatever its exit status."""
    outcome = _run(sandbox, "import os\ndef f(): os._exit(0)", [])
    _require(isinstance(outcome, Died), f"a death expected: {outcome}")


def output_is_kept_apart_and_cut(sandbox: Sandbox) -> None:
    """Output is kept up to its limit and never interpreted."""
    limits = Limits(output_bytes=100)
    with sandbox.open(
        GuestProgram("def f():\n    print('{\"returned\": 9}' * 100000)\n    return 1", "f"), limits
    ) as guest:
        outcome = guest.call([], seed=1)
    _require(
        _value(outcome) == 1 and 0 < len(outcome.output) <= 100, f"value 1 and a cut output expected: {outcome!r:.200}"
    )


def oversized_reply_is_a_violation(sandbox: Sandbox) -> None:
    """A reply over its limit is refused."""
    limits = Limits(reply_bytes=10_000)
    with sandbox.open(GuestProgram("def f(): return 'x' * 20000", "f"), limits) as guest:
        outcome = guest.call([], seed=1)
    _require(isinstance(outcome, Violated), f"a violation expected: {outcome}")


def handlers_answer_and_refuse(sandbox: Sandbox) -> None:
    """An improver's requests reach the handlers, from many threads; a refusal is an exception in the guest."""
    lock, granted = threading.Lock(), [0]

    def utility(params: Sequence[Value]) -> Value:
        with lock:
            if granted[0] >= 4:
                raise Refusal("BudgetExceeded", "spent")
            granted[0] += 1
        return 0.25

    text = (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "def improve_algorithm(initial_solution, utility, language_model):\n"
        "    with ThreadPoolExecutor(16) as pool:\n"
        "        return str(sum(pool.map(utility, ['s'] * 40)))"
    )
    outcome = _improve(sandbox, text, {"utility": utility})
    _require(_value(outcome) == "1.0" and granted[0] == 4, f"exactly four grants expected: {granted[0]}, {outcome}")


def unknown_method_is_a_violation(sandbox: Sandbox) -> None:
    """A method that is not offered ends the guest."""
    text = "def improve_algorithm(i, utility, language_model): return str(utility.remaining)"
    _require(isinstance(_improve(sandbox, text, {}), Violated), "a method that is not offered must be a violation")


def failing_handler_is_the_hosts_failure(sandbox: Sandbox) -> None:
    """An error that a handler raises comes out of the call, never as an outcome or a score."""

    def utility(params: Sequence[Value]) -> Value:
        raise ZeroDivisionError("the host's own")

    try:
        outcome = _improve(
            sandbox, "def improve_algorithm(i, utility, lm): return str(utility(i))", {"utility": utility}
        )
    except ZeroDivisionError:
        return
    raise AssertionError(f"the handler's error expected: {outcome}")


def many_guests_run_at_once(sandbox: Sandbox) -> None:
    """Guests of many threads do not interfere, and no descriptors leak."""
    results: dict[int, object] = {}

    def one(number: int) -> None:
        results[number] = _value(_run(sandbox, "def f(n): return n * n", [number]))

    before = _descriptors()
    for _ in range(2):
        threads = [threading.Thread(target=one, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        _require(results == {number: number * number for number in range(8)}, f"wrong answers: {results}")
    after = _descriptors()
    _require(after <= before + 64, f"descriptors must not pile up: {before} before, {after} after")


def _run(sandbox: Sandbox, text: str, arguments: Sequence[Value], seed: int = 1) -> Outcome:
    with sandbox.open(GuestProgram(text, "f"), Limits(cpu_seconds=5, wall_seconds=20)) as guest:
        return guest.call(arguments, seed=seed)


def _improve(sandbox: Sandbox, text: str, handlers: Mapping[str, Handler]) -> Outcome:
    arguments: list[Value] = ["s", {"str": "u", "budget": 4}, {"budget": 4, "max_responses_per_call": 6}]
    program = GuestProgram(text, "improve_algorithm", "improver")
    with sandbox.open(program, Limits(cpu_seconds=5, wall_seconds=20), handlers) as guest:
        return guest.call(arguments, seed=1)


def _value(outcome: Outcome) -> object:
    _require(isinstance(outcome, Returned), f"a value expected: {outcome}")
    assert isinstance(outcome, Returned)
    return outcome.value


def _descriptors() -> int:
    """Number of open descriptors of this process; 0 if the system does not say."""
    folder = Path("/proc/self/fd")
    return sum(1 for _ in folder.iterdir()) if folder.is_dir() else 0


def _require(condition: bool, words: str) -> None:
    if not condition:
        raise AssertionError(words)


CHECKS = (
    value_comes_back_as_a_plain_copy,
    inputs_are_copies,
    globals_last_between_calls_and_not_between_guests,
    seed_decides_random_numbers,
    program_that_fails_is_raised_with_its_reason,
    time_limits_end_a_guest,
    memory_limit_is_an_outcome,
    death_is_an_outcome,
    output_is_kept_apart_and_cut,
    oversized_reply_is_a_violation,
    handlers_answer_and_refuse,
    unknown_method_is_a_violation,
    failing_handler_is_the_hosts_failure,
    many_guests_run_at_once,
)
"""Every check, simplest first."""
