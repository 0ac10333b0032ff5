"""What is made of the replies of compatible servers: of each, as a table, a completion or a failure."""

from __future__ import annotations

import contextlib
import gzip
import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strop.base.errors import LanguageModelError
from strop.lm.base import Completion, Request
from strop.lm.openai_chat import SYSTEM, WHOLE, Accepted, read_answer, seed_of
from strop.lm.openai_errors import AttemptFailed, failure_of
from strop.lm.openai_wire import Settings
from strop.lm.pace import RetryPolicy
from strop.lm.providers import endpoint_of
from support.loopback import Loopback, in_turn, loopback
from support.rows import table

PLACE = endpoint_of("openai/tester", base_url="http://127.0.0.1:1/v1", environ={"OPENAI_API_KEY": "sk-0123456789"})
REQUEST = Request("expert", "a", 0.7)
PATIENT = Settings(max_connections=4, retry=RetryPolicy(give_up_seconds=60.0))
AGAIN, BILLED, FINAL, REFUSED = "again", "again, and perhaps billed", "final", "refused"
"""What follows a failure: another attempt, an error at once, or an empty completion of a prompt that is refused."""


def choices(*given: object, **more: object) -> str:
    return "200 " + json.dumps({"choices": given, **more})


def choice(content: object, reason: str = "stop", **more: object) -> dict[str, object]:
    return {"message": {"content": content}, "finish_reason": reason, **more}


def says(content: object = None, reason: str = "stop", usage: object = None, **message: object) -> str:
    return choices({"message": {"content": content, **message}, "finish_reason": reason}, model="m", usage=usage)


def told(error: object, **more: object) -> str:
    return "200 " + json.dumps({"error": error, **more})


def error(code: int | str, message: str, **more: object) -> str:
    return told({"code": code, "message": message, **more})


def listed(reply: str, status: int = 200) -> str:
    """The same as the element of a list, as Google's servers send it."""
    return f"{status} [{reply[4:]}]"


def quota(name: str) -> str:
    failure = {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{"quotaId": name}]}
    return error(429, "quota", details=[failure, {"retryDelay": "43s"}])


def stream(*events: object, end: str = "data: [DONE]") -> str:
    return "200 : WORKING\n\n" + "".join(f"data: {json.dumps(event)}\n\n" for event in events) + end


def delta(reason: str | None = None, **said: object) -> dict[str, object]:
    return {"choices": [{"index": 0, "delta": said, "finish_reason": reason}]}


def http(body: str | bytes, *headers: str, status: str = "200 OK", version: str = "1.1", chunk: int = 0) -> str:
    """A response as bytes on the wire; `chunk`: in chunks of so many bytes, below 0 without the last one."""
    data = body.encode() if isinstance(body, str) else body
    if size := abs(chunk):
        parts = [data[first : first + size] for first in range(0, len(data), size)] + [b""] * (chunk > 0)
        data = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
        headers = (*headers, "Transfer-Encoding: chunked")
    head = "".join(f"{line}\r\n" for line in (f"HTTP/{version} {status}", *headers, "Connection: close", ""))
    return head + data.decode("latin-1")


def read(reply: str, attempt: int = 1) -> Completion | AttemptFailed:
    """What is made of a reply `STATUS BODY` to one request, as the client does."""
    status, body = int(reply[:3]), reply[4:]
    if status != 200:
        return failure_of(status, body.encode("utf-8", "surrogateescape"), PLACE)
    try:
        return read_answer(body.encode("utf-8", "surrogateescape"), PLACE, attempt=attempt)[0]
    except AttemptFailed as failure:
        return failure


def completion(reply: str) -> Completion:
    found = read(reply)
    assert isinstance(found, Completion), (reply, found)
    return found


def details(given: Completion) -> list[str]:
    return [fault.detail for fault in given.faults]


PARTS = ["x", {"type": "thinking", "thinking": "no"}, {"type": "text", "text": "y"}, {"type": "image"}]
TOOL = {"function": {"name": "f", "arguments": '{"code": "x"}'}}
X = {"content": "x"}
TEXTS = (
    (says("plain"), "plain"),
    (says("lone \ud800"), "lone ?"),
    (says(PARTS), "xy"),
    (says({"type": "text", "text": "x"}), "x"),
    (says([{"type": "message", "content": [{"type": "output_text", "text": "x"}]}]), "x"),
    (says("", reasoning_content="x"), "x"),
    (says(None, tool_calls=[TOOL]), '{"code": "x"}'),
    (says("I write:", function_call={"arguments": {"code": "x"}}), 'I write:\n{"code": "x"}'),
    (says("x|y").replace("|", "\n"), "x\ny"),
    (says("x") + "\n<!-- by proxy 1.2 -->", "x"),
    ("200 \ufeff" + says("x")[4:] + "\n{}", "x"),
    (choices(choice("lost", "error"), choice("kept")), "kept"),
    (choices({"text": "plain completion", "finish_reason": "stop"}), "plain completion"),
    (choices({"message": "x", "finish_reason": "stop"}), "x"),
    (choices({"content": "x", "role": "assistant"}), "x"),
    (choices(choice("x"), error=None), "x"),
    (choices(choice("x"), error={"message": "late warning"}), "x"),
    ('200 {"message": {"content": "x"}, "done": true}', "x"),
    (f"200 [{choices(choice('x'))[4:]}]", "x"),
    (says("x", "failed"), "x"),
    (stream(delta(role="assistant"), delta(content="x"), delta(content="y"), delta("stop"), end=""), "xy"),
    (stream(delta(content="x"), {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 1}}), "x"),
    (stream({"choices": [{"message": X}]}), "x"),
    (stream({"choices": [{"text": "x"}]}), "x"),
    (stream(delta(content="x"), {"choices": [{"index": 0, "message": {"content": "xy"}}]}), "xy"),
)
"""Reply → the text of its completion."""


def test_response_that_a_person_could_read_is_kept() -> None:
    wrong = [(reply, text, found) for reply, text in TEXTS if getattr(found := read(reply), "text", None) != text]
    assert not wrong


@table(
    ("content", "reason", "text", "reasoning"),
    # (content, finish reason) → (text, reasoning).
    (
        ("<think>a</think>b", "stop", "b", "a"),
        (" \n<think>\na\n</think>\n\nb\n", "stop", "b\n", "a"),
        ("<think>a", "length", "", "a"),
        ("<think>a", "stop", "<think>a", ""),
        ("a\n</think>\n\nb", "stop", "b", "a"),
        ("x = '</think>'", "stop", "x = '</think>'", ""),
        ("b <think>a</think>", "stop", "b <think>a</think>", ""),
        ("b\n<think>\na\n</think>\nc", "stop", "b\n\nc", "a"),
        ("<Thinking>a</THINKING>b", "stop", "b", "a"),
        ("<thought>a <think> </thought>b", "stop", "b", "a <think>"),
        ("<reasoning>```\nhalf</reasoning>\n```\nb\n```", "stop", "```\nb\n```", "```\nhalf"),
        ("a\n</Reasoning>\nb", "stop", "b", "a"),
        ("Better:\n```\nb\n```\n</think>\nDone.", "stop", "Better:\n```\nb\n```\n</think>\nDone.", ""),
        ("```\n<think>a</think>\n</think>\n```\nb", "stop", "```\n<think>a</think>\n</think>\n```\nb", ""),
        ("a\n```\nb\n```\n</think>\n```\nc\n```", "stop", "a\n```\nb\n```\n</think>\n```\nc\n```", ""),
        ("<<<<<<< SEARCH\nb\n</think>\nDone.", "stop", "<<<<<<< SEARCH\nb\n</think>\nDone.", ""),
        ("def b(): pass\n</think>\n", "stop", "def b(): pass\n</think>\n", ""),
        ("<thinking>a\n<think>c", "length", "", "a\n<think>c"),
        ("<think></think>b", "stop", "b", ""),
    ),
)
def test_reasoning_is_told_from_the_answer_where_it_is_marked(
    content: str, reason: str, text: str, reasoning: str
) -> None:
    found = completion(says(content, reason))
    assert (found.text, found.reasoning) == (text, reasoning), content


LIMIT, EMPTY = "the server stopped at its token limit", "empty response"
REMARKS = (
    (says(None), [f"{EMPTY}, finish reason stop"]),
    (says(None, None), [f"{EMPTY}, finish reason not given"]),  # type: ignore[arg-type]
    (says("x", "length"), [LIMIT]),
    (says(None, "length", reasoning="a"), [LIMIT, f"{EMPTY} after reasoning, finish reason length"]),
    (says(None, "length", reasoning_content="a"), [LIMIT, f"{EMPTY} after reasoning, finish reason length"]),
    (says(None, "content_filter", refusal="I cannot\nhelp."), ["refused: I cannot help."]),
    (says(None, "content_filter", refusal=None), [f"{EMPTY}, finish reason content_filter"]),
    (says("x", "content_filter"), ["a filter of the server cut the response"]),
    (says("", "content_filter: PROHIBITED_CONTENT"), [f"{EMPTY}, finish reason content_filter: PROHIBITED_CONTENT"]),
    (says("x", usage={}), []),
    (says("x", usage=[1]), ["the server's usage is not an object: its tokens are not known"]),
)
"""Reply → what the faults of its completion say."""


def test_completion_says_what_is_odd_about_it() -> None:
    assert not [(reply, found) for reply, said in REMARKS if (found := details(completion(reply))) != said]
    assert completion(REMARKS[3][0]).reasoning == completion(REMARKS[4][0]).reasoning == "a"


COUNTED = {"prompt_tokens": 10, "completion_tokens": 5}
NONE = (None, None, None)


@table(
    ("usage", "counts"),
    # Usage → (tokens in, tokens out, billionths of a dollar): the dearest that it can mean.
    (
        (None, NONE),
        ({}, NONE),
        (COUNTED | {"total_tokens": 95}, (10, 85, None)),
        (COUNTED | {"total_tokens": 95, "completion_tokens_details": {"reasoning_tokens": 80}}, (10, 85, None)),
        (COUNTED | {"completion_tokens_details": {"reasoning_tokens": 4}}, (10, 5, None)),
        (COUNTED | {"completion_tokens_details": {"reasoning_tokens": 30000}}, (10, 30005, None)),
        (COUNTED | {"reasoning_tokens": 7}, (10, 12, None)),
        (COUNTED | {"prompt_tokens_details": {"cached_tokens": 9}, "cache_read_input_tokens": 9}, (10, 5, None)),
        (COUNTED | {"prompt_tokens_details": {"cached_tokens": 90}, "cache_read_input_tokens": 90}, (100, 5, None)),
        (COUNTED | {"cache_creation_input_tokens": 100, "cache_read_input_tokens": 7}, (117, 5, None)),
        (COUNTED | {"prompt_cache_hit_tokens": 8, "prompt_cache_miss_tokens": 2}, (10, 5, None)),
        ({"input_tokens": 9, "output_tokens": 5, "cache_read_input_tokens": 8}, (17, 5, None)),
        (COUNTED | {"cost": 0.4}, (10, 5, 400_000_000)),
        (COUNTED | {"cost": "4e-10"}, (10, 5, 1)),
        (COUNTED | {"cost": {"request_cost": 0.1, "total_cost": 0.3}}, (10, 5, 300_000_000)),
        (COUNTED | {"cost": None, "estimated_cost": 2}, (10, 5, 2_000_000_000)),
        ({"cost": 0.4}, (None, None, 400_000_000)),
        ({"prompt_eval_count": 12, "eval_count": 34}, (12, 34, None)),
        # What cannot be right, each of two numbers.
        ({"prompt_tokens": -7, "completion_tokens": -1}, NONE),
        ({"prompt_tokens": "12", "completion_tokens": "many"}, NONE),
        ({"prompt_tokens": 10**15, "completion_tokens": 10**15}, NONE),
        ({"prompt_tokens": 0, "completion_tokens": 0}, NONE),
        ({"prompt_tokens": 1.5, "completion_tokens": True}, NONE),
        ({"prompt_tokens": -7, "cost": -1}, NONE),
        ({"prompt_tokens": 0, "cost": "much"}, NONE),
        ({"completion_tokens": 0, "total_cost": 1e9}, NONE),
        ({"completion_tokens": "5", "cost": True}, NONE),
    ),
)
def test_usage_counts_the_dearest_that_it_can_mean_and_what_cannot_be_right_is_told(
    usage: dict[str, Any] | None, counts: tuple[object, ...]
) -> None:
    found = completion(says("x", usage=usage))
    assert (found.input_tokens, found.output_tokens, found.cost) == counts, usage
    doubts = ["usage", "usage"] if usage and counts == NONE else []
    assert [fault.fault for fault in found.faults] == doubts, usage


def test_usage_of_thousands_of_digits_costs_no_answer() -> None:
    found = completion(says("x", usage={"prompt_tokens": 1, "completion_tokens": 7}).replace("7", "7" * 5000))
    assert (found.text, found.input_tokens, found.output_tokens) == ("x", 1, None)


def test_choices_share_one_usage_and_are_no_more_than_asked_for_and_are_cut_between_characters() -> None:
    data = choices(choice("é" * 10), choice("1"), choice("2"), usage=COUNTED)[4:].encode()
    first, second = read_answer(data, PLACE, n=2, largest_bytes=5)
    assert (first.text, details(first), second.text) == ("éé", ["a response of 20 bytes was cut to 4"], "1")
    assert (first.input_tokens, first.output_tokens, second.input_tokens, second.output_tokens) == (10, 5, 0, 0)


PAGE = "200 <!DOCTYPE html><html>Log in</html>"
FAILURES = {
    (FINAL, "bad_response"): (
        (error(402, "no credit left"), "HTTP 200 with error 402: no credit left"),
        (error("403", "blocked in your country"), "error 403: blocked in your country"),
        (error(404, "No endpoints found"), "the base URL lacks its /v1 (HTTP 200 with error 404: No endpoints found)"),
        (told("Unexpected endpoint or method. (POST /chat)"), "lacks its /v1 (HTTP 200 with error 404"),
        (error("model_not_found", "gone"), "error 404: gone)"),
        (told({"message": "Incorrect API key: sk-t***"}), "OPENAI_API_KEY is refused (HTTP 200 with error 401)"),
        (error("1113", "Insufficient balance"), "error 402: Insufficient balance"),
        ('200 {"statusCode": 404, "message": "Resource not found"}', "Resource not found"),
        (choices(choice("", "error", error={"code": 402, "message": "broke"})), "error 402: broke"),
        (choices(choice("", "error"), error={"code": 403, "message": "moderated"}), "403: moderated"),
        (stream({"error": {"code": 402, "message": "no credit left"}}), "error 402: no credit left"),
        ('400 {"error": "model is required"}', "HTTP 400: model is required"),
        ("401 {}", "the key in OPENAI_API_KEY is refused (HTTP 401)"),
        ("402 pay", "HTTP 402: pay"),
        (listed(error(400, "API key not valid"), 400), "HTTP 400: API key not valid"),
        (listed(error(403, "Your project has no billing")), "HTTP 200 with error 403: Your project has no billing"),
        ('403 {"detail": "no"}', "HTTP 403: no"),
        ("404 {}", "no model 'tester' there, or the base URL lacks its /v1 (HTTP 404"),
        ("422 odd", "HTTP 422: odd"),
    ),
    (FINAL, "rate_limited"): (
        (error(429, "spent", type="insufficient_quota"), "error 429: spent"),
        ('429 {"error": {"message": "n", "code": "insufficient_quota"}}', "HTTP 429: n"),
        (listed(quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier"), 429), "HTTP 429: quota"),
        (quota("GenerateContentInputTokensPerModelPerDay"), "HTTP 200 with error 429: quota"),
    ),
    (REFUSED, "bad_response"): (
        ('500 {"error": {"message": "no", "type": "exceed_context_size_error"}}', "HTTP 500: no"),
        ('500 {"error": "the request exceeds the available context size"}', "available context size"),
        ('502 {"error": {"message": "gone", "code": "context_length_exceeded"}}', "HTTP 502: gone"),
        (error(400, "This model's maximum context length is 8 tokens"), "8 tokens"),
        (told("input length exceeds the context window"), "error 400: input length"),
        ("413 too large", "HTTP 413: too large"),
        ('400 {"error": {"message": "max_tokens", "code": "content_filter"}}', "HTTP 400: max_tokens"),
        (choices(promptFeedback={"blockReason": "SAFETY"}), "error 400: the prompt is blocked: SAFETY"),
        (
            '200 {"choices": null, "promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}',
            "blocked: PROHIBITED_CONTENT",
        ),
    ),
    (AGAIN, "rate_limited"): (
        (error(429, "slow down"), "error 429: slow down"),
        (told("Too many requests"), "error 429: Too many requests"),
        (listed(quota("GenerateRequestsPerMinutePerProjectPerModel"), 429), "HTTP 429: quota"),
        ("429 x", "HTTP 429: x"),
    ),
    (AGAIN, "server_error"): (
        (error(502, "upstream died"), "error 502: upstream died"),
        (told("The model is overloaded"), "error 503: The model is overloaded"),
        (told("Provider returned error"), "error 500: Provider returned error"),
        (told({"status": "UNAVAILABLE", "message": "later"}), "error 503: later"),
        (told({"type": "overloaded_error", "message": "Overloaded"}, type="error"), "503: Overloaded"),
        ('200 {"detail": "internal"}', "error 500: internal"),
        (choices(choice(None, "error", error={"code": 502, "message": "lost"}), usage=None), "502: lost"),
        (choices(choice("", "error")), "error 500: finish reason error"),
        (choices(choice(None, "failed")), "error 500: finish reason failed"),
        (
            choices({"message": {}, "finish_reason": "function_call_filter: MALFORMED_FUNCTION_CALL"}),
            "MALFORMED_FUNCTION_CALL",
        ),
        (listed(error(503, "overloaded"), 503), "HTTP 503: overloaded"),
        (stream(delta(content="x"), {"error": {"code": 502, "message": "lost"}}), "error 502: lost"),
        ('200 event: error\ndata: {"message": "upstream lost"}\n\n', "500: upstream lost"),
        ('200 {"message": {"content": "x"}, "done": false}\n{"done": true}', "error 500"),
        (PAGE, "this is a web page, not an API"),
        *((f"{status} x", f"HTTP {status}: x") for status in (409, 425, 500, 503, 529)),
    ),
    (BILLED, "server_error"): (
        (choices(choice("def", "error", error={"code": 502}), usage={"prompt_tokens": 9}), "error 502"),
        (stream(delta(usage=1), {"usage": {"a": 1}}, {"error": {"code": 502}}), "error 502"),
        *((f"{status} x", f"HTTP {status}: x") for status in (502, 504, 524)),
    ),
    (BILLED, "timeout"): (("408 x", "HTTP 408: x"),),
    (BILLED, "bad_response"): (
        *((f"200 {body}", "the body is empty") for body in ("", "  ")),
        *((f"200 {body}", "it has no choices") for body in ("{}", "null", "[]", '{"choices": {}}', '{"choices": [1]}')),
        ('200 {"choices": [{"message": 7}]}', "a choice has no message"),
        (stream(delta(content="x"), end=""), "not JSON (ValueError)"),
        ('200 data: {"choices": [{"delta": 7}, 8]}\n\ndata: {"choices": 9}', "not JSON"),
        ("200 \udcff", "not JSON"),
        ("200 " + "[" * 10**5, "not JSON (RecursionError)"),
    ),
}
"""(What follows, the kind of failure) → replies, and what the detail of each contains."""


def follows(failure: AttemptFailed) -> str:
    if failure.passing:
        return BILLED if failure.maybe_billed else AGAIN
    accepted = Accepted(max_tokens=None, seed=None, openai_itself=False)
    refused = failure.rejection and accepted.after_rejection(failure.rejection, {"temperature": 0.7})
    assert not failure.maybe_billed
    return REFUSED if refused else FINAL


@table("then, kind, reply, said", [(*key, *row) for key, rows in FAILURES.items() for row in rows])
def test_failure_is_asked_again_where_that_may_help_and_says_whether_it_may_have_been_billed(
    then: str, kind: str, reply: str, said: str
) -> None:
    found = read(reply)
    assert isinstance(found, AttemptFailed)
    assert (follows(found), found.kind) == (then, kind) and said in found.detail, found


def test_fewer_requests_are_in_flight_only_where_the_server_says_that_it_is_busy() -> None:
    busy = [status for status in (408, 409, 425, 429, 500, 503, 504, 529) if getattr(read(f"{status} x"), "busy", None)]
    assert busy == [429, 503, 529]


DELAYS = (
    (listed(quota("PerMinute"), 429), 43.0),
    (error(429, "x", details=[{"retryDelay": "1.5s"}]), 1.5),
    ("429 Rate limit reached. Please try again in 350ms.", 0.35),
    ('503 {"error": {"message": "Please retry in 1m2.5s."}}', 62.5),
    ("429 Try again after 20 seconds", 20.0),
    ("429 Try again in a while", None),
    ("429 try again in 1.2.3s", None),
)
"""Reply → the seconds that it asks to wait."""


def test_delay_that_an_error_states_counts_where_the_headers_state_none() -> None:
    assert [(reply, found) for reply, wait in DELAYS if (found := getattr(read(reply), "retry_after", 0)) != wait] == []
    assert failure_of(429, b"try again in 9s", PLACE, retry_after=2.0).retry_after == 2.0
    assert read(DELAYS[0][0]).detail.endswith("quota (it asks to wait 43 s)")  # type: ignore[union-attr]


FILLED = (
    (
        choices(choice("x", "length"), usage={"prompt_tokens": 4000, "completion_tokens": 96}),
        "4,096 tokens: 4,000 in, 96 out",
    ),
    (choices(choice("x", "length"), usage={"prompt_tokens": 9, "completion_tokens": 60}), "69 tokens: 9 in, 60 out"),
    (choices(*[choice("x", "length")] * 2, usage={"prompt_tokens": 10, "completion_tokens": 60}), LIMIT),
    (choices(choice("x", "length"), usage={"prompt_tokens": 10, "completion_tokens": 8191}), LIMIT),
    (choices(choice("x", "length"), choice("x"), usage={"prompt_tokens": 10, "completion_tokens": 60}), LIMIT),
    (choices(choice("x", "length")), LIMIT),
)
"""Reply → why it was cut, where 8192 tokens were allowed."""


def test_response_that_was_cut_far_below_its_limit_tells_that_the_context_is_full() -> None:
    for reply, said in FILLED:
        (fault,) = read_answer(reply[4:].encode(), PLACE, n=2, most_tokens=8192)[0].faults
        assert said in fault.detail and ("OLLAMA_CONTEXT_LENGTH" in fault.detail) == (said != LIMIT), reply
    assert details(read_answer(FILLED[0][0][4:].encode(), PLACE)[0]) == [LIMIT]  # no limit was sent


def test_detail_is_one_short_line_without_the_key() -> None:
    found = read(f"500 {PLACE.key} <html>\n" + "x\n" * 1000)
    assert isinstance(found, AttemptFailed)
    assert len(found.detail) == 400 and "\n" not in found.detail and found.detail.startswith("HTTP 500: [key] <html> x")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
        max_leaves=8,
    )
)
def test_reader_raises_nothing_but_a_failed_attempt(value: object) -> None:
    plain = (f"200 {json.dumps(value)}", says(value), choices(choice("x"), usage=value, model=value))
    for reply in (*plain, *(f"200 data: {each[4:]}" for each in plain)):
        with contextlib.suppress(AttemptFailed):
            assert read_answer(reply[4:].encode("utf-8", "surrogatepass"), PLACE)


WIRE = (
    (says("x"), "x"),
    *((http(says("x")[4:], version=version, chunk=chunk), "x") for version, chunk in (("1.0", 0), ("1.1", -50))),
    (http(stream(delta(content="é😀"), delta(content="ü"))[4:], chunk=1), "é😀ü"),
    (http(gzip.compress(says("x")[4:].encode()), "Content-Encoding: gzip", chunk=7), "x"),
    (http(says("x")[4:], "Content-Length: 9999"), "x"),
    (http(says("x")[4:], "Content-Encoding: gzip"), "a #0"),  # it is not
    (http("\n \n" * 50 + says("x")[4:], chunk=3), "x"),
    (http('{"choices": [{"text": "é"}]}', "Content-Type: text/html; charset=latin1"), "é"),
    ("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + http(says("x")[4:]), "x"),
    # Redirected to itself; refused, and asked again.
    (http("", "Location: /v1/chat/completions", "Content-Length: 0", status="307 Moved"), "a #1"),
    (http("", "Location: ?v=2", "Content-Length: 0", status="301 Moved"), "a #2"),
    (told("input length exceeds the context window"), ""),
    (http("<html>", status="529 Overloaded"), "a #3"),
    (http(says("x")[4:40], version="1.0"), "a #4"),
    (http(says("x")[4:40], chunk=-50), "a #5"),
    (http("", status="204 No Content"), "a #6"),
    (told("The model is overloaded"), "a #7"),
)
"""Reply → text; the reply is followed by the server's own ones, which have numbers."""


def test_reply_comes_the_same_from_a_real_server() -> None:
    replies: list[str] = []
    with loopback(in_turn(replies), PATIENT) as it:
        for reply, text in WIRE:
            replies.append(reply)
            asked = len(it.server.seen)
            (found,) = it.ask("a")
            assert (found.text, len(it.server.seen) - asked) == (text, 2 if text.startswith("a #") else 1), reply


def failed(it: Loopback, said: str, requests: int) -> None:
    asked = len(it.server.seen)
    with pytest.raises(LanguageModelError, match=said) as caught:
        it.ask("a")
    assert (caught.value.exit_code, len(it.server.seen) - asked) == (3, requests)
    assert not any(getattr(fault, "maybe_billed", True) for fault in caught.value.faults)


def test_failure_that_cannot_heal_ends_a_call_at_once_in_its_own_words() -> None:
    replies: list[str] = []
    with loopback(in_turn(replies), PATIENT) as it:
        for reply, said in FAILURES[FINAL, "bad_response"][::4]:
            replies.append(reply)
            failed(it, re.escape(said), 1)
        port = it.server.url.rpartition(":")[2].removesuffix("/v1")
        for place in (
            "http://login.example/sso",
            f"https://127.0.0.1:{port}/v1",
            f"//{port}@127.0.0.1:9/",
            "http://[::",
        ):
            replies.append(http("", f"Location: {place}", "Content-Length: 0", status="308 Moved"))
            failed(it, re.escape(f"HTTP 308 to another origin, {place}: if you mean that one, give it as base_url"), 1)
        assert it.waits == []
        replies += [PAGE, PAGE, PAGE]
        failed(it, r"lacks its /v1 \(.*this is a web page, not an API", 2)


SENT = {SYSTEM: True, WHOLE: True, "temperature": 0.7, "max_tokens": 8192, "seed": 1, "n": 4}
FEWER = "This model's maximum context length is 8192 tokens. However, you requested 8292 tokens (100 in the messages, "
FEWER += "8192 in the completion). Please reduce the length of the messages or completion."
LEFT = "'max_tokens' is too large: 8192. This model's maximum context length is 4095 tokens (8192 > 4095 - 96)."


@table(
    ("said", "instead"),
    # What a server says with status 400 → what is sent instead.
    (
        ("'n' : number must be at most 1", {"n": None}),
        ("Only one completion choice is allowed", {"n": None}),
        ("n_cmpl cannot be greater than the number of slots", {"n": None}),
        ("Field 'n': Value must be between 1 <= value <= 4, but got 6", {"n": None}),
        ('{"detail": [{"loc": ["body", "n"], "msg": "Extra inputs are not permitted"}]}', {"n": None}),
        ('{"error": {"message": "unsupported", "param": "temperature"}}', {"temperature": None}),
        ("Unrecognized request argument supplied: seed", {"seed": None}),
        ("Developer instruction is not enabled for models/gemma-3-27b-it", {SYSTEM: None}),
        ("Conversation roles must alternate user/assistant/user/assistant/...", {SYSTEM: None}),
        ("System role not supported", {SYSTEM: None}),
        ("messages: the role 'system' is not allowed", {SYSTEM: None}),
        ("This model only supports streaming. Please set stream=true.", {WHOLE: None}),
        ("This model only support stream mode, please enable the stream parameter", {WHOLE: None}),
        ("'max_tokens': use 'max_completion_tokens'", {"max_tokens": None, "max_completion_tokens": 8192}),
        ("max_tokens is too large: 8192. This model supports at most 4096 completion tokens.", {"max_tokens": 4096}),
        ("max_tokens: 8192 > 4095, the maximum allowed number of output tokens", {"max_tokens": 4095}),
        ("`max_tokens` must be less than or equal to `2048`", {"max_tokens": 2048}),
        ("max_tokens exceeds what is allowed", {"max_tokens": 4096}),
        ("max_tokens is too large: this model supports at most 9 output tokens", {"max_tokens": 4096}),
        (LEFT, {"max_tokens": 4096}),
        (FEWER, {"max_tokens": 4096}),
    ),
)
def test_rejection_is_met_with_what_fits_the_words_of_servers(said: str, instead: dict[str, int | None]) -> None:
    failure = read(f"422 {said}" if said.startswith("{") else f'400 {{"error": {{"message": {json.dumps(said)}}}}}')
    assert isinstance(failure, AttemptFailed) and not failure.passing
    change = Accepted(max_tokens=8192, seed=1, openai_itself=False).after_rejection(failure.rejection, SENT)
    expected = {name: value for name, value in (SENT | instead).items() if value is not None}
    assert change is not None and change[0] == expected, said


def test_rejection_of_what_was_not_sent_is_final_and_a_prompt_that_leaves_hardly_a_token_is_refused() -> None:
    for said in ("'n' is odd", "temperature", "seed", "max_tokens is too large"):
        assert Accepted(max_tokens=None, seed=None, openai_itself=False).after_rejection(said, {}) is None
    for limit, instead in ((32, {"max_tokens": 16}), (31, None), (16, None)):
        accepted = Accepted(max_tokens=limit, seed=None, openai_itself=False)
        assert accepted.after_rejection("max_tokens is too large", {"max_tokens": limit}) == (instead, "")


def test_limit_of_tokens_has_the_name_that_the_host_gives_it_and_the_temperature_is_clipped() -> None:
    for openai_itself, name in ((True, "max_completion_tokens"), (False, "max_tokens")):
        accepted = Accepted(max_tokens=7, seed=None, openai_itself=openai_itself)
        assert accepted.parameters(REQUEST, 1) == ({SYSTEM: True, WHOLE: True, "temperature": 0.7, name: 7}, ())
    for wanted, sent, said in (
        (5.0, 2.0, "temperature 5 is outside 0 to 2: 2 was sent"),
        (float("nan"), 1.0, "temperature nan is"),
    ):
        parameters, (fault,) = accepted.parameters(replace(REQUEST, temperature=wanted), 1)
        assert parameters["temperature"] == sent and fault.detail.startswith(said)


def test_seed_is_the_same_again_and_another_for_every_other_request() -> None:
    changes = ({"sample": 1}, {"scope": "t1"}, {"message": "b"}, {"expertise": ""}, {"temperature": 0.8})
    others = [replace(REQUEST, **change) for change in changes]  # type: ignore[arg-type]
    seeds = [seed_of(3, REQUEST), seed_of(4, REQUEST), *(seed_of(3, other) for other in others)]
    assert seed_of(3, replace(REQUEST)) == seeds[0]
    assert len(set(seeds)) == 7 and all(0 <= seed < 2**31 for seed in seeds)
