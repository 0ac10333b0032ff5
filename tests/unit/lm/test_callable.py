"""A Python callable as a language model."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from strop.base.errors import LanguageModelError
from strop.lm import registry
from strop.lm.base import Completion, Request, dropped
from strop.lm.callable import CallableModel

REQUESTS = [Request("expert", f"message {number}", 0.3, sample=number) for number in range(6)]


class Chat:
    """An object with a method, as client libraries have them."""

    def ask(self, system: str, message: str, top_p: float = 1.0) -> str:
        return f"{system}|{message}|{top_p}"


def test_callable_is_asked_with_what_it_takes_and_its_reasoning_is_kept_apart() -> None:
    own = Completion("text", "m-2026", input_tokens=3)
    rows: tuple[tuple[Any, str, str | None], ...] = (
        (lambda request: "|".join(map(str, vars(request).values())), "expert|message 1|0.3||1", ""),
        (lambda system, message: f"{system}|{message}", "expert|message 1", ""),
        (Chat().ask, "expert|message 1|1.0", ""),
        (lambda request: "<think>hard</think>\n\nlone \ud800", "lone ?", "hard"),
        (lambda request: replace(own, text="lone \ud800"), "lone ?", None),
    )
    for function, text, reasoning in rows:
        (completion,) = CallableModel(function).complete([REQUESTS[1]], dropped)
        assert (completion.text, completion.reasoning) == (text, reasoning)
    assert CallableModel(lambda request: own).complete(REQUESTS[:1], dropped) == [own]


def test_callable_is_asked_several_requests_at_once_and_no_more_than_was_said() -> None:
    barrier = threading.Barrier(6)

    def meets(request: Request) -> str:
        barrier.wait(60)
        return request.message

    messages = [request.message for request in REQUESTS]
    assert [each.text for each in CallableModel(meets).complete(REQUESTS, dropped)] == messages
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


def test_callable_that_raises_is_a_failure_of_the_model_and_the_other_answers_are_kept() -> None:
    def sometimes(request: Request) -> str:
        if request.sample == 2:
            raise KeyError("no such\nthing")
        return request.message

    kept: dict[int, Completion] = {}
    with pytest.raises(LanguageModelError, match=r"KeyError: 'no such.*, 1 of 6 requests unanswered") as caught:
        CallableModel(sometimes).complete(REQUESTS, kept.__setitem__)
    assert sorted(kept) == [0, 1, 3, 4, 5]
    assert [fault.fault for fault in caught.value.faults] == ["bad_response"]  # type: ignore[attr-defined]
    for given in (None, 3, b"bytes", ["list"]):
        with pytest.raises(LanguageModelError, match="Error: "):
            CallableModel(lambda request, given=given: given).complete(REQUESTS[:1], dropped)  # type: ignore[misc, arg-type, return-value]


def test_callable_is_not_called_when_finished_and_a_call_on_its_way_ends_soon_and_may_have_been_billed() -> None:
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
    with pytest.raises(LanguageModelError, match="closed"):
        model.complete(REQUESTS[:1], dropped)


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


def test_registry_finds_functions_methods_and_stand_ins_in_a_module_or_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    Path("own_model_module.py").write_text(PROGRAM)
    for rest, text, is_language_model in (
        ("own_model_module:answer", "from the file: message 0", True),
        ("own_model_module.py:answer", "from the file: message 0", True),
        ("own_model_module.py:chat.ask", "expert", True),
        ("own_model_module.py:stand_in", "x", False),
    ):
        model = registry.make(f"python:{rest}", base_url=None, seed=0, environ={})
        assert (model.name, model.is_language_model) == (f"python:{rest}", is_language_model)
        assert model.complete(REQUESTS[:1], dropped)[0].text == text
        model.close()
