"""The host's reader refuses everything that is not exactly a frame, and copies what is."""

from __future__ import annotations

import struct
from collections import Counter
from http import HTTPStatus
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from strop.sandbox import strop_plain_data as plain_data
from strop.sandbox.strop_plain_data import Unhashed
from strop.sandbox.wire import LARGE, FrameError, FrameReader, Prepared, encode
from strop.tasks.values import rebuilt
from support.rows import table

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, min_size=16, max_size=20)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text("abc_", max_size=5) | st.integers(), inner, max_size=20)
    ),
    max_leaves=30,
)


def read(frame: bytes, limit: int = 1 << 20) -> Any:
    reader = FrameReader(limit)
    reader.feed(frame)
    return reader.take()


def framed(document: bytes, contents: bytes = b"", rest: bytes = b"") -> bytes:
    """A frame whose message has this document and these contents."""
    data = struct.pack("<I", len(document)) + document + contents
    return struct.pack("<II", len(data), len(rest)) + data + rest


def returned(document: bytes, contents: bytes = b"") -> bytes:
    return framed(b'["l",["s",8],%b]' % document, b"returned" + contents)


@pytest.mark.heavy
@given(plain)
def test_plain_value_arrives_as_it_was_sent_when_it_goes_through_both_ends(value: Any) -> None:
    assert repr(rebuilt(read(encode(["returned", value])))) == repr(["returned", value])


def test_array_arrives_as_a_writable_copy_beside_others() -> None:
    sent = np.array([[1, 2], [3, 4]], ">i8").T
    _, received, other = read(encode(["returned", sent, np.array([0.5])]))
    received[0] += 1
    assert received.tolist() == [[2, 4], [2, 4]] and other.tolist() == [0.5] and sent[0, 0] == 1


@table(
    ("document", "contents", "reason"),
    # A value in a frame that is not allowed: its document, its contents, and why.
    [
        (b"NaN", b"", "not finite"),
        (b"-Infinity", b"", "not finite"),
        (b"1e999", b"", "not finite"),
        (b'["l",1,0.5,1e999]', b"", "not finite"),
        (b'["d",8]', struct.pack("<d", float("nan")), "not finite"),
        (b'["j",7]', b"[1e999]", "not finite"),
        (b'["j",12]', b'["a", 1e999]', "not finite"),
        (b'["a",8,"<f8","C",1]', struct.pack("<d", float("inf")), "not finite"),
        (b'["R","l",1,["d",8]]', struct.pack("<d", float("nan")), "not finite"),
        (b'["s",3]', b"\xed\xa0\x80", "surrogate"),
        (b'["j",8]', b'["\\ud800"]'[:8], "not plain data"),
        (b'["j",10]', b'["\\ud800"]', "surrogate"),
        (b'["D",["s",3],1]', b"\xed\xa0\x80", "surrogate"),
        (b'["K",["j",10],["l",1]]', b'["\\ud800"]', "surrogate"),
        (b'["s",1]', b"\xff", "UnicodeDecodeError"),
        (b"1" + b"0" * 4000, b"", "unknown type"),
        (b"1" + b"0" * 100_000, b"", "not plain data"),
        (b'["j",22]', b"[18446744073709551616]", "no list of atoms"),
        (b'["j",3]', b"[[]", "not plain data"),
        (b'["j",4]', b"[[]]", "no list of atoms"),
        (b'["l",' * 66 + b"1" + b"]" * 66, b"", "deeper"),
        (b'["l",' * 200_000, b"", "deeper"),
        (b'["D",1]', b"", "a key without a value"),
        (b'["D",["l"],1]', b"", "unhashable"),
        (b'["K",["l",1,2],["l",1]]', b"", "rows"),
        (b'["K",["l",["l"]],["l",1]]', b"", "unhashable"),
        (b'["R","l",2,["l",1,2,3]]', b"", "rows"),
        (b'["R","l",0,["l",1]]', b"", "not plain data"),
        (b'["R","t",1099511627776,["l",1]]', b"", "rows"),
        (b'["R","S",1,["l",1]]', b"", "not plain data"),
        (b'["R","D",2,["l",1,2]]', b"", "not plain data"),
        (b'["nd",1]', b"", "not plain data"),
        (b'{"a":1}', b"", "others"),
        (b"nonsense", b"", "not plain data"),
        (b"1", b"\0", "bytes are left"),
        (b'["s",-1]', b"", "ends too early"),
        (b'["s",1000000000]', b"", "ends too early"),
        (b'["s","1"]', b"", "ends too early"),
    ],
)
def test_reader_refuses_a_frame_when_a_value_in_it_is_not_allowed_or_not_what_it_says(
    document: bytes, contents: bytes, reason: str
) -> None:
    with pytest.raises(FrameError, match=reason if reason != "unhashable" else "TypeError"):
        read(returned(document, contents))


@pytest.mark.heavy
@table(
    ("document", "contents"),
    [
        (b'["l",' + b"0," * 4_000_000 + b"0]", b""),
        (b'["l",["a",0,"|i1","C",2500000,0],["a",0,"|i1","C",2500000,0]]', b""),
        (b'["R","l",1,["d",24000000]]', bytes(24_000_000)),
        (b'["R","D",["j",5],["d",24000000]]', b'["a"]' + bytes(24_000_000)),
        (b'["r",0,5000000,1]', b""),
    ],
    ["a list", "arrays of empty lists", "rows of one number", "dicts of one number", "a range"],
)
def test_reader_refuses_a_frame_of_more_items_than_it_may_make(document: bytes, contents: bytes) -> None:
    with pytest.raises(FrameError, match="more items"):
        read(returned(document, contents), 32 << 20)


@given(st.binary(max_size=60), st.binary(max_size=20))
def test_reader_gives_a_message_or_a_frame_error_when_it_is_fed_anything(document: bytes, contents: bytes) -> None:
    for frame in (framed(document, contents), returned(document, contents)):
        try:
            assert rebuilt(read(frame))
        except FrameError:
            continue


@pytest.mark.heavy
@given(plain, st.data())
def test_reader_gives_a_message_or_a_frame_error_when_bytes_of_a_frame_are_others(
    value: Any, data: st.DataObject
) -> None:
    frame = bytearray(encode(["returned", value]))
    for _ in range(3):
        frame[data.draw(st.integers(8, len(frame) - 1))] = data.draw(st.integers(0, 255))
    try:
        read(bytes(frame))
    except FrameError:
        return


def test_reader_refuses_a_frame_by_its_header_when_it_claims_terabytes() -> None:
    reader = FrameReader(1 << 20)
    reader.feed(struct.pack("<II", 2**32 - 1, 2**32 - 1))
    with pytest.raises(FrameError, match="more than the 1048576 allowed"):
        reader.take()


@table("document", [b"null", b"1", b'["l"]', b'["l",1]', b'["t",["s",1]]', b'["D",["s",1],1]', b'["S",["s",1]]'])
def test_reader_refuses_a_message_when_it_is_no_list_that_begins_with_a_text(document: bytes) -> None:
    with pytest.raises(FrameError, match="a message that is no list"):
        read(framed(document, b"a" * document.count(b'"s"')))


def test_reader_refuses_what_a_guest_sends_behind_a_message() -> None:
    with pytest.raises(FrameError, match="bytes are left"):
        read(framed(b'["l",["s",8],1]', b"returned", rest=plain_data.encode(1)))


@table("reads_once", [True, False])
def test_reader_returns_one_value_for_equal_messages_only_where_nobody_changes_it(reads_once: bool) -> None:
    reader, large = FrameReader(1 << 20, reads_once=reads_once), encode(["returned", "x" * LARGE])
    reader.feed(2 * encode(["returned", [1, 2]]) + 2 * large)
    messages = [reader.take() for _ in range(4)]
    assert messages[0] == messages[1] and (messages[0] is messages[1]) == reads_once
    assert messages[2] == messages[3] and messages[2] is not messages[3]


def test_reader_waits_when_a_frame_is_not_complete() -> None:
    reader, frame = FrameReader(1 << 20), encode(["returned", 1])
    for byte in frame[:-1]:
        reader.feed(bytes([byte]))
        assert reader.take() is None
    reader.feed(frame[-1:])
    assert reader.take() == ["returned", 1]


def test_reader_gives_one_frame_after_the_other_when_two_came_at_once() -> None:
    reader = FrameReader(1 << 20)
    reader.feed(encode(["returned", 1]) + encode(["returned", 2]))
    assert [reader.take(), reader.take(), reader.take()] == [["returned", 1], ["returned", 2], None]
    assert reader.empty


@table("pairs", [[("b", [1]), ("b", 2.5)], [(str(number), number) for number in range(40)]], ["few", "many"])
def test_dict_of_a_guest_arrives_as_pairs_that_nobody_has_hashed(pairs: list[tuple[str, Any]]) -> None:
    found = read(encode(["returned", Unhashed(dict, pairs)]))[1]
    assert isinstance(found, Unhashed) and (found.kind, found.content) == (dict, pairs)


class Point(NamedTuple):
    x: float


def test_arguments_arrive_in_their_own_types_or_are_refused_by_name_with_what_can_be_sent() -> None:
    sent = {"row": (bytearray(b"ab"), {1: frozenset({2})}), "size": 2**70}
    assert plain_data.decode(Prepared(sent).encoded) == sent
    for value, name in [(Point(1.0), "Point"), (Counter("aab"), "Counter"), ([HTTPStatus.OK], "HTTPStatus")]:
        with pytest.raises(TypeError, match=f"an object of type {name}; what can be sent: None, truth values, numbers"):
            Prepared({"value": value})  # type: ignore[dict-item]
        assert encode(["returned", value])  # type: ignore[list-item]


@table("value", [object(), np.array([object()]), np.longdouble(1), [object()]])
def test_encoder_raises_type_error_when_the_host_sends_what_is_no_value(value: Any) -> None:
    with pytest.raises(TypeError, match="cannot send"):
        encode(["returned", value])
