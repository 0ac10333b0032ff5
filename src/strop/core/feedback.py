"""What an improver is told of an evaluation beside its scores: the scorer's notes, and instances on which a program failed.

Of the training split alone. What is hidden from a solution is hidden here too: inputs are shown, never labels.
"""

from __future__ import annotations

import reprlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from strop.base.scorer_notes import cut, shortened
from strop.tasks.base import Instance

MOST_FAILURES = 5
"""Failing instances that are told in full."""
INPUT_CHARACTERS = 200
"""Of the inputs of one instance."""
ERROR_CHARACTERS = 240
MOST_NAMED = 5
"""Instances that are named where several had the same note."""


class _Brief(reprlib.Repr):
    """A short text for inputs of any size: nothing of theirs is called, and nothing in it depends on where it lies in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlist = self.maxtuple = self.maxdict = self.maxarray = 6
        self.maxstring = self.maxother = 60
        self.maxlevel = 3

    def repr_int(self, x: int, level: int) -> str:
        return super().repr_int(x, level) if abs(x).bit_length() < 200 else f"<a number of {x.bit_length()} bits>"

    def repr_float(self, x: float, level: int) -> str:
        return f"{x:.6g}"

    def repr_ndarray(self, x: np.ndarray, level: int) -> str:
        first = ", ".join(self.repr1(each.item(), level - 1) for each in x.flat[: self.maxarray])
        return f"array of shape {x.shape}: [{first}{', ...' if x.size > self.maxarray else ''}]"

    def repr_instance(self, x: object, level: int) -> str:
        return str(x) if x is None or isinstance(x, bool) else f"<{type(x).__name__}>"

    def repr1(self, x: object, level: int) -> str:
        return super().repr1(x.item() if isinstance(x, np.generic) else x, level)


def shown(inputs: Mapping[str, object]) -> str:
    """The inputs of an instance by name, in 200 characters at most."""
    brief = _Brief()
    return shortened(", ".join(f"{name} = {brief.repr(value)}" for name, value in inputs.items()), INPUT_CHARACTERS)


def gist(error: str) -> str:
    """Why something failed, in one line: the first line of `error`, and the last one where that says more."""
    lines = [line.strip() for line in error.splitlines() if line.strip()]
    if not lines:
        return ""
    return lines[0] if lines[-1] in lines[0] else f"{lines[0]} ... {lines[-1]}"


@dataclass
class Feedback:
    """Gathers what one evaluation has to tell."""

    _failures: list[str] = field(default_factory=list)
    _notes: dict[str, list[int]] = field(default_factory=dict)

    def failed(self, index: int, instance: Instance, verdict: str, error: str) -> None:
        """Instance `index` (from 0) ended otherwise than `ok`."""
        if len(self._failures) < MOST_FAILURES:
            words = shortened(gist(error), ERROR_CHARACTERS)
            self._failures.append(f"instance {index} ({verdict}): {words}; inputs: {shown(instance.inputs)}")

    def said(self, index: int, notes: Sequence[str]) -> None:
        """What the scorer noted of the answer to instance `index`."""
        for text in notes:
            self._notes.setdefault(text, []).append(index)

    @property
    def notes(self) -> tuple[str, ...]:
        """Everything as texts, cut to size; what was noted of several instances once."""
        return cut([*self._failures, *(f"{_named(indices)}: {text}" for text, indices in self._notes.items())])


def _named(indices: Sequence[int]) -> str:
    each = list(dict.fromkeys(indices))
    words = ", ".join(map(str, each[:MOST_NAMED]))
    more = f" and {len(each) - MOST_NAMED} more" if len(each) > MOST_NAMED else ""
    return f"instance{'s' if len(each) > 1 else ''} {words}{more}"
