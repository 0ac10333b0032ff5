"""Every language model of strop passes the kit that is offered to others."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from strop.lm import registry
from strop.lm.base import Completion, Keep, LanguageModel, Request
from strop.lm.callable import CallableModel
from strop.lm.known_answers import KnownAnswers
from strop.lm.mixture import Member, Mixture
from strop.lm.offline import Offline
from strop.lm.openai import OpenAIModel
from strop.lm.openai_wire import Settings
from strop.lm.pace import RetryPolicy
from strop.lm.providers import endpoint_of
from strop.lm.scripted import Scripted, answer_line, head_line
from support.kits import language_model as kit
from support.loopback import Hurried
from support.openai_server import OpenAIServer


def scripted() -> Scripted:
    return Scripted(lambda request: f"{request.message[:200]!r} {request.sample}")


@pytest.fixture(params=["plain", "chaos", "ignore-n", "reject-n", "reject-temperature"])
def against_loopback(request: pytest.FixtureRequest) -> Iterator[Callable[[], LanguageModel]]:
    chaos = ["500", "ok", "cut", "429:0.01", "malformed", "ok", "drop", "ignore-n", "ok"]
    faults = {"plain": [], "chaos": chaos}.get(request.param, [request.param])
    with OpenAIServer(scripted(), faults, cycle=True) as server:
        place = endpoint_of("openai/tester", base_url=server.url, environ={})
        patient = RetryPolicy(give_up_seconds=1e9)  # one request may meet many faults
        yield lambda: OpenAIModel(place, Settings(retry=patient), jitter=random.Random(0), clock=Hurried())


MODELS: dict[str, kit.MakeModel] = {
    "scripted": scripted,
    "offline": lambda: Offline(1),
    "known answers": lambda: KnownAnswers(Offline(1), scope="pair"),
    "callable": lambda: CallableModel(lambda request: request.message[:100], name="mine"),
    "mixture": lambda: Mixture([Member(str(weight), scripted(), weight) for weight in (2.0, 1.0)], name="mix"),
}


@pytest.mark.parametrize("check", kit.CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", MODELS)
def test_model_conforms(check: Callable[[kit.MakeModel], None], name: str) -> None:
    check(MODELS[name])


@pytest.mark.parametrize("check", kit.CHECKS, ids=lambda check: check.__name__)
def test_openai_model_conforms(
    check: Callable[[kit.MakeModel], None], against_loopback: Callable[[], LanguageModel]
) -> None:
    check(against_loopback)


class Noted(Scripted):
    """Answers, and writes every answer as the line of a recording."""

    lines: tuple[str, ...] = ()

    def complete(self, requests: Sequence[Request], keep: Keep) -> list[Completion]:
        answers = super().complete(requests, keep)
        self.lines += tuple(map(answer_line, requests, answers))
        return answers


@pytest.mark.parametrize("check", kit.CHECKS, ids=lambda check: check.__name__)
def test_recorded_answers_conform(check: Callable[[kit.MakeModel], None], tmp_path: Path) -> None:
    noted = Noted(lambda request: f"{request.message[:200]!r} {request.sample}")
    check(lambda: noted)
    path = tmp_path / "answers.jsonl"
    path.write_text("\n".join([head_line("scripted", False), *noted.lines]) + "\n")
    check(lambda: registry.make(f"recorded:{path}", base_url=None, seed=1, environ={}))
