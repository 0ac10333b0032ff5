"""Servers that drip, stall, flood, lie about their usage or break off: nothing hangs, nothing fills the memory, all is told."""

from __future__ import annotations

import json
import random
import resource
import ssl
from dataclasses import replace

import pytest

from strop.base.errors import LanguageModelError
from strop.lm import registry
from strop.lm.base import Fault, Request
from strop.lm.openai import OpenAIModel
from strop.lm.openai_chat import RequestParameters, read_answer
from strop.lm.openai_wire import Settings, _reason, classify
from strop.lm.pace import RetryPolicy
from strop.lm.providers import endpoint_of
from support.loopback import kinds, loopback, rejected, texts
from support.openai_server import OpenAIServer

LIMITS = Settings(
    max_connections=4, deadline_seconds=60.0, largest_body_bytes=200_000, retry=RetryPolicy(give_up_seconds=2.0)
)
PLACE = endpoint_of("openai/m", base_url="http://127.0.0.1:1/v1", environ={})


def test_openai_gives_up_on_a_server_that_always_drips() -> None:
    with loopback(lambda number, body: "drip", replace(LIMITS, deadline_seconds=0.1)) as it:
        with pytest.raises(LanguageModelError, match=r"no whole answer within 0\.1 s \(\d attempts") as caught:
            it.ask("a")
        (fault,) = caught.value.faults
        assert isinstance(fault, Fault) and fault.maybe_billed and fault.times == fault.attempt > 1


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


@pytest.mark.parametrize(
    "usage",
    [
        {"prompt_tokens": -7, "completion_tokens": -1},
        {"prompt_tokens": "12", "completion_tokens": "many"},
        {"prompt_tokens": 10**15, "completion_tokens": 10**15},
        {"prompt_tokens": 0, "completion_tokens": 0},
        {"prompt_tokens": 1.5, "completion_tokens": True},
    ],
)
def test_usage_that_cannot_be_right_is_not_believed_and_told(usage: dict[str, object]) -> None:
    (answer,) = read_answer(body(usage), RequestParameters(max_tokens=1000), prompt_bytes=100)
    assert (answer.input_tokens, answer.output_tokens, kinds([answer])) == (None, None, ["usage", "usage"])


@pytest.mark.parametrize("usage", [[1, 2], "none", 3])
def test_usage_that_is_no_object_is_told(usage: object) -> None:
    (answer,) = read_answer(body(usage))
    assert answer.input_tokens is None
    assert [fault.detail for fault in answer.faults] == [
        "the server's usage is not an object: its tokens are not known"
    ]


def test_usage_of_thousands_of_digits_costs_no_answer() -> None:
    data = body({"prompt_tokens": 1, "completion_tokens": 7}).replace(b"7", b"7" * 5000)
    (answer,) = read_answer(data)
    assert (answer.text, answer.input_tokens, answer.output_tokens) == ("x", 1, None)


def test_usage_counts_what_was_thought_where_only_the_total_has_it() -> None:
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 95}
    (answer,) = read_answer(body(usage), RequestParameters(max_tokens=1000), prompt_bytes=100)
    assert (answer.input_tokens, answer.output_tokens, answer.faults) == (10, 85, ())


def test_usage_that_is_not_given_is_not_known_and_no_fault() -> None:
    with loopback(["no-usage"]) as it:
        (answer,) = it.ask("a")
        assert (answer.input_tokens, answer.output_tokens, answer.faults) == (None, None, ())


def test_openai_tells_of_wrong_usage_once_a_request_and_keeps_the_answers() -> None:
    with loopback(["wrong-usage"]) as it:
        answers = it.ask("a", "a")
        assert (texts(answers), kinds(answers)) == (
            ["a #0", "a #1"],
            ["usage", "usage"],
        )  # in and out, of one HTTP request
        assert answers[1].faults == ()
        assert [answer.input_tokens for answer in answers] == [None, None]


@pytest.mark.parametrize(
    ("content", "reason", "text", "reasoning"),
    [
        ("<think>a</think>b", "stop", "b", "a"),
        (" \n<think>\na\n</think>\n\nb\n", "stop", "b\n", "a"),
        ("<think>a", "length", "", "a"),
        ("<think>a", "stop", "<think>a", ""),
        ("a\n</think>\n\nb", "stop", "b", "a"),
        ("x = '</think>'", "stop", "x = '</think>'", ""),
        ("b <think>a</think>", "stop", "b <think>a</think>", ""),
        ("b\n<think>\na\n</think>\nc", "stop", "b\n<think>\na\n</think>\nc", ""),
        ("<think></think>b", "stop", "b", ""),
    ],
)
def test_reasoning_is_told_from_the_answer_where_it_is_marked(
    content: str, reason: str, text: str, reasoning: str
) -> None:
    message = {"message": {"content": content}, "finish_reason": reason}
    (answer,) = read_answer(json.dumps({"choices": [message]}).encode())
    assert (answer.text, answer.reasoning) == (text, reasoning)


def test_answer_that_is_all_reasoning_is_empty_and_says_so() -> None:
    message = {"message": {"content": None, "reasoning": "a"}, "finish_reason": "length"}
    (completion,) = read_answer(json.dumps({"choices": [message], "model": "m"}).encode())
    assert (completion.text, completion.reasoning) == ("", "a")
    assert [fault.fault for fault in completion.faults] == ["truncated", "empty"]


@pytest.mark.parametrize(("status", "busy"), [(429, True), (503, True), (529, True), (500, False), (504, False)])
def test_server_is_busy_when_it_says_so(status: int, busy: bool) -> None:
    assert classify(rejected(status, "x"), RequestParameters(1, 0.7), PLACE, now=0.0).busy is busy


def body(usage: object) -> bytes:
    choice = {"message": {"content": "x"}, "finish_reason": "stop"}
    return json.dumps({"choices": [choice], "usage": usage}).encode()


def test_server_without_tls_is_told_in_words() -> None:
    with OpenAIServer(registry.make("offline", base_url=None, seed=1, environ={})) as server:
        url = server.url.replace("http:", "https:")
        endpoint = endpoint_of("vllm/m", base_url=url, environ={})
        model = OpenAIModel(endpoint, Settings(retry=RetryPolicy(0.0)), jitter=random.Random(1))
        with pytest.raises(LanguageModelError, match=r"the server does not speak TLS: is it http://\?"):
            model.complete([Request("", "a")])
        model.close()


def test_certificate_that_is_not_trusted_is_told_in_words() -> None:
    untrusted = ssl.SSLCertVerificationError(1, "certificate verify failed")
    untrusted.verify_message = "self-signed certificate"
    assert _reason(untrusted) == "its certificate is not trusted: self-signed certificate"
