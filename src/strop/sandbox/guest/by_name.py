"""Give arguments to the parameters of their names, whatever the order or kind in which a program declares them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def bound(entry: Callable[..., Any], given: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """(positional, keyword) arguments of a call of `entry`. `given` has the order of the original's parameters, and a star before
    the name of what its `*parameter` takes, a list.

    A positional-only parameter may have another name than the original's in its place.

    Raises:
        TypeError: it does not take an argument, or needs another.
    """
    try:
        return _bound(entry, inspect.signature(entry), given)
    except ValueError:  # a function in C that does not tell its parameters
        return [item for name, value in given.items() for item in (value if name[0] == "*" else [value])], {}
    except TypeError:
        if not hasattr(entry, "__wrapped__"):
            raise
        return _bound(entry, inspect.signature(entry, follow_wrapped=False), given)


def binding(entry: Callable[..., Any]) -> Callable[[dict[str, Any]], tuple[list[Any], dict[str, Any]]]:
    """`bound` for many calls of one function, at little cost: those with the same names are bound in the same way."""
    plans: dict[tuple[str, ...], tuple[list[Any], dict[str, Any]]] = {}

    def bind(given: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        names = tuple(given)
        if names not in plans:
            if "*" in "".join(names):
                return bound(entry, given)
            plans[names] = bound(entry, {name: name for name in names})
        positional, named = plans[names]
        if {*positional, *named.values()} != {*names}:
            return bound(entry, given)
        return [given[name] for name in positional], {to: given[name] for to, name in named.items()}

    return bind


def _bound(
    entry: Callable[..., Any], signature: inspect.Signature, given: dict[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    left, order = dict(given), list(given)
    places = [each for each in signature.parameters.values() if each.kind in _POSITIONAL]
    kinds = {each.kind: each.name for each in signature.parameters.values()}
    rest = _rest(left, kinds.get(inspect.Parameter.VAR_POSITIONAL))
    taken = {name: left.pop(name) for name in signature.parameters if name in left and kinds.get(_KEYWORDS) != name}
    for at, each in enumerate(places):  # renamed ones
        if each.kind is _POSITIONAL[0] and each.name not in taken and at < len(order) and order[at] in left:
            taken[each.name] = left.pop(order[at])
    if left and _KEYWORDS not in kinds and inspect.Parameter.VAR_POSITIONAL in kinds:
        rest = [*left.values(), *rest]
        left = {}
    positional = []
    for each in places:
        if each.name in taken:
            positional.append(taken.pop(each.name))
        elif each.default is inspect.Parameter.empty or rest or _still(places, taken):
            raise _misfit(entry, signature, "needs", [each.name])
        else:
            break
    needed = [each.name for each in signature.parameters.values() if each.kind is inspect.Parameter.KEYWORD_ONLY
              and each.default is inspect.Parameter.empty and each.name not in taken]  # fmt: skip
    if needed:
        raise _misfit(entry, signature, "needs", needed)
    if left and _KEYWORDS not in kinds:
        raise _misfit(entry, signature, "does not take", list(left))
    if rest and inspect.Parameter.VAR_POSITIONAL not in kinds:
        raise _misfit(entry, signature, "does not take", [name for name in given if name[0] == "*"])
    return positional + rest, taken | left


_KEYWORDS = inspect.Parameter.VAR_KEYWORD
_STARS: dict[object, str] = {inspect.Parameter.VAR_POSITIONAL: "*", _KEYWORDS: "**"}


def _rest(left: dict[str, Any], name: str | None) -> list[Any]:
    """What a `*parameter` takes; removed from `left`."""
    listed = next((each for each in left if each[0] == "*"), name if name in left else None)
    return list(left.pop(listed)) if listed is not None else []


def _still(places: list[inspect.Parameter], taken: dict[str, Any]) -> bool:
    """Whether a positional-only parameter, which no keyword reaches, still waits for its value."""
    return any(each.kind is _POSITIONAL[0] and each.name in taken for each in places)


def _misfit(entry: Callable[..., Any], signature: inspect.Signature, what: str, names: list[str]) -> TypeError:
    name = getattr(entry, "__name__", "the program")
    shown = ", ".join(_STARS.get(each.kind, "") + each.name for each in signature.parameters.values())
    return TypeError(f"arguments are passed by name, and {name}({shown}) {what} {', '.join(names)}")
