"""What a caller may name: tasks, language models and protections, as text, as files, or as objects."""

from __future__ import annotations

import inspect
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from strop.base.errors import ConfigurationError, LanguageModelError
from strop.lm.base import Completion, Keep, LanguageModel, Request, dropped
from strop.lm.callable import CallableModel
from strop.lm.options import joined
from strop.runs.options import ModelLike
from strop.tasks.base import Task
from strop.tasks.command.task import AnyTask, CommandTask
from strop.tasks.function.marker import MARK
from strop.tasks.registry import OBJECT, load_any

TaskLike: TypeAlias = str | Path | AnyTask | Callable[..., Any]
"""A task's name, a file or folder (`file.py:name` too), the task itself, or a function under `@strop.improve_me`."""


def source_of(task: TaskLike) -> str:
    """The text by which a recipe names a task; of an object, which no file holds, only its name.

    Raises:
        ConfigurationError: it is a function that is not marked, or whose module is no file.
    """
    if isinstance(task, (Task, CommandTask)):
        return f"{OBJECT}{task.name}"
    if isinstance(task, (str, Path)):
        return str(task)
    name = getattr(task, "__name__", repr(task)[:60])
    if not hasattr(task, MARK):
        raise ConfigurationError(
            f"{name} is no task: name one, give a strop.Task, or mark a function with @strop.improve_me"
        )
    module = sys.modules.get(getattr(task, "__module__", ""))
    file = getattr(module, "__file__", None) or inspect.getsourcefile(task) or ""
    if not Path(file).is_file():
        raise ConfigurationError(
            f"{name} was defined in a session and not in a file; save it in a module, to patch that"
        )
    return f"{file}:{name}"


def objects_of(tasks: Sequence[TaskLike]) -> tuple[AnyTask, ...]:
    """The tasks themselves where any is an object: then all are loaded here; else nothing, since a recipe's names are enough.

    Raises:
        ConfigurationError: there is no such task.
    """
    if not any(isinstance(task, (Task, CommandTask)) for task in tasks):
        return ()
    return tuple(task_of(task) for task in tasks)


def task_of(task: TaskLike) -> AnyTask:
    """The task itself.

    Raises:
        ConfigurationError: there is no such task.
    """
    return task if isinstance(task, (Task, CommandTask)) else load_any(source_of(task))


def model_name(model: ModelLike) -> str:
    """The specification of a model; of an object its name."""
    if isinstance(model, str):
        return model
    if isinstance(model, Sequence):
        return joined(tuple(model))
    return _object(model).name


def model_of(model: ModelLike | None) -> Callable[[], LanguageModel] | None:
    """What makes the model where it is an object; None where its specification is enough."""
    if model is None or isinstance(model, (str, Sequence)):
        return None
    lent = _object(model)
    return lambda: Lent(lent)


def _object(model: LanguageModel | Callable[..., Any]) -> LanguageModel:
    if hasattr(model, "complete") and hasattr(model, "name"):
        return model  # type: ignore[return-value]
    if callable(model):
        return CallableModel(model)
    raise ConfigurationError(
        f"model is {type(model).__name__}; give a specification such as 'offline', a model, or a function"
    )


class Lent:
    """A model of the caller's, who goes on using it: it is not closed with the work that it was lent for."""

    def __init__(self, model: LanguageModel) -> None:
        self._model = model
        self._finished = threading.Event()
        self.name = model.name
        self.is_language_model = model.is_language_model

    def complete(self, requests: Sequence[Request], keep: Keep = dropped) -> list[Completion]:
        """The model's answers.

        Raises:
            LanguageModelError: it failed, or the work is over.
        """
        if self._finished.is_set() and requests:
            raise LanguageModelError(f"{self.name}: the work is over", (None,) * len(requests))
        return self._model.complete(requests, keep)

    def finish(self) -> None:
        """Ask no more. Idempotent."""
        self._finished.set()

    def close(self) -> None:
        """Finish. Idempotent."""
        self.finish()
