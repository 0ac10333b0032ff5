"""What is made of the bytes that compatible servers send, and of their rejections."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strop.lm.openai_chat import Remedy, RequestParameters, UnreadableBody, read_answer
from strop.lm.openai_wire import classify
from strop.lm.providers import endpoint_of
from support.loopback import rejected

PLACE = endpoint_of("openai/m", base_url="http://127.0.0.1:1/v1", environ={})


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
        body(7),
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
    for data in (json.dumps(value).encode(), body(value), body("x", usage=value, model=value)):
        with contextlib.suppress(UnreadableBody):
            assert read_answer(data)


@pytest.mark.parametrize("usage", [None, {}, {"prompt_tokens": "3"}, {"prompt_tokens": True}, {"prompt_tokens": -1}])
def test_answer_has_no_token_count_when_the_server_gives_none(usage: object) -> None:
    assert read_answer(body("x", usage=usage))[0].input_tokens is None


def test_answer_is_cut_between_characters() -> None:
    (completion,) = read_answer(body("é" * 10), largest_bytes=5)
    assert (completion.text, completion.faults[0].detail) == ("éé", "an answer of 20 bytes was cut to 4")


def test_answer_with_more_choices_than_asked_is_cut_to_those() -> None:
    data = json.dumps({"choices": [{"message": {"content": str(i)}} for i in range(5)]}).encode()
    assert [each.text for each in read_answer(data, RequestParameters(2))] == ["0", "1"]


@pytest.mark.parametrize(
    ("status", "said", "remedy"),
    [
        (400, {"error": {"message": "'n' : number must be at most 1"}}, Remedy.ASK_SINGLY),
        (400, {"error": {"message": "Only one completion choice is allowed"}}, Remedy.ASK_SINGLY),
        (400, {"error": {"message": "n_cmpl cannot be greater than the number of slots"}}, Remedy.ASK_SINGLY),
        (400, {"error": {"message": "Field 'n': Value must be between 1 <= value <= 4, but got 6"}}, Remedy.ASK_SINGLY),
        (422, {"detail": [{"loc": ["body", "n"], "msg": "Extra inputs are not permitted"}]}, Remedy.ASK_SINGLY),
        (400, {"error": {"message": "unsupported", "param": "temperature"}}, Remedy.DROP_TEMPERATURE),
        (400, {"error": {"message": "This model's maximum context length is 8 tokens"}}, Remedy.ANSWER_EMPTY),
        (
            400,
            {
                "error": {
                    "message": "request (20020 tokens) exceeds the available context size (256 tokens), try increasing it"
                }
            },
            Remedy.ANSWER_EMPTY,
        ),
        (400, {"error": {"message": "x", "code": "content_filter"}}, Remedy.ANSWER_EMPTY),
        (413, "too large", Remedy.ANSWER_EMPTY),
        (400, {"error": "model is required"}, Remedy.GIVE_UP),
        (429, {"error": {"message": "x", "code": "insufficient_quota"}}, Remedy.GIVE_UP),
        (429, {"error": {"message": "slow down"}}, Remedy.RETRY),
        (529, "overloaded", Remedy.RETRY),
        (402, "pay", Remedy.GIVE_UP),
    ],
)
def test_rejection_has_the_remedy_that_fits_what_servers_say(status: int, said: object, remedy: Remedy) -> None:
    error = rejected(status, said)
    assert classify(error, RequestParameters(n=4, temperature=0.7), PLACE, now=0.0).remedy is remedy


def test_rejection_about_n_is_final_when_one_was_asked() -> None:
    error = rejected(400, {"error": {"message": "'n' is odd"}})
    assert classify(error, RequestParameters(n=1, temperature=0.7), PLACE, now=0.0).remedy is Remedy.GIVE_UP


def test_rejection_is_told_in_one_short_line() -> None:
    detail = classify(rejected(500, "<html>\n" * 1000), RequestParameters(1, None), PLACE, now=0.0).detail
    assert len(detail) == 400
    assert "\n" not in detail
