"""Scores programs on the training instances of a task of strop: `python score_server.py TASK SOCKET`, in strop's environment.

A connection sends one program and gets `[score, error]` as JSON. Each program runs in a fork of this warm process with the task's
limits of time and memory: without limits, one program that loops would stop a search in gepa and openevolve for ever. Generators
are seeded and the form of each answer is checked, as strop does.
"""

from __future__ import annotations

import json
import os
import random
import resource
import select
import signal
import socket
import sys
import traceback
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

import numpy as np

from strop.evaluation.functions.load import load_any
from strop.tasks.base import Instance, PublishedSeeds, Task


class TimeLimit(Exception):
    """An instance took more CPU than the task allows."""


def main() -> None:
    """Serve until this process is killed."""
    task: Task = load_any(sys.argv[1])  # type: ignore[assignment]
    cases = [task.instance("train", index, PublishedSeeds()) for index in range(task.instances)]
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(sys.argv[2])
        listener.listen(64)
        while True:
            connection, _ = listener.accept()
            if os.fork() == 0:
                serve(connection, task, cases)
                os._exit(0)
            connection.close()


def serve(connection: socket.socket, task: Task, cases: list[Instance]) -> None:
    """Score one program in a fork, which is killed when it takes too long."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with connection.makefile("rb") as request:
        text = request.read().decode()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        os.write(writing, json.dumps(score(text, task, cases)).encode())
        os._exit(0)
    os.close(writing)
    ready, _, _ = select.select([reading], [], [], 30 + 2 * task.time_limit * len(cases))
    reply = os.read(reading, 1 << 16) if ready else b""
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    connection.sendall(reply or json.dumps([0.0, "the program ended or took too long"]).encode())


def score(text: str, task: Task, cases: list[Instance]) -> tuple[float, str]:
    """(Score, error) in this process, under limits that end it."""
    signal.signal(signal.SIGPROF, _stop)
    resource.setrlimit(resource.RLIMIT_AS, (task.memory_limit + (1 << 30), task.memory_limit + (1 << 30)))
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
    main()
