"""Ways to spoil an answer, as a table: each says what it does, and how its score is judged."""

from __future__ import annotations

import concurrent.futures
import copy
import itertools
import pickle
import re
import zlib
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

Change = Callable[[Any], Any]
MARK = "strop-check-ran-this"
"""What an answer writes to standard error that runs as code; the text of the code has it, too."""
_TELLS = f"stderr.write('\\nstrop-note: {MARK}\\n')"
_BARE = "[one for one in ().__class__.__base__.__subclasses__() if one.__name__ == '_wrap_close'][0].__init__.__globals__['sys']"
"""The module `sys`, for an expression that has no built-in functions."""
PARTS = ("part 0", "part 1", "part 2")
"""Variants for an answer that has a few parts, such as (centres, radii, sum)."""
MOST_ELEMENTS = 2_000
"""A longer answer is not made any longer: to score it may take the cube of its length."""
MOST_WHOLE = 10**6
"""The largest whole number: a scorer may count up to it."""
_DUST = 1e-9
"""What arithmetic leaves of a number, relative to it."""


class NotApplicable(ValueError):
    """This answer cannot be spoiled in this way."""


class HonestAnswer(NamedTuple):
    """An honest answer, and what came with it."""

    value: Any
    inputs: Sequence[Any]
    others: Sequence[Any]
    """Answers to other calls, as far as they are known."""


class Spoiler(NamedTuple):
    """One way to spoil an answer."""

    name: str
    kind: str
    """How its score is judged. `gone` is no answer, `form` and `size` the same content in another form or number: they must gain
    nothing. `unfit` overflows, `code` runs where somebody evaluates it. `value` is odd numbers, which must gain little. `part`
    must not be worth as much as the whole; `unseen` is other content, which must be worth less. `near`, `scaled` and `moved` show
    tolerances. `other` may be better."""
    title: str
    variants: tuple[Any, ...]
    spoil: Callable[[HonestAnswer, Any], Any]


SPOILERS: dict[str, Spoiler] = {}


def spoiler(kind: str, title: str, variants: tuple[Any, ...] = (None,)) -> Callable[[Any], Any]:
    """Put a function of (answer, variant) into the table, under its own name."""

    def entered(spoil: Callable[[HonestAnswer, Any], Any]) -> Callable[[HonestAnswer, Any], Any]:
        SPOILERS[spoil.__name__] = Spoiler(spoil.__name__, kind, title, variants, spoil)
        return spoil

    return entered


def spoil(name: str, variant: Any, answer: Any, inputs: Sequence[Any] = (), others: Sequence[Any] = ()) -> Any:
    """The answer, spoiled; the answer itself stays as it is.

    Raises:
        NotApplicable: it cannot be spoiled so. Operators of its own types may raise what they like.
        RuntimeError, TimeoutError: `skipped` raises them, as a program or a time limit would.
    """
    return SPOILERS[name].spoil(HonestAnswer(copy.deepcopy(answer), inputs, others), variant)


SKIPPED = tuple(f"{how} {third}" for third in range(3) for how in ("raise", "late", "text"))
_TELLING: dict[str, tuple[Any, ...]] = {
    "nothing": ("empty", "column", "alone", "everywhere", "matrix", "cube"),
    "no_numbers": ("nan all", "inf all", "-inf all", "nan words", "inf words", "-inf words"),
    "cut": ("half", "third"),
    "repeated": ("first", "least", "many times"),
    "huge_numbers": (
        *("1e9 all", "1e308 all", "-0.0 all", "-1e9 all"),
        *(f"{number} {part}" for part in PARTS for number in ("1e9", "-1e9")),
    ),
    "wrapping_numbers": (2**32, 10**29),
    "part": ("half", "one"),
    "written_code": ("text", "bare text", "bytes"),
    "resized": ("twice",),
    "skipped": SKIPPED,
    "told": ("billionth", "1e9", "-1e9"),
    "other_form": ("column", "row"),
    "fractions": ("apart",),
    "negative_indices": ("beside",),
}
"""What no honest program gives, the most telling first. Other orders and answers of other calls are not among them: they can be
better than those of a poor original."""


def telling() -> list[tuple[str, Any]]:
    """(name, variant) of the most telling ways, one variant of each first."""
    rows = [[(name, variant) for variant in variants] for name, variants in _TELLING.items()]
    return [one for row in itertools.zip_longest(*rows) for one in row if one is not None]


# Parts of an answer, whatever its form.


def is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray)


def is_number(value: Any) -> bool:
    """Numbers of Python and of numpy; no truth values."""
    kinds = (int, float, np.integer, np.floating)
    return isinstance(value, kinds) and not isinstance(value, bool)


def is_whole(value: Any) -> bool:
    """Whether this is a number of a whole type."""
    return is_number(value) and "int" in type(value).__name__


def has_items(part: Any) -> bool:
    return isinstance(part, (list, tuple)) or (is_array(part) and part.ndim > 0)


def listed(value: Any) -> Any:
    return value.tolist() if is_array(value) else value


def each(value: Any, change: Change) -> Any:
    """`value` with every number, truth value and text in it changed; its containers stay what they are."""
    if is_array(value):
        flat = [change(item) for item in value.ravel().tolist()]
        try:
            made = np.array(flat)
            return made.reshape(value.shape) if made.size == value.size else flat
        except (ValueError, OverflowError):
            return flat
    if isinstance(value, (list, tuple, set, frozenset)):
        return type(value)(each(item, change) for item in value)
    if isinstance(value, dict):
        return {key: each(item, change) for key, item in value.items()}
    return value if value is None else change(value)


def leaves(value: Any) -> list[Any]:
    """Every number, truth value and text in it, in order."""
    found: list[Any] = []
    each(value, lambda leaf: found.append(leaf) or leaf)  # type: ignore[func-returns-value]
    return found


def require(holds: object) -> None:
    if not holds:
        raise NotApplicable("this answer cannot be spoiled in this way")


def numbers(value: Any, change: Change, where: str = "all") -> Any:
    """`value` with its numbers changed: all, the first, the last, or those of one part."""
    if where in PARTS:
        return in_part(value, PARTS.index(where), lambda part: numbers(part, change))
    count, there = itertools.count(), sum(map(is_number, leaves(value)))
    require(there)
    at = {"first": 0, "last": there - 1}.get(where)

    def replaced(leaf: Any) -> Any:
        return change(leaf) if is_number(leaf) and next(count) in (range(there) if at is None else (at,)) else leaf

    return each(value, replaced)


def in_part(value: Any, index: int, change: Change) -> Any:
    """`value`, a dict, tuple or list of a few parts, with one part changed."""
    require(isinstance(value, (tuple, list, dict)) and index < len(value) < 9 and len(value) > 1)
    if isinstance(value, dict):
        return {key: change(item) if at == index else item for at, (key, item) in enumerate(value.items())}
    require(isinstance(value, tuple) or len({type(item) for item in value}) > 1 or not is_number(value[0]))
    return type(value)(change(item) if at == index else item for at, item in enumerate(value))


def sequences(value: Any, change: Change) -> Any:
    """`value` with its list changed, or with each of its parts that has as many items as the longest."""
    if (isinstance(value, (list, str)) and len(value) > 1) or (is_array(value) and value.ndim and len(value) > 1):
        return change(value)
    require(isinstance(value, (tuple, dict)) and len(value) > 0)
    parts = value if isinstance(value, tuple) else tuple(value.values())
    most = max((len(part) for part in parts if has_items(part)), default=0)
    if most < 2:
        require(isinstance(value, tuple) and len(value) > 1)
        return tuple(change(list(value)))
    made = [change(part) if has_items(part) and len(part) == most else part for part in parts]
    return dict(zip(value, made, strict=False)) if isinstance(value, dict) else tuple(made)


def joined(items: Any, *more: Any) -> Any:
    """Sequences of one type, one behind the other."""
    require(len(items) <= MOST_ELEMENTS)
    if is_array(items):
        return np.concatenate([items, *(np.asarray(other) for other in more)])
    return sum((type(items)(other) for other in more), items)


def are_indices(value: Any) -> bool:
    """Whether these are several different whole numbers, 0 and up."""
    items = listed(value)
    whole = isinstance(items, (list, tuple)) and len(items) > 1 and all(is_number(i) and i == int(i) for i in items)
    return whole and min(items) >= 0 and len(set(items)) == len(items)


def rearranges(value: Any, inputs: Sequence[Any]) -> bool:
    """Whether these are the elements of an input, not all equal, in whatever order."""
    own, *others = [sorted(map(repr, listed(one))) if has_items(one) else [] for one in (value, *inputs)]
    return len(set(own)) > 1 and own in others


def sizes(inputs: Sequence[Any]) -> set[int]:
    """Lengths of the inputs, and whole numbers among them."""
    found = {len(value) for value in inputs if hasattr(value, "__len__")}
    return found | {int(value) for value in inputs if is_number(value) and value == int(value)}


def nonsense(leaf: Any) -> Any:
    """A value of the same type that no answer has; a truth value stays, because the other one may be right."""
    if isinstance(leaf, bool):
        return leaf
    return leaf * 3 + 1009 if is_number(leaf) else f"{leaf[::-1]}~"


# No answer.


@spoiler(
    "gone",
    "No answer, or an empty one",
    ("empty", "column", "alone", "everywhere", "list", "dict", "text", "matrix", "cube"),
)
def nothing(answer: HonestAnswer, variant: str) -> Any:
    value = answer.value
    if variant == "empty":
        if isinstance(value, tuple):
            require(any(map(has_items, value)))
            return tuple(part[:0] if has_items(part) else part for part in value)
        require((is_array(value) and value.ndim) or isinstance(value, (list, dict, str, set)))
        return value[:0] if is_array(value) else type(value)()
    if variant in ("matrix", "column", "cube"):  # (0, 1) is broadcast to nothing, and all of nothing is right
        require(has_items(value))
        return np.zeros({"matrix": (0, 3), "column": (0, 1), "cube": (0, 3, 3)}[variant])
    if variant == "everywhere":
        return each(value, lambda leaf: None)
    return {"alone": None, "list": [], "dict": {}, "text": ""}[variant]


@spoiler("absent", "No answers to a third of the calls", SKIPPED)
def skipped(answer: HonestAnswer, variant: str) -> Any:
    """Whichever third a scorer leaves out of its mean: unless all are equally good, the mean rises without one of them."""
    require(answer.inputs)
    how, third = variant.split()
    if zlib.crc32(repr(answer.inputs).encode()) % 3 != int(third):
        return answer.value
    if how == "text":
        return "no answer"
    raise concurrent.futures.TimeoutError if how == "late" else RuntimeError("a third of the calls raise")


@spoiler("gone", "NaN or infinity", tuple(
    f"{word} {where}" for where in ("all", "first", *PARTS, "alone", "words", "word alone") for word in ("nan", "inf", "-inf")
))  # fmt: skip
def no_numbers(answer: HonestAnswer, variant: str) -> Any:
    word, _, where = variant.partition(" ")
    value = word if "word" in where else float(word)  # float() and numpy read such texts as numbers
    return value if "alone" in where else numbers(answer.value, lambda leaf: value, where)


class _Executed:
    """Runs code where it is unpickled."""

    def __reduce__(self) -> Any:
        return exec, (f"import sys; sys.{_TELLS}",)


@spoiler("code", "Code as an answer", ("text", "bare text", "bytes"))
def written_code(answer: HonestAnswer, variant: str) -> Any:
    kind = bytes if variant == "bytes" else str
    require(any(isinstance(leaf, kind) for leaf in leaves(answer.value)))
    code = {"text": f"__import__('sys').{_TELLS}", "bare text": f"{_BARE}.{_TELLS}"}.get(variant)
    return each(answer.value, lambda leaf: (code or pickle.dumps(_Executed())) if isinstance(leaf, kind) else leaf)


@spoiler("value", "Huge numbers, or -0.0", (
    "1e9 all", "-1e9 all", *(f"{value} {part}" for value in ("1e9", "-1e9") for part in PARTS),
    "1e308 all", "-1e308 all", "1e308 first", "1e9 last", "-1e9 last", "-0.0 all",
))  # fmt: skip
def huge_numbers(answer: HonestAnswer, variant: str) -> Any:
    value, _, where = variant.partition(" ")
    require(value != "-0.0" or any(map(is_number, filter(None, leaves(answer.value)))))
    whole = MOST_WHOLE if float(value) > 0 else -MOST_WHOLE
    return numbers(answer.value, lambda leaf: whole if is_whole(leaf) else float(value), where)


@spoiler("value", "Whole numbers whose squares do not fit 64 bits", (2**32, 10**29))
def wrapping_numbers(answer: HonestAnswer, variant: int) -> Any:
    return numbers(answer.value, lambda leaf: variant)


@spoiler("unseen", "A number that the program tells beside its answer",
         ("billionth", "1e9", "-1e9", "billionth of arguments", "1e9 of arguments", "-1e9 of arguments"))  # fmt: skip
def told(answer: HonestAnswer, variant: str) -> Any:
    number, _, of = variant.partition(" of ")
    require(is_number(answer.value) and answer.others and bool(of) == bool(answer.inputs))
    require(not of or not all(map(is_number, answer.others)))  # else the numbers are the answers
    return answer.value * 1e-9 if number == "billionth" else float(number)


# Other forms and sizes.


@spoiler("form", "The answer in another form",
         ("column", "row", "scalar", "list", "once", "elements", "key", "side by side", "text", "truth", "float"))  # fmt: skip
def other_form(answer: HonestAnswer, variant: str) -> Any:
    value, found = listed(answer.value), leaves(answer.value)
    if variant in ("column", "row"):
        return column_or_row(answer.value, (-1, 1) if variant == "column" else (1, -1))
    if variant in ("scalar", "list"):  # broadcast to all places
        require(isinstance(value, list) and len(found) > 1)
        return found[0] if variant == "scalar" else [found[0]]
    if variant in ("once", "key", "side by side"):
        return {"once": [value], "key": {"answer": value}}.get(variant, [value, value])
    require(variant == "elements" or not isinstance(value, str))
    require(variant != "truth" or all(leaf in (0, 1) for leaf in found))
    changes: dict[str, Change] = {"elements": lambda leaf: [leaf], "text": str, "truth": bool, "float": float}
    return each(value, changes[variant])


def column_or_row(value: Any, shape: tuple[int, int]) -> Any:
    def reshaped(items: Any) -> Any:
        array = np.asarray(items)
        require(array.dtype.kind in "biufU")
        return array.reshape(shape)

    return reshaped(value).tolist() if is_number(value) else sequences(value, reshaped)


@spoiler("form", "Fractions where the answers are whole", ("0.5", "halved", "apart"))
def fractions(answer: HonestAnswer, variant: str) -> Any:
    found, count = leaves(answer.value), itertools.count()
    require(len(found) > 1 and all(map(is_whole, found)) and not are_indices(answer.value))
    require(variant != "0.5" or set(found) <= {0, 1})
    if variant == "apart":  # equal ones made different
        return each(answer.value, lambda leaf: leaf + next(count) / (len(found) + 1))
    return each(answer.value, lambda leaf: 0.5 if variant == "0.5" else leaf / 2)


@spoiler("size", "More or fewer elements", ("twice", "more", "half", "two"))
def resized(answer: HonestAnswer, variant: str) -> Any:
    require(variant in ("twice", "more") or not (answer.inputs or isinstance(answer.value, str)))
    sizes_of: dict[str, Change] = {
        "twice": lambda items: joined(items, items),
        "more": lambda items: joined(items, items[-1:]),
        "half": lambda items: items[: (len(items) + 1) // 2],
        "two": lambda items: items[:2],
    }
    return sequences(answer.value, sizes_of[variant])


@spoiler("size", "Negative indices", ("beside", "instead"))
def negative_indices(answer: HonestAnswer, variant: str) -> Any:
    def turned(items: Any) -> Any:
        require(are_indices(items))
        n = min([size for size in sizes(answer.inputs) if size > max(items)], default=max(items) + 1)
        other = each(items, lambda i: i - n)
        return joined(items, other) if variant == "beside" else other

    return sequences(answer.value, turned)


@spoiler("form", "The same element again", ("many times", "first", "last", "least", "largest", "middle"))
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


# Parts.


@spoiler("part", "A part of the answer", ("half", "one", "last", "middle"))
def part(answer: HonestAnswer, variant: str) -> Any:
    def less(items: Any) -> Any:
        require(not isinstance(items, str) and len(items) > 1)
        if are_indices(items):  # fewer may be better, but not one alone
            require(variant != "half" and len(items) > 2)
        else:
            require(variant in ("half", "one") and len(items) in sizes(answer.inputs))
        begin = {"last": len(items) - 1, "middle": len(items) // 2}.get(variant, 0)
        return items[begin : (len(items) + 1) // 2 if variant == "half" else begin + 1]

    if isinstance(answer.value, dict) and not any(map(has_items, answer.value.values())):
        return dict(less(list(answer.value.items())))
    return sequences(answer.value, less)


@spoiler("unseen", "The beginning of the answer alone", ("half", "third"))
def cut(answer: HonestAnswer, variant: str) -> Any:
    def shorter(items: Any) -> Any:
        n = len(items)
        require(not isinstance(items, str) and not are_indices(items) and n > 5)
        require(any(n <= size <= 2 * n for size in sizes(answer.inputs)))
        return items[: n // {"third": 3, "half": 2}[variant]]

    return sequences(answer.value, shorter)


_PLACES: dict[str, Callable[[int], range]] = {
    "second half": lambda n: range((n + 1) // 2, n),
    "first half": lambda n: range(n // 2),
    "every second": lambda n: range(1, n, 2),
    "all but the last": lambda n: range(n - 1),
    "all but the first": lambda n: range(1, n),
}


@spoiler("unseen", "Nonsense in some of the places", tuple(_PLACES))
def unseen(answer: HonestAnswer, variant: str) -> Any:
    def spoiled(items: Any) -> Any:
        require(not isinstance(items, str) and len(items) > 3)
        made = items.copy() if is_array(items) else list(items)
        for at in _PLACES[variant](len(items)):
            made[at] = each(made[at], nonsense)
        require(repr(leaves(list(made))) != repr(leaves(list(items))))
        return made if is_array(items) else type(items)(made)

    return sequences(answer.value, spoiled)


@spoiler("unseen", "Numbers moved by 1000 against each other",
         ("first and last", "last and first", "largest and least", "least and largest"))  # fmt: skip
def balanced(answer: HonestAnswer, variant: str) -> Any:
    def moved_against(items: Any) -> Any:
        require(not isinstance(items, str) and len(items) > 1 and all(map(is_number, items)))
        alike = [one for one in answer.inputs if hasattr(one, "__len__") and len(one) == len(items) == len(leaves(one))]
        guide = alike[0] if alike and all(map(is_number, alike[0])) else range(len(items))
        require("first" in variant or alike)
        ordered = range(len(items)) if "first" in variant else sorted(range(len(items)), key=lambda at: guide[at])
        up, down = (-1, 0) if variant.startswith("la") else (0, -1)  # last, largest
        made = items.copy() if is_array(items) else list(items)
        made[ordered[up]] += 1000
        made[ordered[down]] -= 1000
        return made if is_array(items) else type(items)(made)

    return sequences(answer.value, moved_against)


@spoiler("unseen", "A text of which a part is right", ("words", "fields", "lines", "among others"))
def right_in_part(answer: HonestAnswer, variant: str) -> Any:
    if variant == "among others":
        require(isinstance(answer.value, str) and answer.value.strip())
        own = answer.value.strip()
        others = [str(one) for one in answer.others if isinstance(one, str) and one.strip() not in ("", own)]
        require(others)
        return "\n".join([*others, own, *others]) + "\n"
    mark = {"words": " ", "fields": ",", "lines": "\n"}[variant]

    def spoiled(leaf: Any) -> Any:
        first, found, rest = leaf.partition(mark) if isinstance(leaf, str) else (leaf, "", "")
        return first + found + nonsense(rest) if rest.strip() else leaf

    return each(answer.value, spoiled)


# Tolerances.


@spoiler("near", "Rounded numbers, and texts in the other case", (2, 1, 0, "case"))
def nearly(answer: HonestAnswer, variant: Any) -> Any:
    def near(leaf: Any) -> Any:
        if not is_number(leaf):
            return leaf.swapcase() if isinstance(leaf, str) and variant == "case" else leaf
        made = leaf if variant == "case" else round(leaf, variant)
        return leaf if abs(made - leaf) <= _DUST * abs(leaf) else made

    before, after = leaves(answer.value), leaves(each(answer.value, near))
    require(2 * sum(one != other for one, other in zip(before, after, strict=False)) > len(before))
    return each(answer.value, near)


@spoiler("scaled", "Numbers times 0.8 or 1.01", tuple((by, where) for by in (0.8, 1.01) for where in ("all", *PARTS)))
def scaled(answer: HonestAnswer, variant: tuple[float, str]) -> Any:
    by, where = variant
    return numbers(answer.value, lambda leaf: leaf if is_whole(leaf) else leaf * by, where)


@spoiler("moved", "Tolerances used to the full",
         tuple((by, where) for by in (4e-7, -4e-7, 4e-10, -4e-10) for where in ("all", *PARTS)))  # fmt: skip
def moved(answer: HonestAnswer, variant: tuple[float, str]) -> Any:
    by, where = variant
    require(any(is_number(leaf) and not is_whole(leaf) for leaf in leaves(answer.value)))
    return numbers(answer.value, lambda leaf: leaf + by, where)


# Answers that may be right.


@spoiler("other", "Groups put together", (0, 1, 5, -1, -5))
def regrouped(answer: HonestAnswer, variant: int) -> Any:
    groups = answer.value
    require(isinstance(groups, list) and len(groups) > abs(variant) + 1)
    require(all(isinstance(one, list) for one in groups))
    rest = groups[variant:] if variant > 0 else groups[: variant or None]
    together = [[item for group in rest for item in group]]
    return groups[:variant] + together if variant >= 0 else together + groups[variant:]


@spoiler("other", "Everything at once")
def everything(answer: HonestAnswer, variant: None) -> Any:
    value = answer.value
    if isinstance(value, str):
        known = [leaf for leaf in leaves([*answer.others, *answer.inputs]) if isinstance(leaf, str) or is_number(leaf)]
        return " ".join(dict.fromkeys([value, *map(str, known[:MOST_ELEMENTS]), *map(str, range(100))]))
    require(isinstance(value, list))
    if are_indices(value):
        return list(range(max([size for size in sizes(answer.inputs) if size < MOST_ELEMENTS], default=max(value) + 1)))
    items = [item for other in (value, *answer.others, *answer.inputs) if isinstance(other, list) for item in other]
    return list({repr(item): item for item in items[:MOST_ELEMENTS]}.values())


# What a program prints.

_NUMBER = re.compile(r"(?<![\w.])[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])")
TEXTS: dict[str, tuple[str, Any]] = {
    "no output": ("gone", lambda lines: []),
    "nan in place of the first number": ("gone", "nan"),
    "half of the lines": ("part", lambda lines: lines[: len(lines) // 2]),
    "without the last line": ("part", lambda lines: lines[:-1]),
    "the first line alone": ("part", lambda lines: lines[:1]),
    "nan in place of every number": ("gone", "nan"),
    "inf in place of the first number": ("gone", "inf"),
    "1e308 in place of the first number": ("value", "1e308"),
    "a word in place of every number": ("gone", "none"),
    "2**32 in place of every number": ("unfit", str(2**32)),
    "-1 in place of the first number": ("value", "-1"),
    "1e9 in place of every number": ("value", "1e9"),
    "each line twice": ("size", lambda lines: [line for line in lines for _ in range(2)]),
}
"""Ways to spoil what a program prints: (kind, a change of its lines, or what stands in a number's place)."""


def spoil_text(name: str, output: str) -> str:
    """What a program printed, spoiled. Raises NotApplicable where it cannot be, or stays the same."""
    change = TEXTS[name][1]
    if isinstance(change, str):
        made = _NUMBER.sub(change, output, count=1 if "first" in name else 0)
    else:
        made = "".join(change(output.splitlines(keepends=True)))
    require(made != output and (made or name == "no output"))
    return made
