"""What the public functions share: options as keywords."""

from __future__ import annotations

import ast
import inspect
import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache, wraps
from itertools import pairwise
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, overload

from strop.api.job import Job, perform, view_of
from strop.api.target import TaskLike, chosen_model, model_name, model_of, source_of
from strop.base.errors import ConfigurationError
from strop.base.protections import protections
from strop.base.surface import option
from strop.base.syntax import syntax_tree
from strop.lm.options import with_meta
from strop.options.run import PAPER, ModelOptions, PaperOptions, SelectionOptions, TwoModelOptions, in_seconds, is_usual
from strop.options.scoring import given_options
from strop.runs.spec import RunSpec
from strop.runs.texts import read_texts
from strop.tasks.registry import CalledWhileLoading, refuse_while_loading

P = ParamSpec("P")
R = TypeVar("R")
A = TypeVar("A")
B = TypeVar("B")
O_co = TypeVar("O_co", covariant=True)

_METADATA = re.compile(r"^Annotated\[((?:[^,\[\]]|\[[^\]]*\])+),.*\]")
"""An annotated type. The annotation is for the command line only, so signatures in Python leave it out."""


def without_metadata(annotation: str) -> str:
    """An annotated type without its annotation."""
    return _METADATA.sub(r"\1", annotation)


class _Taker(Protocol[P, O_co]):
    @overload
    def __call__(self, function: Callable[[A, O_co], R], /) -> Callable[Concatenate[A, P], R]: ...
    @overload
    def __call__(self, function: Callable[[A, B, O_co], R], /) -> Callable[Concatenate[A, B, P], R]: ...


def takes(options: Callable[P, O_co]) -> _Taker[P, O_co]:
    """Decorate a function whose last argument is an `options` object, so that it takes the fields of `options` as keywords.

    The signature and documentation of the decorated function list these fields; type checkers and editors see them.
    """
    own = {
        name: parameter.replace(annotation=without_metadata(parameter.annotation))
        for name, parameter in inspect.signature(options).parameters.items()
    }

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        *positional, _ = inspect.signature(function).parameters.values()

        @wraps(function)
        def call(*args: Any, **keywords: Any) -> Any:
            for name in [parameter.name for parameter in positional[len(args) :] if parameter.name in keywords]:
                args = (*args, keywords.pop(name))
            return function(*args, options(**keywords))  # type: ignore[call-arg]

        call.__signature__ = inspect.signature(function).replace(parameters=[*positional, *own.values()])  # type: ignore[attr-defined]
        help_of = help_texts(options)  # type: ignore[arg-type]
        lines = "".join(f"    {name}: {help_of[name]}\n" for name in own)
        before, raises, after = (inspect.getdoc(function) or "").partition("\nRaises:")
        call.__doc__ = f"{before.rstrip()}\n{lines}{raises}{after}"
        return outside_tasks(call)

    return decorate


def help_texts(options: type) -> dict[str, str]:
    """Name → help text of each field of a class of options, including those of its bases."""
    texts: dict[str, str] = {}
    for base in reversed(options.__mro__):
        texts |= _texts_in(base.__module__).get(base.__name__, {})
    return texts


@cache
def _texts_in(module: str) -> dict[str, dict[str, str]]:
    texts: dict[str, dict[str, str]] = {}
    if module == "builtins":
        return texts
    for kind in syntax_tree(inspect.getsource(sys.modules[module])).body:
        if isinstance(kind, ast.ClassDef):
            texts[kind.name] = {
                field.target.id: " ".join(str(text.value.value).split())
                for field, text in pairwise(kind.body)
                if isinstance(field, ast.AnnAssign)
                and isinstance(field.target, ast.Name)
                and isinstance(text, ast.Expr)
                and isinstance(text.value, ast.Constant)
            }
    return texts


def outside_tasks(function: Callable[P, R]) -> Callable[P, R]:
    """Refuse a public function that a task's file calls while it is loaded."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        refuse_while_loading(f"strop.{function.__name__}")
        try:
            return function(*args, **kwargs)
        except CalledWhileLoading as error:
            raise error.with_traceback(None) from None

    return call


@dataclass(frozen=True, kw_only=True)
class RecordOptions:
    """Where a function keeps its record, and what it shows."""

    out: str | Path | None = None
    """Directory of the record. It must be new or empty. The default is a new one in runs/."""
    progress: bool = False
    """Show progress on standard error."""


@dataclass(frozen=True, kw_only=True)
class RecordingOptions(ModelOptions, RecordOptions):
    """Who is asked, where a function keeps its record, and what it shows."""


def carried_out(job: Job[R], options: RecordOptions) -> R:
    """The result of a job that a public function carries out, with the caller's model and progress if asked for.

    Raises:
        StropError: as `perform` does.
    """
    borrowed = model_of(getattr(options, "model", None))
    out = None if options.out is None else Path(options.out)
    return perform(job, out, model=borrowed and borrowed(), view=view_of(job, "auto" if options.progress else "none"))


def seeds_and_scoring(options: Any) -> tuple[str, dict[str, Any]]:
    """(`secret` or `published`, the scoring options that differ from their default).

    `options.instances` holds either of these words, or a number, which is a scoring option.
    """
    if not isinstance(options.instances, str):
        return "secret", given_options(options)
    return options.instances, given_options(replace(options, instances=None))


def make_spec(tasks: Sequence[TaskLike], *groups: object, **others: Any) -> RunSpec:
    """The configuration that groups of options (strop.options.run) and other fields describe. A seed that is None is drawn.

    Raises:
        ConfigurationError: a value is of another type, or out of its range.
    """
    names = {field.name for field in fields(RunSpec)}
    values = {name: value for group in groups for name, value in vars(group).items() if name in names} | others
    if any(isinstance(group, PaperOptions) and group.paper for group in groups):
        values |= {name: value for name, value in PAPER.items() if is_usual(values.get(name))}
    if "model" in values:
        values["model"] = chosen_model(values["model"], tasks, os.environ)
        meta = next((group.meta_model for group in groups if isinstance(group, TwoModelOptions)), ())
        if meta and model_of(values["model"]):
            raise ConfigurationError(f"{option('meta_model')} needs {option('model')} to be a specification")
        if any(values.get(name) is not None for name in ("max_cost", "max_tokens")) and model_of(values["model"]):
            raise ConfigurationError(
                f"{option('max_cost')} and {option('max_tokens')} need a model that reports its usage: give its specification"
            )
        values["model"] = model_name(values["model"])
        if meta:
            values["model"] = with_meta(values["model"], model_name(meta))
    if not any(isinstance(group, SelectionOptions) for group in groups):
        values.setdefault("meta_utility", "paper")  # without self-improvement nobody reads its reports
    values["require"] = protections(values.get("require"))
    values = in_seconds(values)
    if values.get("seed") is None:
        values["seed"] = int.from_bytes(os.urandom(4), "big")
    values["improver"] = str(values.get("improver", RunSpec.improver))
    if values.get("texts"):
        values["given_texts"] = read_texts(values["texts"])
    task, *further = map(source_of, tasks)
    return RunSpec(**values | {"task": task, "further_tasks": tuple(further)})
