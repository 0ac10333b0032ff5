"""Describe values that are no plain data as plain data, so that the host can compare what two programs made.

The description calls no method of a value that a program may have written: types are compared exactly, and what an object holds
is read through the descriptors of its classes. What only code in C knows is read as `pickle` reads it, and so are objects of an
installed package's class that says what is kept of them. Loaded before the program. Stand-alone, under Python 3.9 or newer.

A value that is not described as itself is a list: a name, and what belongs to it.

| value | description |
|---|---|
| None, truth value, number, text, bytes, array | itself |
| list, tuple | `["list", [items]]` |
| dict | `["dict", [keys], [values]]`, sorted where all keys are texts or numbers |
| set, frozenset | `["set", [items]]`, sorted |
| object | `["object", "module.Class", its content as a plain type, {attribute: value}]` |
| what was there before | `["again", its number]`, of what can be changed |
| function, class, module | `["function", its name]`, of a function made in a call with a digest of its code |
| exception of a call | `["raised", "module.Class", its arguments, {attribute: value}, its cause, what it yielded]` |
"""

from __future__ import annotations

import collections
import enum
import functools
import hashlib
import random
import re
import sys
import types
from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple

MOST = 400_000
"""Values of one description."""
MOST_DEPTH, MOST_OF_KIND = 40, 200
_ATOMS = frozenset({type(None), bool, int, float, str, bytes, complex})
_CONTENTS = (dict, list, tuple, set, frozenset, str, bytes, bytearray, int, float, complex, collections.deque)
"""Types that others extend."""
_NAMED = (types.FunctionType, types.BuiltinFunctionType, type, types.ModuleType, types.MethodDescriptorType,
          types.WrapperDescriptorType, types.ClassMethodDescriptorType, types.GetSetDescriptorType)  # fmt: skip
_KEPT = (types.GetSetDescriptorType, types.MemberDescriptorType)
_PYTHONS = (types.FunctionType, types.MethodType, property, functools.partial)
_KEEPING = ("__reduce_ex__", "__reduce__", "__getstate__")
_dict_of_type = type.__dict__["__dict__"].__get__
_mro_of_type = type.__dict__["__mro__"].__get__
_encoded = str.encode
_ADDRESS = re.compile("(?<= at )0x[0-9a-f]{6,16}(?=[>,])")
"""An address as `repr` shows it. Elsewhere a number of the program's own may look like one."""
_OF_ALIAS: list[Any] = [types.GenericAlias.__dict__[name].__get__ for name in ("__origin__", "__args__")]
_arguments_of: Any = BaseException.__dict__["args"].__get__
caches: set[str] = set()
"""Attributes that hold what an object has worked out, and are not described. Those of each `cached_property` are such, too."""
kept: list[Any] | None = None
"""Answers that were described; None if nobody wants them."""
renamed: dict[str, str] = {}
"""The name of a module here → the one that descriptions tell: a program's own module is `__main__` as it runs."""


class NotDescribed(TypeError):
    """A value that cannot be described."""


class CallRaised:
    """An exception that a call raised, in the place of its answer."""

    def __init__(self, error: BaseException, yielded: Sequence[Any] = ()) -> None:
        """`yielded`: by a generator, before it raised."""
        self.error, self.yielded = error, list(yielded)


def is_plain(value: Any, depth: int = 0) -> bool:
    """Whether a value is sent as it is."""
    kind = type(value)
    if kind in _ATOMS or kind is bytearray or kind is range:
        return True
    if depth > MOST_DEPTH:
        return False
    if kind is list or kind is tuple or kind is set or kind is frozenset:
        return _are_simple(value) or all(is_plain(item, depth + 1) for item in value)
    if kind is dict:
        return is_plain(list(value), depth) and is_plain(list(dict.values(value)), depth)
    if _is_numpy(value):
        return value.dtype.kind in "biufc"
    # As what it extends, if it has nothing else: a named tuple, a Counter, an IntEnum.
    base = next((plain_kind for plain_kind in _SENT if issubclass(kind, plain_kind)), None)
    if base is None:
        return False
    content = _content(value, base)
    return is_plain(content, depth + 1)


def _are_simple(items: Any) -> bool:
    """Whether items are simple values, or tuples of them: no part can be changed, and each is sent as it is. Found without a look
    at each, because answers are often long lists."""
    kinds = set(map(type, items))
    return _ATOMS.issuperset(kinds) or (kinds == {tuple} and _ATOMS.issuperset(map(type, chain.from_iterable(items))))


_SENT = (str, bytes, bytearray, int, float, complex, tuple, list, dict, frozenset, set)


def described(values: list[Any]) -> list[Any]:
    """The descriptions of values, made in one walk, so that parts which several values share have the same number. Raises
    NotDescribed."""
    walk = _Walk()
    return [walk.of(value, 0) for value in values]


def take_batch(
    what: str, count: int, objects: bool, arguments: list[Any], results: list[Any], kinds: list[str]
) -> list[list[Any]]:
    """The next answers or arguments of a batch, which are removed from the lists: [values, kinds, arguments]. `kinds` and
    `arguments` are empty where there is nothing to report. With `objects`, values that are no plain data are described; otherwise
    they stay as they are, and cannot be sent."""
    inputs, made, lazy = arguments[:count], results[:count], kinds[:count]
    del arguments[:count], results[:count], kinds[:count]
    if kept is not None:
        kept.extend(made)
    if not what.startswith("answers"):
        return [[_as_data([one_input], objects)[0] for one_input in inputs], [], []]
    lazy = lazy or [""] * len(made)
    is_asked = what != "answers"
    try:
        pairs = [
            _as_data([value, one_input] if is_asked else [value], objects) for value, one_input in zip(made, inputs)
        ]
    except NotDescribed as error:
        raise TypeError(f"an answer is or holds {error}, which cannot be compared") from None
    values = [pair[0] for pair in pairs]
    own_kinds = [_kind(value, one, of) for value, one, of in zip(made, values, lazy)]
    return [values, own_kinds if any(own_kinds) else [], [pair[1] for pair in pairs] if is_asked else []]


_HOLDERS = (list, dict, set, bytearray)
_earlier: dict[int, Any] = {}
"""Identity → part of an answer that can be changed. The parts stay alive, so that no other object gets the same identity."""


def shared(values: list[Any]) -> list[bool]:
    """Whether each answer holds a list, dict, set or array that an earlier answer of the process holds. A caller that changes the
    one would change the other."""
    are_shared = []
    for value in values:
        parts: dict[int, Any] = {}
        left = [value]
        while left and len(parts) < MOST:
            part = left.pop()
            kind = type(part)
            if kind in _ATOMS or issubclass(kind, _NAMED) or id(part) in parts:
                continue
            parts[id(part)] = part
            if _is_numpy(part):
                parts[id(_owner(part))] = part
            elif issubclass(kind, dict):
                left += dict.values(part)
            elif issubclass(kind, (list, tuple)):
                left += (list if issubclass(kind, list) else tuple).__iter__(part)
            if kind not in (*_HOLDERS, tuple):
                left += _attributes(part).values()
        own = {number: part for number, part in parts.items() if type(part) in _HOLDERS or _is_numpy(part)}
        are_shared.append(not own.keys().isdisjoint(_earlier))
        _earlier.update(own)
    return are_shared


def _as_data(values: list[Any], objects: bool) -> list[Any]:
    """The values, or their descriptions if `objects` and one of them is no plain data or shares a part."""
    return described(values) if objects and not (all(map(is_plain, values)) and _is_tree(values, set())) else values


def _is_tree(values: Any, seen: set[int]) -> bool:
    """Whether no part of plain values that can be changed is there more than once."""
    for value in values:
        kind = type(value)
        if kind in _ATOMS or issubclass(kind, (str, bytes, int, float, complex)):
            continue
        owner = _owner(value) if _is_numpy(value) else value
        if not issubclass(kind, (tuple, frozenset)):
            if id(owner) in seen:
                return False
            seen.add(id(owner))
        held = dict.values(value) if issubclass(kind, dict) else value if issubclass(kind, (list, tuple)) else ()
        if not _are_simple(held) and not _is_tree(held, seen):
            return False
    return True


def _owner(array: Any) -> Any:
    """The object that owns the memory of an array."""
    while getattr(array, "base", None) is not None:
        array = array.base
    return array


def _kind(value: Any, sent: Any, lazy: str) -> str:
    """The kind of an answer that is described or that came later, or that holds objects of classes that extend plain types, such
    as `an object`, `a generator`, `plain data with collections.Counter`; empty for any other."""
    if sent is value or is_plain(value):
        names: set[str] = set()
        _add_classes(value, names)
        return f"{lazy or 'plain data'} with {', '.join(sorted(names))}"[:MOST_OF_KIND] if names else lazy
    if type(value) is CallRaised:
        return "an exception"
    return f"{lazy} of objects" if lazy else "an object"


def _add_classes(value: Any, names: set[str]) -> None:
    """Add the names of the classes in a plain value that extend plain types. Numbers of numpy count as Python's."""
    kind = type(value)
    if kind in _ATOMS or kind is bytearray or kind is range or _is_numpy(value):
        return
    if kind not in (list, tuple, dict, set, frozenset):
        names.add(_facts(kind).name)
    if issubclass(kind, (list, tuple, dict, set, frozenset)):
        items = (
            [*dict.keys(value), *dict.values(value)] if issubclass(kind, dict) else _content(value, _facts(kind).base)
        )
        if not _are_simple(items):
            for item in items:
                _add_classes(item, names)


class _Walk:
    def __init__(self) -> None:
        self._seen: dict[int, int] = {}
        self._held: list[Any] = []
        """What was seen stays alive, so that no number is used twice."""
        self._left = MOST

    def of(self, value: Any, depth: int) -> Any:
        """The description of a value."""
        kind = type(value)
        self._left -= 1
        if self._left < 0:
            raise NotDescribed(f"more than {MOST:,} values")
        if depth > MOST_DEPTH:
            raise NotDescribed(f"data nested deeper than {MOST_DEPTH}")
        if kind in _ATOMS:
            return _finite(value)
        if issubclass(kind, _NAMED):
            return self._named(value, depth)
        if kind is tuple:
            return ["list", [self.of(item, depth + 1) for item in value]]
        if kind is frozenset:
            return self._set(value, depth)
        if issubclass(type(kind), enum.EnumMeta):
            return ["enum", _facts(kind).name, _attributes(value).get("_name_")]
        if kind is CallRaised:
            yielded = self.of(value.yielded, depth + 1)  # first, as a recorder sees it
            return [*self._raised(value.error, depth), yielded]
        if kind is range or kind is slice:
            return [kind.__name__, self.of(value.start, depth), self.of(value.stop, depth), self.of(value.step, depth)]
        return self._changeable(value, kind, depth)

    def _raised(self, error: BaseException, depth: int) -> list[Any]:
        cause, held = error.__cause__, _attributes(error)
        arguments = self._without_addresses(self.of(_arguments_of(error), depth + 1))
        attributes = {name: self._without_addresses(self.of(held[name], depth + 1)) for name in sorted(held)}
        of = None if cause is None else self._raised(cause, depth + 1)
        return ["raised", _facts(type(error)).name, arguments, attributes, of]

    def _changeable(self, value: Any, kind: type, depth: int) -> Any:
        owner = _owner(value) if _is_numpy(value) else value
        if id(owner) in self._seen:
            again = ["again", self._seen[id(owner)]]
            return (
                [*again, self._array(value, depth)] if _is_numpy(value) else again
            )  # it may be another part of the memory
        self._seen[id(owner)] = len(self._seen)
        self._held.append(owner)
        if kind is list:
            return ["list", [self.of(item, depth + 1) for item in value]]
        if kind is set:
            return self._set(value, depth)
        if kind is dict:
            return self._dict(value, depth)
        if kind is bytearray:
            return ["bytearray", bytes(value)]
        if _is_numpy(value):
            return self._array(value, depth)
        return self._object(value, kind, depth)

    def _named(self, value: Any, depth: int) -> list[Any]:
        if issubclass(type(value), types.ModuleType):
            module: Any = _attributes(value).get("__name__")
            return ["module", renamed.get(module, module)]
        if issubclass(type(value), type):
            return ["class", _facts(value).name]
        if type(value) is not types.FunctionType:
            owner = getattr(value, "__self__", None)
            is_unbound = owner is None or isinstance(owner, types.ModuleType)
            name = str(getattr(value, "__qualname__", ""))
            return ["function", name] if is_unbound else ["function", name, self.of(owner, depth + 1)]
        name = f"{renamed.get(value.__module__, value.__module__)}.{value.__qualname__}"
        if "<" not in name:
            return ["function", name]
        held = [cell.cell_contents for cell in value.__closure__ or () if _is_full(cell)]
        more = [held, value.__defaults__, value.__kwdefaults__]
        return ["function", name, _digest(value.__code__), self.of(more, depth + 1)]

    def _set(self, value: Any, depth: int) -> list[Any]:
        items, seen = [], self._seen
        for item in set.__iter__(value) if type(value) is set else frozenset.__iter__(value):
            self._seen = dict(seen)  # a number must not depend on the order
            items.append(self.of(item, depth + 1))
        self._seen = seen
        return ["set", sorted(items, key=repr)]

    def _dict(self, value: Any, depth: int) -> list[Any]:
        pairs = list(dict.items(value))
        if {str, int, bool, float, bytes}.issuperset(type(key) for key, _ in pairs):
            pairs.sort(key=lambda pair: (type(pair[0]).__name__, repr(pair[0])))
        keys = [self.of(key, depth + 1) for key, _ in pairs]
        return ["dict", keys, [self.of(item, depth + 1) for _, item in pairs]]

    def _array(self, value: Any, depth: int) -> Any:
        if value.dtype.kind in "fc" and not sys.modules["numpy"].isfinite(value).all():
            return ["array", value.dtype.str, list(value.shape), value.tobytes()]
        if value.dtype.kind in "biufc":
            return value
        if value.dtype.kind in "SUMm":
            return ["array", value.dtype.str, list(value.shape), value.tobytes()]
        if value.dtype.kind == "O":
            return ["array", "object", list(value.shape), [self.of(item, depth + 1) for item in value.ravel().tolist()]]
        raise NotDescribed(f"an array of {value.dtype}")

    def _object(self, value: Any, kind: type, depth: int) -> list[Any]:
        if kind is types.MethodType:
            return ["method", self.of(value.__func__, depth + 1), self.of(value.__self__, depth + 1)]
        if issubclass(kind, types.GenericAlias):
            return ["alias", self.of([get(value) for get in _OF_ALIAS], depth + 1)]
        if kind is re.Pattern:
            return ["pattern", value.pattern, value.flags]
        if issubclass(kind, random.Random):
            return ["random", self.of(random.Random.getstate(value), depth + 1)]
        facts = _facts(kind)
        held = _attributes(value)
        inside: Any = None
        if facts.base is not None:
            inside = self.of(_content(value, facts.base), depth + 1)
        elif issubclass(kind, BaseException):
            inside = self.of([_arguments_of(value), type(value.__cause__)], depth + 1)
        elif facts.name in _TABLES:
            inside, held = self.of(_TABLES[facts.name](value), depth + 1), {}
        elif facts.is_hidden:
            inside = self.of(_reduced(value, kind), depth + 1)
            held = {}
        told = sorted(held.keys() - facts.cached - caches)
        return ["object", facts.name, inside, {name: self.of(held[name], depth + 1) for name in told}]

    def _without_addresses(self, value: Any) -> Any:
        """A description in which texts name no place in memory."""
        if type(value) is str:
            return _ADDRESS.sub("0x", value)
        if type(value) is list:
            return [self._without_addresses(item) for item in value]
        return {name: self._without_addresses(item) for name, item in value.items()} if type(value) is dict else value


def _finite(value: Any) -> Any:
    """A number or a text, with numbers that cannot be sent in words."""
    if type(value) is float and (value != value or value in (float("inf"), float("-inf"))):
        return ["float", repr(value)]
    if type(value) is int and not -(2**63) <= value < 2**63:
        return ["int", hex(value)]
    if type(value) is complex:
        return ["complex", _finite(value.real), _finite(value.imag)]
    return value if type(value) is not str else _encoded(value, "utf-8", "backslashreplace").decode()


def _content(value: Any, base: type) -> Any:
    """The content of an object as the plain type `base` that its class extends."""
    if base is dict:
        return dict(dict.items(value))
    if base is collections.deque:
        return [collections.deque.__len__(value) and item for item in collections.deque.__iter__(value)]
    if base in (list, tuple, set, frozenset):
        return base(base.__iter__(value))
    if base is bytearray:
        return bytes(memoryview(value))
    return _AS_BASE[base](value)


_AS_BASE: dict[type, Any] = {
    str: str.__str__, bytes: lambda value: bytes.__add__(value, b""), int: int.__int__, float: float.__float__,
    complex: lambda value: complex.__add__(value, 0),
}  # fmt: skip


def _attributes(value: Any) -> dict[str, Any]:
    """The attributes of an object, from its dict and its slots."""
    attributes: dict[str, Any] = {}
    facts = _facts(type(value))
    if facts.held is not None:
        held = facts.held(value)
        if type(held) is dict:
            attributes = {str(name): item for name, item in held.items()}
    for name, get in facts.slots:
        try:
            attributes.setdefault(name, get(value))
        except AttributeError:
            continue
    return attributes


class _Facts(NamedTuple):
    """How objects of a class are read."""

    name: str
    base: Any
    """The plain type that it extends, if any."""
    held: Any
    """A function that returns an object's dict; None if objects have none."""
    slots: list[tuple[str, Any]]
    cached: frozenset[str]
    """Names of each `cached_property`, of whichever package: an object keeps its value under that name."""
    is_hidden: bool
    """Whether objects have a state that only C knows, or belong to a class of an installed package that says what a pickle
    keeps."""


_facts_by_type: dict[type, _Facts] = {}


def _facts(kind: type) -> _Facts:
    if kind not in _facts_by_type:
        dicts, slots, cached = [], [], set()
        for owner in _mro_of_type(kind)[:-1]:
            for name, value in _dict_of_type(owner).items():
                if name == "__dict__":
                    dicts.append(value.__get__ if type(value) in _KEPT else None)
                elif type(value) is types.MemberDescriptorType and value.__objclass__ is owner:
                    slots.append((name, value.__get__))
                elif type(value).__name__ == "cached_property":
                    cached.add(name)
        base = next((plain_kind for plain_kind in _CONTENTS if issubclass(kind, plain_kind)), None)
        _facts_by_type[kind] = _Facts(
            "",
            base,
            dicts[0] if dicts else None,
            slots,
            frozenset(cached),
            _has_hidden(kind) or _says_what_it_keeps(kind),
        )
        _facts_by_type[kind] = _facts_by_type[kind]._replace(name=_name(kind))
    return _facts_by_type[kind]


def _has_hidden(kind: type) -> bool:
    """Whether objects of a class have a state that only C knows."""
    for owner in _mro_of_type(kind)[:-1]:
        own = _dict_of_type(owner)
        slots = sum(type(value) is types.MemberDescriptorType for value in list(own.values()))
        grows = owner.__basicsize__ - owner.__base__.__basicsize__
        if grows > 8 * (slots + ("__dict__" in own) + ("__weakref__" in own)) or owner.__itemsize__:
            return True
    return False


def _index(value: Any) -> list[Any]:
    return [list(value.names), str(value.dtype), value.to_numpy()]


def _column(value: Any) -> list[Any]:
    return [str(value.dtype), value.to_numpy()]


def _frame(value: Any) -> list[Any]:
    columns = [_column(value.iloc[:, number]) for number in range(value.shape[1])]
    return [_index(value.columns), _index(value.index), columns, value.attrs]


def _series(value: Any) -> list[Any]:
    return [value.name, _index(value.index), _column(value), value.attrs]


_TABLES = {
    f"pandas.{path}": read
    for names, read in (
        (("DataFrame", "core.frame.DataFrame"), _frame),
        (("Series", "core.series.Series"), _series),
        (("Index", "core.indexes.base.Index"), _index),
    )
    for path in names
}
"""Readers of tables of pandas. A pickle would also tell how columns lie in memory."""


def _says_what_it_keeps(kind: type) -> bool:
    """Whether a class is an installed package's and says what `pickle` keeps of its objects, which leaves out caches."""
    module = sys.modules.get(str(kind.__module__))
    file = str(_attributes(module).get("__file__")) if issubclass(type(module), types.ModuleType) else ""
    is_installed = "/site-packages/" in file or "/dist-packages/" in file
    return is_installed and any(name in _dict_of_type(owner) for owner in _mro_of_type(kind)[:-1] for name in _KEEPING)


def _reduced(value: Any, kind: type) -> Any:
    """The parts of an object that `pickle` would keep, if code in C or of an installed package says so. Raises NotDescribed."""
    dicts = [_dict_of_type(owner) for owner in _mro_of_type(kind)]
    reducers = [next((own[name] for own in dicts if name in own), None) for name in _KEEPING]
    if any(type(reducer) in _PYTHONS for reducer in reducers) and not _says_what_it_keeps(kind):
        raise NotDescribed(f"an object of type {kind.__name__:.60}")
    try:
        made: Any = reducers[0](value, 4)  # type: ignore[misc]
    except Exception:
        raise NotDescribed(f"an object of type {kind.__name__:.60}") from None
    if isinstance(made, str):
        return made
    return [list(item) if index > 2 and item is not None else item for index, item in enumerate(made[:5])]


def _name(kind: type) -> str:
    """The name by which a class is found in its module. A class that is not found there, such as one of a program that travels as
    code, is called `another` of its name."""
    module = str(kind.__module__)
    name = f"{renamed.get(module, module)}.{kind.__qualname__}"
    named: Any = sys.modules.get(module) if module != "__main__" or module in renamed else None
    for part in str(kind.__qualname__).split("."):
        named = _attributes(named).get(part) if isinstance(named, types.ModuleType) else _member(named, part)
    return name if named is kind or kind.__module__ == "builtins" else f"another {name}"


def _member(kind: Any, name: str) -> Any:
    return _dict_of_type(kind).get(name) if isinstance(kind, type) else None


def _is_full(cell: Any) -> bool:
    try:
        return cell.cell_contents is cell.cell_contents
    except ValueError:
        return False


def _digest(code: types.CodeType) -> str:
    digest = hashlib.sha256(code.co_code + repr((code.co_names, code.co_varnames, code.co_freevars)).encode())
    for constant in code.co_consts:
        digest.update(
            (_digest(constant) if isinstance(constant, types.CodeType) else repr(constant)).encode("utf-8", "replace")
        )
    return digest.hexdigest()[:16]


def _is_numpy(value: Any) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and (type(value) is numpy.ndarray or issubclass(type(value), numpy.generic))
