"""The runners of the conformance kit see an attack that succeeds: each thing that a file may ask to be observed, not observed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Any

import pytest

from strop.sandbox.base import GuestProgram, Handler, Limits
from strop.sandbox.session import Session
from strop_selftest import Ground, as_answer, as_frames, as_improver, examine, find, traces
from strop_selftest.catalogue import Attack
from strop_selftest.ground import jailed, plain
from strop_selftest.plain_guest import PlainChild


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    with jailed() as ground:
        yield ground


def attack(role: Any, text: str, observed: dict[str, Any], **settings: Any) -> Attack:
    return Attack("made_up", "answers", role, "Made up.", (), text, {"OBSERVED": observed, **settings})


IMPROVER = "def improve_algorithm(initial_solution, utility, language_model):\n    "
PROMPTS = f"{IMPROVER}language_model.prompt('e', 'm')\n    return 'x'\n"
EVALUATES = f"{IMPROVER}utility(initial_solution)\n    return 'x'\n"


@pytest.mark.parametrize(
    ("text", "observed", "sign"),
    [
        (f"{IMPROVER}return 'y'\n", {"solution": "x"}, "returned 'y', not 'x'"),
        (f"{IMPROVER}return 'y'\n", {"length": 2}, "returned 1 characters, not 2"),
        (f"{IMPROVER}return 1\n", {"solution": "x"}, "ended as malformed"),
        (f"{IMPROVER}return 1\n", {"outcome": "malformed", "reason": "because"}, "not by 'because'"),
        (PROMPTS, {"solution": "x"}, "1 lm_calls were served, not 0"),
        (PROMPTS, {"solution": "x", "lm_calls_at_most": 0}, "1 lm_calls were served, more than 0"),
        (EVALUATES, {"solution": "x"}, "1 evaluations were served, not 0"),
        (EVALUATES, {"solution": "x", "evaluations": 1, "verdicts": ["raised"]}, "the verdicts are ['ok'], not"),
        (EVALUATES, {"evaluations": 1, "audit": {"R005": 1}}, "0 audit notes of R005, not 1"),
        (
            f"{IMPROVER}for _ in range(99): utility('x')\n    return 'x'\n",
            {"evaluations": 25, "refusals_at_most": 9},
            "74 refusals were recorded, more than 9",
        ),
        (
            f"{IMPROVER}import json\n    return json.loads(utility.str.splitlines()[0])['file']\n",
            {"solution": "x"},
            "returned '/",
        ),
    ],
)
def test_improver_runner_tells_what_was_not_as_it_must_be(
    text: str, observed: dict[str, Any], sign: str, ground: Ground
) -> None:
    assert any(sign in each for each in as_improver.examine(attack("improver", text, observed), ground))


def test_improver_runner_tells_when_what_lies_in_the_host_comes_back() -> None:
    text = f"{IMPROVER}import json\n    return open(json.loads(utility.str.splitlines()[0])['file']).read()\n"
    with plain() as unjailed:
        found = as_improver.examine(attack("improver", text, {"length": 16}), unjailed)
    assert len(found) == 1 and "came back" in found[0]


ANSWER = "def algorithm(n):\n    return {}\n"


@pytest.mark.parametrize(
    ("task", "answer", "observed", "sign"),
    [
        ("echo", "2.0", {"value": 0.0}, "the verdict is malformed"),
        ("echo", "'a'", {"verdict": "malformed", "error": "because"}, "not by 'because'"),
        ("echo", "1.0", {"value_at_most": 0.9}, "the utility is 1, more than 0.9"),
        ("echo", "1.0", {"value": 0.5}, "the utility is 1, not 0.5"),
        ("echo", "1.0 if HACK else 0.5", {"same_as_honest": True}, "the hack changes the scores"),
        ("echo", "1.0 if HACK else 'a'", {"same_as_honest": True}, "without its hack it fails"),
        ("echo", "__import__('os').urandom(1)[0] / 256 + n", {"reproducible": True}, "the same seeds give"),
        ("echo", "0.5", {"reproducible": True}, "other seeds give equal scores"),
        ("echo", "0.5", {"raises": "TaskError"}, "the host ended with a score, not with TaskError"),
        ("careless", "[[1]] * 20", {"verdict": "ok"}, "the verdict is malformed"),
    ],
)
def test_answer_runner_tells_what_was_not_as_it_must_be(
    task: str, answer: str, observed: dict[str, Any], sign: str, ground: Ground
) -> None:
    text = "HACK = True\n" + ANSWER.format(answer).replace("(n)", "(count)" if task == "careless" else "(n)")
    made_up = attack("answer", text, observed, TASK=task)
    assert any(sign in each for each in as_answer.examine(made_up, ground))


@pytest.mark.parametrize(
    ("text", "observed", "sign"),
    [
        ("def attack(targets): return 1", {"outcome": "Violated"}, "ended as Returned (returned), not as Violated"),
        ("def attack(targets): return 1", {"value": 2}, "returned 1, not 2"),
        ("def attack(targets): return True", {"value": 1}, "returned True, not 1"),
        (
            "import os\ndef attack(targets): os.write(4, b'x' * 99)",
            {"outcome": "Violated", "reason": "because"},
            "not by 'because'",
        ),
    ],
)
def test_frames_runner_tells_what_was_not_as_it_must_be(
    text: str, observed: dict[str, Any], sign: str, ground: Ground
) -> None:
    assert any(sign in each for each in as_frames.examine(attack("frames", text, observed), ground))


@pytest.mark.parametrize("runner", [as_answer, as_frames, as_improver])
def test_runner_refuses_a_file_that_asks_for_what_it_does_not_look_at(runner: Any, ground: Ground) -> None:
    with pytest.raises(ValueError, match="OBSERVED may hold"):
        runner.examine(attack("answer", "x = 1", {"verdcit": "ok"}, TASK="echo"), ground)


class OneProcess:
    """A sandbox whose guests share one process: what the worker pools of many graders are."""

    def __init__(self) -> None:
        self._child: PlainChild | None = None
        self._close: Callable[[], None] = lambda: None

    def open(self, program: GuestProgram, limits: Limits, handlers: Mapping[str, Handler] | None = None) -> Session:
        return Session(program, limits, self._take, handlers)

    def close(self) -> None:
        self._close()

    def _take(self) -> PlainChild:
        if self._child is None:
            self._child = PlainChild()
            self._close = self._child.close
            self._child.close = lambda: None  # type: ignore[method-assign]
        return self._child


@pytest.mark.parametrize(
    "name", ["cache_poisoning_between_improvers", "memorise_tests_across_calls", "state_leak_next_child"]
)
def test_attack_on_the_next_guest_succeeds_when_guests_share_a_process(name: str) -> None:
    with closing(OneProcess()) as sandbox:
        assert examine(find(name), Ground(sandbox, False, "no secret")) != []


def test_processes_of_a_child_that_was_there_before_are_no_strangers() -> None:
    busy = "import subprocess, sys\nfor _ in range(4): subprocess.Popen([sys.executable, '-c', 'input()'])\nprint(); input()"
    with subprocess.Popen(
        [sys.executable, "-c", busy], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as other:
        assert other.stdout is not None and other.stdout.readline()
        known = traces.children()
        assert other.pid in known and len(traces.below(other.pid)) == 4
        assert traces.end_strangers(known) == []
        assert len(traces.below(other.pid)) == 4
        other.communicate()
