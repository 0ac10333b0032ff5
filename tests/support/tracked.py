"""Events of a small run, and the lines that a tracker has of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from strop.base.events import LmCalled, RunFinished, RunStarted
from support.records import evaluated, iterated, responded

SPEC = {"model": "openai/gpt-4?seed=60", "base_url": "http://127.0.0.1:8000/v1", "iterations": 1, "require": None}
STARTED = RunStarted(scope="", spec=SPEC, environment={}, posture={})
FINISHED = RunFinished(scope="", status="finished")
CALLED = LmCalled(
    scope="t0/measure/copy0", call=0, expertise="You code.", messages=("a prompt",), temperature=0.7, cost=1
)
SENT = {"temperature": 0.5, "max_tokens": 64, "seed": 7, "stop": None}
USED = {"input_tokens": 100, "output_tokens": 20, "seconds": 2.0, "cost": 3_000_000}
RESPONDED = responded(
    "an answer", 0, "t0/measure/copy0", model="gpt-4-0613", reasoning="a thought", parameters=SENT, **USED
)
ENDED = {"verdict": "raised", "scores": (0.0,), "verdicts": ("raised",), "error": "quoted"}
EVALUATED = evaluated("a program", 0.0, "t0/measure/copy0/result", **ENDED, cpu_seconds=0.1, wall_seconds=0.5)
REASON = "the self-improvement failed: quoted"
ITERATED = iterated(0, "a program", reason=REASON, train=(0.5, 0.7), test=(), evaluations=1, seconds=3.0)


def lines(path: Path) -> list[dict[str, Any]]:
    """The whole lines of a file of JSON lines."""
    text = path.read_text() if path.exists() else ""
    return [json.loads(line) for line in text.splitlines()]
