"""What a person gets of the odd bodies that servers and gateways send."""

from __future__ import annotations

import gzip
import json

import pytest

from strop.base.errors import LanguageModelError
from strop.lm.openai_wire import Settings
from strop.lm.pace import RetryPolicy
from support.loopback import loopback

PATIENT = Settings(max_connections=4, retry=RetryPolicy(give_up_seconds=60.0))
PAGE = "200 <!DOCTYPE html><html>Log in</html>"


def error(error: object, **more: object) -> str:
    return "200 " + json.dumps({"error": error, **more})


def choice(content: str | None, **more: object) -> dict[str, object]:
    return {"message": {"content": content}, "finish_reason": "error", **more}


def stream(*events: object, end: str = "data: [DONE]") -> str:
    return "200 : WORKING\n\n" + "".join(f"data: {json.dumps(event)}\n\n" for event in events) + end


def delta(index: int = 0, reason: str | None = None, **said: object) -> dict[str, object]:
    return {"choices": [{"index": index, "delta": said, "finish_reason": reason}]}


def says(**message: object) -> str:
    return choices({"message": message, "finish_reason": "stop"})


def http(
    body: str | bytes, *headers: str, status: str = "200 OK", version: str = "1.1", chunk: int = 0, last: bool = True
) -> str:
    """A response as bytes on the wire; `chunk`: in chunks of so many bytes, the `last` one being there or not."""
    data = body.encode() if isinstance(body, str) else body
    if chunk:
        parts = [data[first : first + chunk] for first in range(0, len(data), chunk)] + [b""] * last
        data = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
        headers = (*headers, "Transfer-Encoding: chunked")
    head = "".join(f"{line}\r\n" for line in (f"HTTP/{version} {status}", *headers, "Connection: close", ""))
    return head + data.decode("latin-1")


def choices(*given: object, **more: object) -> str:
    return "200 " + json.dumps({"choices": given, **more})


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (error({"code": 402, "message": "no credit left"}), "HTTP 200 with error 402: no credit left"),
        (error({"code": "403", "message": "blocked in your country"}), "error 403: blocked in your country"),
        (error({"code": 404, "message": "No endpoints found"}), r"no model .* lacks its /v1 .*No endpoints found"),
        (error("Unexpected endpoint or method. (POST /chat/completions)"), "lacks its /v1 .*Unexpected endpoint"),
        (error({"code": "model_not_found", "message": "gone"}), r"no model 'tester' there.*gone"),
        (error({"message": "Incorrect API key: sk-t***def"}), r"OPENAI_API_KEY is refused \(HTTP 200 with error 401\)"),
        (error({"code": "1113", "message": "Insufficient balance"}), "error 402: Insufficient balance"),
        (error({"code": 429, "type": "insufficient_quota", "message": "spent"}), "error 429: spent"),
        ('200 {"statusCode": 404, "message": "Resource not found"}', "lacks its /v1.*Resource not found"),
        (choices(choice("", error={"code": 402, "message": "no credit left"})), "error 402: no credit left"),
        (choices(choice(""), error={"code": 403, "message": "moderated"}), "error 403: moderated"),
        (stream({"error": {"code": 402, "message": "no credit left"}}), "error 402: no credit left"),
    ],
)
def test_error_in_a_body_of_status_200_ends_at_once_with_its_own_words_when_it_cannot_heal(
    body: str, said: str
) -> None:
    with loopback([body, body], PATIENT) as it:
        with pytest.raises(LanguageModelError, match=said) as caught:
            it.ask("a")
        assert (caught.value.exit_code, len(it.server.seen), it.waits) == (3, 1, [])
        assert [fault.maybe_billed for fault in caught.value.faults] == [False]


@pytest.mark.parametrize(
    ("body", "kind", "said", "maybe_billed"),
    [
        (error({"code": 429, "message": "slow down"}), "rate_limited", "error 429: slow down", False),
        (error({"code": 502, "message": "upstream died"}), "server_error", "error 502: upstream died", False),
        (error("The model is overloaded"), "server_error", "error 503: The model is overloaded", False),
        (error("Provider returned error"), "server_error", "error 500: Provider returned error", False),
        (error({"status": "UNAVAILABLE", "message": "later"}), "server_error", "error 503: later", False),
        ('200 {"detail": "internal"}', "server_error", "error 500: internal", False),
        (choices(choice(None, error={"code": 502, "message": "lost"}), usage=None), "server_error", "502: lost", False),
        (choices(choice("def f", error={"code": 502}), usage={"prompt_tokens": 9}), "server_error", "502", True),
        (choices(choice("")), "server_error", "error 500: finish reason error", False),
        (PAGE, "server_error", "this is a web page, not an API", False),
        ("200 {}", "bad_response", "it has no choices", True),
        (stream(delta(content="x"), end=""), "bad_response", "not JSON", True),
        (stream(delta(content="x"), {"error": {"code": 502, "message": "lost"}}), "server_error", "502: lost", False),
        (stream(delta(usage=1), {"usage": {"a": 1}}, {"error": {"code": 502}}), "server_error", "502", True),
        (
            error({"type": "overloaded_error", "message": "Overloaded"}, type="error"),
            "server_error",
            "503: Over",
            False,
        ),
        ('200 event: error\ndata: {"message": "upstream lost"}\n\n', "server_error", "500: upstream lost", False),
        (http("<html>", status="529 Overloaded"), "server_error", "HTTP 529", False),
        (http(says(content="x")[4:40], version="1.0"), "bad_response", "not JSON", True),
        (http(says(content="x")[4:40], chunk=50, last=False), "bad_response", "not JSON", True),
        ('200 {"message": {"content": "x"}, "done": false}\n{"done": true}', "server_error", "error 500", False),
        (http("", status="204 No Content"), "bad_response", "the body is empty", True),
    ],
)
def test_error_in_a_body_of_status_200_is_sent_again_when_it_may_heal_and_counts_as_billed_only_with_usage(
    body: str, kind: str, said: str, maybe_billed: bool
) -> None:
    with loopback([body], PATIENT) as it:
        (answer,) = it.ask("a")
        (fault,) = answer.faults
        assert (answer.text, fault.fault, fault.maybe_billed) == ("a #0", kind, maybe_billed) and said in fault.detail


def test_web_page_ends_the_call_at_the_second_time() -> None:
    with loopback([PAGE, PAGE, PAGE], PATIENT) as it:
        with pytest.raises(LanguageModelError, match=r"lacks its /v1 \(.*this is a web page, not an API") as caught:
            it.ask("a")
        assert (len(it.server.seen), any(fault.maybe_billed for fault in caught.value.faults)) == (2, False)


@pytest.mark.parametrize(
    "body",
    [
        '500 {"error": {"code": 500, "message": "no room", "type": "exceed_context_size_error"}}',
        '500 {"error": "the request exceeds the available context size. try increasing the context size"}',
        '502 {"error": {"message": "gone", "code": "context_length_exceeded"}}',
        error({"code": 400, "message": "This model's maximum context length is 8 tokens"}),
        error("input length exceeds the context window"),
    ],
)
def test_prompt_longer_than_the_context_is_refused_and_asked_once_whatever_the_status(body: str) -> None:
    with loopback([body, body], PATIENT) as it:
        (answer,) = it.ask("a")
        assert (answer.text, answer.finish_reason, len(it.server.seen), it.waits) == ("", "refused", 1, [])
        assert not answer.faults[0].maybe_billed


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (choices(choice("lost"), {"message": {"content": "kept"}, "finish_reason": "stop"}), "kept"),
        (choices({"text": "plain completion", "finish_reason": "stop"}), "plain completion"),
        (choices({"message": {"content": "x"}, "finish_reason": "stop"}, error=None), "x"),
        (choices({"message": {"content": "x"}, "finish_reason": "stop"}, error={"message": "late warning"}), "x"),
        (says(content="", reasoning_content="x"), "x"),
        (says(content=["x", {"type": "thinking", "thinking": "no"}, {"type": "text", "text": "y"}]), "xy"),
        (says(content={"type": "text", "text": "x"}), "x"),
        (says(content=[{"type": "message", "content": [{"type": "output_text", "text": "x"}]}]), "x"),
        (says(content=None, tool_calls=[{"function": {"name": "f", "arguments": '{"code": "x"}'}}]), '{"code": "x"}'),
        (says(content="I write:", function_call={"arguments": {"code": "x"}}), 'I write:\n{"code": "x"}'),
        (choices({"message": "x", "finish_reason": "stop"}), "x"),
        (choices({"content": "x", "role": "assistant"}), "x"),
        ('200 {"message": {"content": "x"}, "done": true}', "x"),
        ("200 \ufeff" + says(content="x")[4:] + "\n{}", "x"),
        (says(content="x|y")[:].replace("|", "\n"), "x\ny"),
        (stream(delta(role="assistant"), delta(content="x"), delta(content="y"), delta(reason="stop"), end=""), "xy"),
        (stream(delta(content="x"), {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 1}}), "x"),
        (stream({"choices": [{"message": {"content": "x"}}]}), "x"),
        (stream({"choices": [{"text": "x"}]}), "x"),
        (
            stream(delta(content="x"), delta(content="y"), {"choices": [{"index": 0, "message": {"content": "xy"}}]}),
            "xy",
        ),
        ("compressed", "a #0"),
        (says(content="x") + "\n<!-- by proxy 1.2 -->", "x"),
        (http(stream(delta(content="é😀"), delta(content="ü"))[4:], chunk=1), "é😀ü"),
        (http(gzip.compress(says(content="x")[4:].encode()), "Content-Encoding: gzip", chunk=7), "x"),
        (http(says(content="x")[4:], version="1.0"), "x"),
        (http(says(content="x")[4:], chunk=50, last=False), "x"),
        (http(says(content="x")[4:], "Content-Length: 9999"), "x"),
        (http("\n \n" * 50 + says(content="x")[4:], chunk=3), "x"),
        (
            http(
                json.dumps({"choices": [{"text": "é"}]}, ensure_ascii=False), "Content-Type: text/html; charset=latin1"
            ),
            "é",
        ),
        ("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + http(says(content="x")[4:]), "x"),
    ],
)
def test_response_that_a_person_could_read_is_kept(body: str, text: str) -> None:
    with loopback([body]) as it:
        assert ([each.text for each in it.ask("a")], len(it.server.seen)) == ([text], 1)


def test_redirect_is_followed_to_the_same_host_and_told_when_it_is_another() -> None:
    with loopback([http("", "Location: /v1/chat/completions", "Content-Length: 0", status="307 Moved")], PATIENT) as it:
        assert [each.text for each in it.ask("a")] == ["a #0"]
    with loopback(
        [http("", "Location: http://login.example/sso", "Content-Length: 0", status="302 Found")], PATIENT
    ) as it:
        with pytest.raises(LanguageModelError, match=r"HTTP 302 to another host, http://login\.example/sso: if you"):
            it.ask("a")
        assert (len(it.server.seen), it.waits) == (1, [])


def test_no_more_is_promised_when_less_than_a_second_is_left(capsys: pytest.CaptureFixture[str]) -> None:
    with (
        loopback(["500"] * 99, Settings(retry=RetryPolicy(give_up_seconds=2.5))) as it,
        pytest.raises(LanguageModelError),
    ):
        it.ask("a")
    assert "up to 0 s" not in capsys.readouterr().err
