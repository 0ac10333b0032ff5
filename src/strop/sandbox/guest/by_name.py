"""Give arguments to the parameters with their names, in whatever order and kind a program declares these."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def bound(entry: Callable[..., Any], arguments: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """(positional, keyword) arguments of a call of `entry`. `arguments` are in the order of the original's parameters; the list
    for its `*parameter` has a star before its name.

    A positional-only parameter may have another name than the original's parameter at its position.

    Raises:
        TypeError: `entry` does not take an argument, or needs another.
    """
    try:
        return _bound(entry, inspect.signature(entry), arguments)
    except ValueError:  # a function in C that does not tell its parameters
        return [item for name, value in arguments.items() for item in (value if name[0] == "*" else [value])], {}
    except TypeError:
        if not hasattr(entry, "__wrapped__"):
            raise
        return _bound(entry, inspect.signature(entry, follow_wrapped=False), arguments)


def binding(entry: Callable[..., Any]) -> Callable[[dict[str, Any]], tuple[list[Any], dict[str, Any]]]:
    """`bound` for many calls of one function, at little cost: calls with the same names are bound in the same way."""
    plans: dict[tuple[str, ...], tuple[list[Any], dict[str, Any]]] = {}

    def bind(arguments: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        names = tuple(arguments)
        if names not in plans:
            if "*" in "".join(names):
                return bound(entry, arguments)
            plans[names] = bound(entry, {name: name for name in names})
        positional, named = plans[names]
        if {*positional, *named.values()} != {*names}:
            return bound(entry, arguments)
        return [arguments[name] for name in positional], {target: arguments[name] for target, name in named.items()}

    return bind


def _bound(
    entry: Callable[..., Any], signature: inspect.Signature, arguments: dict[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    left, order = dict(arguments), list(arguments)
    by_position = [parameter for parameter in signature.parameters.values() if parameter.kind in _POSITIONAL]
    kinds = {parameter.kind: parameter.name for parameter in signature.parameters.values()}
    rest = _rest(left, kinds.get(inspect.Parameter.VAR_POSITIONAL))
    matched = {name: left.pop(name) for name in signature.parameters if name in left and kinds.get(_KEYWORDS) != name}
    for index, parameter in enumerate(by_position):  # renamed ones
        if (
            parameter.kind is _POSITIONAL[0]
            and parameter.name not in matched
            and index < len(order)
            and order[index] in left
        ):
            matched[parameter.name] = left.pop(order[index])
    if left and _KEYWORDS not in kinds and inspect.Parameter.VAR_POSITIONAL in kinds:
        rest = [*left.values(), *rest]
        left = {}
    positional = []
    for parameter in by_position:
        if parameter.name in matched:
            positional.append(matched.pop(parameter.name))
        elif parameter.default is inspect.Parameter.empty or rest or _still(by_position, matched):
            raise _misfit(entry, signature, "needs", [parameter.name])
        else:
            break
    needed = [parameter.name for parameter in signature.parameters.values() if parameter.kind is inspect.Parameter.KEYWORD_ONLY
              and parameter.default is inspect.Parameter.empty and parameter.name not in matched]  # fmt: skip
    if needed:
        raise _misfit(entry, signature, "needs", needed)
    if left and _KEYWORDS not in kinds:
        raise _misfit(entry, signature, "does not take", list(left))
    if rest and inspect.Parameter.VAR_POSITIONAL not in kinds:
        raise _misfit(entry, signature, "does not take", [name for name in arguments if name[0] == "*"])
    return positional + rest, matched | left


_KEYWORDS = inspect.Parameter.VAR_KEYWORD
_STARS: dict[object, str] = {inspect.Parameter.VAR_POSITIONAL: "*", _KEYWORDS: "**"}


def _rest(left: dict[str, Any], name: str | None) -> list[Any]:
    """The arguments of a `*parameter`, which are removed from `left`."""
    listed = next((key for key in left if key[0] == "*"), name if name in left else None)
    return list(left.pop(listed)) if listed is not None else []


def _still(by_position: list[inspect.Parameter], matched: dict[str, Any]) -> bool:
    """Whether a positional-only parameter, which no keyword reaches, still waits for its value."""
    return any(parameter.kind is _POSITIONAL[0] and parameter.name in matched for parameter in by_position)


def _misfit(entry: Callable[..., Any], signature: inspect.Signature, what: str, names: list[str]) -> TypeError:
    name = getattr(entry, "__name__", "the program")
    parameters = ", ".join(
        _STARS.get(parameter.kind, "") + parameter.name for parameter in signature.parameters.values()
    )
    return TypeError(f"arguments are passed by name, and {name}({parameters}) {what} {', '.join(names)}")
