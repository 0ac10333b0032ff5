"""How many tokens to reserve for a request: by the answers so far, at most the worst case.

A reservation is the 99th percentile of the last `REMEMBERED` answers of known usage and a quarter more; tokens of a prompt are
learnt for each of its bytes. With fewer than `ENOUGH_ANSWERS` answers the margin is larger; without any it is the worst case.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence

ENOUGH_ANSWERS = 20
"""With fewer, the margin is larger: after one answer, 25 times that answer is reserved."""
REMEMBERED = 200
QUANTILE = 0.99
MARGIN = 1.25
RUNAWAY_SHARE = 8
"""Of so many requests in flight, one may run to its worst case; for it, more is reserved."""
OVERSHOOT = 0.05
"""Share of a limit by which such requests may exceed it."""


class SeenUsage:
    """The tokens of answers so far. Not locked."""

    def __init__(self) -> None:
        self._output: deque[int] = deque(maxlen=REMEMBERED)
        self._per_byte: deque[float] = deque(maxlen=REMEMBERED)
        """Tokens of a prompt for each of its bytes."""

    def learn(self, prompt_bytes: int, answers: Sequence[tuple[int, int, int]]) -> None:
        """Learn from the answers to equal requests: for each its bytes, and its tokens in and out.

        Where one answer has the usage of all, tokens out are divided by length.
        """
        total, size = sum(out for _, _, out in answers), sum(length for length, _, _ in answers)
        together = any(length and not out for length, _, out in answers)
        for length, tokens_in, out in answers:
            self._output.append(math.ceil(total * length / size) if together and size else out)
            if tokens_in:
                self._per_byte.append(tokens_in / max(prompt_bytes, 1))

    def likely(self, prompt_bytes: int, most_in: int, most_out: int) -> tuple[int, int]:
        """(tokens in, tokens out) to reserve for one response; the arguments are its worst case."""
        if not self._output or not self._per_byte:
            return most_in, most_out
        into = math.ceil(_margin(self._per_byte) * _high(self._per_byte) * prompt_bytes)
        return min(into, most_in), min(math.ceil(_margin(self._output) * _high(self._output)), most_out)


def _margin(values: Sequence[float]) -> float:
    """Tokens to reserve for each token of the quantile."""
    return MARGIN * max(1.0, ENOUGH_ANSWERS / len(values))


def _high(values: Sequence[float]) -> float:
    """The quantile by nearest rank: the largest of fewer than a hundred."""
    return sorted(values)[math.ceil(QUANTILE * len(values)) - 1]
