"""The arithmetic of pacing: how fast, how many at once, how many tokens a request will take.

Everything is handed the time; nothing here waits or locks (`pacing.py` does).
"""

from __future__ import annotations

_TINY = 1e-9
"""Less than this is missing only by rounding."""


class Bucket:
    """A limit per minute that fills up steadily: full at first, with a minute's worth. Its level may fall below 0.

    What a server says corrects the level, but never above what the limit by itself allows. Times are seconds of one clock that
    never goes back.
    """

    def __init__(self, per_minute: float) -> None:
        self._rate = per_minute / 60
        self._most = max(per_minute, 1.0)
        self._level = self._most
        self._earned = self._most  # the level without corrections
        self._at: float | None = None

    def seconds_until(self, amount: float, now: float) -> float:
        """How long until `amount` is there, 0 where it is. More than ever fits is there when the bucket is full."""
        self._fill(now)
        missing = min(amount, self._most) - self._level
        return missing / self._rate if missing > _TINY else 0.0

    def take(self, amount: float, now: float) -> None:
        """Take out `amount`; a negative one is put back."""
        self._fill(now)
        self._level = min(self._level - amount, self._most)
        self._earned = min(self._earned - amount, self._most)

    def correct(self, least: float, most: float, now: float) -> None:
        """The server says that from `least` to `most` is there."""
        self._fill(now)
        self._level = min(max(self._level, least), most, self._earned)

    def filled_at(self, per_second: float, most: float, now: float) -> None:
        """The server says how fast it fills, and how far."""
        self._fill(now)
        self._rate, self._most = per_second, max(most, 1.0)
        self._level = min(self._level, self._most)
        self._earned = self._most

    def _fill(self, now: float) -> None:
        if self._at is not None:
            more = (now - self._at) * self._rate
            self._level = min(self._level + more, self._most)
            self._earned = min(self._earned + more, self._most)
        self._at = now


class Window:
    """How many requests may be in flight: one more for each window of answers, half as many at a refusal (as TCP does).

    Requests that were sent before the last halving do not halve again: they were refused for the same reason.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self.size = most
        self._answered = 0
        self._sent = 0
        self._halved_after = 0

    def sent(self) -> int:
        """A request goes out; its number, from 1."""
        self._sent += 1
        return self._sent

    def answered(self) -> None:
        """An answer came."""
        self._answered += 1
        if self._answered >= self.size:
            self._answered = 0
            self.size = min(self.size + 1, self._most)

    def refused(self, number: int) -> None:
        """The request of this number was refused, as the server has too much to do."""
        if number > self._halved_after:
            self.size = max(self.size // 2, 1)
            self._answered = 0
            self._halved_after = self._sent


class Expected:
    """What a request will take, in tokens, by what requests before took. Only pacing relies on it; no budget does."""

    def __init__(self, per_response: float) -> None:
        """`per_response` is believed until the first answer."""
        self._per_response = per_response
        self._per_byte = 1 / 3
        self._learnt = False

    def of(self, prompt_bytes: int, n: int) -> int:
        """Tokens of `n` responses to a prompt."""
        return round(prompt_bytes * self._per_byte + n * self._per_response) + 1

    def learn(self, prompt_bytes: int, n: int, input_tokens: int, output_tokens: int) -> None:
        """What `n` responses to a prompt took."""
        weight = 0.1 if self._learnt else 1.0
        self._learnt = True
        self._per_byte += weight * (input_tokens / max(prompt_bytes, 1) - self._per_byte)
        self._per_response += weight * (output_tokens / max(n, 1) - self._per_response)
