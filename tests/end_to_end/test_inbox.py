"""`strop run --model inbox:DIR`, answered by a thread that is in no hurry, stopped and killed in the middle."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from strop.base.events import LmResponded, RunFinished
from strop.store import Store

from .conftest import TINY, happened

PROGRAM = "```python\ndef algorithm(train_samples, train_parity, test_samples):\n    return [0] * 20\n```\n"
RUN = ["run", "lpn", *TINY, *shlex.split("-T 1 --selection paper --seed 1 --model inbox:q --out there")]


class Person:
    """Answers what is asked in a folder, each file written in two halves; counts what was asked."""

    def __init__(self, folder: Path) -> None:
        self.seen: set[str] = set()
        self.was_held_up = False
        """Whether the machine let more time pass between two halves than strop gives."""
        self._folder = folder
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._answer)

    def __enter__(self) -> Person:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _answer(self) -> None:
        while not self._is_over.wait(0.01):
            for path in sorted(self._folder.glob("*.md")):
                answer = path.with_suffix(".answer.md")
                if re.fullmatch(r"[0-9a-f]{16}\.md", path.name) and path.name not in self.seen:
                    self.seen.add(path.name)
                    with answer.open("w") as file:
                        file.write("This does nothing well.\n" + PROGRAM[:30])
                        file.flush()
                        since = time.monotonic()
                        self._is_over.wait(0.05)
                        file.write(PROGRAM[30:])
                        file.flush()
                        self.was_held_up |= time.monotonic() - since > 0.9


def wait_for(condition: Callable[[], object], process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert process.poll() is None and time.monotonic() < end, process.poll()
        time.sleep(0.01)


def responses(folder: Path) -> list[LmResponded]:
    with Store.open(folder) as store:
        return [stored.event for stored in store.events(LmResponded)]


def open_questions(folder: Path) -> list[Path]:
    return [path for path in folder.glob("*.md") if re.fullmatch(r"[0-9a-f]{16}\.md", path.name)]


def came_to(strop: Any, run: str) -> dict[str, Any]:
    """The document of a run, without what no two runs share."""
    document: dict[str, Any] = json.loads(strop("show", run, "--json").stdout)
    for own in ("directory", "file", "model"):
        del document[own]
    for iteration in document["iterations"]:
        del iteration["seconds"]
    del document["costs"]["maybe_billed_tokens"]  # what was in flight when a run was killed counts at its worst case
    return document


@pytest.mark.slow
def test_nothing_is_asked_twice_when_a_run_is_killed_and_resumed_and_it_ends_as_one_that_was_not(
    strop: Any, start_strop: Any, tmp_path: Path
) -> None:
    with Person(tmp_path / "q") as person:
        process = start_strop(*RUN)
        wait_for(lambda: len(person.seen) >= 4, process)  # more than one call: some are answered, some just asked
        process.send_signal(signal.SIGKILL)
        process.communicate()
        ended = strop("resume", "there")
    assert ended.returncode == 0, ended.stderr
    with Person(tmp_path / "p"):
        assert strop(*RUN[:-3], "inbox:p", "--out", "undisturbed").returncode == 0
    assert came_to(strop, "there") == came_to(strop, "undisturbed")
    assert happened(tmp_path / "there") == happened(tmp_path / "undisturbed")
    given = responses(tmp_path / "there")
    assert len(given) == len(person.seen) == len(list((tmp_path / "q").glob("*.answer.md")))
    assert person.was_held_up or {each.text.count("```") for each in given} == {2}
    of_this_seed = {hashlib.sha256(f"1 {each.request}".encode()).hexdigest()[:16] for each in given}
    assert {f"{digits}.md" for digits in of_this_seed} == person.seen
    # Killed just after an answer was recorded, it has not removed the question.
    assert all(path.with_suffix(".answer.md").exists() for path in open_questions(tmp_path / "q"))


def test_ctrl_c_leaves_the_requests_and_says_what_was_waited_for_once(start_strop: Any, tmp_path: Path) -> None:
    process = start_strop(*RUN)
    wait_for(lambda: len(open_questions(tmp_path / "q")) >= 2, process)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in errors, errors
    said = [line for line in errors.splitlines() if "to answer" in line]
    assert len(said) == len(set(said)) >= 1 and all(line.startswith("strop: inbox:q: ") for line in said)
    assert open_questions(tmp_path / "q")
    with Store.open(tmp_path / "there") as store:
        (last,) = [stored.event for stored in store.events(RunFinished)]
    assert last.status == "interrupted"
    assert str(tmp_path) not in "".join(line for line in said)
