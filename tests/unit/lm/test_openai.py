"""The OpenAI-compatible model against a real server on the loopback, which misbehaves as told."""

from __future__ import annotations

import random
import resource
import ssl
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strop.base.errors import LanguageModelError
from strop.lm.base import Completion, Request, dropped
from strop.lm.openai import OpenAIModel
from strop.lm.openai_wire import Settings, _reason
from strop.lm.pace import RetryPolicy
from strop.lm.providers import endpoint_of
from strop.lm.scripted import Scripted
from support.loopback import KEY, Loopback, kinds, loopback, texts
from support.openai_server import OpenAIServer
from support.processes import wait_until
from support.server_faults import CONTEXT_TOKENS, PROSE
from support.server_limits import ServerLimits


def test_openai_sends_equal_requests_as_one_with_n() -> None:
    with loopback() as it:
        assert texts(it.ask("a", "b", "a", "a")) == ["a #0", "b #0", "a #1", "a #2"]
        assert it.sizes() == [3, 1]


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
        assert details(answers) == ["the server does not accept n: responses are requested one by one"]
        it.ask("b", "b")
        assert it.sizes() == [3, 1, 1, 1, 1, 1]


def details(completions: Sequence[Completion]) -> list[str]:
    return [fault.detail for each in completions for fault in each.faults if fault.fault == "parameter"]


def model_of(server: OpenAIServer, settings: Settings | None = None) -> OpenAIModel:
    place = endpoint_of("openai/x", base_url=server.url, environ={"OPENAI_API_KEY": "k"})
    return OpenAIModel(place, settings, jitter=random.Random(0))


LIMITS = Settings(
    max_connections=4, deadline_seconds=60.0, largest_body_bytes=200_000, retry=RetryPolicy(give_up_seconds=2.0)
)
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
        ("cut", "bad_response", True),
        ("drop", "connection", True),
        ("half-close", "bad_response", True),
        ("malformed", "bad_response", True),
        ("no-choices", "bad_response", True),
        ("endless", "bad_response", True),
        ("bomb", "bad_response", True),
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


@pytest.mark.parametrize("fault", ["blanks", "comments"])
def test_openai_takes_blanks_and_comments_for_silence(fault: str) -> None:
    with loopback([fault], replace(HURRIED, deadline_seconds=3600.0, read_seconds=0.25)) as it:
        (answer,) = it.ask("a")
        assert answer.text.startswith("a #") and kinds([answer])[0] == "timeout" and answer.faults[0].maybe_billed


PASSING = ["ok", "429:0", "500", "cut", "drop", "malformed", "no-choices", "ignore-n", "reject-n"]
PASSING += ["empty", "long", "no-code"]


@pytest.mark.heavy
@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(PASSING), max_size=12), st.lists(st.sampled_from("abc"), min_size=1, max_size=8))
def test_openai_keeps_every_billed_answer_and_pays_for_none_twice_under_any_faults(
    faults: list[str], messages: list[str]
) -> None:
    with loopback(faults, Settings(max_connections=4, retry=RetryPolicy())) as it:
        answers = it.ask(*messages)
        billed = [text or "" for seen in it.server.seen for text in seen.billed]
    assert len(answers) == len(messages)
    assert sorted(billed) == sorted(texts(answers))


def test_openai_waits_as_long_as_retry_after_says() -> None:
    with loopback(["429:7"], Settings(max_connections=4)) as it:
        (answer,) = it.ask("a")
        assert 7.0 <= it.waits[0] <= 7.7
        assert answer.faults[0].waited_seconds == it.waits[0]


@pytest.mark.parametrize("fault", ["400", "401", "403", "404", "422"])
def test_openai_asks_once_when_asking_again_cannot_help(fault: str) -> None:
    with loopback([fault]) as it:
        with pytest.raises(LanguageModelError, match=f"HTTP {fault}") as caught:
            it.ask("a", "a")
        assert caught.value.exit_code == 3 and ("OPENAI_API_KEY" in str(caught.value)) is (fault == "401")
        assert (len(it.server.seen), it.waits) == (1, [])


def test_openai_keeps_the_other_answers_when_one_request_fails() -> None:
    def fails_for_b(number: int, body: dict) -> str:
        return "403" if body["messages"][-1]["content"] == "b" else "ok"

    with loopback(fails_for_b) as it:
        kept: dict[int, Completion] = {}
        with pytest.raises(LanguageModelError):
            it.ask("a", "b", "c", "a", keep=kept.__setitem__)
        assert {position: each.text for position, each in kept.items()} == {0: "a #0", 2: "c #0", 3: "a #1"}
        assert it.server.billed == 3


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
    with OpenAIServer(Scripted(lambda request: "x"), limits=ServerLimits(latency=0.02)) as server:
        it = Loopback(server, Settings(max_connections=3))
        it.ask(*map(str, range(12)))
        it.model.close()
        assert 1 < max(count for _, count in server.in_flight) <= 3


def test_openai_reports_a_server_that_is_silent_too_long_and_may_have_billed() -> None:
    limits = Settings(read_seconds=0.1, retry=RetryPolicy(give_up_seconds=0))
    with (
        loopback(["slow:30"], limits) as it,
        pytest.raises(LanguageModelError, match=r"no response in 0\.1 s") as caught,
    ):
        it.ask("a")
    assert [(fault.fault, fault.maybe_billed) for fault in caught.value.faults] == [("timeout", True)]  # type: ignore[attr-defined]


def test_openai_asks_a_local_server_directly_when_a_proxy_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with loopback() as it:
        assert texts(it.ask("a")) == ["a #0"]


def test_openai_waits_longer_after_each_fault_and_numbers_their_attempts() -> None:
    with loopback(["500", "429"]) as it:
        (answer,) = it.ask("a")
        assert 0.5 <= it.waits[0] <= 1.0 <= it.waits[1] <= 2.0
        assert [(fault.fault, fault.attempt) for fault in answer.faults] == [("server_error", 1), ("rate_limited", 2)]


@pytest.mark.parametrize(
    ("fault", "text", "reason", "faults"),
    [
        ("empty", "", "stop", ["empty"]),
        ("long", "a #0", "length", ["truncated"]),
        ("no-code", PROSE, "stop", []),
        ("huge:5000000", "a #0\n" + "#" * ((1 << 20) - 5), "stop", ["oversized"]),
    ],
    ids=["empty", "truncated", "without code", "five megabytes"],
)
def test_openai_keeps_an_answer_of_any_form_and_asks_once(
    fault: str, text: str, reason: str, faults: list[str]
) -> None:
    with loopback([fault]) as it:
        (answer,) = it.ask("a")
        assert answer.text == text and len(it.server.seen) == 1
        assert (answer.finish_reason, kinds([answer])) == (reason, faults)


def test_openai_waits_for_an_answer_that_drips_in_within_the_deadline() -> None:
    with loopback(["drip:0.2"], replace(LIMITS, deadline_seconds=60.0)) as it:
        assert (texts(it.ask("a")), len(it.server.seen)) == (["a #0"], 1)


def test_openai_reads_no_more_than_its_limit_of_an_endless_body() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    limits = replace(LIMITS, deadline_seconds=60.0, largest_body_bytes=1 << 20, retry=RetryPolicy(give_up_seconds=0))
    endless = loopback(lambda number, body: "endless", limits)
    with endless as it, pytest.raises(LanguageModelError, match="more than 1048576 bytes"):
        it.ask("a")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kB


def test_openai_asks_on_a_new_connection_when_the_server_has_closed_the_kept_one() -> None:
    with loopback(["leave"] * 5) as it:
        answers = [it.ask(str(number))[0] for number in range(5)]
        assert (it.server.billed, texts(answers)) == (5, [f"{number} #0" for number in range(5)])


def test_server_without_tls_is_told_in_words() -> None:
    with OpenAIServer(Scripted([])) as server:
        url = server.url.replace("http:", "https:")
        endpoint = endpoint_of("vllm/m", base_url=url, environ={})
        model = OpenAIModel(endpoint, Settings(retry=RetryPolicy(0.0)), jitter=random.Random(1))
        with pytest.raises(LanguageModelError, match=r"TLS failed, is it http://\? \([A-Z_]+\)"):
            model.complete([Request("", "a")], dropped)
        model.close()


def test_certificate_that_is_not_trusted_is_told_in_words() -> None:
    untrusted = ssl.SSLCertVerificationError(1, "certificate verify failed")
    untrusted.verify_message = "self-signed certificate"
    assert _reason(untrusted) == "its certificate is not trusted: self-signed certificate"


LIMITED = Settings(max_connections=4, retry=RetryPolicy(give_up_seconds=2.0), max_tokens=5000)


def test_openai_sends_the_limit_by_its_other_name_when_the_server_rejects_the_first() -> None:
    with loopback(lambda number, body: "reject-max-tokens", LIMITED) as it:
        answers = it.ask("a") + it.ask("b")
        names = [name for seen in it.server.seen for name in seen.body if name.startswith("max_")]
        assert names == ["max_tokens", "max_completion_tokens", "max_completion_tokens"]
        assert [answer.parameters for answer in answers] == [{"temperature": 0.7, "max_tokens": 5000}] * 2
        assert kinds(answers) == []


def test_openai_asks_for_as_many_tokens_as_the_model_gives_and_remembers() -> None:
    with loopback(lambda number, body: "few-tokens:1000", LIMITED) as it:
        answers = it.ask("a") + it.ask("b")
        assert [seen.body["max_tokens"] for seen in it.server.seen] == [5000, 1000, 1000]
        assert [answer.parameters["max_tokens"] for answer in answers] == [1000, 1000]
        assert len(details(answers)) == 1


def test_openai_asks_for_fewer_tokens_when_the_prompt_leaves_room_for_no_more() -> None:
    with loopback(lambda number, body: "small-context", LIMITED) as it:
        short, longer = it.ask("a") + it.ask("x" * 4 * 3000)
        sizes = [short.parameters["max_tokens"], longer.parameters["max_tokens"]]
        assert sizes[0] == 2500 and 500 <= sizes[1] <= CONTEXT_TOKENS - 3000  # type: ignore[operator]
        assert (short.finish_reason, longer.finish_reason) == ("stop", "stop")


def test_openai_sends_each_sample_with_a_seed_of_its_own() -> None:
    with loopback(limits=replace(LIMITED, seed=3)) as it:
        answers = it.model.complete([Request("expert", "a", sample=sample) for sample in range(4)], dropped)
        seeds = [seen.body["seed"] for seen in it.server.seen]
        assert len(set(seeds)) == 4 and it.sizes() == [1, 1, 1, 1]
        assert sorted(seeds) == sorted(answer.parameters["seed"] for answer in answers)  # type: ignore[type-var]


def test_answer_on_its_way_still_comes_when_the_model_is_finished() -> None:
    arrived, go = threading.Event(), threading.Event()

    def slow(request: Request) -> str:
        arrived.set()
        go.wait(30)
        return "paid for"

    with OpenAIServer(Scripted(slow)) as server, ThreadPoolExecutor(1) as pool:
        model = model_of(server)
        answer = pool.submit(model.complete, [Request("e", "m")], dropped)
        assert arrived.wait(30)
        model.finish()
        go.set()
        assert answer.result(30)[0].text == "paid for"
        model.close()


def test_request_on_its_way_ends_soon_and_may_have_been_billed_when_the_model_is_finished() -> None:
    with OpenAIServer(Scripted(lambda r: "x"), ["slow:3600"]) as server, ThreadPoolExecutor(1) as pool:
        model = model_of(server)
        model.last_seconds = 0.05
        answer = pool.submit(model.complete, [Request("e", "m")], dropped)
        wait_until(lambda: server.in_flight[-1][1] == 1)
        model.finish()
        with pytest.raises(LanguageModelError, match="closed before its response") as caught:
            answer.result(30)
        assert [(fault.attempt, fault.maybe_billed) for fault in caught.value.faults] == [(1, True)]
        model.close()


@pytest.mark.parametrize("end", [OpenAIModel.finish, OpenAIModel.close])
def test_wait_for_another_attempt_ends_and_nothing_more_is_sent_when_the_model_is_finished_or_closed(
    end: Callable[[OpenAIModel], None],
) -> None:
    with OpenAIServer(Scripted(lambda r: "x"), ["429:300"], cycle=True) as server, ThreadPoolExecutor(1) as pool:
        model = model_of(server)
        answer = pool.submit(model.complete, [Request("e", "m")], dropped)
        wait_until(lambda: bool(server.seen))
        end(model)
        with pytest.raises(LanguageModelError):
            answer.result(30)
        with pytest.raises(LanguageModelError, match="closed") as caught:
            model.complete([Request("e", "again")], dropped)
        assert len(server.seen) == 1 and caught.value.faults == ()
        model.close()


def test_wait_for_a_turn_ends_when_the_model_is_finished() -> None:
    with OpenAIServer(Scripted(lambda r: "x"), ["ok", "429:60"]) as server, ThreadPoolExecutor(2) as pool:
        model = model_of(server, Settings(max_connections=1))
        assert model.complete([Request("e", "m")], dropped)[0].text == "x"
        answers = [pool.submit(model.complete, [Request("e", message)], dropped) for message in ("again", "and again")]
        wait_until(lambda: bool(model._pacer._queue) and len(server.seen) == 2)
        model.finish()
        for answer in answers:
            with pytest.raises(LanguageModelError, match=r"closed|429"):
                answer.result(30)
        model.close()


@pytest.mark.parametrize(
    ("fault", "parameter", "what"),
    [
        ("reject-temperature", "temperature", "a temperature"),
        ("reject-seed", "seed", "a seed"),
        ("reject-limits", "max_tokens", "a limit of tokens"),
    ],
)
def test_openai_sends_no_parameter_that_the_server_rejects_and_says_so_once(
    fault: str, parameter: str, what: str
) -> None:
    with loopback(lambda number, body: fault, replace(LIMITED, seed=3)) as it:
        answers = it.ask("a") + it.ask("b", "b", "b")
        assert texts(answers)[:1] == ["a #0"] and parameter in it.server.seen[0].body
        billed = [seen.body for seen in it.server.seen if seen.billed]
        assert not any(
            parameter in body or ("max_completion_tokens" in body and parameter == "max_tokens") for body in billed
        )
        assert [answer.parameters.get(parameter) for answer in answers] == [None] * 4
        assert details(answers) == [f"the server does not accept {what}: none is sent from now on"]
        assert it.sizes()[0] == (3 if parameter == "seed" else 1)  # a response with a seed has a request of its own
