"""The scorer of any task of strop, with the interface of `lean_scorer`, so that all systems search for the same utility.

Each program runs in a fork of a warm helper process with the task's limits of time and memory: without limits, one program that
loops would stop a search in gepa and openevolve for ever. Generators are seeded and the form of each answer is checked, as strop
does. It needs numpy, and `strop.tasks` from the source tree. `PEERS_TASK` names the task. `python task_scorer.py --serve` is the
helper, which reads a program and writes its score on each line.
"""

from __future__ import annotations

import json
import os
import random
import resource
import select
import signal
import subprocess
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

import numpy as np
from lean_scorer import note

from strop.tasks.base import Instance, PublishedSeeds, Task
from strop.tasks.registry import load_any


class TimeLimit(Exception):
    """An instance took more CPU than the task allows."""


class Helper:
    """The warm process. Safe to use from several threads, one program at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None

    def scored(self, text: str) -> tuple[float, str]:
        """(Training score, error) of a program."""
        with self._lock:
            if self._process is None:
                words = [sys.executable, str(Path(__file__).resolve()), "--serve"]
                self._process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            assert self._process.stdin is not None and self._process.stdout is not None
            self._process.stdin.write(json.dumps(text) + "\n")
            self._process.stdin.flush()
            value, error = json.loads(self._process.stdout.readline())
            return float(value), str(error)


HELPER = Helper()


def scored(text: str) -> tuple[float, str]:
    """(Training score in [0, 1], error): 0 and the end of its traceback for a program that fails."""
    value, error = HELPER.scored(text)
    note(text, value)
    return value, error


def evaluate(program_path: str) -> dict[str, float]:
    """openevolve's form."""
    return {"combined_score": scored(Path(program_path).read_text(encoding="utf-8"))[0]}


def serve() -> None:
    """The helper: score each program that comes, in a fork."""
    task: Task = load_any(os.environ["PEERS_TASK"])  # type: ignore[assignment]
    cases = [task.instance("train", index, PublishedSeeds()) for index in range(task.instances)]
    for line in sys.stdin:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.setpgid(0, 0)
            os.write(writing, json.dumps(score(json.loads(line), task, cases)).encode())
            os._exit(0)
        os.close(writing)
        ready, _, _ = select.select([reading], [], [], 30 + 2 * task.time_limit * len(cases))
        reply = os.read(reading, 1 << 16) if ready else b""
        os.close(reading)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        sys.stdout.write((reply.decode() or json.dumps([0.0, "the program ended or took too long"])) + "\n")
        sys.stdout.flush()


def score(text: str, task: Task, cases: list[Instance]) -> tuple[float, str]:
    """(Score, error) in this process, under limits that end it."""
    signal.signal(signal.SIGPROF, _stop)
    resource.setrlimit(resource.RLIMIT_AS, (task.memory_limit + (1 << 30), task.memory_limit + (1 << 30)))
    sys.stdout = sys.stderr  # the helper's own output is the protocol
    space: dict[str, Any] = {"__name__": "candidate"}
    total, error = 0.0, ""
    try:
        exec(compile(text, "candidate", "exec"), space)
        for number, case in enumerate(cases):
            random.seed(number)
            np.random.seed(number)
            try:
                signal.setitimer(signal.ITIMER_PROF, task.time_limit)
                answer = space[task.entry](**case.inputs)
                signal.setitimer(signal.ITIMER_PROF, 0)
                total += task.checked_score(case, answer)
            except Exception:
                if task.failure == "utility":
                    raise
                error = traceback.format_exc()[-800:]
    except Exception:  # noqa: BLE001 - a program may raise anything
        return 0.0, traceback.format_exc()[-800:]
    return total / len(cases), error


def _stop(number: int, frame: object) -> None:
    raise TimeLimit("the time limit of an instance")


if __name__ == "__main__":
    serve() if sys.argv[1] == "--serve" else print(json.dumps(evaluate(sys.argv[1])))
