"""What earlier runs of the same model on the same tasks used: tokens of a response, and CPU time of an evaluation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from strop.base.errors import StoreError
from strop.base.events import Evaluated, LmResponded
from strop.runs.cost_estimate import SELF_IMPROVEMENT, Usage
from strop.runs.scopes import role_of
from strop.store import FILE_NAME, Store
from strop.tasks.base import META_TASK

FEWEST = 10
"""Responses with known tokens, and evaluations, that a record must have to be believed."""
_MOST_RECORDS = 200
"""Newest records that are looked at."""


@dataclass
class _Seen:
    """(tokens in, tokens out) of responses by whether they are improvers, and CPU seconds of evaluations."""

    improvers: list[tuple[int, int]]
    programs: list[tuple[int, int]]
    cpu_seconds: list[float]


def known_usage(root: Path, model: str, tasks: Sequence[str]) -> Usage:
    """What the newest records below `root` say: of the same model and tasks for tokens, of the same tasks for CPU time."""
    tokens: tuple[Path, _Seen] | None = None
    cpu: float | None = None
    for directory, meta_model in _records(root, ", ".join(tasks)):
        if tokens is not None and (cpu is not None or meta_model != model):
            continue
        seen = _seen(directory)
        if cpu is None and len(seen.cpu_seconds) >= FEWEST:
            cpu = mean(seen.cpu_seconds)
        if tokens is None and meta_model == model and len(seen.programs) >= FEWEST:
            tokens = directory, seen
    if tokens is None:
        return Usage(cpu_seconds=cpu)
    directory, seen = tokens
    improvers = seen.improvers if len(seen.improvers) >= FEWEST else []
    return Usage(_means(seen.programs), _means(improvers), cpu, directory.name)


def _records(root: Path, tasks: str) -> Iterator[tuple[Path, str]]:
    """The directories of records about these tasks, the newest first, with their models."""
    found = sorted(root.glob(f"*/{FILE_NAME}"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in found[:_MOST_RECORDS]:
        try:
            with Store.open(path.parent) as store:
                if store.meta.get("task") == tasks:
                    yield path.parent, store.meta.get("language_model", "")
        except (StoreError, OSError):
            continue


def _seen(directory: Path) -> _Seen:
    seen = _Seen([], [], [])
    with Store.open(directory) as store:
        for stored in store.outline(LmResponded, Evaluated):
            event = stored.event
            if isinstance(event, Evaluated):
                if event.utility != META_TASK and event.split == "train" and event.verdict == "ok":
                    seen.cpu_seconds.append(event.cpu_seconds)
            elif isinstance(event, LmResponded) and event.input_tokens and event.output_tokens:
                of = seen.improvers if role_of(event.scope) == SELF_IMPROVEMENT else seen.programs
                of.append((event.input_tokens, event.output_tokens))
    return seen


def _means(tokens: Sequence[tuple[int, int]]) -> tuple[float, float] | None:
    return (mean(into for into, _ in tokens), mean(out for _, out in tokens)) if tokens else None
