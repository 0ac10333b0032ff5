"""The offline proposer: a stand-in for a language model, to try strop without a network and a key.

It is not a language model. It proposes by genetic improvement and by recombination with textbook algorithms
(`strop/lm/textbook`), and it fails as real models do. It reads nothing but the prompt: no task, no hidden data, no clock,
no state between requests. Reports of its results say so (`is_language_model` is False).
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from strop.base.errors import ConfigurationError
from strop.base.randomness import derive
from strop.lm.base import Completion, Keep, Request, dropped
from strop.lm.batch import CompletionBatch, Immediate
from strop.lm.offline.answer_mix import odds_at
from strop.lm.offline.answers import ProposedAnswer, answer
from strop.lm.offline.library import Textbook, load_textbook
from strop.lm.options import ModelSpec

MODEL = "offline (not a language model)"
"""The `model` of every completion."""
DEFAULT_SKILL = 0.5


class Offline(Immediate):
    """A `LanguageModel` whose answers are independent draws, one for each (seed, request)."""

    is_language_model = False

    def __init__(
        self, seed: int, skill: float = DEFAULT_SKILL, textbook: Textbook | None = None, *, unsafe: float = 0.0
    ) -> None:
        """`skill` in [0, 1] sets the odds of good answers; `textbook` defaults to the one in the package.

        `unsafe` in [0, 1] is the share of the answers to an improver that switch its sandbox off.

        Raises:
            ConfigurationError: a number is out of range, or the textbook cannot be read.
        """
        for name, value in (("skill", skill), ("unsafe", unsafe)):
            if not 0 <= value <= 1:
                raise ConfigurationError(f"offline: {name} must be between 0 and 1, not {value:g}")
        self.name = f"offline:skill={skill:g}" + (f",unsafe={unsafe:g}" if unsafe else "")
        self._unsafe = unsafe
        self._secret = str(seed).encode()
        self._odds = odds_at(skill)
        self._textbook = load_textbook() if textbook is None else textbook

    def complete(self, requests: Sequence[Request], keep: Keep = dropped) -> list[Completion]:
        """One completion for each request, in order. Never raises, whatever the prompts."""
        batch = CompletionBatch(requests, keep)
        for position, request in enumerate(requests):
            answer = self.answer(request)
            batch.add(position, Completion(text=answer.text, model=MODEL, finish_reason=answer.finish_reason))
        return batch.completions()

    def answer(self, request: Request) -> ProposedAnswer:
        """The answer with its kind and source, for studies of the proposer itself."""
        names = (request.scope, request.expertise, request.message, float(request.temperature), request.sample)
        rng = random.Random(derive(self._secret, "offline", *names))
        return answer(request.message, request.temperature, self._textbook, self._odds, rng, self._unsafe)


def parse(spec: str, seed: int) -> Offline:
    """The model for `offline` or `offline:skill=S,unsafe=U`, S and U from 0.0 to 1.0, one of them or both.

    Raises:
        ConfigurationError: the specification has another form.
    """
    values: dict[str, float] = {}
    for setting in spec.removeprefix("offline:").split(",") if spec != "offline" else ():
        name, _, value = setting.partition("=")
        if name not in ("skill", "unsafe") or name in values:
            raise _unreadable(spec)
        try:
            values[name] = float(value)
        except ValueError:
            raise _unreadable(spec) from None
    if not spec.startswith("offline") or not all(0 <= value <= 1 for value in values.values()):
        raise _unreadable(spec)
    return Offline(seed, values.get("skill", DEFAULT_SKILL), unsafe=values.get("unsafe", 0.0))


def from_spec(spec: ModelSpec) -> Offline:
    """The model that `spec.text` describes, such as `offline:skill=0.5`.

    Raises:
        ConfigurationError: the specification has another form.
    """
    return parse(spec.text, spec.seed)


def _unreadable(spec: str) -> ConfigurationError:
    return ConfigurationError(
        f"language model {spec!r}: write `offline` or `offline:skill=S` with S from 0.0 to 1.0 "
        "(and `unsafe=U`, after a comma where both are given)"
    )
