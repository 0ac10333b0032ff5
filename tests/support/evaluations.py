"""Documents of `strop eval`, made by hand: what a protocol reads, without carrying anything out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from strop.base.solution import digest_of


def sample(values: Sequence[float]) -> dict[str, Any]:
    return {"mean": sum(values) / len(values), "stderr": None, "values": list(values)}


def evaluation(
    task: str,
    test: Mapping[str, Sequence[float]],
    *,
    verdicts: Mapping[str, Sequence[str]] | None = None,
    seed_solution: float = 0.5,
    lm_calls: int = 4,
) -> dict[str, Any]:
    """Improver -> test û of each copy; an improver's digest is that of its name, and every copy is `ok` unless said otherwise."""
    return {
        "schema_version": 2,
        "model": "scripted",
        "is_language_model": False,
        "cells": [
            {
                "task": task,
                "improver": name,
                "digest": digest_of(name),
                "train": sample(values),
                "test": sample(values),
                "verdicts": list((verdicts or {}).get(name, ["ok"] * len(values))),
                "outcomes": [{"kind": "ok", "detail": ""}] * len(values),
                "lm_calls": lm_calls * len(values),
                "evaluations": 10 * len(values),
            }
            for name, values in test.items()
        ],
        "seed_solutions": [
            {"task": task, "train": sample([seed_solution]), "test": sample([seed_solution]), "verdict": "ok"}
        ],
        "differences": [],
    }
