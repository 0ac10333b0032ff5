"""finish(): what happens to answers on their way, and to waits, when the user stops a run."""

from __future__ import annotations

import random
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from strop.errors import LanguageModelError
from strop.lm.base import Request
from strop.lm.endpoints import endpoint
from strop.lm.openai import OpenAIModel, Settings
from strop.lm.patience import Patience
from strop.lm.scripted import Scripted
from strop.testing.openai_server import OpenAIServer


def model_at(server: OpenAIServer) -> OpenAIModel:
    return OpenAIModel(
        endpoint("openai/x", base_url=server.url, environ={"OPENAI_API_KEY": "k"}), jitter=random.Random(0)
    )


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


def test_server_that_does_not_answer_is_told_of_once_while_it_is_asked_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    patience = Patience(attempts=4, first_wait_seconds=0.001)
    place = endpoint("vllm/absent", base_url=f"http://127.0.0.1:{port}/v1", environ={})
    model = OpenAIModel(place, Settings(patience=patience), jitter=random.Random(0))
    for message in "ab":
        with pytest.raises(LanguageModelError):
            model.complete([Request("", message)])
    model.close()
    said = capsys.readouterr().err
    assert said.count("vllm/absent at 127.0.0.1") == said.count("does not answer yet") == said.count("\n") == 1
