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
"""The beginning of the message about names that do not fit."""
_PLAIN = ("lru_cache", "cache")
"""Decorators that leave the parameters as they are."""
_POSITIONAL = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)


@dataclass(frozen=True)
class Parameters:
    """The parameters of an entry point."""

    entry: str
    signature: Signature
    certain: bool = True
    """Whether calls take exactly these parameters. A decorator may change them."""

    def ordered(self, inputs: Mapping[str, Any], giver: str) -> dict[str, Any]:
        """The inputs in the order of the parameters.

        Raises:
            TaskError: the entry point does not take a name, or needs another one. The message names the `giver` of the inputs.
        """
        parameters = self.signature.parameters
        ordered = {name: inputs[name] for name in parameters if name in inputs} | dict(inputs)
        if self.certain and (why := self._misfit(inputs)):
            gives = ", ".join(map(str, inputs)) or "nothing"
            raise TaskError(f"{MISFIT}, but {giver} gives {gives} and {self} {why}")
        return ordered

    def _misfit(self, inputs: Mapping[str, Any]) -> str:
        parameters = self.signature.parameters.values()
        unknown = [name for name in inputs if name not in self.signature.parameters]
        if unknown and not any(parameter.kind is Parameter.VAR_KEYWORD for parameter in parameters):
            return f"does not take {', '.join(map(str, unknown))}"
        rest = next((parameter for parameter in parameters if parameter.kind is Parameter.VAR_POSITIONAL), None)
        has_rest = rest is not None and rest.name in inputs
        if rest is not None and has_rest and not _is_listed(inputs[rest.name]):
            return f"takes a list as {rest.name}"
        has_more = rest is not None and has_rest and len(inputs[rest.name]) > 0
        positional = [parameter for parameter in parameters if parameter.kind in _POSITIONAL]
        last = max((index for index, parameter in enumerate(positional) if parameter.kind is Parameter.POSITIONAL_ONLY
                    and parameter.name in inputs), default=-1)  # fmt: skip
        needed = [
            parameter.name
            for index, parameter in enumerate(positional)
            if parameter.default is Parameter.empty or has_more or index < last  # no call can leave it out
        ]
        needed += [
            parameter.name
            for parameter in parameters
            if parameter.kind is Parameter.KEYWORD_ONLY and parameter.default is Parameter.empty
        ]
        missing = [name for name in needed if name not in inputs]
        return f"needs {', '.join(missing)}, too" if missing else ""

    def sent(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Ordered inputs as they are sent to a guest. The name of the values for `*args` has a star before it."""
        parameters = self.signature.parameters
        return {
            f"*{name}" if name in parameters and parameters[name].kind is Parameter.VAR_POSITIONAL else name: value
            for name, value in inputs.items()
        }

    def __str__(self) -> str:
        return f"{self.entry}({', '.join(_shown(parameter) for parameter in self.signature.parameters.values())})"


def _shown(parameter: Parameter) -> str:
    stars: dict[Any, str] = {Parameter.VAR_POSITIONAL: "*", Parameter.VAR_KEYWORD: "**"}
    star = stars.get(parameter.kind, "")
    return f"{star}{parameter.name}{'' if parameter.default is Parameter.empty else '=…'}"


def parameters_of(text: str, entry: str) -> Parameters | None:
    """The parameters of the function or method (`Class.name`) `entry` of a program; None if its text does not tell them."""
    tree, parameters = parsed(text), None
    *outer, last = entry.split(".")
    body: list[ast.stmt] = tree.body if tree else []
    for class_name in outer:
        body = next((node.body for node in body if isinstance(node, ast.ClassDef) and node.name == class_name), [])
    for node in body:
        if last in bound_names(node):
            is_function = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
            parameters = _parameters(node, entry) if is_function else None  # type: ignore[arg-type]
    return parameters


def _parameters(node: ast.FunctionDef | ast.AsyncFunctionDef, entry: str) -> Parameters:
    return Parameters(
        entry, signature_of(node.args), all(_name_of(decorator) in _PLAIN for decorator in node.decorator_list)
    )


def signature_of(arguments: ast.arguments) -> Signature:
    """The signature of a definition; its defaults are syntax trees."""
    plain: list[tuple[ast.arg, Any]] = [(argument, Parameter.POSITIONAL_ONLY) for argument in arguments.posonlyargs]
    plain += [(argument, Parameter.POSITIONAL_OR_KEYWORD) for argument in arguments.args]
    gap: list[Any] = [Parameter.empty] * (len(plain) - len(arguments.defaults))
    defaults = [*gap, *arguments.defaults]
    made = [
        Parameter(argument.arg, kind, default=value) for (argument, kind), value in zip(plain, defaults, strict=True)
    ]
    if arguments.vararg:
        made.append(Parameter(arguments.vararg.arg, Parameter.VAR_POSITIONAL))
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        made.append(
            Parameter(argument.arg, Parameter.KEYWORD_ONLY, default=Parameter.empty if default is None else default)
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
