"""What an answer may be: its type, shape, domain and bounds, declared once and checked before any arithmetic.

A solution's answer is untrusted until `Answer.checked` has read it. The result is fresh plain numbers, texts and arrays of the
declared shape, or one sentence that says what is wrong. This stops the case of §6.3, predictions of another shape that scored
over 1000%, and objects that are equal to everything: types are compared with `type() is`, and no method of a value is called.

    Answer(int, shape=(20,), values=(0, 1), also=((20, 1), (1, 20)))       # 20 bits, as a row or a column too
    Answer(int, shape=lambda instance: (len(instance["F"]),), permutation=True)
    Answer(float, low=0, high=1)                                            # one number
    Answer(str, length=lambda instance: len(instance["t"]), alphabet="AB")
    Answer({"route": Answer(int, shape=(None,)), "cost": Answer(float)})    # an object with exactly these names
    Answer([Answer(int, shape=(None,))], length=(1, 60))                    # a list of 1 to 60 lists of any length
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeAlias, TypeGuard, TypeVar

from strop.base.errors import Malformed, TaskError
from strop.base.later import dataclass, np
from strop.sandbox.strop_plain_data import type_of
from strop.tasks.values import INT_HIGH, NUMBERS

MOST_LISTED = 100_000
"""The most elements in a list of Answers without a declared length. Reading each takes some microseconds."""
T = TypeVar("T")
Of: TypeAlias = T | Callable[["Instance"], T]
"""A value, or a function of the instance that returns it."""
Shape: TypeAlias = tuple[int | None, ...]
"""Length of each axis; None is any length. `()` is one value."""


@dataclass(frozen=True)
class Instance:
    """One instance of a task. `instance["x"]` reads an input."""

    inputs: Mapping[str, Any]
    """The arguments of the function, by name and in its order: numbers, texts, lists and numeric arrays."""
    hidden: Any = None
    """Data for the scorer alone, such as labels or planted answers."""

    def __getitem__(self, name: str) -> Any:
        return self.inputs[name]


@dataclass(frozen=True)
class Answer:
    """The form that an answer must have. An answer of any other form is malformed, and `score` never sees it."""

    of: type | Mapping[str, Answer] | list[Answer]
    """The type of the elements (`bool`, `int`, `float` or `str`), a dict of `strop.Answer` by name, or a list of one
    `strop.Answer`."""
    shape: Of[Shape] = ()
    """The length of each axis of a list or array. `None` is any length, and `()` is a single value."""
    also: Of[Collection[Shape]] = ()
    """Other shapes that are accepted, and converted to `shape`."""
    part: Of[slice] | None = None
    """Which elements of a longer list or array are the answer. The others are never read."""
    low: Of[float] | None = None
    """The least number that is allowed, itself included. Numbers are always finite."""
    high: Of[float] | None = None
    """The greatest number that is allowed, itself included. Numbers are always finite."""
    values: Of[Collection[Any]] | None = None
    """The only values that are allowed."""
    distinct: Of[int] | None = None
    """How many different values there may be, at most."""
    permutation: bool = False
    """Whether the n elements are the whole numbers from 0 to n - 1, each once."""
    length: Of[int | tuple[int, int]] | None = None
    """Number of characters of a text, or of elements in a list of `strop.Answer`: exact, or (at least, at most)."""
    alphabet: Of[str] | None = None
    """The only characters that a text may have."""
    description: str = ""
    """The form in words, for the model. If empty, it is made from the other fields."""

    def __post_init__(self) -> None:
        """Raises TaskError when the declaration contradicts itself."""
        numeric, text = self.of in (bool, int, float), self.of is str
        if isinstance(self.of, list):
            is_known_type = len(self.of) == 1 and isinstance(self.of[0], Answer)
        elif isinstance(self.of, Mapping):
            is_known_type = all(isinstance(k, str) and isinstance(v, Answer) for k, v in self.of.items())
        else:
            is_known_type = numeric or text
        if not is_known_type:
            raise TaskError("an Answer is of bool, int, float or str, of a dict of Answers, or of a list of one Answer")
        for name, fits in {
            **dict.fromkeys(("shape", "part", "values"), numeric or text),
            **dict.fromkeys(("also", "low", "high", "distinct"), numeric),
            "permutation": self.of is int,
            "length": text or isinstance(self.of, list),
            "alphabet": text,
        }.items():
            declared = getattr(self, name)
            if declared is not None and declared is not False and declared != () and not fits:
                raise TaskError(f"an Answer of {_name(self.of)} has no {name}")
        values, types = self.values, {str} if text else {bool, int, float}
        if not (values is None or callable(values) or (values and types.issuperset(map(type, values)))):
            raise TaskError(f"values of an Answer of {_name(self.of)} are some of that type, not {values!r:.60}")
        if not callable(self.shape):
            _shape(self.shape)
        if self.permutation and not callable(self.shape) and len(self.shape) != 1:
            raise TaskError("a permutation has a shape of one axis, e.g. (15,) or (None,)")

    def checked(self, instance: Instance, value: object) -> Any:
        """The answer that `score` gets: a bool, an int, a float, a str or a list of str of exactly these types; an array of
        int64, float64 or bool; a dict or list of these. It is a copy.

        True and False count as 1 and 0. A float that is whole counts as an int. A negative zero becomes zero.

        Raises:
            Malformed: the value is not of this form; the message names the element and what was expected.
            TaskError: the declaration does not fit this instance.
        """
        try:
            return self._checked(instance, value, "answer")
        except (Malformed, TaskError):
            raise
        except Exception as error:  # noqa: BLE001 (an error that a value causes is the fault of its solution)
            raise Malformed(f"the answer cannot be read: {type(error).__name__}") from None

    def _checked(self, instance: Instance, value: object, name: str) -> Any:
        if isinstance(self.of, Mapping):
            return self._named(self.of, instance, value, name)
        if isinstance(self.of, list):
            return self._listed(self.of[0], instance, value, name)
        if self.part is not None and _has_elements(value):
            chosen = self._of(self.part, instance, "part")
            value = value[chosen]
            name = f"{name}[{chosen.start or 0}:{'' if chosen.stop is None else chosen.stop}]"
        if self.of is str:
            return self._texts(instance, value, name)
        array = self._shaped(_array_of(self.of, value, name), instance, name)
        self._in_domain(array, instance, name)
        return array if array.ndim else array.item()

    def _named(self, of: Mapping[str, Answer], instance: Instance, value: object, name: str) -> dict[str, Any]:
        pairs: Any = value.items() if type_of(value) is dict else ()  # type: ignore[attr-defined]
        names = [key if type(key) is str else _words_of(key) for key, _ in pairs]
        if type_of(value) is not dict or sorted(names) != sorted(of):
            actual = f"has {', '.join(f'{name[:40]!a}' for name in names[:10])}" if names else f"is {_words_of(value)}"
            raise Malformed(f"{name} {actual[:200]}; a dict of {', '.join(map(repr, of))} is expected")
        by_name = dict(pairs)  # of these names, each once
        return {key: form._checked(instance, by_name[key], f"{name}[{key!r}]") for key, form in of.items()}

    def _listed(self, form: Answer, instance: Instance, value: object, name: str) -> list[Any]:
        if not _has_elements(value):
            raise Malformed(f"{name} is {_words_of(value)}; a list is expected")
        self._long_enough(len(value), instance, name, "elements")
        if self.length is None and len(value) > MOST_LISTED:
            raise Malformed(f"{name} has {len(value)} elements; at most {MOST_LISTED} are expected")
        return [form._checked(instance, item, f"{name}[{index}]") for index, item in enumerate(value)]

    def _texts(self, instance: Instance, value: object, name: str) -> str | list[str]:
        shape = _shape(self._of(self.shape, instance, "shape"))
        if not shape:
            return self._text(instance, value, name)
        if not _has_elements(value) or not _fits((len(value),), shape):
            actual = f"{len(value)} elements" if _has_elements(value) else _words_of(value)
            raise Malformed(f"{name} is {actual}; {_of_shape(shape)} of texts is expected")
        return [self._text(instance, item, f"{name}[{index}]") for index, item in enumerate(value)]

    def _text(self, instance: Instance, value: object, name: str) -> str:
        if type(value) is not str:
            raise Malformed(f"{name} is {_words_of(value)}; a text is expected")
        try:
            value.encode("utf-8")
        except UnicodeEncodeError as error:
            raise Malformed(f"{name} holds a lone surrogate at {error.start}") from None
        self._long_enough(len(value), instance, name, "characters")
        alphabet = self._of(self.alphabet, instance, "alphabet")
        if alphabet is not None:
            strange = next((index for index, character in enumerate(value) if character not in alphabet), None)
            if strange is not None:
                raise Malformed(f"{name}[{strange}] is {value[strange]!a}, not one of {alphabet!a}")
        values = self._of(self.values, instance, "values")
        if values is not None and value not in values:
            raise Malformed(f"{name} is {value!a:.60}, not one of {_listing(values)}")
        return value

    def _long_enough(self, count: int, instance: Instance, name: str, unit: str) -> None:
        length = self._of(self.length, instance, "length")
        if length is None:
            return
        least, most = length if isinstance(length, tuple) else (length, length)
        if not least <= count <= most:
            expected = f"{least}" if least == most else f"{least} to {most}"
            raise Malformed(f"{name} has {count} {unit}; {expected} are expected")

    def _shaped(self, array: np.ndarray, instance: Instance, name: str) -> np.ndarray:
        shape = _shape(self._of(self.shape, instance, "shape"))
        if _fits(array.shape, shape):
            return array
        if any(_fits(array.shape, _shape(other)) for other in self._of(self.also, instance, "also")):
            return array.reshape([-1 if axis is None else axis for axis in shape])
        actual = f"an array of shape {array.shape}" if array.ndim else "one value"
        raise Malformed(f"{name} is {actual}; {_of_shape(shape)} is expected")

    def _in_domain(self, array: np.ndarray, instance: Instance, name: str) -> None:
        low, high = self._of(self.low, instance, "low"), self._of(self.high, instance, "high")
        values = self._of(self.values, instance, "values")
        if low is not None and (bad := array < low).any():
            raise Malformed("{} is {!r}, less than {}".format(*_first(array, bad, name), low))
        if high is not None and (bad := array > high).any():
            raise Malformed("{} is {!r}, more than {}".format(*_first(array, bad, name), high))
        if values is not None and not (good := np.isin(array, list(values))).all():
            raise Malformed("{} is {!r}, not one of {}".format(*_first(array, ~good, name), _listing(values)))
        distinct = self._of(self.distinct, instance, "distinct")
        if distinct is not None and (count := len(np.unique(array))) > distinct:
            raise Malformed(f"{name} has {count} different values; at most {distinct} are expected")
        if self.permutation and not np.array_equal(np.sort(array), np.arange(len(array))):
            raise Malformed(f"{name} is not a permutation of 0 to {len(array) - 1}")

    def _of(self, field: Of[T], instance: Instance, name: str) -> T:
        """The field's value for this instance."""
        if not callable(field):
            return field
        try:
            return field(instance)
        except Exception as error:
            raise TaskError(f"Answer.{name} raised {type(error).__name__}: {error}"[:300]) from error


def _has_elements(value: object) -> TypeGuard[Sequence[Any]]:
    """Whether `value` is a list, a tuple, or an array of at least one axis. The types of the elements are checked later."""
    return type(value) in (list, tuple) or (type(value) is np.ndarray and value.ndim > 0)


def _fits(actual: tuple[int, ...], wanted: Shape) -> bool:
    return len(actual) == len(wanted) and all(b is None or a == b for a, b in zip(actual, wanted, strict=True))


def _shape(shape: object) -> Shape:
    if isinstance(shape, tuple) and all(axis is None or (type(axis) is int and axis >= 0) for axis in shape):
        return shape
    raise TaskError(f"the shape of an answer is a tuple of lengths or None, not {shape!r:.60}")


def _of_shape(shape: Shape) -> str:
    if not shape:
        return "one value"
    if len(shape) == 1:
        return "a list" if shape[0] is None else f"a list of {shape[0]}"
    return f"an array of shape ({', '.join('any' if axis is None else str(axis) for axis in shape)})"


def _listing(values: Collection[Any] | None) -> str:
    first_values = [f"{value!a:.40}" for value in list(values or ())[:10]]
    return ", ".join(first_values) + (", …" if len(values or ()) > 10 else "")


def _name(of: object) -> str:
    return of.__name__ if isinstance(of, type) else ("Answers by name" if isinstance(of, Mapping) else "a list")


def _words_of(value: object) -> str:
    """The exact type of a value: `a whole number`, `an array of float64`, `of type tuple`."""
    if type(value) is np.ndarray:
        return f"an array of {value.dtype}"
    return WORDS.get(type(value), f"of type {type_of(value).__name__}"[:60])


def _array_of(kind: Any, value: object, name: str) -> np.ndarray:
    """A fresh array of bool, int64 or float64 (for `kind` bool, int or float) of the shape of `value`.

    Raises:
        Malformed: an element is not a number, not finite, outside int64 or not convertible without loss, or lists have
            unequal lengths.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if type(value) is np.ndarray:
        return _of_kind(kind, _fitting(kind, value, name), name)
    leaves, shape = ([value], ()) if type(value) in NUMBERS else _flat(kind, value, name)
    for index, leaf in enumerate(leaves):
        if not (-INT_HIGH - 1 <= leaf <= INT_HIGH if kind is not float or type(leaf) is int else math.isfinite(leaf)):
            raise Malformed(f"{_element_name(name, index, shape)} is {_shown(leaf)}; it must be finite and fit 64 bits")
        if kind is not float and leaf != int(leaf):
            raise Malformed(f"{_element_name(name, index, shape)} is {leaf!r}; {WORDS[kind]} is expected")
    return _of_kind(kind, np.array(leaves, dtype=np.float64 if kind is float else np.int64).reshape(shape), name)


def _fitting(kind: Any, array: np.ndarray, name: str) -> np.ndarray:
    """An array of numbers that `kind` can hold in 64 bits."""
    if array.dtype.kind not in "biuf":
        raise Malformed(f"{name} is {_words_of(array)}; {WORDS[kind]} or an array of them is expected")
    if array.dtype.kind == "f":
        array = array.astype(np.float64)  # float16 cannot be compared with 2.0**63
        fitting = np.isfinite(array)
        if kind is not float:
            # 2.0**63 is the first float that int64 cannot hold.
            fitting &= (array >= -(2.0**63)) & (array < 2.0**63) & (array == np.floor(array))
    else:
        fitting = array <= INT_HIGH
    if not fitting.all():
        where, leaf = _first(array, ~fitting, name)
        raise Malformed(f"{where} is {_shown(leaf)}; {WORDS[kind]} of 64 bits is expected")
    return array


def _of_kind(kind: Any, array: np.ndarray, name: str) -> np.ndarray:
    if kind is float:
        return array.astype(np.float64) + 0.0  # -0.0 + 0.0 is 0.0
    if kind is int:
        return array.astype(np.int64)
    if not (truths := np.isin(array, (0, 1))).all():
        raise Malformed(f"{name} holds {array[~truths][0].item()!r}; truth values are expected")
    return array.astype(np.bool_)


def _flat(kind: Any, value: Any, name: str) -> tuple[list[Any], tuple[int, ...]]:
    """The elements of nested lists in order, and the shape."""
    if type(value) is np.ndarray and value.dtype.kind in "biuf":
        value = value.tolist()
    if type(value) not in (list, tuple):
        raise Malformed(f"{name} is {_words_of(value)}; {WORDS[kind]} is expected")
    items = [item.item() if isinstance(item, np.generic) else item for item in value]
    if NUMBERS.issuperset(map(type, items)):
        return items, (len(items),)
    if type(items[0]) in NUMBERS:  # then another element is not
        index = next(index for index, item in enumerate(items) if type(item) not in NUMBERS)
        raise Malformed(f"{name}[{index}] is {_words_of(items[index])}; {WORDS[kind]} is expected")
    read = list[tuple[list[Any], tuple[int, ...]]]()
    for index, item in enumerate(items):
        read.append(_flat(kind, item, f"{name}[{index}]"))
        if read[-1][1] != read[0][1]:
            raise Malformed(f"{name}[{index}] is of shape {read[-1][1]}, unlike the elements before it, {read[0][1]}")
    return [leaf for leaves, _ in read for leaf in leaves], (len(items), *read[0][1])


def _first(array: np.ndarray, which: np.ndarray, name: str) -> tuple[str, Any]:
    """The name and the value of the first element for which `which` is true."""
    index = int(np.argmax(which))
    return _element_name(name, index, array.shape), array.reshape(-1)[index].item()


def _element_name(name: str, index: int, shape: tuple[int, ...]) -> str:
    """The element's name, e.g. `answer[3][1]`."""
    return name + "".join(f"[{int(axis)}]" for axis in np.unravel_index(index, shape)) if shape else name


def _shown(leaf: Any) -> str:
    return f"a whole number of {leaf.bit_length()} bits" if type(leaf) is int else repr(leaf)


WORDS: dict[Any, str] = {
    bool: "a truth value", int: "a whole number", float: "a number", str: "a text", list: "a list", type(None): "None",
}  # fmt: skip
ONE = WORDS | {float: "a finite number"}
MANY = {bool: "truth values", int: "whole numbers", float: "finite numbers", str: "texts"}


def sentence(answer: Answer, entry: str) -> str:
    """E.g. `algorithm returns a list of 20 whole numbers, each one of 0, 1.`"""
    return f"{entry} returns {phrase(answer)}; any other answer is malformed."


def phrase(answer: Answer) -> str:
    """The form of an answer in words, which also say what depends on the instance."""
    if answer.description:
        return answer.description
    if isinstance(answer.of, Mapping):
        return "a dict of " + ", ".join(f"{name!r} ({phrase(part)})" for name, part in answer.of.items())
    if isinstance(answer.of, list):
        return f"a list of {_amount(answer.length)}elements, each {phrase(answer.of[0])}"
    return ", ".join([_elements(answer), *_rules(answer)])


def _elements(answer: Answer) -> str:
    kind: Any = answer.of
    if callable(answer.shape):
        size = "a list" if answer.permutation else "a list or array"
        return f"{size} of {MANY[kind]}, as many as the inputs ask for"
    if not answer.shape:
        return ONE[kind]
    if len(answer.shape) == 1:
        count = "" if answer.shape[0] is None else f"{answer.shape[0]} "
        return f"a list of {count}{MANY[kind]}"
    return f"an array of {MANY[kind]} of shape {tuple('any' if n is None else n for n in answer.shape)}".replace(
        "'", ""
    )


def _rules(answer: Answer) -> list[str]:
    rules = ["the numbers from 0 up, each once"] if answer.permutation else []
    per_element = "" if answer.shape == () else "each "
    for name, relation, unknown, describe in _RULES:
        value = getattr(answer, name)
        if value is not None:
            rules.append(
                f"{'' if name == 'distinct' else per_element}{relation} {unknown if callable(value) else describe(value)}"
            )
    return rules


_RULES: tuple[tuple[str, str, str, Callable[[Any], str]], ...] = (
    ("length", "of", "a length that the inputs give", lambda length: f"{_amount(length)}characters"),
    ("alphabet", "made of the characters", "that the inputs give", repr),
    ("values", "one of", "the values that the inputs give", lambda values: ", ".join(map(repr, values))),
    ("low", "at least", "a number that the inputs give", str),
    ("high", "at most", "a number that the inputs give", str),
    ("distinct", "at most", "as many different values as the inputs say", lambda most: f"{most} different values"),
)
"""For a field of an Answer: its name, the words before its value, the words for a value that depends on the instance, and a
function that writes any other value."""


def _amount(length: Any) -> str:
    """`3 `, `1 to 60 `, or nothing if there is no rule or it depends on the inputs."""
    if length is None or callable(length):
        return ""
    return f"{length[0]} to {length[1]} " if isinstance(length, tuple) else f"{length} "
