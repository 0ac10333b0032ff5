"""The OpenAI-compatible model against a real server on the loopback, which misbehaves as told."""

from __future__ import annotations

import os
import random
import re
import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strop.base.errors import ConfigurationError, LanguageModelError
from strop.lm.base import Request, dropped
from strop.lm.openai import OpenAIModel
from strop.lm.openai_wire import Settings, _tls_context
from strop.lm.pace import RetryPolicy
from strop.lm.providers import endpoint_of
from strop.lm.scripted import Scripted
from support.loopback import KEY, kinds, loopback, remarks, texts
from support.openai_server import OpenAIServer
from support.processes import wait_until
from support.rows import table
from support.server_faults import CONTEXT_TOKENS


@pytest.fixture(autouse=True)
def direct(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the proxies of whoever runs the tests."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


@table(
    ("fault", "sizes", "again", "said"),
    (
        ("ok", [4, 1], [2], []),
        ("ignore-n", [4, 1, 1, 1, 1], [1, 1], ["1 of 4 responses arrived; the others are requested one by one"]),
        ("reject-n", [4, 1, 1, 1, 1, 1], [1, 1], ["the server does not accept n: responses are requested one by one"]),
    ),
)
def test_equal_requests_travel_as_one_with_n_until_the_server_gives_fewer_or_rejects_it(
    fault: str, sizes: list[int], again: list[int], said: list[str]
) -> None:
    with loopback(lambda number, body: fault) as it:
        answers = it.ask("a", "b", "a", "a", "a")
        found, expected = texts(answers), ["a #0", "b #0", "a #1", "a #2", "a #3"]
        assert found == expected or (fault != "ok" and sorted(found) == sorted(expected) and found[1] == "b #0")
        assert it.server.seen[0].body["messages"][0] == {"role": "system", "content": "expert"}
        assert (it.sizes(), it.server.billed, remarks(answers)) == (sizes, 5, said)
        it.ask("c", "c")
        assert it.sizes() == sorted([*sizes, *again], reverse=True)


SMALL = Settings(max_connections=4, largest_body_bytes=200_000, retry=RetryPolicy(give_up_seconds=2.0))
BRIEF = Settings(retry=RetryPolicy(0.0))
HURRIED = replace(SMALL, deadline_seconds=0.25, retry=RetryPolicy(give_up_seconds=3600.0))
"""For servers that never end. On a busy machine whole answers may be late too: they are asked for again."""
QUIET = replace(HURRIED, deadline_seconds=3600.0, read_seconds=0.25)


@table(
    "fault, kind, maybe_billed",
    # Fault → (kind of failure, whether it may have been billed).
    (
        ("429", "rate_limited", False),
        ("500", "server_error", False),
        ("504", "server_error", True),
        ("408", "timeout", True),
        ("cut", "bad_response", True),
        ("drop", "connection", True),
        ("half-close", "bad_response", True),
        ("malformed", "bad_response", True),
        ("no-choices", "bad_response", True),
        ("endless", "bad_response", True),
        ("bomb", "bad_response", True),
    ),
)
def test_passing_fault_is_asked_again_and_says_whether_it_may_have_been_billed(
    fault: str, kind: str, maybe_billed: bool
) -> None:
    with loopback([fault], SMALL) as it:
        answers = it.ask("a", "a")
        assert (it.sizes(), it.server.billed, kinds(answers)) == ([2, 2], 2, [kind])
    assert answers[0].faults[0].maybe_billed is maybe_billed


@table(
    "fault, limits",
    [
        *((fault, HURRIED) for fault in ("stall", "drip", "drip-head")),
        *((fault, QUIET) for fault in ("blanks", "comments")),
    ],
)
def test_response_that_does_not_come_in_time_is_asked_for_again_also_where_blanks_and_comments_come(
    fault: str, limits: Settings
) -> None:
    with loopback([fault], limits) as it:
        (answer,) = it.ask("a")
    assert answer.text.startswith("a #") and answer.faults[0].fault == "timeout" and answer.faults[0].maybe_billed


def test_response_that_drips_in_time_is_asked_for_once() -> None:
    with loopback(["drip:0.2"]) as it:
        assert (texts(it.ask("a")), len(it.server.seen)) == (["a #0"], 1)


WORDS = ["ok", "429:0", "500", "cut", "drop", "malformed", "no-choices", "ignore-n", "reject-n", "empty", "long"]


@pytest.mark.heavy
@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=12), st.lists(st.sampled_from("abc"), min_size=1, max_size=8))
def test_every_billed_answer_is_kept_and_none_paid_twice_under_any_faults(
    faults: list[str], messages: list[str]
) -> None:
    with loopback(faults, Settings(max_connections=4, retry=RetryPolicy())) as it:
        answers = it.ask(*messages)
        billed = [text or "" for seen in it.server.seen for text in seen.billed]
    assert len(answers) == len(messages)
    assert sorted(billed) == sorted(texts(answers))


def test_waits_grow_after_each_fault_unless_the_server_says_how_long() -> None:
    with loopback(["500", "429"]) as it:
        (answer,) = it.ask("a")
        assert 0.5 <= it.waits[0] <= 1.0 <= it.waits[1] <= 2.0
        assert [(fault.fault, fault.attempt) for fault in answer.faults] == [("server_error", 1), ("rate_limited", 2)]
    with loopback(["429:7"], Settings()) as it:
        (answer,) = it.ask("a")
        assert 7.0 <= it.waits[0] <= 7.7 and answer.faults[0].waited_seconds == it.waits[0]


def test_samples_of_a_prompt_longer_than_the_context_are_all_empty_and_asked_for_once() -> None:
    with loopback(lambda number, body: "too-long" if body["n"] == 2 else "ok") as it:
        assert [(answer.text, answer.finish_reason) for answer in it.ask("a", "a")] == [("", "refused")] * 2
        assert (len(it.server.seen), it.server.billed) == (1, 0)


def test_key_is_shown_nowhere_when_a_server_echoes_it() -> None:
    with loopback(["echo-key", "ok", *["echo-key"] * 3]) as it:
        answers = it.ask("a")
        with pytest.raises(LanguageModelError) as caught:
            it.ask(KEY)
        shown = f"{answers!r} {caught.value!s} {caught.value.faults!r} {it.model!r} {vars(it.model)!r}"
        assert "[key]" in shown
        assert KEY not in shown
    with loopback() as it:
        assert texts(it.ask(KEY)) == ["[key] #0"]


def test_no_more_requests_are_in_flight_than_connections() -> None:
    places, meeting = threading.Semaphore(3), threading.Barrier(3, timeout=600)

    def fault(number: int, body: dict[str, Any]) -> str:
        has_place = places.acquire(blocking=False)
        meeting.wait()  # passes only when three are in flight
        time.sleep(0.02)  # a fourth would come meanwhile
        places.release()
        return "ok" if has_place else "403"

    with loopback(fault, Settings(max_connections=3)) as it:
        assert len(it.ask(*map(str, range(12)))) == 12


def asked(url: str) -> str:
    """What a model at this address answers, else why it does not."""
    model = OpenAIModel(endpoint_of("vllm/m", base_url=url, environ={}), BRIEF, jitter=random.Random(1))
    try:
        return model.complete([Request("", "a")], dropped)[0].text
    except LanguageModelError as error:
        return str(error)
    finally:
        model.close()


def test_proxy_of_the_environment_is_asked_but_for_this_machine_and_what_no_proxy_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with OpenAIServer(Scripted(lambda request: "through")) as server:
        monkeypatch.setenv("HTTP_PROXY", server.url.removesuffix("/v1"))
        assert asked("http://model.invalid/v1") == "through"
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        assert asked(server.url) == "through"
        elsewhere = server.url.replace("127.0.0.1", "0.0.0.0")
        assert "refused" in asked(elsewhere)
        monkeypatch.setenv("NO_PROXY", "model.invalid,0.0.0.0")
        assert asked(elsewhere) == "through"


@table("name, value", [("HTTP_PROXY", "gopher://127.0.0.1:9"), ("SSL_CERT_FILE", "/nowhere")])
def test_proxy_or_certificates_that_cannot_be_used_are_refused_in_one_line(name: str, value: str) -> None:
    scheme = "https" if name == "SSL_CERT_FILE" else "http"
    with (
        pytest.MonkeyPatch.context() as patch,
        pytest.raises(ConfigurationError, match=r"^vllm/m at model\.invalid") as caught,
    ):
        _tls_context.cache_clear()
        patch.setenv(name, value)
        asked(f"{scheme}://model.invalid/v1")
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="this machine lacks the program openssl")
def test_private_certificate_is_trusted_when_the_environment_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = f"openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=strop -addext subjectAltName=IP:127.0.0.1 -keyout {tmp_path}/key"
    subprocess.run([*make.split(), "-out", tmp_path / "certificate"], check=True, capture_output=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "certificate", tmp_path / "key")
    with OpenAIServer(Scripted(lambda request: "safely"), tls=tls) as server:
        _tls_context.cache_clear()
        assert "its certificate is not trusted: self-signed certificate" in asked(server.url)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate"))
        _tls_context.cache_clear()
        assert asked(server.url) == "safely"
    _tls_context.cache_clear()


def test_new_connection_is_opened_when_the_server_has_closed_the_kept_one() -> None:
    with loopback(["leave"] * 5) as it:
        answers = [it.ask(str(number))[0] for number in range(5)]
        assert (it.server.billed, texts(answers)) == (5, [f"{number} #0" for number in range(5)])


def test_why_there_is_no_safe_connection_is_told_in_words() -> None:
    with OpenAIServer(Scripted([])) as server:
        assert re.search(r"TLS failed, is it http://\? \([A-Z_]+\)", asked(server.url.replace("http:", "https:")))


LIMITED = replace(SMALL, max_tokens=5000)
SENT = {"temperature": 0.7, "max_tokens": 5000}


def test_as_many_tokens_are_asked_for_as_the_model_gives_which_is_remembered_or_the_prompt_leaves_room_for() -> None:
    with loopback(lambda number, body: "few-tokens:1000", LIMITED) as it:
        answers = it.ask("a") + it.ask("b")
        assert [seen.body["max_tokens"] for seen in it.server.seen] == [5000, 1000, 1000]
        assert [answer.parameters["max_tokens"] for answer in answers] == [1000, 1000]
        assert remarks(answers) == ["the server allows at most 1000 tokens a response"]
    with loopback(lambda number, body: "small-context", LIMITED) as it:
        (longer,) = it.ask("x" * 4 * 3000)
        assert 500 <= longer.parameters["max_tokens"] <= CONTEXT_TOKENS - 3000  # type: ignore[operator]
        assert longer.finish_reason == "stop"


@table(
    "fault, what, names",
    [
        ("reject-temperature", "a temperature", {"temperature"}),
        ("reject-seed", "a seed", {"seed"}),
        ("reject-limits", "a limit of tokens", {"max_tokens", "max_completion_tokens"}),
        ("reject-max-tokens", "", {"max_tokens"}),  # it has another name
    ],
)
def test_parameter_that_the_server_rejects_is_sent_no_more_which_is_said_once(
    fault: str, what: str, names: set[str]
) -> None:
    with loopback(lambda number, body, fault=fault: fault, replace(LIMITED, seed=3)) as it:  # type: ignore[misc]
        answers = it.ask("a") + it.ask("b", "b", "b")
        assert texts(answers)[:1] == ["a #0"] and names & {*it.server.seen[0].body}
        assert not any(names & {*seen.body} for seen in it.server.seen if seen.billed), fault
        kept = {name: value for name, value in answers[3].parameters.items() if value is not None and name != "seed"}
        assert kept == {name: value for name, value in SENT.items() if not what or name not in names}, fault
        assert remarks(answers) == [f"the server does not accept {what}: none is sent from now on"] * bool(what)
        assert it.sizes()[0] == (3 if fault == "reject-seed" else 1)  # a response with a seed is asked for alone


@table(
    "fault, remark",
    [("reject-system", "a system message"), ("alternate", "a system message"), ("only-stream", "streams")],
)
def test_request_takes_the_form_that_the_server_asks_for_which_is_remembered_and_said_once(
    fault: str, remark: str
) -> None:
    with loopback(lambda number, body: fault) as it:
        answers = it.ask("a", "a") + it.ask("b")
        first, second, third = (seen.body for seen in it.server.seen)
        (said,) = remarks(answers)
    assert remark in said and [answer.input_tokens for answer in answers] != [None] * 3
    if fault == "only-stream":
        assert texts(answers) == ["a #0", "a #1", "b #0"] and second["stream"] and third["stream"]
    else:
        assert second["messages"] == [{"role": "user", "content": "expert\n\na"}]
        assert third["messages"] == [{"role": "user", "content": "expert\n\nb"}]
    assert first["messages"][0] == {"role": "system", "content": "expert"} and "stream" not in first


def test_prompt_of_which_the_server_read_a_part_is_told_once_and_marked_in_every_response(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with loopback(lambda number, body: "cut-prompt") as it:
        answers = it.ask("word " * 100) + it.ask("other " * 200)
    assert kinds(answers) == ["cut_prompt"] * 2
    (told,) = capsys.readouterr().err.splitlines()
    assert "of a prompt of 506 characters the server read 42 tokens" in told and "OLLAMA_CONTEXT_LENGTH" in told


def test_response_for_which_the_context_had_no_room_says_so() -> None:
    with loopback(lambda number, body: "full-context") as it:
        (answer,) = it.ask("a")
    assert "the context is full (" in answer.faults[0].detail and kinds([answer]) == ["truncated"]


@table("coding", ("zstd", "br"))
def test_response_in_a_compression_that_nobody_reads_ends_the_call_and_names_it(coding: str) -> None:
    reply = f"HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: 1\r\n\r\nx"
    with loopback([reply]) as it, pytest.raises(LanguageModelError, match=f"compressed with {coding}") as caught:
        it.ask("a")
    assert [fault.maybe_billed for fault in caught.value.faults] == [True]  # type: ignore[attr-defined]


def model_of(server: OpenAIServer, settings: Settings | None = None) -> OpenAIModel:
    return OpenAIModel(endpoint_of("vllm/x", base_url=server.url, environ={}), settings, jitter=random.Random(0))


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


@table("end", [OpenAIModel.finish, OpenAIModel.close])
def test_waits_for_another_attempt_and_for_a_turn_end_when_the_model_is_finished_or_closed(
    end: Callable[[OpenAIModel], None],
) -> None:
    plan = lambda number, body: "429:300" if number else "ok"  # noqa: E731
    with OpenAIServer(Scripted(lambda r: "x"), plan) as server, ThreadPoolExecutor(2) as pool:
        model = model_of(server, Settings(max_connections=1))
        assert model.complete([Request("e", "m")], dropped)[0].text == "x"
        answers = [pool.submit(model.complete, [Request("e", message)], dropped) for message in ("again", "and again")]
        wait_until(lambda: bool(model._pacer._queue) and len(server.seen) == 2)
        end(model)
        for answer in answers:
            with pytest.raises(LanguageModelError, match=r"closed|429"):
                answer.result(30)
        with pytest.raises(LanguageModelError, match="closed") as caught:
            model.complete([Request("e", "again")], dropped)
        assert len(server.seen) == 2 and caught.value.faults == ()
        model.close()
