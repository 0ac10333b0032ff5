"""finish(): what happens to answers on their way, and to waits, when the user stops a run."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from strop.base.errors import LanguageModelError
from strop.lm.base import Request
from strop.lm.openai import OpenAIModel
from strop.lm.openai_wire import Settings
from strop.lm.providers import endpoint_of
from strop.lm.scripted import Scripted
from support.openai_server import OpenAIServer
from support.processes import wait_until


def model_at(server: OpenAIServer, settings: Settings | None = None) -> OpenAIModel:
    place = endpoint_of("openai/x", base_url=server.url, environ={"OPENAI_API_KEY": "k"})
    return OpenAIModel(place, settings, jitter=random.Random(0))


def test_answer_on_its_way_still_comes_when_the_model_is_finished() -> None:
    arrived, go = threading.Event(), threading.Event()

    def slow(request: Request) -> str:
        arrived.set()
        go.wait(30)
        return "paid for"

    with OpenAIServer(Scripted(slow)) as server, ThreadPoolExecutor(1) as pool:
        model = model_at(server)
        answer = pool.submit(model.complete, [Request("e", "m")])
        assert arrived.wait(30)
        model.finish()
        go.set()
        assert answer.result(30)[0].text == "paid for"
        model.close()


def test_wait_for_another_attempt_ends_and_nothing_more_is_sent_when_the_model_is_finished() -> None:
    with OpenAIServer(Scripted(lambda r: "x"), ["429:300"], cycle=True) as server, ThreadPoolExecutor(1) as pool:
        model = model_at(server)
        answer = pool.submit(model.complete, [Request("e", "m")])
        while not server.seen:
            threading.Event().wait(0.01)
        model.finish()
        with pytest.raises(LanguageModelError):
            answer.result(30)
        with pytest.raises(LanguageModelError, match="closed"):
            model.complete([Request("e", "again")])
        assert len(server.seen) == 1
        model.close()


def test_wait_for_a_turn_ends_when_the_model_is_finished() -> None:
    with OpenAIServer(Scripted(lambda r: "x"), ["ok", "429:60"]) as server, ThreadPoolExecutor(2) as pool:
        model = model_at(server, Settings(max_connections=1))
        assert model.complete([Request("e", "m")])[0].text == "x"
        answers = [pool.submit(model.complete, [Request("e", message)]) for message in ("again", "and again")]
        wait_until(lambda: bool(model._pacer._queue) and len(server.seen) == 2)
        model.finish()
        for answer in answers:
            with pytest.raises(LanguageModelError, match=r"closed|429"):
                answer.result(30)
        model.close()
