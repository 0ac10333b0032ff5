"""Measurements of improvers, read back from the record that they were made in.

What is printed of a measurement is made from its record alone, so that it can be shown again, and gone on with when it was
stopped. A measurement is whole when every copy has its result; a part of one is never counted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from strop.base.errors import ConfigurationError, StoreError
from strop.base.events import Evaluated, ImproveFinished
from strop.base.solution import digest_of
from strop.runs.run_data import RunData
from strop.runs.spec import RunSpec, improver_text
from strop.store import Store
from strop.tasks.base import Split

SEED = "seed"
"""The shipped improver that every other is compared with."""


@dataclass(frozen=True)
class Named:
    """An improver, as somebody named it."""

    name: str
    """A shipped improver, or a file."""
    text: str

    @property
    def digest(self) -> str:
        return digest_of(self.text)


class MeasuredTask(Protocol):
    """What must be known of a task to read its measurements."""

    @property
    def name(self) -> str: ...

    def count(self, split: Split, /) -> int:
        """Its instances on a split."""


@dataclass(frozen=True)
class RecordedTask:
    """A task as a record shows it, where the task itself is not at hand."""

    name: str
    sealed: int
    """Instances of the sealed test split."""

    def count(self, split: Split, /) -> int:
        if split != "test":
            raise ValueError("a record does not say how many training instances its task has")
        return self.sealed


@dataclass(frozen=True)
class Copy:
    """One improvement of a task's seed solution, and what its result is worth."""

    outcome: str
    """`ok`, or why the improver gave no solution."""
    detail: str
    utility_calls: int
    lm_calls: int
    train: Evaluated
    test: Evaluated | None
    """On the sealed split; None where that was not asked for."""


def named(names: Sequence[str], text_of: Callable[[str], str] = improver_text) -> tuple[Named, ...]:
    """The improvers of these names. The text of the seed improver may have several: what STOP ends with may still be it.

    Raises:
        ConfigurationError: one does not exist, or two are the same program.
    """
    seed = improver_text(SEED)
    found: list[Named] = []
    for name in names:
        each = Named(name, text_of(name))
        for other in found:
            if other.name == name:
                raise ConfigurationError(f"the improver {name} is named twice")
            if other.text == each.text != seed:
                raise ConfigurationError(f"{other.name} and {name} are the same improver; name one of them")
        found.append(each)
    return tuple(found)


def recorded_improvers(store: Store) -> tuple[Named, ...]:
    """The improvers that a record says it measured, with their texts.

    Raises:
        StoreError: it does not name them, or lacks the text of one.
    """
    try:
        improvers = [(str(name), str(digest)) for name, digest in json.loads(store.meta["improvers"])]
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError("the record does not name its improvers") from error
    return tuple(Named(name, store.text(digest)) for name, digest in improvers)


def copies_of(store: Store, scope: str, copies: int, *, sealed: bool) -> tuple[Copy, ...]:
    """The copies of the measurement at `scope`, in order; none where it is not whole."""
    ends: dict[int, ImproveFinished] = {}
    results: dict[tuple[int, str], Evaluated] = {}
    for stored in store.events(ImproveFinished, Evaluated, scope=scope):
        event = stored.event
        number, *inside = event.scope.removeprefix(f"{scope}/copy").split("/")
        if not number.isdigit():
            continue
        if isinstance(event, ImproveFinished) and not inside:
            ends[int(number)] = event
        elif isinstance(event, Evaluated) and inside in (["result"], ["test"]):
            results[int(number), event.split] = event
    found = [
        Copy(
            ends[number].outcome,
            ends[number].detail,
            ends[number].utility_calls,
            ends[number].lm_calls,
            results[number, "train"],
            results.get((number, "test")),
        )
        for number in range(copies)
        if number in ends and (number, "train") in results and (not sealed or (number, "test") in results)
    ]
    return tuple(found) if len(found) == copies else ()


def spec_of(run: RunData) -> RunSpec | None:
    """The recipe of a run; None before its first event."""
    if run.start is None:
        return None
    try:
        return RunSpec.from_json(json.dumps(run.start.spec))
    except (ValueError, RecursionError) as error:
        raise StoreError(f"the record does not say what its run was made from: {error}") from error
