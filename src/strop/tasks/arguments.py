"""Arguments go by name: what `sample` draws, in the order and under the names of the entry point's parameters.

The parameters that count are those of the original program: of a task's seed, or of the user's function. In the guest,
`sandbox/guest/by_name.py` gives each value to the parameter of its name.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from inspect import Parameter, Signature
from typing import Any

from strop.base.errors import TaskError
from strop.base.later import dataclass, np
from strop.base.syntax import parsed
from strop.tasks.function.source import bound_names

MISFIT = "arguments are passed by name"
"""The beginning of what is said of names that do not fit."""
_PLAIN = ("lru_cache", "cache")
"""Decorators that leave the parameters as they are."""
_POSITIONAL = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)


@dataclass(frozen=True)
class Parameters:
    """The parameters of an entry point."""

    entry: str
    signature: Signature
    certain: bool = True
    """Whether a call takes exactly these: a decorator may change them."""

    def ordered(self, inputs: Mapping[str, Any], giver: str) -> dict[str, Any]:
        """The inputs in the order of the parameters.

        Raises:
            TaskError: there are names that it does not take, or it needs others. `giver` is who gives them, for the message.
        """
        known = self.signature.parameters
        ordered = {name: inputs[name] for name in known if name in inputs} | dict(inputs)
        if self.certain and (why := self._misfit(inputs)):
            gives = ", ".join(map(str, inputs)) or "nothing"
            raise TaskError(f"{MISFIT}, but {giver} gives {gives} and {self} {why}")
        return ordered

    def _misfit(self, inputs: Mapping[str, Any]) -> str:
        known = self.signature.parameters.values()
        unknown = [name for name in inputs if name not in self.signature.parameters]
        if unknown and not any(each.kind is Parameter.VAR_KEYWORD for each in known):
            return f"does not take {', '.join(map(str, unknown))}"
        rest = next((each for each in known if each.kind is Parameter.VAR_POSITIONAL), None)
        given = rest is not None and rest.name in inputs
        if rest is not None and given and not _is_listed(inputs[rest.name]):
            return f"takes a list as {rest.name}"
        has_more = rest is not None and given and len(inputs[rest.name]) > 0
        places = [each for each in known if each.kind in _POSITIONAL]
        last = max((at for at, each in enumerate(places) if each.kind is Parameter.POSITIONAL_ONLY
                    and each.name in inputs), default=-1)  # fmt: skip
        needed = [
            each.name
            for at, each in enumerate(places)
            if each.default is Parameter.empty or has_more or at < last  # no call can leave it out
        ]
        needed += [
            each.name for each in known if each.kind is Parameter.KEYWORD_ONLY and each.default is Parameter.empty
        ]
        missing = [name for name in needed if name not in inputs]
        return f"needs {', '.join(missing)}, too" if missing else ""

    def sent(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Ordered inputs as they are sent to a guest: a star before the name of those that are listed."""
        known = self.signature.parameters
        return {
            f"*{name}" if name in known and known[name].kind is Parameter.VAR_POSITIONAL else name: value
            for name, value in inputs.items()
        }

    def __str__(self) -> str:
        return f"{self.entry}({', '.join(_shown(each) for each in self.signature.parameters.values())})"


def _shown(parameter: Parameter) -> str:
    stars: dict[Any, str] = {Parameter.VAR_POSITIONAL: "*", Parameter.VAR_KEYWORD: "**"}
    star = stars.get(parameter.kind, "")
    return f"{star}{parameter.name}{'' if parameter.default is Parameter.empty else '=…'}"


def parameters_of(text: str, entry: str) -> Parameters | None:
    """The parameters of the function `entry` of a program, or of a method `Class.name`; None if its text does not tell them."""
    tree, found = parsed(text), None
    *outer, last = entry.split(".")
    body: list[ast.stmt] = tree.body if tree else []
    for each in outer:
        body = next((node.body for node in body if isinstance(node, ast.ClassDef) and node.name == each), [])
    for node in body:
        if last in bound_names(node):
            is_function = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
            found = _parameters(node, entry) if is_function else None  # type: ignore[arg-type]
    return found


def _parameters(node: ast.FunctionDef | ast.AsyncFunctionDef, entry: str) -> Parameters:
    return Parameters(entry, signature_of(node.args), all(_name_of(each) in _PLAIN for each in node.decorator_list))


def signature_of(arguments: ast.arguments) -> Signature:
    """The signature of a definition; its defaults are syntax trees."""
    plain: list[tuple[ast.arg, Any]] = [(each, Parameter.POSITIONAL_ONLY) for each in arguments.posonlyargs]
    plain += [(each, Parameter.POSITIONAL_OR_KEYWORD) for each in arguments.args]
    gap: list[Any] = [Parameter.empty] * (len(plain) - len(arguments.defaults))
    defaults = [*gap, *arguments.defaults]
    made = [Parameter(each.arg, kind, default=value) for (each, kind), value in zip(plain, defaults, strict=True)]
    if arguments.vararg:
        made.append(Parameter(arguments.vararg.arg, Parameter.VAR_POSITIONAL))
    for each, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        made.append(
            Parameter(each.arg, Parameter.KEYWORD_ONLY, default=Parameter.empty if default is None else default)
        )
    if arguments.kwarg:
        made.append(Parameter(arguments.kwarg.arg, Parameter.VAR_KEYWORD))
    return Signature(made)


def _name_of(decorator: ast.expr) -> str:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""


def _is_listed(value: object) -> bool:
    return (isinstance(value, Sequence) and not isinstance(value, str)) or (
        isinstance(value, np.ndarray) and value.ndim > 0
    )
