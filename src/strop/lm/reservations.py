"""How much money and how many tokens to set aside for a request: what answers took so far, or the worst case.

It is the 99th percentile of the last `REMEMBERED` answers of known usage and a quarter more, for a prompt by its length; of the
first `ENOUGH_ANSWERS` the more, the fewer they are. It is never more than the worst case, which it is before the first answer.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence

ENOUGH_ANSWERS = 20
"""With fewer, what is set aside grows as they are fewer: after one answer it is 25 times that answer."""
REMEMBERED = 200
QUANTILE = 0.99
MARGIN = 1.25
RUNAWAY_SHARE = 8
"""Of so many requests in flight, one may run to its worst case: what it may take is set aside beside their reservations."""
OVERSHOOT = 0.05
"""Share of a limit that such requests may go beyond it."""


class SeenUsage:
    """What answers took, in tokens. Not locked."""

    def __init__(self) -> None:
        self._output: deque[int] = deque(maxlen=REMEMBERED)
        self._per_byte: deque[float] = deque(maxlen=REMEMBERED)
        """Tokens of a prompt for each of its bytes."""

    def learn(self, prompt_bytes: int, answers: Sequence[tuple[int, int, int]]) -> None:
        """Equal requests were answered: for each answer its bytes, and the tokens in and out that came with it.

        Where one answer carries the usage of all, tokens out are shared out by length.
        """
        total, size = sum(out for _, _, out in answers), sum(length for length, _, _ in answers)
        together = any(length and not out for length, _, out in answers)
        for length, given_in, out in answers:
            self._output.append(math.ceil(total * length / size) if together and size else out)
            if given_in:
                self._per_byte.append(given_in / max(prompt_bytes, 1))

    def likely(self, prompt_bytes: int, most_in: int, most_out: int) -> tuple[int, int]:
        """(tokens in, tokens out) to set aside for one response, whose worst case these are."""
        if not self._output or not self._per_byte:
            return most_in, most_out
        into = math.ceil(_margin(self._per_byte) * _high(self._per_byte) * prompt_bytes)
        return min(into, most_in), min(math.ceil(_margin(self._output) * _high(self._output)), most_out)


def _margin(values: Sequence[float]) -> float:
    """What is set aside for each token of the quantile."""
    return MARGIN * max(1.0, ENOUGH_ANSWERS / len(values))


def _high(values: Sequence[float]) -> float:
    """The quantile, by the nearest rank: of fewer than a hundred the largest."""
    return sorted(values)[math.ceil(QUANTILE * len(values)) - 1]
