"""Models that stop answering: the pace of requests, waits, and an outage that is survived or given up. Time is an argument."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strop.base.errors import LanguageModelError
from strop.lm.base import Fault, Request, dropped
from strop.lm.openai import OpenAIModel
from strop.lm.openai_wire import Settings
from strop.lm.pace import (
    Attempts,
    Clock,
    Outage,
    Pacer,
    PacerFinished,
    RetryPolicy,
    Turn,
    duration_text,
    retry_after_seconds,
)
from strop.lm.providers import endpoint_of
from support.loopback import Hurried, Loopback, loopback
from support.rows import table

USUAL = Settings(max_connections=4)
"""The patience of every run."""


def during(it: list[Loopback], seconds: float, fault: str) -> Callable[[int, dict], str]:
    """A server that answers once, and has `fault` from then on for so many seconds of the model's clock."""
    return lambda number, body: fault if number and it[0].model._clock.now() < seconds else "ok"


@pytest.mark.heavy
@table("fault", ["503", "429:0", "drop", "malformed"])
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


def test_server_that_answered_before_is_given_up_after_half_an_hour_and_at_once_where_that_cannot_help() -> None:
    words = r"HTTP 500: .* \(\d\d attempts in 30 min\)"
    with loopback(lambda number, body: "500" if number else "ok", USUAL) as it:
        it.ask("first")
        with pytest.raises(LanguageModelError, match=rf"^openai/tester at [\d.:]+: {words}$") as caught:
            it.ask("a")
        assert it.model._clock.now() == pytest.approx(1800.0, abs=1e-6)
    (fault,) = caught.value.faults
    assert isinstance(fault, Fault) and fault.times == fault.attempt and fault.waited_seconds == pytest.approx(1800.0)
    with loopback(["ok", "500", "500", "403"], USUAL) as it:
        it.ask("first")
        with pytest.raises(LanguageModelError, match="HTTP 403"):
            it.ask("a")
        assert len(it.server.seen) == 4


def test_server_that_is_not_there_is_told_after_seconds_and_given_up_after_half_an_hour(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = Hurried()
    with socket.socket() as taken, pytest.raises(LanguageModelError) as caught:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        port = taken.getsockname()[1]
        place = endpoint_of("vllm/absent", base_url=f"http://127.0.0.1:{port}/v1", environ={})
        model = OpenAIModel(place, jitter=random.Random(0), clock=clock)
        model.complete([Request("", message) for message in "abcdef"], dropped)
    model.close()
    assert str(caught.value).startswith(f"vllm/absent at 127.0.0.1:{port}: connection failed: ")
    assert clock.time >= 1800
    assert [(each.fault, each.maybe_billed) for each in caught.value.faults] == [("connection", False)] * 6  # type: ignore[attr-defined]
    (said,) = capsys.readouterr().err.splitlines()
    assert f"vllm/absent at 127.0.0.1:{port} does not answer: connection failed: " in said and "refused" in said


def test_wait_is_told_where_it_is_long_and_ends_at_once_where_it_is_longer_than_what_is_left(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for asked in (52000, 1801):
        with loopback([f"429:{asked}"], USUAL) as it:
            with pytest.raises(LanguageModelError, match=r"injected status 429 \(it asks to wait \d.* (min|h)\)"):
                it.ask("a")
            assert (len(it.server.seen), it.waits) == (1, [])
    brief = Settings(retry=RetryPolicy(give_up_seconds=10.2))
    with loopback(["429:9", "500", "500"], brief) as it, pytest.raises(LanguageModelError):
        it.ask("a")
    assert capsys.readouterr().err == "", "after ten seconds less than one is left"
    with loopback(["429:900"], USUAL) as it:
        it.ask("a")
    began, over = capsys.readouterr().err.splitlines()
    assert "429 (it asks to wait 15 min); trying again for up to 30 min (give_up_after)" in began
    assert "answers again" in over


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


class Standing(Hurried):
    """A clock that only the test moves."""

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        return


def test_requests_of_an_outage_are_given_up_together_and_a_failure_an_hour_later_is_another_one() -> None:
    clock = Standing()
    model = Outage(RetryPolicy(), "m", clock, lambda line: None)

    def fails(attempts: Attempts, at: float) -> bool:
        clock.time = at
        return asyncio.run(model.retry(attempts, Fault("server_error", "HTTP 500", 1)))

    with model.attempts() as first, model.attempts() as second:
        assert fails(first, 0.0) and fails(second, 1799.0)
        assert not fails(first, 1800.0) and not fails(second, 1800.0)
    assert fails(Attempts(), 3600.0)


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


def turn(pacer: Pacer) -> Turn:
    """A turn that its holder keeps."""
    return asyncio.run(pacer._enter())


def leave(pacer: Pacer, taken: Turn, *, answered: bool = False, refused: bool = False) -> None:
    taken.answered, taken.refused = answered, refused
    pacer._leave(taken)


async def queued(pacer: Pacer, count: int) -> None:
    """Let other tasks run until so many wait."""
    while len(pacer._queue) < count:
        await asyncio.sleep(0)


def test_pacer_halves_at_a_refusal_never_below_one_and_grows_by_one_for_each_window_of_answers() -> None:
    pacer = Pacer(8, Hurried())
    for each in [turn(pacer) for _ in range(4)]:
        leave(pacer, each, refused=True)  # all were sent before the first refusal: halved once
    sizes = []
    for _ in range(4 + 5 + 6 + 7 + 20):
        sizes.append(pacer.size)
        leave(pacer, turn(pacer), answered=True)
    assert sizes == [4] * 4 + [5] * 5 + [6] * 6 + [7] * 7 + [8] * 20
    for _ in range(10):
        leave(pacer, turn(pacer), refused=True)
    assert pacer.size == 1


@table("hold", (False, True))
def test_pacer_ends_every_wait_at_once_when_it_is_finished(hold: bool) -> None:
    async def finish_while_three_wait() -> list[object]:
        pacer = Pacer(1)
        if hold:
            pacer.hold(3600.0)
        else:
            await pacer._enter()
        calls = [asyncio.ensure_future(pacer._enter()) for _ in range(3)]
        await queued(pacer, 3)
        pacer.finish()
        return await asyncio.gather(*calls, pacer._enter(), return_exceptions=True)

    assert [type(ended) for ended in asyncio.run(finish_while_three_wait())] == [PacerFinished] * 4


@given(st.integers(1, 10_000), st.floats(0, 1e9), st.integers(0, 2**32))
def test_patience_waits_at_least_what_is_asked_and_without_that_no_longer_than_its_limit(
    attempt: int, asked: float, seed: int
) -> None:
    assert 0.0 < RetryPolicy(longest_wait_seconds=60.0).wait(attempt, None, random.Random(seed)) <= 60.0
    most = max(asked * 1.1 + 1e-9, RetryPolicy().first_wait_seconds / 8)  # one that asks for 0 s is not asked at once
    assert asked <= RetryPolicy().wait(1, asked, random.Random(seed)) <= most


RETRY_AFTER: tuple[tuple[dict[str, str], float | None], ...] = (
    ({"retry-after": "7"}, 7.0),
    ({"retry-after": "0.25"}, 0.25),
    ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
    ({"retry-after": "Sun, 09 Sep 2001 01:47:10 GMT"}, 30.0),
    ({"retry-after": "Sun, 09 Sep 2001 01:00:00 GMT"}, 0.0),
    *(({"retry-after": odd}, None) for odd in ("-5", "nan", "inf", "soon", "Sun, 99 Sep 2001")),
    ({}, None),
)


def test_retry_after_is_read_in_every_form_and_durations_are_told_in_words() -> None:
    now = 1_000_000_000.0  # 2001-09-09 01:46:40 GMT
    assert [(row, found) for row, seconds in RETRY_AFTER if (found := retry_after_seconds(row, now)) != seconds] == []
    said = [duration_text(seconds) for seconds in (0.4, 89, 90, 7199, 7200, 52000)]
    assert said == ["0 s", "89 s", "2 min", "120 min", "2 h", "14.4 h"]
