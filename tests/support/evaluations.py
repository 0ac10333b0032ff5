"""Documents of `strop eval`, made by hand: what a protocol reads, without carrying anything out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from strop.base.solution import digest_of


def sample(values: Sequence[float]) -> dict[str, Any]:
    return {
        "mean": sum(values) / len(values),
        "stderr": None,
        "n": len(values),
        "interval": None,
        "values": list(values),
    }


def evaluation(
    task: str,
    test: Mapping[str, Sequence[float]],
    *,
    verdicts: Mapping[str, Sequence[str]] | None = None,
    seed_solution: float = 0.5,
    lm_calls: int = 4,
) -> dict[str, Any]:
    """Improver -> test û of each copy; an improver's digest is that of its name, and every copy is `ok` unless said otherwise."""
    cells = [
        {
            "task": task,
            "improver": name,
            "digest": digest_of(name),
            "train": sample(values),
            "test": sample(values),
            "verdicts": list((verdicts or {}).get(name, ["ok"] * len(values))),
            "endings": [{"outcome": "ok", "detail": ""}] * len(values),
            "lm_calls": lm_calls * len(values),
            "responses": 0,
            "evaluations": 10 * len(values),
            "tokens": None,
            "dollars": None,
        }
        for name, values in test.items()
    ]
    seed = {"value": seed_solution, "verdict": "ok"}
    return {
        "schema_version": 2,
        "kind": "eval",
        "directory": "runs/x",
        "sentence": "",
        "tasks": [task],
        "improvers": list(test),
        "copies": max(map(len, test.values()), default=0),
        "model": "scripted",
        "is_language_model": False,
        "cells": cells,
        "seed_solutions": [{"task": task, "train": seed, "test": seed}],
        "differences": [],
    }
