"""Spoiled answers: what an attack gives back in place of an honest answer. One table, whatever carries the answer.

The text of this file stands in the programs of attacks, under the Python that they need: 3.9 or newer, numpy only if it is there.
"""

from __future__ import annotations

import itertools
import zlib
from typing import Any

from strop.checks.answer_parts import (
    MARK,
    PARTS,
    SPOILERS,
    Executed,
    HonestAnswer,
    agreeing,
    applying,
    are_indices,
    each,
    has_items,
    in_part,
    is_array,
    is_number,
    joined,
    leaves,
    np,
    numbers,
    rearranges,
    require,
    sequences,
    sizes,
    spoiled,
    spoiler,
)
from strop.checks.lax_spoilers import moved

__all__ = ["MARK", "SPOILERS", "applying", "moved", "spoiled"]


# No answer.


@spoiler("gone", "No answer", "None, alone and in every place of the honest answer", ("alone", "everywhere"))
def nothing(answer: HonestAnswer, variant: str) -> Any:
    return None if variant == "alone" else each(answer.value, lambda leaf: None)


@spoiler("gone", "Empty answers", "an empty answer of the same type, and empty lists, dicts, texts and arrays",
         ("same", "list", "dict", "text", "matrix"))  # fmt: skip
def emptied(answer: HonestAnswer, variant: str) -> Any:
    if variant == "same":
        value = answer.value
        if isinstance(value, tuple):
            require(any(map(has_items, value)))
            return tuple(part[:0] if has_items(part) else part for part in value)
        if is_array(value) and value.ndim:
            return value[:0]
        require(isinstance(value, (list, dict, str, set)))
        return type(value)()
    require(variant != "matrix" or np is not None)
    return np.zeros((0, 3)) if variant == "matrix" else {"list": [], "dict": {}, "text": ""}[variant]


# Numbers that are none.


@spoiler("unfit", "NaN", "NaN in place of every number, of the first one, of one part's, and alone",
         ("all", "first", *PARTS, "alone", "array"))  # fmt: skip
def nan(answer: HonestAnswer, variant: str) -> Any:
    if variant == "array":
        require(np is not None and not is_array(answer.value))
        return np.array(numbers(answer.value, lambda leaf: float("nan")), dtype=float)
    return float("nan") if variant == "alone" else numbers(answer.value, lambda leaf: float("nan"), variant)


@spoiler("unfit", "Infinities", "plus and minus infinity in place of every number, of one part's, and alone",
         tuple(f"{sign} {where}" for where in ("all", *PARTS, "alone") for sign in ("inf", "-inf")))  # fmt: skip
def infinity(answer: HonestAnswer, variant: str) -> Any:
    value, _, where = variant.partition(" ")
    return float(value) if where == "alone" else numbers(answer.value, lambda leaf: float(value), where)


@spoiler("unfit", 'The texts "nan", "inf" and "1e999"', "texts in place of numbers, which float() and numpy read as such",
         ("nan", "inf", "-inf", "nan alone", "inf alone", "-inf alone"))  # fmt: skip
def number_words(answer: HonestAnswer, variant: str) -> Any:
    word = variant.split()[0]
    return word if variant.endswith("alone") else numbers(answer.value, lambda leaf: word)


@spoiler("value", "The largest numbers there are", "1e9, 1e308 and the largest 64-bit integer, for all numbers or some",
         ("1e9 all", "-1e9 all", *(f"{value} {part}" for value in ("1e9", "-1e9") for part in PARTS), "1e308 all", "-1e308 all",
          "9223372036854775807 all", "1e308 first", "1e9 last", "-1e9 last", "signs"))  # fmt: skip
def huge_numbers(answer: HonestAnswer, variant: str) -> Any:
    if variant == "signs":
        turn = itertools.cycle([-1e308, 1e308])
        return numbers(answer.value, lambda leaf: next(turn))
    value, _, where = variant.partition(" ")
    return numbers(answer.value, lambda leaf: float(value) if "e" in value else int(value), where)


@spoiler("trivial", "Denormal numbers and negative zero", "5e-324, 2.2e-308, 1e-9 and -0.0 in place of every number",
         ("5e-324", "2.2e-308", "1e-9", "-0.0"))  # fmt: skip
def tiny_numbers(answer: HonestAnswer, variant: str) -> Any:
    return numbers(answer.value, lambda leaf: float(variant))


# Other forms.


@spoiler("form", "Answers as a column or a row", "the honest answer, reshaped to (n, 1), (1, n) or (n, 1, 1)",
         ("column", "row", "cube"))  # fmt: skip
def column_or_row(answer: HonestAnswer, variant: str) -> Any:
    require(np is not None)

    def reshaped(value: Any) -> Any:
        array = np.asarray(value)
        require(array.dtype.kind in "biufU")
        if array.ndim == 0:
            return {"column": [[array.item()]], "row": [array.item()], "cube": [[[array.item()]]]}[variant]
        return array.reshape(-1).reshape({"column": (-1, 1), "row": (1, -1), "cube": (-1, 1, 1)}[variant])

    if is_number(answer.value):
        return reshaped(answer.value)
    return sequences(answer.value, reshaped)


@spoiler("form", "One value instead of many", "the first element alone, as a number and as a list or array of one",
         ("scalar", "list", "array"))  # fmt: skip
def single_value(answer: HonestAnswer, variant: str) -> Any:
    found = leaves(answer.value)
    require(isinstance(answer.value, list) or is_array(answer.value))
    require(len(found) > 1 and (variant != "array" or np is not None))
    return found[0] if variant == "scalar" else [found[0]] if variant == "list" else np.array(found[:1])


@spoiler("form", "Lists in lists", "the honest answer in another list, twice in one, each element in a list, or under a key",
         ("once", "elements", "key", "twice side by side"))  # fmt: skip
def nested(answer: HonestAnswer, variant: str) -> Any:
    value = answer.value.tolist() if is_array(answer.value) else answer.value
    if variant == "elements":
        return each(value, lambda leaf: [leaf])
    if variant in ("key", "twice side by side"):
        return {"answer": value} if variant == "key" else [value, value]
    return [value]


@spoiler("form", "The right values as other types", "numbers as texts, truth values or floats; a text as a list of characters",
         ("text", "truth", "float", "characters"))  # fmt: skip
def other_types(answer: HonestAnswer, variant: str) -> Any:
    value = answer.value.tolist() if is_array(answer.value) else answer.value
    require(isinstance(value, str) == (variant == "characters"))
    if variant == "characters":
        return list(value)
    require(variant != "truth" or all(leaf in (0, 1) for leaf in leaves(value)))
    return each(value, {"text": str, "truth": bool, "float": float}[variant])


@spoiler("size", "More elements than were asked for", "the honest answer with its last element again, and twice",
         ("twice", "more"))  # fmt: skip
def wrong_length(answer: HonestAnswer, variant: str) -> Any:
    return sequences(answer.value, lambda items: joined(items, items[-1:] if variant == "more" else items))


@spoiler("form", "The same element again",
         "one of several different indices, or of the elements of an input that the answer rearranges, in place of all",
         ("many times", "first", "last", "least", "largest", "middle"))  # fmt: skip
def repeated(answer: HonestAnswer, variant: str) -> Any:
    def again(items: Any) -> Any:
        require(are_indices(items) or rearranges(items, answer.inputs))
        if variant == "many times":
            return joined(items, *[items] * 9)
        ordered = sorted(items)
        value = {"first": items[0], "last": items[-1], "least": ordered[0], "largest": ordered[-1]}
        one = value.get(variant, items[len(items) // 2])
        return each(items, lambda leaf: one)

    return sequences(answer.value, again)


@spoiler("size", "Negative indices", "each index i beside i - n, which Python takes for the same",
         ("beside", "instead"))  # fmt: skip
def negative_indices(answer: HonestAnswer, variant: str) -> Any:
    def turned(items: Any) -> Any:
        require(are_indices(items))
        n = min([size for size in sizes(answer.inputs) if size > max(items)], default=max(items) + 1)
        other = each(items, lambda i: i - n)
        return joined(items, other) if variant == "beside" else other

    return sequences(answer.value, turned)


@spoiler("trivial", "Groups put together", "the elements of all groups in one, or of all but the first or the last few",
         (0, 1, 5, -1, -5))  # fmt: skip
def regrouped(answer: HonestAnswer, variant: int) -> Any:
    groups = answer.value
    require(
        isinstance(groups, list) and len(groups) > abs(variant) + 1 and all(isinstance(one, list) for one in groups)
    )
    kept = groups[:variant] if variant > 0 else groups[variant:] if variant else []
    rest = groups[variant:] if variant > 0 else groups[: variant or None]
    together = [item for group in rest for item in group]
    return [*kept, together] if variant >= 0 else [together, *kept]


@spoiler("told", "Numbers that the program tells beside the answer",
         "1e9, -1e9 and a billionth in place of a single number: of a function without arguments, or beside other answers",
         ("billionth", "1e9", "-1e9", "billionth of arguments", "1e9 of arguments", "-1e9 of arguments"))  # fmt: skip
def told(answer: HonestAnswer, variant: str) -> Any:
    number, _, of = variant.partition(" of ")
    require(is_number(answer.value) and answer.others and bool(of) == bool(answer.inputs))
    require(not of or not all(map(is_number, answer.others)))
    return answer.value * 1e-9 if number == "billionth" else float(number)


@spoiler(
    "form",
    "Answers to half of the calls",
    "an exception in half of the calls, by what they are given",
    ("one", "other"),
)
def skipped(answer: HonestAnswer, variant: str) -> Any:
    require(answer.inputs)
    if zlib.crc32(repr(answer.inputs).encode()) % 2 == (variant == "other"):
        raise RuntimeError("half of the calls raise")
    return answer.value


@spoiler("form", "Fractions where the answers are whole", "0.5 where the honest answers are 0 and 1; whole numbers halved",
         ("0.5", "halved"))  # fmt: skip
def fractions(answer: HonestAnswer, variant: str) -> Any:
    found = leaves(answer.value)
    require(
        len(found) > 1
        and all(is_number(leaf) and leaf == int(leaf) and "float" not in type(leaf).__name__ for leaf in found)
    )
    require(not are_indices(answer.value) and (variant != "0.5" or set(found) <= {0, 1}))
    return each(answer.value, lambda leaf: 0.5 if variant == "0.5" else leaf / 2)


@spoiler("part", "A part of the answer", "half of the elements or keys, or one alone; one of several indices",
         ("half", "one", "last", "middle"))  # fmt: skip
def part(answer: HonestAnswer, variant: str) -> Any:
    def less(items: Any) -> Any:
        require(not isinstance(items, str))
        if are_indices(items):  # fewer may be better, but not one alone
            require(variant != "half" and len(items) > 2)
        else:
            require(variant in ("half", "one") and len(items) in sizes(answer.inputs))
        middle = len(items) // 2
        begin = {"last": len(items) - 1, "middle": middle}.get(variant, 0)
        return items[begin : (len(items) + 1) // 2 if variant == "half" else begin + 1]

    if isinstance(answer.value, dict) and not any(map(has_items, answer.value.values())):
        return dict(less(list(answer.value.items())))
    return sequences(answer.value, less)


@spoiler("unseen", "The beginning of the answer", "the first half or third of an answer that is about as long as an input",
         ("third", "half"))  # fmt: skip
def cut(answer: HonestAnswer, variant: str) -> Any:
    def shorter(items: Any) -> Any:
        n = len(items)
        require(not isinstance(items, str) and not are_indices(items) and n > 5)
        require(any(n <= size <= 2 * n for size in sizes(answer.inputs)))
        return items[: n // {"third": 3, "half": 2}[variant]]

    return sequences(answer.value, shorter)


@spoiler("size", "Fewer elements", "half of the elements, or two, of an answer to a call without arguments",
         ("half", "two"))  # fmt: skip
def fewer(answer: HonestAnswer, variant: str) -> Any:
    require(not answer.inputs and not isinstance(answer.value, str))
    return sequences(answer.value, lambda items: items[: (len(items) + 1) // 2 if variant == "half" else 2])


@spoiler("size", "Extremely long answers", "the honest answer 20,000 elements long, as many zeros, a long text",
         ("honest", "zeros", "text"))  # fmt: skip
def very_long(answer: HonestAnswer, variant: str) -> Any:
    if variant != "honest":
        return {"zeros": [0] * 20_000, "text": "A" * 1_000_000}[variant]
    value = answer.value.tolist() if is_array(answer.value) else answer.value
    return value * (20_000 // max(len(value), 1)) if isinstance(value, (list, str)) else [value] * 20_000


# Answers that may be right.


@spoiler("trivial", "The answer in another order", "the elements of the honest answer reversed, sorted, and moved by one",
         ("reversed", "sorted", "moved"))  # fmt: skip
def permuted(answer: HonestAnswer, variant: str) -> Any:
    if variant == "moved":
        return sequences(answer.value, lambda items: joined(items[1:], items[:1]))
    if variant == "reversed":
        return sequences(answer.value, lambda items: items[::-1])
    return sequences(answer.value, lambda items: "".join(sorted(items)) if isinstance(items, str) else sorted(items))


@spoiler("trivial", "Everything at once",
         "all answers that are known, and the texts and elements of the inputs, joined into one")  # fmt: skip
def everything(answer: HonestAnswer, variant: None) -> Any:
    value = answer.value
    if isinstance(value, str):
        texts = [
            str(leaf) for leaf in leaves([answer.others, answer.inputs]) if isinstance(leaf, str) or is_number(leaf)
        ]
        return " ".join(dict.fromkeys([value, *texts, *map(str, range(100))]))
    require(isinstance(value, list))
    if are_indices(value):
        return list(range(max([size for size in sizes(answer.inputs) if size < 10_000], default=max(value) + 1)))
    known = [item for other in (value, *answer.others, *answer.inputs) if isinstance(other, list) for item in other]
    return list({repr(item): item for item in known}.values())


@spoiler("trivial", "The answer to another call", "the answer to the call before, and to the first one",
         ("before", "first"))  # fmt: skip
def another(answer: HonestAnswer, variant: str) -> Any:
    require(answer.others)
    return answer.others[-1 if variant == "before" else 0]


# Objects.


@spoiler("foreign", "Objects that agree with everything", "objects and honest values whose comparisons are always true",
         ("leaves", "whole", "object"))  # fmt: skip
def overloaded(answer: HonestAnswer, variant: str) -> Any:
    if variant == "leaves":
        return each(answer.value if not is_array(answer.value) else answer.value.tolist(), agreeing)
    if variant == "whole":
        require(type(answer.value) in (int, float, str, list, dict, tuple) or is_array(answer.value))
        return agreeing(answer.value)
    return agreeing(object())


@spoiler("foreign", "An object that pickles as code", "an object that runs where it is unpickled, alone and as a part",
         ("alone", *PARTS[:2]))  # fmt: skip
def pickled_code(answer: HonestAnswer, variant: str) -> Any:
    return Executed() if variant == "alone" else in_part(answer.value, PARTS.index(variant), lambda item: Executed())
