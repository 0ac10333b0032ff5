"""The host's decoder refuses everything that is not exactly a frame, and copies what is."""

from __future__ import annotations

import json
import struct
from collections import Counter
from http import HTTPStatus
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from strop.sandbox import strop_plain_data as plain_data
from strop.sandbox import wire
from strop.sandbox.strop_plain_data import Unhashed
from strop.sandbox.wire import FrameError, FrameReader, Prepared, decode, encode
from strop.tasks.values import rebuilt
from support.rows import table

NAN = plain_data.encode(np.array([1.0, np.nan]))
plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text("abc_", max_size=5).filter(lambda key: not key.startswith("__")), inner, max_size=4)
    ),
    max_leaves=20,
)


def read(frame: bytes, limit: int = 1 << 20) -> object:
    reader = FrameReader(limit)
    reader.feed(frame)
    return reader.take()


def raw(text: bytes, blob: bytes = b"") -> bytes:
    return struct.pack("<II", len(text), len(blob)) + text + blob


@pytest.mark.heavy
@given(plain)
def test_plain_value_arrives_as_it_was_sent_when_it_goes_through_both_ends(value: object) -> None:
    assert read(encode({"value": value})) == {"value": value}  # type: ignore[dict-item]


def test_array_is_sent_in_little_endian_order_and_by_rows_and_is_a_writable_copy() -> None:
    received = read(encode({"value": np.array([[1, 2], [3, 4]], ">i8").T}))["value"]  # type: ignore[index]
    received[0] += 1
    assert received.tolist() == [[2, 4], [2, 4]] and received.flags.c_contiguous and received.dtype.str == "<i8"


def test_two_arrays_are_cut_apart_when_they_share_a_frame() -> None:
    received = read(encode({"a": np.array([1, 2]), "b": np.array([0.5])}))
    assert received["a"].tolist() == [1, 2]  # type: ignore[index]
    assert received["b"].tolist() == [0.5]  # type: ignore[index]


def test_repeated_text_becomes_a_list_when_its_envelope_is_decoded() -> None:
    assert decode(b'{"__times__":["again",3]}', b"") == ["again"] * 3


REFUSED = [
    (b'"\xff"', "not UTF-8"),
    (b"nonsense", "not JSON"),
    (b"1 2", "not JSON"),
    (b"", "not JSON"),
    (b"NaN", "not finite"),
    (b"-Infinity", "not finite"),
    (b"1e999", "not finite"),
    (b"-1e999", "not finite"),
    (b"[1, 0.5, 1e999]", "not finite"),
    (b"1" + b"0" * 4000, "64 bits"),
    (b"1" + b"0" * 100_000, "64 bits"),
    (b"18446744073709551616", "64 bits"),
    (b"-9223372036854775809", "64 bits"),
    (b'{"a":1,"a":2}', "given twice"),
    (b'"\\ud800"', "surrogate"),
    (b'{"\\ud800":1}', "surrogate"),
    (b"[" * 66 + b"]" * 66, "deeper"),
    (b"[" * 65 + b"1" + b"]" * 65, "deeper"),
    (b"[" * 200_000, "deeper"),
    (b'{"__nd__":["<f8",[1]]}', "unknown or malformed envelope"),
    (b'{"__plain__":0,"x":1}', "unknown or malformed envelope"),
    (b'{"__pairs__":["a"]}', "pairs"),
    (b'{"__pairs__":{}}', "pairs"),
    (b'{"__pairs__":[1,2]}', "a key that is not a text"),
    (b'{"__pairs__":["a",1e999]}', "not finite"),
    (b'{"__times__":[1,3]}', "repetition"),
    (b'{"__times__":["a",-1]}', "repetition"),
    (b'{"__times__":["a",true]}', "repetition"),
    (b'{"__times__":["a",100000000]}', "nodes"),
]
"""A text that is not allowed, and why."""
NOT_AS_SAID = [
    (b"1", b"\0", "left over"),
    (b'{"__plain__":4}', bytes(5), "not plain data"),
    (b'{"__plain__":%d}' % len(NAN), NAN, "not finite"),
    *((json.dumps({"__plain__": size}).encode(), b"\0\0\0\0", "malformed plain data") for size in (-1, 5, 10**9, "1")),
]
"""A header, data that are not what it says, and why they are refused."""


@table("text, blob, reason", [*((text, b"", reason) for text, reason in REFUSED), *NOT_AS_SAID])
def test_decoder_refuses_a_frame_when_its_text_is_not_allowed_or_its_data_is_not_what_its_header_says(
    text: bytes, blob: bytes, reason: str
) -> None:
    with pytest.raises(FrameError, match=reason):
        decode(text, blob)


@pytest.mark.heavy
def test_decoder_refuses_a_frame_when_it_has_more_than_a_million_nodes() -> None:
    with pytest.raises(FrameError, match="nodes"):
        decode(b"[" + b"0," * wire.MAX_NODES + b"0]", b"")


def test_arrays_count_together_when_each_is_many_lists() -> None:
    one = plain_data.encode(np.zeros((1_200_000, 0)))
    assert isinstance(decode(b'[{"__plain__":%d}]' % len(one), one), list)
    with pytest.raises(FrameError, match="nodes"):
        decode(b'[{"__plain__":%d},{"__plain__":%d}]' % (len(one), len(one)), one * 2)


@given(st.binary(max_size=60), st.binary(max_size=20))
def test_decoder_gives_a_value_or_a_frame_error_when_it_is_fed_anything(text: bytes, blob: bytes) -> None:
    try:
        value = decode(text, blob)
    except FrameError:
        return
    assert json.dumps(rebuilt(value)) is not None


def test_reader_refuses_a_frame_by_its_header_when_it_claims_terabytes() -> None:
    reader = FrameReader(1 << 20)
    reader.feed(struct.pack("<II", 2**32 - 1, 2**32 - 1))
    with pytest.raises(FrameError, match="more than the 1048576 allowed"):
        reader.take()


@table("text", [b"null", b"[1]", b'"returned"', b'{"__times__":["a",1]}'])
def test_reader_refuses_a_message_when_it_is_not_an_object(text: bytes) -> None:
    with pytest.raises(FrameError, match="not an object"):
        read(raw(text))


def test_reader_waits_when_a_frame_is_not_complete() -> None:
    reader, frame = FrameReader(1 << 20), raw(b'{"a":1}')
    for byte in frame[:-1]:
        reader.feed(bytes([byte]))
        assert reader.take() is None
    reader.feed(frame[-1:])
    assert reader.take() == {"a": 1}


def test_reader_gives_one_frame_after_the_other_when_two_came_at_once() -> None:
    reader = FrameReader(1 << 20)
    reader.feed(raw(b'{"a":1}') + raw(b'{"a":2}'))
    assert [reader.take(), reader.take(), reader.take()] == [{"a": 1}, {"a": 2}, None]
    assert reader.empty


EXACT: list[Any] = [
    {1, 2}, b"bytes", 1j, {1: 2}, {(0, 1): [2]}, {"__nd__": 1}, (1, "a"), [frozenset({3})], [(1, 2), {"a": (3,)}],
]  # fmt: skip


@table("value", EXACT)
def test_what_json_does_not_have_arrives_in_its_exact_type(value: Any) -> None:
    assert repr(rebuilt(read(encode({"value": value})))) == repr({"value": value}), value


def test_dict_of_a_guest_arrives_as_pairs_that_nobody_has_hashed() -> None:
    found = decode(b'{"__pairs__":["b",[1],"a",{"__pairs__":[]},"b",2.5]}', b"")
    assert isinstance(found, Unhashed)
    assert (found.kind, found.content[0], found.content[2]) == (dict, ("b", [1]), ("b", 2.5))
    assert isinstance(found.content[1][1], Unhashed)


@table(
    "text",
    [
        json.dumps(dict.fromkeys(map(str, range(65)), ":")),
        json.dumps([{str(number): {"__times__": [':"', 1]}} for number in range(65)]).replace(":", " :"),
    ],
)
def test_reader_refuses_a_frame_of_many_keys_before_it_is_parsed(text: str) -> None:
    with pytest.raises(FrameError, match="more than 64 keys"):
        read(raw(text.encode()))
    assert read(raw(b'{"value":%b}' % json.dumps([{"__times__": ['":":', 1]}] * 999).encode())) is not None, text


class Point(NamedTuple):
    x: float


def test_arguments_arrive_in_their_own_types_or_are_refused_by_name_with_what_can_be_sent() -> None:
    sent = {"row": (bytearray(b"ab"), {1: frozenset({2})}), "word": np.str_("a"), "size": np.int64(3)}
    assert decode(*Prepared(sent).encoded)["row"][0] == bytearray(b"ab")  # type: ignore[index]
    for value, name in [(Point(1.0), "Point"), (Counter("aab"), "Counter"), ([HTTPStatus.OK], "HTTPStatus")]:
        with pytest.raises(TypeError, match=f"an object of type {name}; what can be sent: None, truth values, numbers"):
            Prepared({"value": value})  # type: ignore[dict-item]
        assert encode({"value": value})  # type: ignore[dict-item]


@table("value", [object(), np.array([object()]), np.longdouble(1), [object()]])
def test_encoder_raises_type_error_when_the_host_sends_what_is_no_value(value: Any) -> None:
    with pytest.raises(TypeError, match="cannot send"):
        encode({"value": value})  # type: ignore[dict-item]
