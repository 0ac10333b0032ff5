"""The OpenAI-compatible model against a real server on the loopback, which misbehaves as told."""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strop.base.errors import LanguageModelError
from strop.lm.base import Completion, Fault, Keep, Request, dropped
from strop.lm.openai import OpenAIModel
from strop.lm.openai_wire import Settings
from strop.lm.pace import RetryPolicy
from strop.lm.providers import endpoint_of
from strop.lm.scripted import Scripted
from support.loopback import KEY, Loopback, kinds, loopback, texts
from support.openai_server import OpenAIServer
from support.processes import wait_until
from support.server_faults import PROSE


def test_openai_sends_equal_requests_as_one_with_n() -> None:
    with loopback() as it:
        assert texts(it.ask("a", "b", "a", "a")) == ["a #0", "b #0", "a #1", "a #2"]
        assert it.sizes() == [3, 1]


def test_openai_keeps_requests_of_different_temperature_apart() -> None:
    with loopback() as it:
        it.model.complete([Request("", "a", 0.1), Request("", "a", 0.2)])
        assert sorted(seen.body["temperature"] for seen in it.server.seen) == [0.1, 0.2]


def test_openai_sends_expertise_as_system_message() -> None:
    with loopback() as it:
        it.ask("a")
        assert it.server.seen[0].body["messages"] == [
            {"role": "system", "content": "expert"},
            {"role": "user", "content": "a"},
        ]


def test_openai_asks_only_for_what_is_missing_when_n_is_ignored_and_remembers_it() -> None:
    with loopback(lambda number, body: "ignore-n") as it:
        assert sorted(texts(it.ask("a", "a", "a", "a"))) == ["a #0", "a #1", "a #2", "a #3"]
        assert (it.sizes(), it.server.billed) == ([4, 1, 1, 1], 4)
        it.ask("b", "b")
        assert it.sizes() == [4, 1, 1, 1, 1, 1]


def test_openai_fans_out_when_n_is_rejected_and_remembers_it() -> None:
    with loopback(lambda number, body: "reject-n") as it:
        answers = it.ask("a", "a", "a")
        assert (sorted(texts(answers)), it.sizes(), it.server.billed) == (["a #0", "a #1", "a #2"], [3, 1, 1, 1], 3)
        assert kinds(answers) == ["bad_response"]
        it.ask("b", "b")
        assert it.sizes() == [3, 1, 1, 1, 1, 1]


HURRIED = Settings(deadline_seconds=0.25, largest_body_bytes=200_000, retry=RetryPolicy(give_up_seconds=3600.0))
"""For servers that never end. On a busy machine whole answers may be late too: they are asked for again."""


@pytest.mark.parametrize(
    ("fault", "kind", "maybe_billed"),
    [
        ("429", "rate_limited", False),
        ("500", "server_error", False),
        ("503", "server_error", False),
        ("529", "server_error", False),
        ("504", "server_error", True),
        ("409", "server_error", False),
        ("408", "timeout", True),
        ("cut", "connection", True),
        ("drop", "connection", True),
        ("half-close", "connection", True),
        ("malformed", "bad_response", True),
        ("no-choices", "bad_response", True),
        ("endless", "bad_response", True),
        ("compressed", "bad_response", True),
    ],
)
def test_openai_sends_again_after_a_passing_fault_and_tells_whether_it_may_have_been_billed(
    fault: str, kind: str, maybe_billed: bool
) -> None:
    limits = Settings(largest_body_bytes=200_000, retry=RetryPolicy(give_up_seconds=2.0))
    with loopback([fault], limits) as it:
        answers = it.ask("a", "a")
        assert (len(answers), it.sizes(), it.server.billed, kinds(answers)) == (2, [2, 2], 2, [kind])
        assert all(answer.text.startswith("a #") for answer in answers)
        assert answers[0].faults[0].maybe_billed is maybe_billed


@pytest.mark.parametrize("fault", ["stall", "drip", "drip-head"])
def test_openai_sends_again_when_no_whole_answer_comes_in_time(fault: str) -> None:
    with loopback([fault], HURRIED) as it:
        (answer,) = it.ask("a")
        assert answer.text.startswith("a #") and kinds([answer])[0] == "timeout" and answer.faults[0].maybe_billed


def test_openai_sends_again_only_the_request_that_was_cut() -> None:
    with loopback(lambda number, body: "cut" if number == 1 else "ok") as it:
        it.ask("a", "b", "c")
        assert (len(it.server.seen), it.server.billed) == (4, 3)


PASSING = [
    "ok",
    "429:0",
    "500",
    "cut",
    "drop",
    "malformed",
    "no-choices",
    "ignore-n",
    "reject-n",
    "empty",
    "long",
    "no-code",
]


@pytest.mark.heavy
@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(PASSING), max_size=12), st.lists(st.sampled_from("abc"), min_size=1, max_size=8))
def test_openai_keeps_every_billed_answer_and_pays_for_none_twice_under_any_faults(
    faults: list[str], messages: list[str]
) -> None:
    with loopback(faults, Settings(max_connections=4, retry=RetryPolicy(first_contact_seconds=1e9))) as it:
        answers = it.ask(*messages)
        billed = [text or "" for seen in it.server.seen for text in seen.billed]
    assert len(answers) == len(messages)
    assert sorted(billed) == sorted(texts(answers))


def test_openai_waits_as_long_as_retry_after_says() -> None:
    with loopback(["429:7"], Settings(max_connections=4)) as it:
        (answer,) = it.ask("a")
        assert 7.0 <= it.waits[0] <= 7.7
        assert answer.faults[0].waited_seconds == it.waits[0]


def test_openai_waits_longer_after_each_fault() -> None:
    with loopback(["500", "500"]) as it:
        it.ask("a")
        assert 0.5 <= it.waits[0] <= 1.0 <= it.waits[1] <= 2.0


def test_openai_numbers_the_attempts_of_its_faults() -> None:
    with loopback(["500", "429"]) as it:
        (answer,) = it.ask("a")
        assert [(fault.fault, fault.attempt) for fault in answer.faults] == [("server_error", 1), ("rate_limited", 2)]


@pytest.mark.parametrize("fault", ["400", "401", "403", "404", "422"])
def test_openai_asks_once_when_asking_again_cannot_help(fault: str) -> None:
    with loopback([fault]) as it:
        with pytest.raises(LanguageModelError, match=f"HTTP {fault}") as caught:
            it.ask("a", "a")
        assert caught.value.exit_code == 3 and ("OPENAI_API_KEY" in str(caught.value)) is (fault == "401")
        assert (len(it.server.seen), it.waits) == (1, [])


def test_openai_keeps_the_other_answers_when_one_request_fails() -> None:
    def fails_for_b(number: int, body: dict) -> str:
        return "500" if body["messages"][-1]["content"] == "b" else "ok"

    with loopback(fails_for_b) as it:
        with pytest.raises(LanguageModelError) as caught:
            it.ask("a", "b", "c", "a")
        kept = [getattr(completion, "text", None) for completion in caught.value.completions]
        assert (kept, it.server.billed) == (["a #0", None, "c #0", "a #1"], 3)


def test_openai_says_what_it_tried_when_it_gives_up() -> None:
    with loopback(["500"] * 9) as it:
        with pytest.raises(LanguageModelError) as caught:
            it.ask("a")
        host = it.server.url.removeprefix("http://").removesuffix("/v1")
    (fault,) = caught.value.faults
    assert isinstance(fault, Fault) and fault.attempt == fault.times >= 3
    assert re.fullmatch(
        rf"openai/tester at {host}: HTTP 500: .* \({fault.attempt} attempts in 2 s\)", str(caught.value)
    )


def test_openai_keeps_an_empty_answer_without_asking_again() -> None:
    with loopback(["empty"]) as it:
        answers = it.ask("a")
        assert (texts(answers), kinds(answers), len(it.server.seen)) == ([""], ["empty"], 1)


def test_openai_marks_a_truncated_answer() -> None:
    with loopback(["long"]) as it:
        (answer,) = it.ask("a")
        assert (answer.finish_reason, kinds([answer])) == ("length", ["truncated"])


def test_openai_passes_on_an_answer_without_code() -> None:
    with loopback(["no-code"]) as it:
        (answer,) = it.ask("a")
        assert (answer.text, answer.faults) == (PROSE, ())


def test_openai_cuts_an_answer_of_five_megabytes() -> None:
    with loopback(["huge:5000000"]) as it:
        (answer,) = it.ask("a")
        assert (len(answer.text), kinds([answer]), len(it.server.seen)) == (1 << 20, ["oversized"], 1)


def test_openai_sends_again_without_a_temperature_that_the_server_rejects_and_says_so_once() -> None:
    with loopback(lambda number, body: "reject-temperature") as it:
        (answer,) = it.ask("a")
        assert ["temperature" in seen.body for seen in it.server.seen] == [True, False]
        assert kinds([answer]) == ["parameter"] and "not accept a temperature" in answer.faults[0].detail
        answers = it.ask("b", "b")
        assert (len(it.server.seen), kinds(answers)) == (3, [])
        assert [each.parameters["temperature"] for each in (answer, *answers)] == [None, None, None]


def test_openai_says_that_it_clipped_a_temperature() -> None:
    with loopback() as it:
        answers = it.ask("a", "a", temperature=5.0)
        assert it.server.seen[0].body["temperature"] == 2.0
        assert [answer.faults[0].detail for answer in answers] == ["temperature 5 is outside 0 to 2: 2 was sent"] * 2


def test_openai_answers_empty_when_a_prompt_is_longer_than_the_context() -> None:
    with loopback(lambda number, body: "too-long" if body["n"] == 2 else "ok") as it:
        answers = it.ask("a", "a")
        assert [(answer.text, answer.finish_reason) for answer in answers] == [("", "refused")] * 2
        assert (len(it.server.seen), it.server.billed) == (1, 0)


def test_openai_counts_the_usage_of_one_http_request_once() -> None:
    with loopback() as it:
        first, second = it.ask("a" * 40, "a" * 40)
        assert first.input_tokens is not None and first.input_tokens >= 10
        assert first.output_tokens is not None and first.output_tokens >= 20
        assert (second.input_tokens, second.output_tokens) == (0, 0)


def test_openai_shows_its_key_nowhere_when_a_server_echoes_it() -> None:
    with loopback(["echo-key", "ok", *["echo-key"] * 3]) as it:
        answers = it.ask("a")
        with pytest.raises(LanguageModelError) as caught:
            it.ask(KEY)
        shown = f"{answers!r} {caught.value!s} {caught.value.faults!r} {it.model!r} {vars(it.model)!r}"
        assert "[key]" in shown
        assert KEY not in shown
    with loopback() as it:
        assert texts(it.ask(KEY)) == ["[key] #0"]


def test_openai_has_no_more_requests_in_flight_than_connections() -> None:
    together, most, lock = 0, 0, threading.Lock()

    def answer(request: Request) -> str:
        nonlocal together, most
        with lock:
            together, most = together + 1, max(most, together + 1)
        threading.Event().wait(0.02)
        with lock:
            together -= 1
        return "x"

    class Slow(Scripted):
        def complete(self, requests: Sequence[Request], keep: Keep = dropped) -> list[Completion]:
            return [Completion(answer(request), "slow") for request in requests]

    with OpenAIServer(Slow([])) as server:
        it = Loopback(server, Settings(max_connections=3))
        it.ask(*[str(number) for number in range(12)])
        it.model.close()
    assert 1 < most <= 3


def test_openai_reports_a_server_that_is_not_there_where_nothing_was_billed() -> None:
    words = r"cannot be reached: connection failed: Connection refused \(\d attempts in 2 s\)"
    with loopback() as it:
        it.server.close()
        with pytest.raises(LanguageModelError, match=words) as caught:
            it.ask("a")
    assert [(fault.fault, fault.maybe_billed) for fault in caught.value.faults] == [("connection", False)]  # type: ignore[attr-defined]


def test_openai_reports_a_server_that_is_silent_too_long_and_may_have_billed() -> None:
    limits = Settings(read_seconds=0.1, retry=RetryPolicy(give_up_seconds=0))
    with loopback(["slow:30"], limits) as it, pytest.raises(LanguageModelError, match="no answer in time") as caught:
        it.ask("a")
    assert [(fault.fault, fault.maybe_billed) for fault in caught.value.faults] == [("timeout", True)]  # type: ignore[attr-defined]


def test_openai_raises_when_asked_after_close() -> None:
    with loopback() as it:
        it.model.close()
        with pytest.raises(LanguageModelError, match="closed"):
            it.ask("a")


def test_openai_ends_its_waits_when_closed() -> None:
    brain = Scripted(lambda request: "x")
    with OpenAIServer(brain, ["429:200"]) as server:
        place = endpoint_of("openai/tester", base_url=server.url, environ={})
        model = OpenAIModel(place, jitter=random.Random(1))
        errors: list[Exception] = []

        def ask() -> None:
            try:
                model.complete([Request("", "a")])
            except LanguageModelError as error:
                errors.append(error)

        thread = threading.Thread(target=ask)
        thread.start()
        wait_until(lambda: bool(server.seen))
        model.close()
        thread.join(60)
    assert len(errors) == 1


def test_openai_asks_a_local_server_directly_when_a_proxy_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with loopback() as it:
        assert texts(it.ask("a")) == ["a #0"]
