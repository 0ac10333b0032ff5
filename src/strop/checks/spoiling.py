"""Ways to spoil an answer that no honest program gives, as a table. Each row says what it does, and how its score is judged.

Other orders and answers to other calls are not among them, because they can be better than the answers of a poor original.
"""

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
"""Text that an answer writes to standard error if it runs as code. The text of the code contains it, too."""
_TELLS = f"stderr.write('\\nstrop-note: {MARK}\\n')"
_BARE = "[one for one in ().__class__.__base__.__subclasses__() if one.__name__ == '_wrap_close'][0].__init__.__globals__['sys']"
"""The module `sys`, for an expression that has no built-in functions."""
PARTS = ("part 0", "part 1", "part 2")
"""Variants for an answer that has a few parts, such as (centres, radii, sum)."""
MOST_ELEMENTS = 2_000
"""Longer answers are not made longer, because scoring may take the cube of their length."""
MOST_WHOLE = 10**6
"""The largest whole number: a scorer may count up to it."""


class NotApplicable(ValueError):
    """This answer cannot be spoiled in this way."""


class HonestAnswer(NamedTuple):
    """An honest answer, with the inputs of its call and answers to other calls."""

    value: Any
    inputs: Sequence[Any]
    others: Sequence[Any]
    """Answers to other calls, as far as they are known."""


class AnswerMutation(NamedTuple):
    """One way to spoil an answer."""

    kind: str
    """How its score is judged. These kinds must gain nothing: `gone` is no answer, `absent` is no answer to some of the calls,
    `form` is the same content in another form, `unfit` overflows, `code` runs if it is evaluated, and `part` and `unseen` lack
    most of the content. Two kinds must gain little: `value` is odd numbers, and `size` is more of the same."""
    title: str
    variants: tuple[Any, ...]
    spoil: Callable[[HonestAnswer, Any], Any]


MUTATIONS: dict[str, AnswerMutation] = {}
"""Name → way to spoil an answer, the most telling first."""


def mutation(kind: str, title: str, *variants: Any) -> Callable[[Any], Any]:
    """Put a function of (answer, variant) into the table, under its own name."""

    def entered(spoil: Callable[[HonestAnswer, Any], Any]) -> Callable[[HonestAnswer, Any], Any]:
        MUTATIONS[spoil.__name__] = AnswerMutation(kind, title, variants, spoil)
        return spoil

    return entered


def spoil(name: str, variant: Any, answer: Any, inputs: Sequence[Any] = (), others: Sequence[Any] = ()) -> Any:
    """A spoiled copy of an answer.

    Raises:
        NotApplicable: the answer cannot be spoiled in this way. Operators of types of its own may raise anything.
        RuntimeError, TimeoutError: `skipped` raises them, as a program or a time limit would.
    """
    return MUTATIONS[name].spoil(HonestAnswer(copy.deepcopy(answer), inputs, others), variant)


def telling() -> list[tuple[str, Any]]:
    """(name, variant) of all ways to spoil an answer. The first variant of each way comes before all second variants."""
    rows = [[(name, variant) for variant in row_of_name.variants] for name, row_of_name in MUTATIONS.items()]
    return [one for row in itertools.zip_longest(*rows) for one in row if one is not None]


# Parts of an answer, whatever its form.


def is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray)


def is_number(value: Any) -> bool:
    """Whether a value is a number of Python or numpy. Truth values are none."""
    kinds = (int, float, np.integer, np.floating)
    return isinstance(value, kinds) and not isinstance(value, bool)


def is_whole(value: Any) -> bool:
    """Whether a value is a number of an integer type."""
    return is_number(value) and "int" in type(value).__name__


def has_items(part: Any) -> bool:
    return isinstance(part, (list, tuple)) or (is_array(part) and part.ndim > 0)


def listed(value: Any) -> Any:
    return value.tolist() if is_array(value) else value


def change_leaves(value: Any, change: Change) -> Any:
    """A value like `value` in which every number, truth value and text is changed. Its containers keep their types."""
    if is_array(value):
        flat = [change(item) for item in value.ravel().tolist()]
        try:
            made = np.array(flat)
            return made.reshape(value.shape) if made.size == value.size else flat
        except (ValueError, OverflowError):
            return flat
    if isinstance(value, (list, tuple, set, frozenset)):
        return type(value)(change_leaves(item, change) for item in value)
    if isinstance(value, dict):
        return {key: change_leaves(item, change) for key, item in value.items()}
    return value if value is None else change(value)


def leaves(value: Any) -> list[Any]:
    """Every number, truth value and text in a value, in order."""
    collected: list[Any] = []
    change_leaves(value, lambda leaf: collected.append(leaf) or leaf)  # type: ignore[func-returns-value]
    return collected


def require(holds: object) -> None:
    if not holds:
        raise NotApplicable("this answer cannot be spoiled in this way")


def numbers(value: Any, change: Change, where: str = "all") -> Any:
    """A value like `value` in which all numbers are changed, or those of one part."""
    if where in PARTS:
        return in_part(value, PARTS.index(where), lambda part: numbers(part, change))
    require(any(map(is_number, leaves(value))))
    return change_leaves(value, lambda leaf: change(leaf) if is_number(leaf) else leaf)


def in_part(value: Any, index: int, change: Change) -> Any:
    """A value like `value`, which is a dict, tuple or list of a few parts, with one part changed."""
    require(isinstance(value, (tuple, list, dict)) and index < len(value) < 9 and len(value) > 1)
    if isinstance(value, dict):
        return {key: change(item) if position == index else item for position, (key, item) in enumerate(value.items())}
    require(isinstance(value, tuple) or len({type(item) for item in value}) > 1 or not is_number(value[0]))
    return type(value)(change(item) if position == index else item for position, item in enumerate(value))


def sequences(value: Any, change: Change) -> Any:
    """A value like `value` in which the list is changed. In a tuple or dict, each part with as many items as the longest is
    changed."""
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
    """Whether a value is a list of two or more different whole numbers from 0 up."""
    items = listed(value)
    is_integer_list = (
        isinstance(items, (list, tuple)) and len(items) > 1 and all(is_number(i) and i == int(i) for i in items)
    )
    return is_integer_list and min(items) >= 0 and len(set(items)) == len(items)


def rearranges(value: Any, inputs: Sequence[Any]) -> bool:
    """Whether a value has the elements of an input in any order, and these are not all equal."""
    own, *others = [sorted(map(repr, listed(one))) if has_items(one) else [] for one in (value, *inputs)]
    return len(set(own)) > 1 and own in others


def sizes(inputs: Sequence[Any]) -> set[int]:
    """The lengths of the inputs, and the whole numbers among the inputs."""
    lengths = {len(value) for value in inputs if hasattr(value, "__len__")}
    return lengths | {int(value) for value in inputs if is_number(value) and value == int(value)}


# What a function answers.


@mutation("unseen", "the beginning of the answer alone", "half", "third")
def cut(answer: HonestAnswer, variant: str) -> Any:
    def shorter(items: Any) -> Any:
        n = len(items)
        require(not isinstance(items, str) and not are_indices(items) and n > 5)
        require(any(n <= size <= 2 * n for size in sizes(answer.inputs)))
        return items[: n // {"third": 3, "half": 2}[variant]]

    return sequences(answer.value, shorter)


@mutation("form", "the same element again", "first", "least", "many times")
def repeated(answer: HonestAnswer, variant: str) -> Any:
    def again(items: Any) -> Any:
        require(are_indices(items) or rearranges(items, answer.inputs))
        if variant == "many times":
            return joined(items, *[items] * 9)
        one = items[0] if variant == "first" else min(items)
        return change_leaves(items, lambda leaf: one)

    return sequences(answer.value, again)


@mutation("value", "huge numbers, or -0.0", "1e9 all", "1e308 all", "-0.0 all", "-1e9 part 2",
          "-1e9 all", "1e9 part 2", *(f"{number} {part}" for part in PARTS[:2] for number in ("1e9", "-1e9")))  # fmt: skip
def huge_numbers(answer: HonestAnswer, variant: str) -> Any:
    value, _, where = variant.partition(" ")
    require(value != "-0.0" or any(map(is_number, filter(None, leaves(answer.value)))))
    limit = MOST_WHOLE if float(value) > 0 else -MOST_WHOLE
    return numbers(answer.value, lambda leaf: limit if is_whole(leaf) else float(value), where)


@mutation("part", "a part of the answer", "half", "one")
def part(answer: HonestAnswer, variant: str) -> Any:
    def less(items: Any) -> Any:
        require(not isinstance(items, str) and len(items) > 1)
        if are_indices(items):  # fewer may be better, but not one alone
            require(variant == "one" and len(items) > 2)
        else:
            require(len(items) in sizes(answer.inputs))
        return items[: (len(items) + 1) // 2 if variant == "half" else 1]

    if isinstance(answer.value, dict) and not any(map(has_items, answer.value.values())):
        return dict(less(list(answer.value.items())))
    return sequences(answer.value, less)


class _Executed:
    """Runs code where it is unpickled."""

    def __reduce__(self) -> Any:
        return exec, (f"import sys; sys.{_TELLS}",)


@mutation("code", "code as an answer", "text", "bare text", "bytes")
def written_code(answer: HonestAnswer, variant: str) -> Any:
    kind = bytes if variant == "bytes" else str
    require(any(isinstance(leaf, kind) for leaf in leaves(answer.value)))
    code = {"text": f"__import__('sys').{_TELLS}", "bare text": f"{_BARE}.{_TELLS}"}.get(variant)
    return change_leaves(
        answer.value, lambda leaf: (code or pickle.dumps(_Executed())) if isinstance(leaf, kind) else leaf
    )


@mutation("absent", "no answers to a third of the calls",
          *(f"{how} {third}" for third in range(3) for how in ("raise", "late", "text")))  # fmt: skip
def skipped(answer: HonestAnswer, variant: str) -> Any:
    """No answer to a third of the calls. If a scorer leaves these out of its mean, the mean rises without one of the thirds,
    unless all are equally good."""
    require(answer.inputs)
    how, third = variant.split()
    if zlib.crc32(repr(answer.inputs).encode()) % 3 != int(third):
        return answer.value
    if how == "text":
        return "no answer"
    raise concurrent.futures.TimeoutError if how == "late" else RuntimeError("a third of the calls raise")


@mutation("unseen", "a number that the program tells beside its answer", "billionth", "1e9", "-1e9")
def unseen_number(answer: HonestAnswer, variant: str) -> Any:
    require(is_number(answer.value) and answer.others and not answer.inputs)
    billionth = answer.value // 10**9 if is_whole(answer.value) else answer.value * 1e-9
    return billionth if variant == "billionth" else float(variant)


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
"""Ways to spoil the output of a program, by name: (kind, a change of its lines or a text in place of numbers)."""


def spoil_text(name: str, output: str) -> str:
    """The spoiled output of a program. Raises NotApplicable if it cannot be spoiled in this way, or would stay the same."""
    change = TEXTS[name][1]
    if isinstance(change, str):
        made = _NUMBER.sub(change, output, count=1 if "first" in name else 0)
    else:
        made = "".join(change(output.splitlines(keepends=True)))
    require(made != output and (made or name == "no output"))
    return made


def kind_of(name: str) -> str:
    """The kind of a way to spoil an answer or a text."""
    return TEXTS[name][0] if name in TEXTS else MUTATIONS[name].kind


def in_words(name: str, variant: Any) -> str:
    """A way to spoil an answer or a text, in words."""
    return f"output spoiled ({name})" if name in TEXTS else f"{MUTATIONS[name].title} ({variant})"
