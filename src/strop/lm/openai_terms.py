"""What is sent besides the prompt, and what the server was found to take of it.

Nothing is configured per provider: a request is sent with all that is wanted, and what a server rejects or ignores is told
once and remembered. It sends nothing.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from dataclasses import dataclass, replace
from typing import Any

from strop.lm.base import Completion, Fault, Request

HIGHEST_TEMPERATURE = 2.0
"""What the protocol allows."""
LEAST_TOKENS = 16
"""A limit of tokens that must be lower than this to be taken leaves no room for an answer."""
_ALIKE_CHARACTERS = 100
_ALIKE_TEMPERATURE = 0.3
"""Equal answers say something only where they are this long, and were drawn at this temperature at least."""


@dataclass(frozen=True)
class Sent:
    """The optional parts of a request; a server may reject each. None is not sent."""

    n: int
    temperature: float | None
    max_tokens: int | None = None
    tokens_name: str = "max_tokens"
    seed: int | None = None

    def options(self) -> dict[str, Any]:
        """As arguments of the SDK."""
        options = {"temperature": self.temperature, self.tokens_name: self.max_tokens, "seed": self.seed}
        return {
            name: value
            for name, value in {"n": self.n, **options}.items()
            if value is not None and (name, value) != ("n", 1)
        }

    def parameters(self) -> dict[str, float | int | str | None]:
        """For `Completion.parameters`: a name with None is something that was asked for and not sent."""
        told: dict[str, float | int | str | None] = {"temperature": self.temperature, "max_tokens": self.max_tokens}
        return told if self.seed is None else {**told, "seed": self.seed}


class Terms:
    """What one server takes. Safe to use from many threads."""

    def __init__(
        self, *, max_tokens: int | None, seed: int | None, openai_itself: bool, largest_n: int | None = None
    ) -> None:
        self._lock = threading.Lock()
        self._max_tokens = max_tokens
        self._seed = seed
        self._names = (
            ["max_completion_tokens", "max_tokens"] if openai_itself else ["max_tokens", "max_completion_tokens"]
        )
        self._takes_temperature = True
        self._largest_n = largest_n
        self._told: set[str] = set()

    @property
    def largest_n(self) -> int | None:
        """Responses of one HTTP request at most; None for as many as there are. With a seed each response has its own."""
        return 1 if self._seed is not None else self._largest_n

    def at_most_n(self, n: int) -> None:
        """The server gives no more than `n` responses at once."""
        with self._lock:
            self._largest_n = min(n, self._largest_n or n)

    def sent(self, request: Request, n: int, room: int | None) -> tuple[Sent, tuple[Fault, ...]]:
        """What is sent for `n` responses, and what a completion says where that is not what was asked.

        `room` is how many tokens the server was found to have for an answer to this prompt, None where that is not known.
        """
        with self._lock:
            limit = self._max_tokens if self._names else None
            tokens = room if limit is not None and room is not None and room < limit else limit
            name = self._names[0] if self._names else "max_tokens"
            seed = None if self._seed is None else seed_of(self._seed, request)
            takes_temperature = self._takes_temperature
        asked = request.temperature
        temperature = min(max(asked, 0.0), HIGHEST_TEMPERATURE) if asked == asked else 1.0
        sent = Sent(n, temperature if takes_temperature else None, tokens, name, seed)
        if not takes_temperature or temperature == asked:
            return sent, ()
        return sent, (Fault("parameter", f"temperature {asked:g} is outside 0 to 2: {temperature:g} was sent", 1),)

    def without_temperature(self) -> str:
        """The server rejects it. The remark to make: empty where it was made."""
        with self._lock:
            self._takes_temperature = False
        return self._once("temperature", "the server takes no temperature: from now on none is sent")

    def without_seed(self) -> str:
        """The server rejects it. The remark to make: empty where it was made."""
        with self._lock:
            self._seed = None
        return self._once("seed", "the server takes no seed: from now on none is sent")

    def other_tokens_name(self, rejected: str) -> str:
        """The server rejects `rejected`, one of the names of the limit of tokens. The remark to make, if any."""
        with self._lock:
            if rejected in self._names:
                self._names.remove(rejected)
            if self._names:
                return ""
        return self._once("max_tokens", "the server takes no limit of tokens: from now on none is sent")

    def fewer_tokens(self, said: str, sent: Sent) -> tuple[int, str]:
        """(how many to ask for instead, the remark to make) where the server rejects the limit of tokens as too high.

        Fewer than `LEAST_TOKENS`: the prompt leaves no room for an answer.
        """
        assert sent.max_tokens is not None
        most = _most_allowed(said)
        if most is not None and LEAST_TOKENS <= most < sent.max_tokens:
            with self._lock:
                self._max_tokens = min(most, self._max_tokens or most)
            return most, self._once(
                f"max_tokens={most}", f"the server allows {most} tokens an answer at most: so it is asked"
            )
        room = _room_left(said)
        return (room if room is not None and room < sent.max_tokens else sent.max_tokens // 2), ""

    def same(self, completions: list[Completion]) -> tuple[Fault, ...]:
        """What to say, once, of the answers to equal requests where they are all the same."""
        first, temperature = completions[0], completions[0].parameters.get("temperature")
        if len(completions) < 2 or len(first.text) < _ALIKE_CHARACTERS or not isinstance(temperature, float):
            return ()
        if temperature < _ALIKE_TEMPERATURE or any(completion.text != first.text for completion in completions):
            return ()
        remark = f"{len(completions)} answers to one prompt at temperature {temperature:g} are the same: is it ignored?"
        return (Fault("parameter", remark, 1),) if self._once("same", remark) else ()

    def _once(self, what: str, remark: str) -> str:
        with self._lock:
            if what in self._told:
                return ""
            self._told.add(what)
            return remark


def seed_of(seed: int, request: Request) -> int:
    """The seed of one response, in [0, 2^31): as different as the requests are, samples of equal ones included."""
    parts = [seed, request.scope, request.expertise, request.message, repr(request.temperature), request.sample]
    return int.from_bytes(hashlib.sha256(json.dumps(parts).encode()).digest()[:4]) >> 1


def with_faults(completion: Completion, faults: tuple[Fault, ...]) -> Completion:
    """The completion with more to say."""
    return replace(completion, faults=(*completion.faults, *faults)) if faults else completion


_MOST = (
    re.compile(r"supports at most (\d{1,9}) (?:completion|output) tokens"),
    re.compile(r"(?:max(?:_completion)?_tokens|max_output_tokens)\D{1,20}\d{1,9} > (\d{1,9})"),
    re.compile(r"(?:must be|should be) (?:less than or equal to|<=|at most) `?(\d{1,9})"),
)
_CONTEXT = re.compile(r"maximum context length (?:is|of) (\d{1,9})")
_INPUT = re.compile(r"(\d{1,9}) (?:input tokens|in the messages|tokens in the messages|of text input)")


def _most_allowed(said: str) -> int | None:
    """The most that the model gives to anybody, where the server says that."""
    found = next((match for pattern in _MOST if (match := pattern.search(said))), None)
    return int(found.group(1)) if found else None


def _room_left(said: str) -> int | None:
    """What a prompt leaves of the context, where the server says both."""
    context, prompt = _CONTEXT.search(said), _INPUT.search(said)
    return int(context.group(1)) - int(prompt.group(1)) if context and prompt else None


def messages_of(request: Request) -> list[dict[str, str]]:
    """The chat of a request; lone surrogates, which a guest may send and JSON over HTTP cannot carry, become `?`."""
    texts = (("system", request.expertise), ("user", request.message))
    return [
        {"role": role, "content": text.encode("utf-8", "replace").decode()}
        for role, text in texts
        if text or role == "user"
    ]
