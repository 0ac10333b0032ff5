"""What is made of the bytes that compatible servers send, and of their rejections."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strop.lm.base import Request
from strop.lm.openai_chat import Accepted, UnreadableBody, read_answer, seed_of
from strop.lm.openai_wire import classify
from strop.lm.providers import endpoint_of
from support.loopback import kinds, rejected

PLACE = endpoint_of("openai/m", base_url="http://127.0.0.1:1/v1", environ={})
REQUEST = Request("expert", "a", 0.7)


def body(content: object, **more: object) -> bytes:
    return json.dumps({"choices": [{"message": {"content": content}, "finish_reason": "stop"}], **more}).encode()


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("plain", "plain"),
        (None, ""),
        ([{"type": "text", "text": "a"}, {"type": "image"}, {"type": "text", "text": "b"}], "ab"),
        ("lone \ud800", "lone ?"),
    ],
)
def test_answer_text_is_read_in_every_form(content: object, text: str) -> None:
    assert read_answer(body(content))[0].text == text


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"  ",
        b"<html>",
        b"null",
        b"[]",
        b"{}",
        b'{"choices": {}}',
        b'{"choices": [1]}',
        b'{"choices": [{"message": 7}]}',
        b'data: {"choices": [{"delta": 7}, 8]}\n\ndata: {"choices": 9}',
        b"\xff",
        b"[" * 10**5,
    ],
)
def test_answer_is_unreadable_when_there_is_no_choice_in_it(data: bytes) -> None:
    with pytest.raises(UnreadableBody):
        read_answer(data)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
        max_leaves=8,
    )
)
def test_answer_reader_raises_nothing_but_unreadable(value: object) -> None:
    plain = (json.dumps(value).encode(), body(value), body("x", usage=value, model=value))
    for data in (*plain, *(b"data: " + each for each in plain)):
        with contextlib.suppress(UnreadableBody):
            assert read_answer(data)


@pytest.mark.parametrize("usage", [None, {}])
def test_answer_has_no_token_count_and_no_fault_when_the_server_gives_none(usage: object) -> None:
    (answer,) = read_answer(body("x", usage=usage))
    assert (answer.input_tokens, answer.output_tokens, answer.faults) == (None, None, ())


def test_answer_is_cut_between_characters() -> None:
    (completion,) = read_answer(body("é" * 10), largest_bytes=5)
    assert (completion.text, completion.faults[0].detail) == ("éé", "a response of 20 bytes was cut to 4")


def test_answer_with_more_choices_than_asked_is_cut_to_those() -> None:
    data = json.dumps({"choices": [{"message": {"content": str(i)}} for i in range(5)]}).encode()
    assert [each.text for each in read_answer(data, n=2)] == ["0", "1"]


@pytest.mark.parametrize(
    "usage",
    [
        {"prompt_tokens": -7, "completion_tokens": -1},
        {"prompt_tokens": "12", "completion_tokens": "many"},
        {"prompt_tokens": 10**15, "completion_tokens": 10**15},
        {"prompt_tokens": 0, "completion_tokens": 0},
        {"prompt_tokens": 1.5, "completion_tokens": True},
        {"prompt_tokens": -7, "cost": -1},
        {"prompt_tokens": 0, "cost": "much"},
        {"completion_tokens": 0, "total_cost": 1e9},
        {"completion_tokens": "5", "cost": True},
    ],
)
def test_usage_that_cannot_be_right_is_not_believed_and_told(usage: dict[str, object]) -> None:
    (answer,) = read_answer(body("x", usage=usage))
    assert (answer.input_tokens, answer.output_tokens, kinds([answer])) == (None, None, ["usage", "usage"])


@pytest.mark.parametrize("usage", [[1, 2], "none", 3])
def test_usage_that_is_no_object_is_told(usage: object) -> None:
    (answer,) = read_answer(body("x", usage=usage))
    assert answer.input_tokens is None
    assert [fault.detail for fault in answer.faults] == [
        "the server's usage is not an object: its tokens are not known"
    ]


def test_usage_of_thousands_of_digits_costs_no_answer() -> None:
    data = body("x", usage={"prompt_tokens": 1, "completion_tokens": 7}).replace(b"7", b"7" * 5000)
    (answer,) = read_answer(data)
    assert (answer.text, answer.input_tokens, answer.output_tokens) == ("x", 1, None)


COUNTED = {"prompt_tokens": 10, "completion_tokens": 5}


@pytest.mark.parametrize(
    ("usage", "counts"),
    [
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
    ],
)
def test_usage_counts_the_dearest_that_it_can_mean(usage: dict[str, object], counts: tuple[object, ...]) -> None:
    (answer,) = read_answer(body("x", usage=usage))
    assert (answer.input_tokens, answer.output_tokens, answer.cost, answer.faults) == (*counts, ())


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
    ],
)
def test_reasoning_is_told_from_the_answer_where_it_is_marked(
    content: str, reason: str, text: str, reasoning: str
) -> None:
    message = {"message": {"content": content}, "finish_reason": reason}
    (answer,) = read_answer(json.dumps({"choices": [message]}).encode())
    assert (answer.text, answer.reasoning) == (text, reasoning)


@pytest.mark.parametrize("field", ["reasoning", "reasoning_content"])
def test_answer_that_is_all_reasoning_is_empty_and_says_so(field: str) -> None:
    message = {"message": {"content": None, field: "a"}, "finish_reason": "length"}
    (completion,) = read_answer(json.dumps({"choices": [message], "model": "m"}).encode())
    assert (completion.text, completion.reasoning) == ("", "a")
    assert [fault.fault for fault in completion.faults] == ["truncated", "empty"]


@pytest.mark.parametrize(
    ("message", "detail"),
    [
        ({"content": None, "refusal": "I cannot\nhelp with packing."}, "refused: I cannot help with packing."),
        ({"content": None, "refusal": None}, "empty response, finish reason content_filter"),
    ],
)
def test_what_a_server_says_in_place_of_an_answer_is_a_fault_with_its_words(message: object, detail: str) -> None:
    choice = {"message": message, "finish_reason": "content_filter"}
    (completion,) = read_answer(json.dumps({"choices": [choice], "model": "m"}).encode())
    assert (completion.text, [fault.detail for fault in completion.faults]) == ("", [detail])


@pytest.mark.parametrize(("status", "busy"), [(429, True), (503, True), (529, True), (500, False), (504, False)])
def test_server_is_busy_when_it_says_so(status: int, busy: bool) -> None:
    assert classify(rejected(status, "x"), PLACE, now=0.0).busy is busy


SENT = {"temperature": 0.7, "max_tokens": 8192, "seed": 1, "n": 4}


@pytest.mark.parametrize(
    ("status", "said", "instead"),
    [
        (400, "'n' : number must be at most 1", {"n": None}),
        (400, "Only one completion choice is allowed", {"n": None}),
        (400, "n_cmpl cannot be greater than the number of slots", {"n": None}),
        (400, "Field 'n': Value must be between 1 <= value <= 4, but got 6", {"n": None}),
        (422, {"detail": [{"loc": ["body", "n"], "msg": "Extra inputs are not permitted"}]}, {"n": None}),
        (400, {"error": {"message": "unsupported", "param": "temperature"}}, {"temperature": None}),
        (400, "Unrecognized request argument supplied: seed", {"seed": None}),
        (
            400,
            "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.",
            {"max_tokens": None, "max_completion_tokens": 8192},
        ),
        (
            400,
            "max_tokens is too large: 8192. This model supports at most 4096 completion tokens.",
            {"max_tokens": 4096},
        ),
        (400, "max_tokens: 8192 > 4095, the maximum allowed number of output tokens", {"max_tokens": 4095}),
        (400, "`max_tokens` must be less than or equal to `2048`", {"max_tokens": 2048}),
        (400, "max_tokens exceeds what is allowed", {"max_tokens": 4096}),
        (400, "max_tokens is too large: this model supports at most 9 output tokens", {"max_tokens": 4096}),
        (
            400,
            "'max_tokens' is too large: 8192. This model's maximum context length is 4095 tokens and your request has "
            "96 input tokens (8192 > 4095 - 96).",
            {"max_tokens": 4096},
        ),
        (
            400,
            "This model's maximum context length is 8192 tokens. However, you requested 8292 tokens (100 in the messages, "
            "8192 in the completion). Please reduce the length of the messages or completion.",
            {"max_tokens": 4096},
        ),
        (400, "This model's maximum context length is 8 tokens", "refused"),
        (400, "request (20020 tokens) exceeds the available context size (256 tokens), try increasing it", "refused"),
        (400, {"error": {"message": "max_tokens", "code": "content_filter"}}, "refused"),
        (413, "too large", "refused"),
        (400, {"error": "model is required"}, "final"),
        (402, "pay", "final"),
        (429, {"error": {"message": "n", "code": "insufficient_quota"}}, "final"),
    ],
)
def test_rejection_is_met_with_what_fits_the_words_of_servers(status: int, said: object, instead: object) -> None:
    failure = classify(
        rejected(status, {"error": {"message": said}} if isinstance(said, str) else said), PLACE, now=0.0
    )
    change = Accepted(max_tokens=8192, seed=1, openai_itself=False).after_rejection(failure.rejection, SENT)
    assert not failure.passing
    if isinstance(instead, str):
        assert change == {"refused": (None, ""), "final": None}[instead]
        return
    assert change is not None
    assert change[0] == {name: value for name, value in (SENT | instead).items() if value is not None}  # type: ignore[operator]


def test_rejection_of_what_was_not_sent_is_final() -> None:
    accepted = Accepted(max_tokens=None, seed=None, openai_itself=False)
    for said in ("'n' is odd", "temperature", "seed", "max_tokens is too large"):
        assert accepted.after_rejection(said, {}) is None


@pytest.mark.parametrize(("limit", "instead"), [(32, {"max_tokens": 16}), (31, None), (16, None)])
def test_prompt_that_leaves_hardly_a_token_is_refused(limit: int, instead: object) -> None:
    accepted = Accepted(max_tokens=limit, seed=None, openai_itself=False)
    assert accepted.after_rejection("max_tokens is too large", {"max_tokens": limit}) == (instead, "")


def test_rejection_is_told_in_one_short_line() -> None:
    detail = classify(rejected(500, "<html>\n" * 1000), PLACE, now=0.0).detail
    assert len(detail) == 400 and "\n" not in detail


@pytest.mark.parametrize(("openai_itself", "name"), [(True, "max_completion_tokens"), (False, "max_tokens")])
def test_limit_of_tokens_has_the_name_that_the_host_gives_it(openai_itself: bool, name: str) -> None:
    accepted = Accepted(max_tokens=7, seed=None, openai_itself=openai_itself)
    assert accepted.parameters(REQUEST, 1) == ({"temperature": 0.7, name: 7}, ())


def test_seed_is_the_same_again_and_another_for_every_other_request() -> None:
    others = [
        replace(REQUEST, sample=1),
        replace(REQUEST, scope="t1"),
        replace(REQUEST, message="b"),
        replace(REQUEST, expertise=""),
        replace(REQUEST, temperature=0.8),
    ]
    seeds = [seed_of(3, REQUEST), seed_of(4, REQUEST), *(seed_of(3, other) for other in others)]
    assert seed_of(3, replace(REQUEST)) == seeds[0]
    assert len(set(seeds)) == 7 and all(0 <= seed < 2**31 for seed in seeds)
