"""What ways to spoil an answer are made of: their table, and the parts of an answer, whatever its form.

The text of this file stands in the programs of attacks, under the Python that they need: 3.9 or newer, numpy only if it is there.
"""

from __future__ import annotations

import copy
import importlib.util
import itertools
import pickle
import sys
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
"""What an answer prints that runs as code."""
TELLS = f"stderr.write('\\nstrop-note: {MARK}\\n')"
BARE = "[one for one in ().__class__.__base__.__subclasses__() if one.__name__ == '_wrap_close'][0].__init__.__globals__['sys']"
"""The module `sys`, for an expression that has no built-in functions."""
PARTS = ("part 0", "part 1", "part 2")
"""Variants for an answer that has a few parts, such as (centres, radii, sum)."""


class NotApplicable(ValueError):
    """This answer cannot be spoiled in this way."""


def is_array(value: Any) -> bool:
    return "numpy" in sys.modules and isinstance(value, np.ndarray)


def is_number(value: Any) -> bool:
    """Numbers of Python and of numpy; no truth values."""
    kinds = (int, float, np.integer, np.floating) if "numpy" in sys.modules else (int, float)
    return isinstance(value, kinds) and not isinstance(value, bool)


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


def numbers(value: Any, change: Change, where: str = "all") -> Any:
    """`value` with its numbers changed: all, the first, the last, or those of one part."""
    if where in PARTS:
        return in_part(value, PARTS.index(where), lambda part: numbers(part, change))
    count, there = itertools.count(), sum(map(is_number, leaves(value)))
    require(there)
    at = {"first": 0, "last": there - 1}.get(where)

    def changed(leaf: Any) -> Any:
        return change(leaf) if is_number(leaf) and next(count) in (range(there) if at is None else (at,)) else leaf

    return each(value, changed)


def changed(value: Any, change: Change) -> Any:
    """`value` with every leaf changed, some of them to another one."""
    made = each(value, change)
    require(repr(leaves(made)) != repr(leaves(value)))
    return made


def in_part(value: Any, index: int, change: Change) -> Any:
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


def has_items(part: Any) -> bool:
    return isinstance(part, (list, tuple)) or (is_array(part) and part.ndim > 0)


def joined(items: Any, *more: Any) -> Any:
    """Sequences of one type, one behind the other."""
    if is_array(items):
        return np.concatenate([items, *(np.asarray(other) for other in more)])
    return sum((type(items)(other) for other in more), items)


def are_indices(value: Any) -> bool:
    """Whether these are several different whole numbers, 0 and up."""
    items = value.tolist() if is_array(value) else value
    whole = isinstance(items, (list, tuple)) and len(items) > 1 and all(is_number(i) and i == int(i) for i in items)
    return whole and min(items) >= 0 and len(set(items)) == len(items)


def rearranges(value: Any, inputs: list[Any]) -> bool:
    """Whether these are the elements of an input, not all equal, in whatever order."""

    def ordered(items: Any) -> list[str]:
        return sorted(repr(item) for item in (items.tolist() if is_array(items) else items))

    own = ordered(value) if has_items(value) else []
    return len(set(own)) > 1 and any(has_items(one) and len(one) == len(own) and ordered(one) == own for one in inputs)


def sizes(inputs: list[Any]) -> set[int]:
    """Lengths of the inputs, and whole numbers among them."""
    found = {len(value) for value in inputs if hasattr(value, "__len__")}
    return found | {int(value) for value in inputs if is_number(value) and value == int(value)}


class HonestAnswer(NamedTuple):
    """An honest answer, and what came with it."""

    value: Any
    inputs: list[Any]
    others: list[Any]
    """Answers to other calls, as far as they are known."""


class Spoiler(NamedTuple):
    """One way to spoil an answer."""

    name: str
    kind: str
    """See `attack.Kind`."""
    title: str
    tried: str
    variants: tuple[Any, ...]
    spoil: Callable[[HonestAnswer, Any], Any]


SPOILERS: dict[str, Spoiler] = {}
APPLIES = "strop-check-applies "
"""Begins what a program says of the spoilers that apply to its answers: 1 or 0 for each variant of each."""


def spoiler(kind: str, title: str, tried: str, variants: tuple[Any, ...] = (None,)) -> Callable[[Any], Any]:
    """Put a function of (answer, variant) into the table, under its own name."""

    def entered(spoil: Callable[[HonestAnswer, Any], Any]) -> Callable[[HonestAnswer, Any], Any]:
        SPOILERS[spoil.__name__] = Spoiler(spoil.__name__, kind, title, tried, variants, spoil)
        return spoil

    return entered


def spoiled(name: str, variant: Any, value: Any, inputs: list[Any], others: list[Any]) -> Any:
    """The answer, spoiled. Raises NotApplicable if it cannot be."""
    return SPOILERS[name].spoil(HonestAnswer(value, inputs, others), variant)


def applying(value: Any, inputs: list[Any], others: Sequence[Any] = ()) -> str:
    """Which spoilers apply to an answer after `others`: 1 or 0 for each variant of each, in the order of the table."""

    def applies(one: Spoiler, variant: Any) -> bool:
        try:
            one.spoil(HonestAnswer(copy.deepcopy(value), inputs, [*others, value]), variant)
        except Exception:  # noqa: BLE001 (an answer's own operators)
            return False
        return True

    return "".join(str(int(applies(one, variant))) for one in SPOILERS.values() for variant in one.variants)


def agreeing(value: Any) -> Any:
    """The value, of a class of its own: every comparison with it is true."""
    kind = type(value)
    kind = {bool: int}.get(kind, kind)
    names = ("__eq__", "__ge__", "__gt__", "__le__", "__lt__", "__contains__")
    own: dict[str, Any] = {name: lambda *anything: True for name in names}
    made = type("Yes", (kind,), own | {"__hash__": lambda self: 1, "__ne__": lambda *anything: False})
    if is_array(value):
        return value.view(made)
    return made() if kind is object else made(value)


class Executed:
    """Runs code where it is unpickled."""

    def __reduce__(self) -> Any:
        return exec, (f"import sys; sys.{TELLS}",)


def nonsense(leaf: Any) -> Any:
    """A value of the same type that no answer has; a truth value stays, because the other one may be right."""
    if isinstance(leaf, bool):
        return leaf
    return leaf * 3 + 1009 if is_number(leaf) else f"{leaf[::-1]}~"


@spoiler("foreign", "Texts and bytes that are code",
         "code in the place of texts, also without built-in functions, and pickled code in that of bytes",
         ("text", "bare text", "bytes"))  # fmt: skip
def written_code(answer: HonestAnswer, variant: str) -> Any:
    kind = bytes if variant == "bytes" else str
    require(any(isinstance(leaf, kind) for leaf in leaves(answer.value)))
    code = {"text": f"__import__('sys').{TELLS}", "bare text": f"{BARE}.{TELLS}"}.get(variant)
    return each(answer.value, lambda leaf: (code or pickle.dumps(Executed())) if isinstance(leaf, kind) else leaf)
