"""Models that answer in the event loop of the process: what ends a call, and what is kept of it."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Callable, Sequence

import pytest

from strop.base.errors import LanguageModelError, OutOfThreads
from strop.lm.async_model import AsyncModel, event_loop, in_thread
from strop.lm.base import Completion, Fault, Request, dropped
from support.processes import wait_until

REQUESTS = [Request("", str(number)) for number in range(4)]


class Stalling(AsyncModel):
    """Answers the first request, and never the others."""

    def __init__(self) -> None:
        super().__init__("stalling")
        self.in_flight: set[str] = set()

    async def answer(self, request: Request) -> Completion:
        if request.message == "0":
            return Completion("fine", self.name)
        self.in_flight.add(request.message)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.in_flight.discard(request.message)
            raise LanguageModelError("cut", (Fault("timeout", "cut", 1, maybe_billed=True),)) from None
        raise AssertionError


class Failing(AsyncModel):
    """Fails every other request, each after one more attempt than the one before."""

    async def answer(self, request: Request) -> Completion:
        number = int(request.message)
        if number % 2:
            raise LanguageModelError(f"no {number}", (Fault("server_error", "500", number),))
        return Completion(request.message, self.name)


class Threaded(AsyncModel):
    """Calls a function in a thread of its own."""

    def __init__(self, work: Callable[[Request], str]) -> None:
        super().__init__("threaded")
        self.work = work
        self.loops: set[int] = set()

    async def answer(self, request: Request) -> Completion:
        self.loops.add(threading.get_ident())
        return Completion(await in_thread(lambda: self.work(request)), self.name)


def test_exception_of_keep_ends_the_requests_in_flight_without_another_word(caplog: pytest.LogCaptureFixture) -> None:
    model = Stalling()

    def keep(position: int, completion: Completion) -> None:
        wait_until(lambda: len(model.in_flight) == 3)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        model.complete(REQUESTS, keep)
    wait_until(lambda: model.in_flight == set() and not model._calls)
    gc.collect()
    assert caplog.text == ""  # asyncio logs exceptions that nobody read


def test_call_that_fails_has_the_message_of_the_most_attempts_and_the_faults_of_all() -> None:
    kept: dict[int, Completion] = {}
    with pytest.raises(LanguageModelError, match=r"^failing: no 3, 2 of 4 requests unanswered$") as caught:
        Failing("failing").complete(REQUESTS, kept.__setitem__)
    assert sorted(kept) == [0, 2] and len(caught.value.faults) == 2


def test_models_answer_in_one_thread_that_nothing_ends_and_may_ask_each_other_from_threads_of_their_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def raises(error: BaseException) -> Callable[[Request], str]:
        def work(request: Request) -> str:
            raise error

        return work

    def asks(request: Request) -> str:
        answered: Sequence[Completion] = Failing("inner").complete([request], dropped)
        return answered[0].text

    for error in (KeyboardInterrupt(), StopIteration()):
        with pytest.raises(RuntimeError, match=type(error).__name__):
            Threaded(raises(error)).complete(REQUESTS[:1], dropped)
    models = Threaded(asks), Threaded(asks)
    for model in models:
        assert [each.text for each in model.complete(REQUESTS[::2], dropped)] == ["0", "2"]
    assert len(models[0].loops | models[1].loops) == 1 and threading.get_ident() not in models[0].loops

    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    event_loop()
    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(OutOfThreads):
        Threaded(asks).complete(REQUESTS[:1], dropped)
