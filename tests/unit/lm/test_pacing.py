"""One pace for all: limits per minute, turns in order, how many at once, and waits that end when there is nothing to wait for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strop.lm.rate_limit import (
    Allowance,
    Bucket,
    Clock,
    Outcome,
    Pacer,
    PacerFinished,
    TokenEstimate,
    Turn,
    Window,
    allowances,
)
from support.loopback import Hurried


def one() -> int:
    return 1


def turn(pacer: Pacer, tokens: Callable[[], int] = one) -> Turn:
    """A turn that its holder keeps."""
    return run(pacer._enter(pacer.place(), tokens))


def leave(pacer: Pacer, given: Turn, outcome: Outcome, used: int | None = None) -> None:
    given.outcome, given.used_tokens = outcome, used
    pacer._leave(given)


def run(coroutine: Coroutine[Any, Any, Turn]) -> Turn:
    return asyncio.run(coroutine)


async def queued(pacer: Pacer, count: int) -> None:
    """Let other tasks run until so many wait."""
    while len(pacer._queue) < count:
        await asyncio.sleep(0)


def hurried(
    connections: int = 100, requests: float | None = None, tokens: float | None = None
) -> tuple[Pacer, Hurried]:
    clock = Hurried()
    return Pacer(connections, requests=requests, tokens=tokens, clock=clock), clock


def test_pacer_lets_a_minutes_worth_of_requests_go_at_once_and_the_others_steadily() -> None:
    pacer, clock = hurried(requests=60)
    times = []
    for _ in range(65):
        turn(pacer)
        times.append(round(clock.now(), 6))
    assert times == [0.0] * 60 + [1.0, 2.0, 3.0, 4.0, 5.0]


@given(st.lists(st.floats(0, 30), min_size=1, max_size=80), st.integers(1, 120))
def test_pacer_never_passes_its_limits_whatever_the_pauses_between_requests(pauses: list[float], limit: int) -> None:
    pacer, clock = hurried(requests=limit, tokens=limit * 10)
    times = []
    for pause in pauses:
        clock.time += pause
        turn(pacer, lambda: 20)
        times.append(clock.now())
    for first, began in enumerate(times):
        for last in range(first, len(times)):
            allowed = limit + (times[last] - began) * limit / 60
            assert last - first + 1 <= allowed + 1e-6
            assert (last - first) * 20 <= 10 * allowed + 1e-6  # what is larger than a minute's worth goes out alone


def test_pacer_waits_for_the_tokens_that_were_taken_and_not_for_those_that_were_reserved() -> None:
    pacer, clock = hurried(tokens=600)
    leave(pacer, turn(pacer, lambda: 600), "answered", used=100)
    turn(pacer, lambda: 500)
    assert clock.now() == 0.0
    turn(pacer, lambda: 10)
    assert clock.now() == pytest.approx(1.0)


def test_pacer_waits_longer_after_a_request_that_took_more_than_was_reserved() -> None:
    pacer, clock = hurried(tokens=600)
    leave(pacer, turn(pacer, lambda: 10), "answered", used=1200)
    turn(pacer, lambda: 10)
    assert clock.now() == pytest.approx(61.0)


def test_pacer_keeps_the_reservation_of_a_request_whose_tokens_are_not_known() -> None:
    pacer, clock = hurried(tokens=600)
    leave(pacer, turn(pacer, lambda: 600), "failed")
    turn(pacer, lambda: 10)
    assert clock.now() == pytest.approx(1.0)


def test_pacer_lets_a_request_go_alone_that_is_larger_than_a_minutes_worth() -> None:
    pacer, clock = hurried(tokens=60)
    turn(pacer, lambda: 1000)
    assert clock.now() == 0.0


def test_pacer_holds_all_callers_for_as_long_as_the_server_asks() -> None:
    pacer, clock = hurried()
    pacer.hold(7.0)
    pacer.hold(3.0)
    turn(pacer)
    assert clock.now() == pytest.approx(7.0)


def test_pacer_starts_from_a_little_less_than_nothing_after_a_refusal() -> None:
    pacer, clock = hurried(requests=60)
    leave(pacer, turn(pacer), "limited", used=0)
    turn(pacer)
    assert clock.now() == pytest.approx(3.0)


def test_pacer_takes_up_its_pace_when_the_server_says_that_more_is_left_than_thought() -> None:
    pacer, clock = hurried(requests=60)
    first = turn(pacer)
    leave(pacer, first, "limited", used=0)
    pacer.correct({"requests": Allowance(60, 30, 30.0)}, first)
    for _ in range(29):  # 30, without the one that may have come in since
        turn(pacer)
    assert clock.now() == 0.0


def test_pacer_keeps_to_the_limit_it_was_given_when_the_server_allows_more() -> None:
    pacer, clock = hurried(requests=60)
    for _ in range(61):
        pacer.correct({"requests": Allowance(6000, 5999, 1.0)}, turn(pacer))
    assert clock.now() == pytest.approx(1.0)


def test_pacer_goes_by_what_the_server_says_is_left() -> None:
    pacer, clock = hurried(requests=60)
    pacer.correct({"requests": Allowance(60, 0, 60.0)}, turn(pacer))
    turn(pacer)  # what is left may have been rounded down: one more
    assert clock.now() == 0.0
    turn(pacer)
    assert clock.now() == pytest.approx(1.0)


def test_pacer_learns_a_limit_that_nobody_told_from_the_server() -> None:
    pacer, clock = hurried()
    pacer.correct({"requests": Allowance(120, 20, 50.0)}, turn(pacer))  # two a second
    for _ in range(23):
        turn(pacer)
    assert clock.now() == pytest.approx(1.0)


@pytest.mark.parametrize(
    "left",
    [Allowance(120, 100, 10.0), Allowance(120, 0, 60.0), Allowance(120, 20, 0.0)],
    ids=["plenty", "nothing", "no time"],
)
def test_pacer_learns_nothing_from_numbers_that_say_little(left: Allowance) -> None:
    pacer, clock = hurried(connections=1000)
    pacer.correct({"requests": left}, turn(pacer))
    for _ in range(300):
        turn(pacer)
    assert clock.now() == 0.0


def test_pacer_is_not_stopped_for_a_day_by_a_limit_of_the_day() -> None:
    pacer, clock = hurried()
    pacer.correct({"requests": Allowance(3600, 1, 86_000.0)}, turn(pacer))
    for _ in range(4):
        turn(pacer)
    assert clock.now() == pytest.approx(2.0)


def test_pacer_gives_turns_in_the_order_of_places_and_an_old_place_comes_first() -> None:
    order: list[int] = []

    async def ask(pacer: Pacer, place: int) -> None:
        async with pacer.turn(place, one) as mine:
            order.append(place)
            mine.outcome = "answered"

    async def ask_all() -> list[int]:
        pacer = Pacer(1)
        old = pacer.place()
        places = [pacer.place() for _ in range(4)]
        async with pacer.turn(pacer.place(), one):
            calls = []
            for count, place in enumerate([*reversed(places), old], 1):
                calls.append(asyncio.ensure_future(ask(pacer, place)))
                await queued(pacer, count)
            assert order == []
        await asyncio.gather(*calls)
        return [old, *places]

    assert asyncio.run(ask_all()) == order


def test_pacer_asks_again_what_is_expected_of_those_who_wait() -> None:
    pacer, clock = hurried(connections=1, tokens=600)
    expected = [600]

    async def ask_twice() -> int:
        async with pacer.turn(pacer.place(), lambda: expected[0]) as first:
            second = asyncio.ensure_future(pacer._enter(pacer.place(), lambda: expected[0]))
            await queued(pacer, 1)
            expected[0], first.used_tokens = 10, 590
        return (await second).tokens

    assert asyncio.run(ask_twice()) == 10
    assert clock.now() == 0.0


def test_pacer_has_fewer_in_flight_after_a_refusal() -> None:
    pacer, _ = hurried(connections=4)
    for each in [turn(pacer) for _ in range(4)]:
        leave(pacer, each, "overloaded")  # all of one window: halved once

    async def ask_three() -> None:
        first, _ = await pacer._enter(pacer.place(), one), await pacer._enter(pacer.place(), one)
        third = asyncio.ensure_future(pacer._enter(pacer.place(), one))
        await queued(pacer, 1)
        await asyncio.sleep(0)
        assert not third.done()
        leave(pacer, first, "failed")
        await third

    asyncio.run(ask_three())


@pytest.mark.parametrize("wait", ["turn", "hold"])
def test_pacer_ends_every_wait_at_once_when_it_is_finished(wait: str) -> None:
    async def finish_while_three_wait() -> list[object]:
        pacer = Pacer(1)
        if wait == "turn":
            await pacer._enter(pacer.place(), one)
        else:
            pacer.hold(3600.0)
        calls = [asyncio.ensure_future(pacer._enter(pacer.place(), one)) for _ in range(3)]
        await queued(pacer, 3)
        pacer.finish()
        return await asyncio.gather(*calls, pacer._enter(pacer.place(), one), return_exceptions=True)

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
        pacer = Pacer(1, clock=clock)

        async def ask() -> None:
            async with pacer.turn(pacer.place(), one) as mine:
                mine.outcome = "answered"

        async with pacer.turn(pacer.place(), one):
            calls = [asyncio.ensure_future(ask()) for _ in range(40)]
            await queued(pacer, 40)
        await asyncio.gather(*calls)

    asyncio.run(ask_forty_times())
    assert clock.sleeps <= 200  # each asker sleeps once, and once more for each of the few times it is called too early


@pytest.mark.parametrize("requests", [60.0, None])
def test_pacer_keeps_its_connections_when_it_is_limited_and_there_is_a_pace_to_slow_down(
    requests: float | None,
) -> None:
    pacer, _ = hurried(connections=4, requests=requests)
    for each in [turn(pacer) for _ in range(4)]:
        leave(pacer, each, "limited")
    assert pacer._window.size == (4 if requests else 2)


def test_window_halves_at_a_refusal_and_grows_by_one_for_each_window_of_answers() -> None:
    window = Window(8)
    sizes = []
    window.refused(window.sent())
    for _ in range(4 + 5 + 6 + 7 + 20):
        sizes.append(window.size)
        window.answered()
    assert sizes == [4] * 4 + [5] * 5 + [6] * 6 + [7] * 7 + [8] * 20


def test_window_halves_once_for_refusals_of_the_same_time_and_never_below_one() -> None:
    window = Window(8)
    numbers = [window.sent() for _ in range(8)]
    for number in numbers:
        window.refused(number)
    assert window.size == 4
    for _ in range(10):
        window.refused(window.sent())
    assert window.size == 1


def test_bucket_tells_how_long_to_wait() -> None:
    bucket = Bucket(60)
    bucket.take(60, 0.0)
    assert [bucket.seconds_until(amount, 0.0) for amount in (0, 1, 60, 1000)] == [0.0, 1.0, 60.0, 60.0]
    assert bucket.seconds_until(1, 1.0) == 0.0


def test_expected_tokens_follow_what_requests_take() -> None:
    expected = TokenEstimate(per_response=8192)
    assert expected.of(300, 1) == 100 + 8192 + 1
    expected.learn(400, 2, 100, 1000)
    assert expected.of(400, 2) == 1101
    for _ in range(100):
        expected.learn(400, 1, 100, 200)
    assert expected.of(400, 1) == pytest.approx(301, abs=2)


@pytest.mark.parametrize(
    ("reset", "seconds"),
    [("1s", 1.0), ("6m0s", 360.0), ("20ms", 0.02), ("1h2m3.5s", 3723.5), ("7", 7.0), ("1d", 86400.0)],
)
def test_allowances_are_read_with_times_in_every_form(reset: str, seconds: float) -> None:
    headers = {
        "x-ratelimit-limit-tokens": "100",
        "x-ratelimit-remaining-tokens": "40",
        "x-ratelimit-reset-tokens": reset,
    }
    assert allowances(headers) == {"tokens": Allowance(100.0, 40.0, pytest.approx(seconds))}


@pytest.mark.parametrize(
    "change",
    [{"limit": "0"}, {"limit": "x"}, {"remaining": "101"}, {"remaining": "-1"}, {"reset": "soon"}, {"reset": ""}],
)
def test_allowances_that_make_no_sense_are_not_read(change: dict[str, str]) -> None:
    told = {"limit": "100", "remaining": "40", "reset": "1s"} | change
    assert allowances({f"x-ratelimit-{name}-requests": value for name, value in told.items()}) == {}


@given(st.text(max_size=60))
def test_allowances_reader_raises_nothing(text: str) -> None:
    found = allowances({f"x-ratelimit-{what}-requests": text for what in ("limit", "remaining", "reset")})
    assert set(found) <= {"requests"}
