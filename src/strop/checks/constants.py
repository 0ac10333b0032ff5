"""Answers without any work: constants, what a length or a number tells, the inputs themselves, hidden data found in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from strop.checks.draws import constant_hidden, hidden_in_inputs, step_into
from strop.checks.spoiling import each, leaves
from strop.tasks.base import Instance

_CONSTANTS = (
    0,
    1,
    -1,
    2,
    0.5,
    1.0,
    True,
    False,
    "0",
    "a",
    "A",
    " ",
    "yes",
    "True",
    [0],
    [1],
    [0, 0],
    [1, 1],
    {"answer": 0},
)
_FILLED: tuple[Any, ...] = (0, 1, -1, 0.5, 2, 1000, 0.0, 1e-9, 5e-324, -0.0, "A", "B", "a", "0")
_OF_INDEX: dict[str, Callable[[int], int]] = {
    "n": lambda n: n,
    "n + 1": lambda n: n + 1,
    "n mod 2": lambda n: n % 2,
    "(n + 1) mod 2": lambda n: (n + 1) % 2,
    "n mod 3": lambda n: n % 3,
}
_OF_INPUT: dict[str, Callable[[Any], Any]] = {
    "zeros": lambda value: [0] * len(value),
    "ones": lambda value: [1] * len(value),
    "0 and 1 by turns": lambda value: [i % 2 for i in range(len(value))],
    "half 1, half 0": lambda value: [int(2 * i < len(value)) for i in range(len(value))],
    "0 to n - 1": lambda value: list(range(len(value))),
    "n + 1 zeros": lambda value: [0] * (len(value) + 1),
    "as it is": lambda value: value,
    "reversed": lambda value: value[::-1],
    "sorted": lambda value: "".join(sorted(value)) if isinstance(value, str) else sorted(value),
    "complemented": lambda value: 1 - np.asarray(value),
}
Way = tuple[str, str, str, list[Any]]
"""(kind, title, variant, an answer to each instance)."""


def without_work(instances: Sequence[Instance], honest: Sequence[Any]) -> Iterator[Way]:
    """Every way that applies. `honest`: for the form of answers; may be empty."""
    inputs = [list(instance.inputs.values()) for instance in instances]
    for path in hidden_in_inputs(instances):
        yield "labels", "Hidden data in the inputs", f"at {list(path)}", _all(partial(step_into, path=path), inputs)
    for value in constant_hidden(instances):
        yield "labels", "Hidden data in the inputs", "always the same", [value for _ in instances]
    for value in _CONSTANTS if instances else ():
        yield "constant", "A constant", repr(value), [value for _ in instances]
    for value in _FILLED if honest else ():
        if isinstance(value, str) == all(isinstance(leaf, str) for leaf in leaves(honest[0])):
            yield "constant", "A constant in every place", repr(value), [_filled(answer, value) for answer in honest]
    for words, of_index in _OF_INDEX.items() if instances else ():
        yield "constant", "The number of the instance", words, [of_index(n) for n in range(len(instances))]
        if honest:
            filled = [_filled(answer, of_index(n)) for n, answer in enumerate(honest)]
            yield "constant", "The number of the instance", f"{words} in every place", filled
    for words, of_input in _OF_INPUT.items():
        for which in range(min(map(len, inputs), default=0)):
            if answers := _all(of_input, [one[which] for one in inputs]):
                yield "constant", "An input, or its length", f"input {which}: {words}", answers


def _all(made: Callable[[Any], Any], values: Sequence[Any]) -> list[Any]:
    try:
        return [made(value) for value in values]
    except (LookupError, TypeError, ValueError):
        return []


def _filled(answer: Any, value: Any) -> Any:
    return each(answer, lambda leaf: value * len(leaf) if isinstance(value, str) else value)
