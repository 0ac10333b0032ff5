"""Models that stop answering: an outage is survived and told, and what cannot heal ends at once. Time is an argument here."""

from __future__ import annotations

import asyncio
import os
import random
import shlex
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from strop.base.errors import LanguageModelError
from strop.lm.base import Fault, Request, dropped
from strop.lm.command import CommandModel
from strop.lm.openai import OpenAIModel
from strop.lm.openai_wire import Settings
from strop.lm.pace import Attempts, Clock, Outage, RetryPolicy
from strop.lm.providers import endpoint_of
from support.loopback import Hurried, Loopback, loopback, texts

USUAL = Settings(max_connections=4)
"""The patience of every run."""


def during(it: list[Loopback], seconds: float, fault: str) -> Callable[[int, dict], str]:
    """A server that answers once, and has `fault` from then on for so many seconds of the model's clock."""
    return lambda number, body: fault if number and it[0].model._clock.now() < seconds else "ok"


@pytest.mark.heavy
@pytest.mark.parametrize("fault", ["500", "503", "429:1", "429:0", "drop", "cut", "malformed"])
def test_outage_of_ten_minutes_is_survived_and_told_twice(fault: str, capsys: pytest.CaptureFixture[str]) -> None:
    here: list[Loopback] = []
    with loopback(during(here, 600.0, fault), USUAL) as it:
        here.append(it)
        it.ask("first")
        (answer,) = it.ask("a")
        clock = it.model._clock.now()
        asked = len(it.server.seen)
    assert answer.text.startswith("a #")
    (marked,) = answer.faults  # by nothing but one fault
    assert marked.times == marked.attempt and marked.waited_seconds >= 600
    began, over = capsys.readouterr().err.splitlines()
    assert "does not answer" in began and "trying again for up to 30 min (give_up_after)" in began
    assert "answers again after 1" in over and over.endswith(" min")
    assert 600 <= clock <= 670  # at most a minute after its end
    assert 10 < asked < 40  # it was not hammered


def test_server_that_answered_before_is_given_up_after_half_an_hour() -> None:
    words = r"HTTP 500: .* \(\d\d attempts in 30 min\)"
    with loopback(lambda number, body: "500" if number else "ok", USUAL) as it:
        it.ask("first")
        with pytest.raises(LanguageModelError, match=rf"^openai/tester at [\d.:]+: {words}$") as caught:
            it.ask("a")
        assert it.model._clock.now() == pytest.approx(1800.0, abs=1e-6)
    (fault,) = caught.value.faults
    assert isinstance(fault, Fault) and fault.times == fault.attempt and fault.waited_seconds == pytest.approx(1800.0)


def test_server_that_is_not_there_is_told_after_seconds_and_given_up_after_half_an_hour(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    clock = Hurried()
    place = endpoint_of("vllm/absent", base_url=f"http://127.0.0.1:{port}/v1", environ={})
    model = OpenAIModel(place, jitter=random.Random(0), clock=clock)
    with pytest.raises(LanguageModelError) as caught:
        model.complete([Request("", message) for message in "abcdef"], dropped)
    model.close()
    assert str(caught.value).startswith(f"vllm/absent at 127.0.0.1:{port}: connection failed: ")
    assert clock.time >= 1800
    assert [(each.fault, each.maybe_billed) for each in caught.value.faults] == [("connection", False)] * 6  # type: ignore[attr-defined]
    (said,) = capsys.readouterr().err.splitlines()
    assert f"vllm/absent at 127.0.0.1:{port} does not answer: connection failed: " in said and "refused" in said


@pytest.mark.parametrize("fault", ["400", "401", "403", "404", "422"])
def test_what_cannot_heal_ends_at_once_also_in_the_middle_of_an_outage(fault: str) -> None:
    with loopback(["ok", "500", "500", fault], USUAL) as it:
        it.ask("first")
        with pytest.raises(LanguageModelError, match=f"HTTP {fault}"):
            it.ask("a")
        assert len(it.server.seen) == 4


@pytest.mark.parametrize("asked", [52000, 1801])
def test_wait_that_is_longer_than_what_is_left_ends_at_once_with_the_server_s_words(
    asked: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with loopback(lambda number, body: f"429:{asked}", USUAL) as it:
        with pytest.raises(LanguageModelError, match=r"injected status 429 \(it asks to wait \d.* (min|h)\)"):
            it.ask("a")
        assert (len(it.server.seen), it.waits) == (1, [])
    assert capsys.readouterr().err == ""


def test_wait_of_more_than_ten_seconds_is_told_when_it_begins(capsys: pytest.CaptureFixture[str]) -> None:
    with loopback(["429:900"], USUAL) as it:
        it.ask("a")
    began, over = capsys.readouterr().err.splitlines()
    assert (
        "429 (it asks to wait 15 min); trying again for up to 30 min (give_up_after)" in began
        and "answers again" in over
    )


def test_request_that_fails_while_others_are_answered_ends_its_call_after_half_an_hour() -> None:
    def fails_for_b(number: int, body: dict) -> str:
        return "500" if body["messages"][-1]["content"] == "b" else "ok"

    with loopback(fails_for_b, USUAL) as it:
        model = it.model
        with ThreadPoolExecutor(1) as pool:
            asking = pool.submit(model.complete, [Request("", "b"), Request("", "b")], dropped)
            while not asking.done():
                model.complete([Request("", "a")], dropped)
            with pytest.raises(LanguageModelError, match=r"HTTP 500: .* \(\d+ attempts in 30 min\)"):
                asking.result()


def program(line: str, clock: Hurried) -> CommandModel:
    outage = Outage(RetryPolicy(), "the program", clock)
    return CommandModel(f"command:sh -c {shlex.quote(line)}", {"PATH": os.environ["PATH"]}, outage, 4, 600.0)


@pytest.mark.process
def test_program_that_fails_for_ten_minutes_after_it_worked_is_survived(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken"

    class Mending(Hurried):
        async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
            await super().wait(event, seconds)
            if self.time >= 600:
                broken.unlink(missing_ok=True)

    model = program(f"test -e {broken} && exit 7; echo fine", Mending())
    assert texts(model.complete([Request("", "a")], dropped)) == ["fine"]
    broken.touch()
    assert texts(model.complete([Request("", "b")], dropped)) == ["fine"]
    model.close()
    assert capsys.readouterr().err.count("\n") == 2


class Standing(Hurried):
    """A clock that only the test moves."""

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        return


def fail(model: Outage, attempts: Attempts) -> bool:
    return asyncio.run(model.retry(attempts, Fault("server_error", "HTTP 500", 1)))


def test_failure_an_hour_after_another_is_no_outage_of_an_hour() -> None:
    clock = Standing()
    model = Outage(RetryPolicy(), "m", clock, lambda line: None)
    with model.attempts() as first:
        assert fail(model, first)
    clock.time = 3600.0
    assert fail(model, Attempts())


def test_requests_of_an_outage_are_given_up_together() -> None:
    clock = Standing()
    model = Outage(RetryPolicy(), "m", clock, lambda line: None)
    with model.attempts() as first, model.attempts() as second:
        assert fail(model, first)
        clock.time = 1799.0
        assert fail(model, second)
        clock.time = 1800.0
        assert not fail(model, first) and not fail(model, second)


def test_requests_that_wait_through_an_outage_are_woken_when_it_is_over() -> None:
    model = Outage(RetryPolicy(first_wait_seconds=3600.0, longest_wait_seconds=3600.0), "m", Clock(), lambda line: None)

    async def wait_and_answer() -> None:
        waiting = [Attempts(failures=2, since=Clock().now()) for _ in range(2)]
        fault = Fault("server_error", "HTTP 500", 1)
        waits = [asyncio.ensure_future(model.retry(each, fault)) for each in waiting]
        await asyncio.sleep(0)
        model.answered(waiting[0])
        assert await asyncio.wait_for(asyncio.gather(*waits), 30) == [True, True]

    asyncio.run(wait_and_answer())
