"""A Python callable as a language model: it runs in the host, in several threads, and is called once for each request."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import inspect
import operator
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from strop.base.errors import ConfigurationError, LanguageModelError
from strop.base.responses import without_thoughts
from strop.base.user_modules import spec_of
from strop.lm.async_model import STOPPED, AsyncModel, in_thread, model_closed
from strop.lm.base import Completion, Fault, Request, encodable
from strop.lm.options import ModelSpec

Function: TypeAlias = Callable[[Request], str | Completion] | Callable[[str, str], str | Completion]
"""`function(request)`, or `function(system, message)`. It returns the text of the answer, or a `Completion` that says more."""
MOST_AT_ONCE = 16
"""Default of `connections`."""


class CallableModel(AsyncModel):
    """A language model whose responses a function of yours gives. An exception of the function ends the run.

    The function gets `(system, message)` or one `Request`, and returns a text or a `Completion`. `name` is the name of
    the model in records and reports. With `is_language_model=False` reports say that the model is a stand-in. At most
    `connections` calls are made at once.
    """

    def __init__(
        self, function: Function, *, name: str = "", is_language_model: bool = True, connections: int = MOST_AT_ONCE
    ) -> None:
        """Raises ConfigurationError where `function` cannot be called."""
        name = name or f"python:{getattr(function, '__module__', '')}:{getattr(function, '__qualname__', function)}"
        super().__init__(name, is_language_model=is_language_model)
        if not callable(function):
            raise ConfigurationError(f"{name}: {type(function).__name__} cannot be called")
        needed = [
            parameter
            for parameter in inspect.signature(function).parameters.values()
            if parameter.default is parameter.empty
        ]
        self._function: Any = function
        self._takes_texts = len(needed) == 2
        self._slots = asyncio.Semaphore(connections)

    async def answer(self, request: Request) -> Completion:
        """The response of the function.

        Raises:
            LanguageModelError: the function raised an exception, or returned no text.
        """
        async with self._slots:
            if self._finished:
                raise model_closed()
            try:
                return await in_thread(partial(self._call_function, request))
            except asyncio.CancelledError:
                raise model_closed((Fault("connection", STOPPED, 1, maybe_billed=True),)) from None

    def _call_function(self, request: Request) -> Completion:
        started = time.monotonic()
        arguments = (request.expertise, request.message) if self._takes_texts else (request,)
        try:
            answer = self._function(*arguments)
            if isinstance(answer, Completion):
                return replace(answer, text=encodable(answer.text))
            thoughts, text = without_thoughts(encodable(answer))[:2]
        except LanguageModelError:
            raise
        except (Exception, SystemExit) as error:
            why = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
            raise LanguageModelError(why, (Fault("bad_response", why, 1),)) from error
        return Completion(text, self.name, seconds=time.monotonic() - started, reasoning=thoughts)


def from_spec(spec: ModelSpec) -> CallableModel:
    """The model `python:MODULE:FUNCTION`, or `python:FILE.py:FUNCTION`.

    Raises:
        ConfigurationError: it cannot be loaded.
    """
    module, _, attribute = spec.rest.rpartition(":")
    if not (module and attribute):
        raise ConfigurationError(f"{spec.text}: write python:MODULE:FUNCTION or python:FILE.py:FUNCTION")
    try:
        value: Any = operator.attrgetter(attribute)(_loaded(module))
    except (Exception, SystemExit) as error:
        why = f"{type(error).__name__}: {' '.join(str(error).split())}"
        raise ConfigurationError(f"{spec.text} cannot be loaded: {why}") from error
    is_language_model = bool(getattr(value, "is_language_model", True))
    connections = spec.settings.connections or MOST_AT_ONCE
    return CallableModel(value, name=spec.text, is_language_model=is_language_model, connections=connections)


def _loaded(name: str) -> object:
    """The module of this name, or of this file."""
    if not name.endswith(".py"):
        if importlib.util.find_spec(name.partition(".")[0]) is None:
            sys.path.append(str(Path.cwd()))  # last, and only now: its `random.py`, say, must not hide Python's
        return importlib.import_module(name)
    spec = spec_of(Path(name))
    if spec is None or spec.loader is None:
        raise ImportError(name)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
