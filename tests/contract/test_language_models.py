"""Every language model of strop passes the kit that is offered to others; and the kit notices models that do not."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from strop.base.errors import LanguageModelError
from strop.lm import registry
from strop.lm.base import Completion, Keep, LanguageModel, Request, dropped
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


class Broken(Scripted):
    """Answers and keeps well, until `breaks` has its way with the list of completions."""

    def __init__(self, breaks: Callable[[list[Completion]], object]) -> None:
        super().__init__(lambda request: f"{request.message[:200]!r} {request.sample}")
        self.breaks = breaks

    def complete(self, requests: Sequence[Request], keep: Keep) -> list[Completion]:
        given = self.breaks(super().complete(requests, dropped))
        for position, completion in enumerate(given):  # type: ignore[arg-type]
            keep(position, completion)
        return given  # type: ignore[return-value]


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


class Careless(Scripted):
    """Answers well, and keeps as `keeps` does. Once finished, it fails from the third request on."""

    def __init__(self, keeps: Callable[[Keep, int, Completion], None]) -> None:
        super().__init__(lambda request: f"{request.message[:200]!r} {request.sample}")
        self.keeps = keeps
        self.finished = False

    def finish(self) -> None:
        self.finished = True

    def complete(self, requests: Sequence[Request], keep: Keep) -> list[Completion]:
        given: list[Completion | None] = []
        for position, completion in enumerate(super().complete(requests, dropped)):
            if position >= 2 and self.finished:
                given.append(None)
                continue
            given.append(completion)
            self.keeps(keep, position, completion)
        if None in given:
            raise LanguageModelError("finished")
        return given  # type: ignore[return-value]


def in_another_thread(keep: Keep, position: int, completion: Completion) -> None:
    thread = threading.Thread(target=keep, args=(position, completion))
    thread.start()
    thread.join()


def twice(keep: Keep, position: int, completion: Completion) -> None:
    keep(position, completion)
    keep(position, completion)


def only_the_first(keep: Keep, position: int, completion: Completion) -> None:
    if position == 0:
        keep(position, completion)


def test_kit_is_content_with_a_model_that_fails_and_keeps_what_came() -> None:
    kit.check_language_model(lambda: Careless(lambda keep, position, completion: keep(position, completion)))


@pytest.mark.parametrize(
    ("check", "keeps", "reason"),
    [
        (kit.each_completion_is_kept_once, lambda keep, position, completion: None, "must be called for"),
        (kit.each_completion_is_kept_once, twice, "once"),
        (kit.each_completion_is_kept_once, only_the_first, "must be called for"),
        (
            kit.each_completion_is_kept_once,
            lambda keep, position, completion: keep(position, replace(completion, text="another")),
            "what complete gives",
        ),
        (kit.completions_are_kept_in_the_thread_that_asked, in_another_thread, "thread"),
        (kit.what_came_is_kept_when_a_call_fails, twice, "once"),
    ],
)
def test_kit_notices_a_model_that_keeps_answers_badly(
    check: Callable[[kit.MakeModel], None], keeps: Callable[[Keep, int, Completion], None], reason: str
) -> None:
    with pytest.raises(AssertionError, match=reason):
        check(lambda: Careless(keeps))


@pytest.mark.parametrize("change", [{"reasoning": 3}, {"reasoning": "\ud800"}, {"parameters": {"temperature": [0.7]}}])
def test_kit_notices_a_completion_whose_new_parts_are_malformed(change: dict[str, object]) -> None:
    with pytest.raises(AssertionError, match=next(iter(change))):
        kit.each_request_gets_one_completion(lambda: Broken(lambda cs: [replace(c, **change) for c in cs]))  # type: ignore[arg-type]
