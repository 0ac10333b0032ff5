"""What may cross between an evaluator and a program: plain data of exact types, in types of number that the original uses."""

from __future__ import annotations

import random
import struct
from collections import OrderedDict
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from strop.sandbox import strop_plain_data as codec
from support.rows import table

NAN = float("nan")
PLAIN = [
    *(
        None,
        True,
        -5,
        2**70,
        0.1 + 0.2,
        5e-324,
        NAN,
        1j,
        "a\ud800",
        b"\x00",
        bytearray(b"\xff\x00"),
        [1, "x"],
        (1, (2.0,)),
        range(3),
        {1: [2], "a": None},
        {1, 2},
    ),
    *(
        frozenset("a"),
        list(range(50)),
        [0.1 + 0.2] * 50,
        [2**64] * 50,
        [None, True, 1, 0.5, "a\ud800", NAN] * 9,
        [1, 2**64] * 9,
        [(n, "a") for n in range(20)],
        [[n, [n]] for n in range(20)],
        [{"a": n, "b": [2]} for n in range(20)],
        [{"a": n, "b": 2} for n in range(19)] + [{"b": 2, "a": 1}],
        [{1: 2}] * 10 + [{True: 2}] * 10,
        [()] * 20,
        [{n} for n in range(20)],
        [{"a": n} for n in range(20)] + [{1}],
        [[]] * 20,
        {n: str(n) for n in range(20)},
        {(n,): {"a": n} for n in range(20)},
        np.arange(6.0).reshape(2, 3),
        np.arange(6).reshape(2, 3).T,
    ),
    *(np.float32(2), np.bool_(True), np.array(3), np.zeros((0, 4), "c16"), np.zeros((3, 0, 2)), np.array([1], "<f2")),
]


@table("value", PLAIN)
def test_plain_data_arrives_as_it_was_sent_with_its_exact_types(value: Any) -> None:
    found = codec.decode(codec.encode(value))
    assert (type(found), repr(found)) == (type(value), repr(value)), value
    if isinstance(value, np.ndarray):
        assert (found.dtype, found.flags.f_contiguous) == (value.dtype, value.flags.f_contiguous), value


@given(st.lists(st.floats(allow_nan=False), min_size=1, max_size=40), st.booleans())
def test_float_arrives_with_its_last_digit(numbers: list[float], hashed: bool) -> None:
    assert list(map(repr, codec.decode(codec.encode(numbers), hashed=hashed))) == list(map(repr, numbers))


@table(
    ("value", "words"),
    [
        (len, "a function"),
        (lambda: 0, "a function"),
        (int, "a class"),
        (np, "a module"),
        (iter([]), "an object of type list_iterator"),
        (OrderedDict(), "an object of type OrderedDict"),
        (np.array([object()]), "an array of object"),
        (np.ma.array([1]), "an object of type MaskedArray"),
        (np.array([1], np.longdouble), "an array of float128"),
        (np.clongdouble(1), "an object of type clongdouble"),
        (np.array([1], "M8[s]"), "an array of datetime64"),
        (np.zeros(1, [("a", "f8")]), "an array of "),
        ({10**5000: 1}, "an integer of 16,610 bits"),
        (range(10**30), "more than 2,000,000 items"),
        (range(10**9), "more than 2,000,000 items"),
    ],
)
def test_what_is_not_plain_is_refused_in_words(value: Any, words: str) -> None:
    with pytest.raises(codec.NotPlain, match=words):
        codec.encode([value])


def test_masked_array_is_refused_where_subclasses_are_sent_too() -> None:
    with pytest.raises(codec.NotPlain, match="MaskedArray"):
        codec.encode([np.ma.array([1], mask=[True])], subclasses=True)


def liar(base: type) -> type:
    """A class that extends a plain type, and says that it is something else."""
    names = (
        "__float__",
        "__index__",
        "__str__",
        "__complex__",
        "__bytes__",
        "__getitem__",
        "__len__",
        "__pos__",
        "keys",
        "items",
    )
    says = dict.fromkeys(names, lambda self, *rest: 99)
    return type("Liar", (base,), {**says, "__iter__": lambda self: iter([99])})


@table("value", ["a", 7, -0.0, 1 - 2j, b"x", bytearray(b"y"), {1: 2}, (1,), [1], frozenset({1}), {2}, np.array([1.0])])
def test_subclass_that_lies_arrives_as_the_value_that_it_is(value: Any) -> None:
    lie = value.view(liar(np.ndarray)) if isinstance(value, np.ndarray) else liar(type(value))(value)
    found = codec.decode(codec.encode(lie, subclasses=True))
    assert (type(found), repr(found)) == (type(value), repr(value))


def test_subclasses_that_a_program_returns_arrive_as_what_they_extend() -> None:
    class Cheat(float):
        def __lt__(self, other: object) -> bool:
            return False

    found = codec.decode(codec.encode([Cheat(2.0), OrderedDict(a=Cheat(1.0))], subclasses=True))
    assert (type(found[0]), type(found[1]), type(found[1]["a"])) == (float, dict, float)


def test_damaged_bytes_give_plain_data_or_an_error_and_nothing_else() -> None:
    whole, rng = codec.encode(PLAIN), random.Random(7)
    for _ in range(3000):
        damaged = bytearray(whole)
        for _ in range(rng.randint(1, 4)):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        try:
            codec.encode(codec.decode(bytes(damaged)))
        except codec.NotPlainData:
            continue


@table("value", PLAIN)
def test_plain_data_for_the_host_has_no_dict_and_no_set_and_stays_the_same(value: Any) -> None:
    data = codec.encode([value])
    found = codec.decode(data, hashed=False)
    assert codec.encode(found) == data, value
    assert codec.type_of(found[0]) is type(value), value
    assert not isinstance(found[0], (dict, set, frozenset)), value


@pytest.mark.heavy
def test_integers_that_hash_alike_are_not_hashed_for_the_host() -> None:
    alike = [number * (2**61 - 1) for number in range(100_000)]
    for sent in (codec.Unhashed(set, alike), codec.Unhashed(dict, [(each, None) for each in alike])):
        found = codec.decode(codec.encode(sent), hashed=False)
        assert (type(found), found.kind, found.content) == (codec.Unhashed, sent.kind, sent.content)


def forged(document: str, *contents: bytes) -> bytes:
    return struct.pack("<I", len(document)) + document.encode() + b"".join(contents)


@table(
    "data",
    [
        *(b"", b"l\xff\xff\xff\xff", b"l\x01\x00\x00\x00" * 99, b"P", b"N" * 2, b"s\x01\x00\x00\x00\xff"),
        forged('["i",1662]', (2**13290).to_bytes(1662, "little")),
        forged(f"{2**70}"),
        forged('["D",1]'),
        forged('["D",["l"],1]'),
        forged('["S",["t",["S"]]]'),
        forged('{"a":1}'),
        forged('["r",0,1000000000000,1]'),
        forged('["l",["a",0,"|b1","C",9000000,0],["a",0,"|b1","C",9000000,0]]'),
        forged('["a",16,"<f16","C",1]', bytes(16)),
        forged('["g",16,"<f16"]', bytes(16)),
        forged('["a",1,"|b1","C",1]', b"\2"),
    ],
)
@table("hashed", (True, False))
def test_bytes_that_are_no_plain_data_are_malformed(data: bytes, hashed: bool) -> None:
    with pytest.raises(codec.NotPlainData):
        codec.decode(data, hashed=hashed)
