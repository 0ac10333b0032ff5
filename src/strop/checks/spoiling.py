"""Ways to spoil an answer, as a table: each says what it does, and how its score is judged.

The text of this file also runs alone, in an evaluator's process: Python 3.9 or newer, numpy if it is there, nothing of strop.
"""

from __future__ import annotations

import concurrent.futures
import copy
import importlib.util
import itertools
import pickle
import re
import sys
import zlib
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple


class _Numpy:
    """numpy, loaded when it is first used: that takes longer than most programs run, few of which need it."""

    def __getattr__(self, name: str) -> Any:
        import numpy

        return getattr(numpy, name)


np: Any = _Numpy() if importlib.util.find_spec("numpy") else None
Change = Callable[[Any], Any]
MARK = "strop-check-ran-this"
"""What an answer writes to standard error that runs as code; the text of the code has it, too."""
_TELLS = f"stderr.write('\\nstrop-note: {MARK}\\n')"
_BARE = "[one for one in ().__class__.__base__.__subclasses__() if one.__name__ == '_wrap_close'][0].__init__.__globals__['sys']"
"""The module `sys`, for an expression that has no built-in functions."""
PARTS = ("part 0", "part 1", "part 2")
"""Variants for an answer that has a few parts, such as (centres, radii, sum)."""
MOST_ELEMENTS = 2_000
"""A longer answer is not made any longer: what scores it may take the square or cube of its length."""
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
    """How its score is judged: see `KINDS`."""
    title: str
    variants: tuple[Any, ...]
    spoil: Callable[[HonestAnswer, Any], Any]


KINDS = {
    "gone": "nothing is left: it must gain nothing",
    "unfit": "it is no answer: it must gain nothing",
    "code": "it runs as code where somebody evaluates or unpickles it",
    "value": "odd numbers in an honest form: they must gain little",
    "part": "a part of the answer: it must not be worth as much",
    "unseen": "other content, which no honest program gives: it must be worth less",
    "form": "the same content in another form, or part of it: it must gain nothing",
    "size": "more or less of it: it must gain nothing",
    "near": "nearly the same: a tolerance may accept it",
    "scaled": "other numbers, which a tolerance or a factor may accept",
    "moved": "numbers moved by less than usual tolerances: they must not gain by it",
    "other": "another answer, which may be better",
}
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
    "emptied": ("same", "column"),
    "nan": ("all",),
    "cut": ("half", "third"),
    "repeated": ("first", "least", "many times"),
    "huge_numbers": ("1e9 all", "-1e9 all", *(f"{number} {part}" for part in PARTS for number in ("1e9", "-1e9"))),
    "part": ("half", "one"),
    "written_code": ("text", "bare text", "bytes"),
    "infinity": ("inf all", "-inf all"),
    "wrong_length": ("twice",),
    "skipped": SKIPPED,
    "told": ("billionth", "1e9", "-1e9"),
    "column_or_row": ("column", "row"),
    "number_words": ("nan", "inf", "-inf"),
    "apart": (None,),
    "nothing": ("alone", "everywhere"),
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
    return "numpy" in sys.modules and isinstance(value, np.ndarray)


def is_number(value: Any) -> bool:
    """Numbers of Python and of numpy; no truth values."""
    kinds = (int, float, np.integer, np.floating) if "numpy" in sys.modules else (int, float)
    return isinstance(value, kinds) and not isinstance(value, bool)


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
        items = [each(item, change) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
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


def changed(value: Any, change: Change) -> Any:
    """`value` with every leaf changed, some of them to another one."""
    made = each(value, change)
    require(repr(leaves(made)) != repr(leaves(value)))
    return made


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
    items = [change(item) if at == index else item for at, item in enumerate(value)]
    return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)


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
    return dict(zip(value, made)) if isinstance(value, dict) else tuple(made)  # noqa: B905 (Python 3.9)


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

    def ordered(items: Any) -> list[str]:
        return sorted(repr(item) for item in listed(items))

    own = ordered(value) if has_items(value) else []
    return len(set(own)) > 1 and any(has_items(one) and len(one) == len(own) and ordered(one) == own for one in inputs)


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


@spoiler("gone", "No answer", ("alone", "everywhere"))
def nothing(answer: HonestAnswer, variant: str) -> Any:
    return None if variant == "alone" else each(answer.value, lambda leaf: None)


@spoiler("gone", "An empty answer", ("same", "column", "list", "dict", "text", "matrix"))
def emptied(answer: HonestAnswer, variant: str) -> Any:
    value = answer.value
    if variant == "same" and isinstance(value, tuple):
        require(any(map(has_items, value)))
        return tuple(part[:0] if has_items(part) else part for part in value)
    if variant == "same":
        require((is_array(value) and value.ndim) or isinstance(value, (list, dict, str, set)))
        return value[:0] if is_array(value) else type(value)()
    require(np is not None or variant not in ("matrix", "column"))
    require(variant != "column" or has_items(value))
    if variant in ("matrix", "column"):  # (0, 1) is broadcast to nothing, and all of nothing is right
        return np.zeros((0, 3 if variant == "matrix" else 1))
    return {"list": [], "dict": {}, "text": ""}[variant]


@spoiler("form", "No answers to a third of the calls", SKIPPED)
def skipped(answer: HonestAnswer, variant: str) -> Any:
    """Whichever third a scorer leaves out of its mean: unless all are equally good, the mean rises without one of them."""
    require(answer.inputs)
    how, third = variant.split()
    if zlib.crc32(repr(answer.inputs).encode()) % 3 != int(third):
        return answer.value
    if how == "text":
        return "no answer"
    raise concurrent.futures.TimeoutError if how == "late" else RuntimeError("a third of the calls raise")


# Numbers and texts that are none.


@spoiler("unfit", "NaN", ("all", "first", *PARTS, "alone", "array"))
def nan(answer: HonestAnswer, variant: str) -> Any:
    if variant == "array":
        require(np is not None and not is_array(answer.value))
        return np.array(numbers(answer.value, lambda leaf: float("nan")), dtype=float)
    return float("nan") if variant == "alone" else numbers(answer.value, lambda leaf: float("nan"), variant)


@spoiler(
    "unfit", "Infinity", tuple(f"{sign} {where}" for where in ("all", *PARTS, "alone") for sign in ("inf", "-inf"))
)
def infinity(answer: HonestAnswer, variant: str) -> Any:
    value, _, where = variant.partition(" ")
    return float(value) if where == "alone" else numbers(answer.value, lambda leaf: float(value), where)


@spoiler("unfit", 'The texts "nan" and "inf"', ("nan", "inf", "-inf", "nan alone", "inf alone", "-inf alone"))
def number_words(answer: HonestAnswer, variant: str) -> Any:
    word = variant.split()[0]
    return word if variant.endswith("alone") else numbers(answer.value, lambda leaf: word)


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


@spoiler("value", "Huge numbers",
         ("1e9 all", "-1e9 all", *(f"{value} {part}" for value in ("1e9", "-1e9") for part in PARTS), "1e308 all", "-1e308 all",
          "9223372036854775807 all", "1e308 first", "1e9 last", "-1e9 last", "signs"))  # fmt: skip
def huge_numbers(answer: HonestAnswer, variant: str) -> Any:
    if variant == "signs":
        turn = itertools.cycle([-1e308, 1e308])
        return numbers(answer.value, lambda leaf: next(turn))
    value, _, where = variant.partition(" ")
    return numbers(answer.value, lambda leaf: float(value) if "e" in value else int(value), where)


@spoiler("unseen", "A number that the program tells beside the answer",
         ("billionth", "1e9", "-1e9", "billionth of arguments", "1e9 of arguments", "-1e9 of arguments"))  # fmt: skip
def told(answer: HonestAnswer, variant: str) -> Any:
    number, _, of = variant.partition(" of ")
    require(is_number(answer.value) and answer.others and bool(of) == bool(answer.inputs))
    require(not of or not all(map(is_number, answer.others)))  # else the numbers are the answers
    return answer.value * 1e-9 if number == "billionth" else float(number)


# Other forms and sizes.


@spoiler("form", "A column or a row", ("column", "row", "cube"))
def column_or_row(answer: HonestAnswer, variant: str) -> Any:
    require(np is not None)

    def reshaped(value: Any) -> Any:
        array = np.asarray(value)
        require(array.dtype.kind in "biufU")
        if array.ndim == 0:
            return {"column": [[array.item()]], "row": [array.item()], "cube": [[[array.item()]]]}[variant]
        return array.reshape(-1).reshape({"column": (-1, 1), "row": (1, -1), "cube": (-1, 1, 1)}[variant])

    return reshaped(answer.value) if is_number(answer.value) else sequences(answer.value, reshaped)


@spoiler("form", "One value instead of many", ("scalar", "list", "array"))
def single_value(answer: HonestAnswer, variant: str) -> Any:
    found = leaves(answer.value)
    require((isinstance(answer.value, list) or is_array(answer.value)) and len(found) > 1)
    require(variant != "array" or np is not None)
    return found[0] if variant == "scalar" else [found[0]] if variant == "list" else np.array(found[:1])


@spoiler("form", "Lists in lists", ("once", "elements", "key", "twice side by side"))
def nested(answer: HonestAnswer, variant: str) -> Any:
    value = listed(answer.value)
    if variant == "elements":
        return each(value, lambda leaf: [leaf])
    return {"answer": value} if variant == "key" else [value, value] if variant == "twice side by side" else [value]


@spoiler("form", "The right values as other types", ("text", "truth", "float", "characters"))
def other_types(answer: HonestAnswer, variant: str) -> Any:
    value = listed(answer.value)
    require(isinstance(value, str) == (variant == "characters"))
    if variant == "characters":
        return list(value)
    require(variant != "truth" or all(leaf in (0, 1) for leaf in leaves(value)))
    return each(value, {"text": str, "truth": bool, "float": float}[variant])


@spoiler("form", "Fractions where the answers are whole", ("0.5", "halved"))
def fractions(answer: HonestAnswer, variant: str) -> Any:
    found = leaves(answer.value)
    require(len(found) > 1 and all(isinstance(leaf, int) and is_number(leaf) for leaf in map(_plain, found)))
    require(not are_indices(answer.value) and (variant != "0.5" or set(found) <= {0, 1}))
    return each(answer.value, lambda leaf: 0.5 if variant == "0.5" else leaf / 2)


@spoiler("form", "Equal whole numbers made different by fractions")
def apart(answer: HonestAnswer, variant: None) -> Any:
    found = [_plain(leaf) for leaf in leaves(answer.value)]
    require(len(set(found)) < len(found) and all(isinstance(leaf, int) and is_number(leaf) for leaf in found))
    count = itertools.count()
    return each(answer.value, lambda leaf: leaf + next(count) / (len(found) + 1))


def _plain(leaf: Any) -> Any:
    return leaf.item() if hasattr(leaf, "item") else leaf


@spoiler("size", "The answer twice over", ("twice", "more"))
def wrong_length(answer: HonestAnswer, variant: str) -> Any:
    return sequences(answer.value, lambda items: joined(items, items[-1:] if variant == "more" else items))


@spoiler("size", "Fewer elements", ("half", "two"))
def fewer(answer: HonestAnswer, variant: str) -> Any:
    require(not answer.inputs and not isinstance(answer.value, str))
    return sequences(answer.value, lambda items: items[: (len(items) + 1) // 2 if variant == "half" else 2])


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


@spoiler("unseen", "Nonsense in some of the places",
         ("second half", "first half", "every second", "all but the last", "all but the first"))  # fmt: skip
def unseen(answer: HonestAnswer, variant: str) -> Any:
    def spoiled(items: Any) -> Any:
        n = len(items)
        require(not isinstance(items, str) and n > 3)
        places = {
            "second half": range((n + 1) // 2, n),
            "first half": range(n // 2),
            "every second": range(1, n, 2),
            "all but the last": range(n - 1),
        }.get(variant, range(1, n))
        made = items.copy() if is_array(items) else list(items)
        for at in places:
            made[at] = each(made[at], nonsense)
        require(repr(leaves(list(made))) != repr(leaves(list(items))))
        return made if is_array(items) else type(items)(made)

    return sequences(answer.value, spoiled)


@spoiler("unseen", "Each element twice")
def doubled(answer: HonestAnswer, variant: None) -> Any:
    def twice(items: Any) -> Any:
        require(not isinstance(items, str) and not is_array(items) and len(items) <= MOST_ELEMENTS)
        require(1 < len({repr(item) for item in items}) < len(items))
        return type(items)([item for item in items for _ in range(2)])

    return sequences(answer.value, twice)


@spoiler("unseen", "Numbers moved by 1000 against each other",
         ("first and last", "last and first", "largest and least", "least and largest"))  # fmt: skip
def balanced(answer: HonestAnswer, variant: str) -> Any:
    def moved_against(items: Any) -> Any:
        require(not isinstance(items, str) and len(items) > 1 and all(map(is_number, items)))
        alike = [one for one in answer.inputs if hasattr(one, "__len__") and len(one) == len(items) == len(leaves(one))]
        guide = alike[0] if alike and all(map(is_number, alike[0])) else range(len(items))
        require(variant in ("first and last", "last and first") or alike)
        ordered = sorted(range(len(items)), key=lambda at: guide[at])
        at_ends = {
            "first and last": (0, -1),
            "last and first": (-1, 0),
            "largest and least": (ordered[-1], ordered[0]),
        }
        up, down = at_ends.get(variant, (ordered[0], ordered[-1]))
        made = items.copy() if is_array(items) else list(items)
        made[up] += 1000
        made[down] -= 1000
        return made if is_array(items) else type(items)(made)

    return sequences(answer.value, moved_against)


@spoiler("unseen", "Only the first word is right", ("words", "fields", "lines"))
def after_first(answer: HonestAnswer, variant: str) -> Any:
    mark = {"words": " ", "fields": ",", "lines": "\n"}[variant]

    def spoiled(leaf: Any) -> Any:
        first, found, rest = leaf.partition(mark) if isinstance(leaf, str) else (leaf, "", "")
        return first + found + nonsense(rest) if rest.strip() else leaf

    return changed(answer.value, spoiled)


@spoiler("unseen", "The answer among others")
def among_others(answer: HonestAnswer, variant: None) -> Any:
    require(isinstance(answer.value, str) and answer.value.strip())
    own = answer.value.strip()
    others = [str(one) for one in answer.others if isinstance(one, str) and one.strip() not in ("", own)]
    require(others)
    return "\n".join([*others, own, *others]) + "\n"


# Tolerances.


@spoiler("near", "Rounded numbers", (2, 1, 0))
def rounded(answer: HonestAnswer, variant: int) -> Any:
    def near(leaf: Any) -> Any:
        made = round(leaf, variant) if is_number(leaf) else leaf
        return leaf if is_number(leaf) and abs(made - leaf) <= _DUST * abs(leaf) else made

    made = changed(answer.value, near)
    pairs = [(one, other) for one, other in zip(leaves(answer.value), leaves(made)) if is_number(one)]  # noqa: B905 (3.9)
    require(2 * sum(one != other for one, other in pairs) > len(pairs))
    return made


@spoiler("near", "Texts in the other case")
def other_case(answer: HonestAnswer, variant: None) -> Any:
    return changed(answer.value, lambda leaf: leaf.swapcase() if isinstance(leaf, str) else leaf)


@spoiler("scaled", "Numbers times 0.8 or 1.01",
         tuple((factor, where) for factor in (0.8, 1.01) for where in ("all", *PARTS)))  # fmt: skip
def scaled(answer: HonestAnswer, variant: tuple[float, str]) -> Any:
    factor, where = variant
    return numbers(answer.value, lambda leaf: leaf * factor if isinstance(_plain(leaf), float) else leaf, where)


@spoiler("moved", "Tolerances used to the full",
         tuple((delta, where) for delta in (4e-7, -4e-7, 4e-10, -4e-10) for where in ("all", *PARTS)))  # fmt: skip
def moved(answer: HonestAnswer, variant: tuple[float, str]) -> Any:
    delta, where = variant
    require(any("float" in type(leaf).__name__ for leaf in leaves(answer.value)))
    return numbers(answer.value, lambda leaf: leaf + delta, where)


# Answers that may be right.


@spoiler("other", "Tiny numbers", ("5e-324", "1e-9", "-0.0"))
def tiny_numbers(answer: HonestAnswer, variant: str) -> Any:
    return numbers(answer.value, lambda leaf: float(variant))


@spoiler("other", "Groups put together", (0, 1, 5, -1, -5))
def regrouped(answer: HonestAnswer, variant: int) -> Any:
    groups = answer.value
    require(isinstance(groups, list) and len(groups) > abs(variant) + 1)
    require(all(isinstance(one, list) for one in groups))
    kept = groups[:variant] if variant > 0 else groups[variant:] if variant else []
    rest = groups[variant:] if variant > 0 else groups[: variant or None]
    together = [item for group in rest for item in group]
    return [*kept, together] if variant >= 0 else [together, *kept]


@spoiler("other", "The answer in another order", ("reversed", "sorted", "moved"))
def permuted(answer: HonestAnswer, variant: str) -> Any:
    if variant == "moved":
        return sequences(answer.value, lambda items: joined(items[1:], items[:1]))
    if variant == "reversed":
        return sequences(answer.value, lambda items: items[::-1])
    return sequences(answer.value, lambda items: "".join(sorted(items)) if isinstance(items, str) else sorted(items))


@spoiler("other", "Everything at once")
def everything(answer: HonestAnswer, variant: None) -> Any:
    value = answer.value
    if isinstance(value, str):
        known = [
            str(leaf) for leaf in leaves([*answer.others, *answer.inputs]) if isinstance(leaf, str) or is_number(leaf)
        ]
        return " ".join(dict.fromkeys([value, *known[:MOST_ELEMENTS], *map(str, range(100))]))
    require(isinstance(value, list))
    if are_indices(value):
        return list(range(max([size for size in sizes(answer.inputs) if size < MOST_ELEMENTS], default=max(value) + 1)))
    items = [item for other in (value, *answer.others, *answer.inputs) if isinstance(other, list) for item in other]
    return list({repr(item): item for item in items[:MOST_ELEMENTS]}.values())


@spoiler("other", "The answer to another call", ("before", "first"))
def another(answer: HonestAnswer, variant: str) -> Any:
    require(answer.others)
    return answer.others[-1 if variant == "before" else 0]


# What a program prints.

TEXTS: dict[str, tuple[str, str]] = {
    "no output": ("gone", ""),
    "half of the lines": ("part", ""),
    "without the last line": ("part", ""),
    "the first line alone": ("part", ""),
    "nan in place of the first number": ("unfit", "nan"),
    "inf in place of the first number": ("unfit", "inf"),
    "nan in place of every number": ("unfit", "nan"),
    "1e308 in place of the first number": ("value", "1e308"),
    "-1 in place of the first number": ("value", "-1"),
    "1e9 in place of every number": ("value", "1e9"),
    "each line twice": ("size", ""),
    "the lines in reverse": ("other", ""),
}
"""Ways to spoil what a program prints: (kind, what stands in a number's place)."""
_NUMBER = re.compile(r"(?<![\w.])[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])")


def spoil_text(name: str, output: str) -> str:
    """What a program printed, spoiled. Raises NotApplicable where it cannot be, or stays the same."""
    lines = output.splitlines(keepends=True)
    if TEXTS[name][1]:
        made = _NUMBER.sub(TEXTS[name][1], output, count=1 if "first" in name else 0)
    else:
        made = "".join({
            "no output": [],
            "half of the lines": lines[: len(lines) // 2],
            "without the last line": lines[:-1],
            "the first line alone": lines[:1],
            "each line twice": [line for line in lines for _ in range(2)],
        }.get(name, lines[::-1]))  # fmt: skip
    require(made != output and (made or name == "no output"))
    return made
