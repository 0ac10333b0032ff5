"""Every language model of strop passes the kit that is offered to others; and the kit notices models that do not."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pytest

from strop.lm import registry
from strop.lm.base import Completion, Keep, LanguageModel, Request, dropped
from strop.lm.endpoints import endpoint
from strop.lm.openai import OpenAIModel, Settings
from strop.lm.patience import Patience
from strop.lm.scripted import Scripted
from strop.lm.shared import SharedAnswers
from strop.testing import language_model as kit
from strop.testing.openai_server import OpenAIServer


def scripted() -> Scripted:
    return Scripted(lambda request: f"{request.message[:200]!r} {request.sample}")


@pytest.fixture(params=["plain", "chaos", "ignore-n", "reject-n", "reject-temperature"])
def against_loopback(request: pytest.FixtureRequest) -> Iterator[Callable[[], LanguageModel]]:
    chaos = ["500", "ok", "cut", "429:0.01", "malformed", "ok", "drop", "ignore-n", "ok"]
    faults = {"plain": [], "chaos": chaos}.get(request.param, [request.param])
    with OpenAIServer(scripted(), faults, cycle=True) as server:
        place = endpoint("openai/tester", base_url=server.url, environ={})
        # Threads share the cycle of faults, so one request may meet many in a row: patience is not what is tested here.
        settings = Settings(patience=Patience(attempts=1000))
        yield lambda: OpenAIModel(place, settings, jitter=random.Random(0), sleep=lambda seconds: None)


@pytest.mark.parametrize("check", kit.CHECKS, ids=lambda check: check.__name__)
def test_scripted_model_conforms(check: Callable[[kit.MakeModel], None]) -> None:
    check(scripted)


@pytest.mark.parametrize("check", kit.CHECKS, ids=lambda check: check.__name__)
def test_offline_model_conforms(check: Callable[[kit.MakeModel], None]) -> None:
    check(lambda: registry.make("offline", base_url=None, seed=1, environ={}))


@pytest.mark.parametrize("check", kit.CHECKS, ids=lambda check: check.__name__)
def test_shared_answers_conform(check: Callable[[kit.MakeModel], None]) -> None:
    check(lambda: SharedAnswers(registry.make("offline", base_url=None, seed=1, environ={}), "pair"))


@pytest.mark.parametrize("check", kit.CHECKS, ids=lambda check: check.__name__)
def test_openai_model_conforms(
    check: Callable[[kit.MakeModel], None], against_loopback: Callable[[], LanguageModel]
) -> None:
    check(against_loopback)


class Broken(Scripted):
    """Answers well, until `breaks` has its way with the list of completions."""

    def __init__(self, breaks: Callable[[list[Completion]], object]) -> None:
        super().__init__(lambda request: f"{request.message[:200]!r} {request.sample}")
        self.breaks = breaks

    def complete(self, requests: Sequence[Request], keep: Keep = dropped) -> list[Completion]:
        return self.breaks(super().complete(requests))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("breaks", "reason"),
    [
        (lambda completions: completions[:-1], "need"),
        (lambda completions: completions[::-1], "order"),
        (lambda completions: tuple(completions) or [], "return a list"),
        (lambda completions: [completion.text for completion in completions], "not a Completion"),
        (lambda completions: [replace(c, text="\ud800") for c in completions], "UTF-8"),
        (lambda completions: [replace(c, model="") for c in completions], "what answered"),
        (lambda completions: [replace(c, input_tokens=-1) for c in completions], "tokens"),
        (lambda completions: [replace(c, faults=["slow"]) for c in completions], "tuple of Fault"),
    ],
)
def test_kit_notices_a_model_that_breaks_the_contract(
    breaks: Callable[[list[Completion]], object], reason: str
) -> None:
    with pytest.raises(AssertionError, match=reason):
        kit.check_language_model(lambda: Broken(breaks))


def test_kit_notices_a_name_that_is_none() -> None:
    with pytest.raises(AssertionError, match="name"):
        kit.check_language_model(lambda: Scripted(lambda request: "x", name=None))  # type: ignore[arg-type]
