"""Feedback for improvers beside the scores of an evaluation: the scorer's notes, and the failing instances.

Only for the training split. It shows inputs, never the hidden data of an instance.
"""

from __future__ import annotations

import reprlib
from collections.abc import Mapping, Sequence
from dataclasses import field

from strop.base.failures import gist
from strop.base.later import dataclass, np
from strop.base.scorer_notes import cut, shortened
from strop.sandbox.strop_plain_data import OPAQUE
from strop.tasks.base import Instance

MOST_FAILURES = 5
"""Failing instances that are described."""
INPUT_CHARACTERS = 200
"""Most characters of the inputs of one instance."""
ERROR_CHARACTERS = 240
MOST_NAMED = 5
"""How many instances a note that several share names at most."""


class _Brief(reprlib.Repr):
    """A short text for inputs of any size. It calls none of their methods and contains no memory addresses."""

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
        first = ", ".join(self.repr1(item.item(), level - 1) for item in x.flat[: self.maxarray])
        return f"array of shape {x.shape}: [{first}{', ...' if x.size > self.maxarray else ''}]"

    def repr_instance(self, x: object, level: int) -> str:
        return str(x) if x is None or isinstance(x, bool) else f"<{type(x).__name__}>"

    def repr1(self, x: object, level: int) -> str:
        return super().repr1(x.item() if isinstance(x, np.generic) else x, level)


def inputs_in_words(inputs: Mapping[str, object]) -> str:
    """The inputs of an instance by name, in at most 200 characters."""
    brief = _Brief()
    return shortened(", ".join(f"{name} = {brief.repr(value)}" for name, value in inputs.items()), INPUT_CHARACTERS)


def _inputs(instance: Instance) -> str:
    """The inputs of an instance in words. For objects, the scorer gave the words."""
    if OPAQUE not in instance.inputs:
        return inputs_in_words(instance.inputs)
    return shortened(", ".join(f"{name} = {text}" for name, text in instance.hidden.in_words.items()), INPUT_CHARACTERS)


def sizes(inputs: Mapping[str, object]) -> str:
    """The sizes of an instance's inputs by name: the number of elements, `12 x 40` for rows of one length, and a number
    itself."""
    if OPAQUE in inputs:
        return f"objects of {_size(inputs[OPAQUE])} bytes"
    return shortened(", ".join(f"{name} {_size(value)}" for name, value in inputs.items()), INPUT_CHARACTERS)


def _size(value: object) -> str:
    if isinstance(value, np.ndarray):
        return " x ".join(map(str, value.shape)) or _Brief().repr(value.item())
    if isinstance(value, list | tuple | set | frozenset | dict):
        lengths = {len(row) if isinstance(row, list | tuple) else None for row in value}
        (length,) = lengths if len(lengths) == 1 else (None,)
        return f"{len(value)}{f' x {length}' if length else ''}"
    return str(len(value)) if isinstance(value, str | bytes) else _Brief().repr(value)


@dataclass
class Feedback:
    """Collects the feedback of one evaluation."""

    _failures: list[str] = field(default_factory=list)
    _notes: dict[str, list[int]] = field(default_factory=dict)

    def failed(self, index: int, instance: Instance, verdict: str, error: str) -> None:
        """Add instance `index` (from 0), whose verdict is not `ok`."""
        if len(self._failures) < MOST_FAILURES:
            why = shortened(gist(error), ERROR_CHARACTERS)
            self._failures.append(f"instance {index} ({verdict}): {why}; inputs: {_inputs(instance)}")

    def noted(self, index: int, notes: Sequence[str]) -> None:
        """Add the scorer's notes on instance `index`."""
        for text in notes:
            self._notes.setdefault(text, []).append(index)

    @property
    def notes(self) -> tuple[str, ...]:
        """All feedback, cut to size; a note on several instances appears once."""
        return cut([*self._failures, *(f"{_named(indices)}: {text}" for text, indices in self._notes.items())])


def _named(indices: Sequence[int]) -> str:
    unique = list(dict.fromkeys(indices))
    numbers = ", ".join(map(str, unique[:MOST_NAMED]))
    more = f" and {len(unique) - MOST_NAMED} more" if len(unique) > MOST_NAMED else ""
    return f"instance{'s' if len(unique) > 1 else ''} {numbers}{more}"
