"""A Python callable as a language model."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from strop.base.errors import ConfigurationError, LanguageModelError
from strop.lm import registry
from strop.lm.base import Completion, LanguageModel, Request, dropped
from strop.lm.callable import CallableModel

REQUESTS = [Request("expert", f"message {number}", 0.3, sample=number) for number in range(6)]


def make(spec: str) -> LanguageModel:
    return registry.make(spec, base_url=None, seed=0, environ={})


class Chat:
    """An object with a method, as client libraries have them."""

    def ask(self, system: str, message: str, top_p: float = 1.0) -> str:
        return f"{system}|{message}|{top_p}"


@pytest.mark.parametrize(
    ("function", "answer"),
    [
        (lambda request: "|".join(map(str, vars(request).values())), "expert|message 1|0.3||1"),
        (lambda system, message: f"{system}|{message}", "expert|message 1"),
        (Chat().ask, "expert|message 1|1.0"),
        (lambda request: Completion("text", "m-2026", input_tokens=3), Completion("text", "m-2026", input_tokens=3)),
    ],
    ids=["a request", "two texts", "a method with an argument more", "gives a completion"],
)
def test_callable_is_asked_with_what_it_takes(function: Any, answer: str | Completion) -> None:
    model = CallableModel(function)
    (completion,) = model.complete([replace(REQUESTS[1], scope="")], dropped)
    assert (completion if isinstance(answer, Completion) else completion.text) == answer and model.is_language_model


def test_callable_is_asked_several_requests_at_once() -> None:
    barrier = threading.Barrier(6)

    def meets(request: Request) -> str:
        barrier.wait(60)
        return request.message

    assert [each.text for each in CallableModel(meets).complete(REQUESTS, dropped)] == [
        each.message for each in REQUESTS
    ]


def test_callable_is_asked_no_more_at_once_than_was_said() -> None:
    lock = threading.Lock()
    now, most = 0, 0

    def counts(request: Request) -> str:
        nonlocal now, most
        with lock:
            now, most = now + 1, max(most, now + 1)
        threading.Event().wait(0.01)
        with lock:
            now -= 1
        return "x"

    CallableModel(counts, connections=2).complete(REQUESTS, dropped)
    assert most <= 2


def sometimes(request: Request) -> str:
    if request.sample == 2:
        raise KeyError("no such\nthing")
    return request.message


def test_callable_that_raises_is_a_failure_of_the_model_and_the_other_answers_are_kept() -> None:
    kept: dict[int, Completion] = {}
    with pytest.raises(LanguageModelError, match=r"KeyError: 'no such.*, 1 of 6 requests unanswered") as caught:
        CallableModel(sometimes).complete(REQUESTS, kept.__setitem__)
    assert sorted(kept) == [0, 1, 3, 4, 5]
    assert [fault.fault for fault in caught.value.faults] == ["bad_response"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("given", [None, 3, b"bytes", ["list"]])
def test_callable_that_gives_no_text_is_a_failure(given: object) -> None:
    with pytest.raises(LanguageModelError, match="Error: "):
        CallableModel(lambda request: given).complete(REQUESTS[:1], dropped)  # type: ignore[arg-type, return-value]


def test_callable_is_not_called_when_finished() -> None:
    model = CallableModel(lambda request: "x")
    model.finish()
    with pytest.raises(LanguageModelError, match="closed"):
        model.complete(REQUESTS[:1], dropped)


def test_call_on_its_way_ends_soon_and_may_have_been_billed_when_the_model_is_finished() -> None:
    begun, go = threading.Event(), threading.Event()
    model = CallableModel(lambda request: begun.set() or str(go.wait(30)))
    model.last_seconds = 0.05
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(model.complete, REQUESTS[:1], dropped)
        assert begun.wait(30)
        model.finish()
        with pytest.raises(LanguageModelError, match="closed") as caught:
            asking.result(30)
        go.set()
    assert [fault.maybe_billed for fault in caught.value.faults] == [True]


def test_callable_that_cannot_be_called_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="str cannot be called"):
        CallableModel("text")  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


PROGRAM = """
import strop

def answer(request):
    return "from the file: " + request.message

def stand_in(request):
    return "x"
stand_in.is_language_model = False

class Chat:
    def ask(self, system, message):
        return system

chat = Chat()
"""


@pytest.mark.parametrize("module", ["own_model_module", "own_model_module.py"])
def test_registry_finds_a_callable_in_a_module_or_a_file(folder: Path, module: str) -> None:
    (folder / "own_model_module.py").write_text(PROGRAM)
    model = make(f"python:{module}:answer")
    assert (model.name, model.is_language_model) == (f"python:{module}:answer", True)
    assert model.complete(REQUESTS[:1], dropped)[0].text == "from the file: message 0"
    model.close()


def test_registry_finds_methods_and_stand_ins(folder: Path) -> None:
    (folder / "own.py").write_text(PROGRAM)
    assert make("python:own.py:chat.ask").complete(REQUESTS[:1], dropped)[0].text == "expert"
    assert make("python:own.py:stand_in").is_language_model is False


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("python", "python:MODULE:FUNCTION"),
        ("python:own", "python:MODULE:FUNCTION"),
        ("python:no_such_module_anywhere:f", "No module named"),
        ("python:gone.py:f", "No such file"),
        ("python:own.py:nothing", "has no attribute 'nothing'"),
        ("python:broken.py:f", "cannot be loaded: NameError"),
        ("python:leaves.py:f", "cannot be loaded: SystemExit"),
        ("python:own.py:answer?seed=3", "takes no seed"),
    ],
)
def test_registry_says_in_one_line_what_is_wrong_with_a_callable(folder: Path, spec: str, said: str) -> None:
    (folder / "own.py").write_text(PROGRAM)
    (folder / "broken.py").write_text("undefined_name")
    (folder / "leaves.py").write_text("raise SystemExit(1)")
    with pytest.raises(ConfigurationError) as caught:
        make(spec)
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_reasoning_in_the_answer_is_kept_apart_from_it() -> None:
    model = CallableModel(lambda request: "<think>hard</think>\n\neasy", name="thinker")
    (completion,) = model.complete([Request("", "m")], dropped)
    assert (completion.text, completion.reasoning) == ("easy", "hard")
    model.close()
