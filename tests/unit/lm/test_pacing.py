"""One pace for all requests to a model: turns in order, how many at once, and waits that end."""

from __future__ import annotations

import asyncio
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strop.lm.pace import Clock, Pacer, PacerFinished, RetryPolicy, Turn, retry_after_seconds
from support.loopback import Hurried

NOW = 1_000_000_000.0  # 2001-09-09 01:46:40 GMT


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


def test_pacer_holds_all_callers_for_as_long_as_the_server_asks() -> None:
    clock = Hurried()
    pacer = Pacer(100, clock)
    pacer.hold(7.0)
    pacer.hold(3.0)
    turn(pacer)
    assert clock.time == 7.0
    turn(pacer)
    assert clock.time == 7.0


def test_pacer_has_fewer_in_flight_after_a_refusal() -> None:
    pacer = Pacer(4, Hurried())
    for each in [turn(pacer) for _ in range(4)]:
        leave(pacer, each, refused=True)  # all were sent before the first refusal: halved once

    async def ask_three() -> None:
        first, _ = await pacer._enter(), await pacer._enter()
        third = asyncio.ensure_future(pacer._enter())
        await queued(pacer, 1)
        await asyncio.sleep(0)
        assert not third.done()
        leave(pacer, first)
        await third

    asyncio.run(ask_three())


def test_pacer_halves_at_a_refusal_never_below_one_and_grows_by_one_for_each_window_of_answers() -> None:
    pacer = Pacer(8, Hurried())
    leave(pacer, turn(pacer), refused=True)
    sizes = []
    for _ in range(4 + 5 + 6 + 7 + 20):
        sizes.append(pacer.size)
        leave(pacer, turn(pacer), answered=True)
    assert sizes == [4] * 4 + [5] * 5 + [6] * 6 + [7] * 7 + [8] * 20
    for _ in range(10):
        leave(pacer, turn(pacer), refused=True)
    assert pacer.size == 1


@pytest.mark.parametrize("wait", ["turn", "hold"])
def test_pacer_ends_every_wait_at_once_when_it_is_finished(wait: str) -> None:
    async def finish_while_three_wait() -> list[object]:
        pacer = Pacer(1)
        if wait == "turn":
            await pacer._enter()
        else:
            pacer.hold(3600.0)
        calls = [asyncio.ensure_future(pacer._enter()) for _ in range(3)]
        await queued(pacer, 3)
        pacer.finish()
        return await asyncio.gather(*calls, pacer._enter(), return_exceptions=True)

    assert [type(ended) for ended in asyncio.run(finish_while_three_wait())] == [PacerFinished] * 4


class Counting(Clock):
    """Counts how often somebody goes to sleep."""

    def __init__(self) -> None:
        self.sleeps = 0

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        self.sleeps += 1
        await super().wait(event, seconds)


def test_pacer_wakes_only_whose_turn_it_may_be() -> None:
    clock = Counting()

    async def ask_forty_times() -> None:
        pacer = Pacer(1, clock)

        async def ask() -> None:
            async with pacer.turn() as mine:
                mine.answered = True

        async with pacer.turn():
            calls = [asyncio.ensure_future(ask()) for _ in range(40)]
            await queued(pacer, 40)
        await asyncio.gather(*calls)

    asyncio.run(ask_forty_times())
    assert clock.sleeps <= 200  # each asker sleeps once, and once more for each of the few times it is called too early


@given(st.integers(1, 10_000), st.integers(0, 2**32))
def test_patience_never_waits_longer_than_its_limit(attempt: int, seed: int) -> None:
    assert 0.0 < RetryPolicy(longest_wait_seconds=60.0).wait(attempt, None, random.Random(seed)) <= 60.0


@given(st.floats(0, 1e9), st.integers(0, 2**32))
def test_patience_waits_at_least_what_is_asked(asked: float, seed: int) -> None:
    most = max(asked * 1.1 + 1e-9, RetryPolicy().first_wait_seconds / 8)  # one that asks for 0 s is not asked at once
    assert asked <= RetryPolicy().wait(1, asked, random.Random(seed)) <= most


def test_patience_doubles_its_waits() -> None:
    waits = [RetryPolicy().wait(attempt, None, random.Random(0)) for attempt in range(1, 5)]
    assert [wait / waits[0] for wait in waits] == [1, 2, 4, 8]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.25"}, 0.25),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": "Sun, 09 Sep 2001 01:47:10 GMT"}, 30.0),
        ({"retry-after": "Sun, 09 Sep 2001 01:00:00 GMT"}, 0.0),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Sun, 99 Sep 2001"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_read_in_every_form(headers: dict[str, str], expected: float | None) -> None:
    assert retry_after_seconds(headers, NOW) == expected
