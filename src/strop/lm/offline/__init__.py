"""The offline proposer: a stand-in for a language model, so that strop can be tried with no network and no key.

It is not a language model. It proposes by genetic improvement and by recombination with textbook algorithms
(`strop/lm/textbook`), and it fails as real models do. It reads nothing but the prompt: no task, no hidden data, no clock,
no state between requests. Results that were had with it say so (`is_language_model` is False).
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from strop.errors import ConfigurationError
from strop.lm.base import Completion, Request
from strop.lm.offline.answers import Answer, answer
from strop.lm.offline.library import Textbook, load_textbook
from strop.lm.offline.odds import odds_at
from strop.seeds import derive

MODEL = "offline (not a language model)"
"""What every completion names as its model."""
DEFAULT_SKILL = 0.5


class Offline:
    """A `LanguageModel` whose answers are independent draws, one for each (seed, request)."""

    is_language_model = False

    def __init__(self, seed: int, skill: float = DEFAULT_SKILL, textbook: Textbook | None = None) -> None:
        """`skill` in [0, 1] sets the odds of good answers; `textbook` is the one that comes with strop if not given.

        Raises:
            ConfigurationError: the skill is out of range, or the textbook cannot be read.
        """
        if not 0 <= skill <= 1:
            raise ConfigurationError(f"offline: skill must lie between 0 and 1, not {skill:g}")
        self.name = f"offline:skill={skill:g}"
        self._secret = str(seed).encode()
        self._odds = odds_at(skill)
        self._textbook = load_textbook() if textbook is None else textbook

    def complete(self, requests: Sequence[Request]) -> list[Completion]:
        """One completion for each request, in order. Never raises, whatever the prompts."""
        answers = [self.answer(request) for request in requests]
        return [Completion(text=each.text, model=MODEL, finish_reason=each.finish_reason) for each in answers]

    def answer(self, request: Request) -> Answer:
        """The answer with its kind and source, for studies of the proposer itself."""
        names = (request.scope, request.expertise, request.message, float(request.temperature), request.sample)
        rng = random.Random(derive(self._secret, "offline", *names))
        return answer(request.message, request.temperature, self._textbook, self._odds, rng)

    def finish(self) -> None:
        """Nothing is ever on its way."""

    def close(self) -> None:
        """Nothing to close."""


def parse(spec: str, seed: int) -> Offline:
    """The model for `offline` or `offline:skill=S`, S from 0.0 to 1.0.

    Raises:
        ConfigurationError: the specification is another.
    """
    if spec == "offline":
        return Offline(seed)
    name, _, value = spec.removeprefix("offline:").partition("=")
    try:
        skill = float(value)
    except ValueError:
        skill = float("nan")
    if not spec.startswith("offline:") or name != "skill" or not 0 <= skill <= 1:
        raise ConfigurationError(
            f"language model {spec!r}: write `offline` or `offline:skill=S` with S from 0.0 to 1.0"
        )
    return Offline(seed, skill)
