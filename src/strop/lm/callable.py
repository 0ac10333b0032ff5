"""A Python callable as a language model: whatever can be called from Python can be asked by strop.

The callable gets a `Request`, or the system message and the message, and returns the answer's text. It runs in the host, in
several threads at once, and is called once for each request: retries, if any, are its own.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import inspect
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any, TypeAlias

from strop.base.errors import ConfigurationError, LanguageModelError
from strop.lm.async_model import AsyncModel, in_thread, model_closed
from strop.lm.base import Completion, Fault, LanguageModel, Request, encodable, split_thoughts
from strop.lm.options import ModelSpec

Function: TypeAlias = Callable[[Request], str | Completion] | Callable[[str, str], str | Completion]
"""`function(request)`, or `function(system, message)`. It returns the text of the answer, or a `Completion` that says more."""

MOST_AT_ONCE = 16
"""Default of `connections`."""


class CallableModel(AsyncModel):
    """A language model whose answers a function gives.

    `name` is its name in records and reports. Pass `is_language_model=False` for a stand-in; reports of its results then say so.
    At most `connections` calls are made at once.
    """

    def __init__(
        self,
        function: Function,
        *,
        name: str = "",
        is_language_model: bool = True,
        connections: int = MOST_AT_ONCE,
    ) -> None:
        """Raises ConfigurationError where `function` cannot be called in either form."""
        name = name or f"python:{getattr(function, '__module__', '')}:{getattr(function, '__qualname__', function)}"
        super().__init__(name, is_language_model=is_language_model)
        self._function = _of_request(function, name)
        self._slots = asyncio.Semaphore(connections)

    async def answer(self, request: Request) -> Completion:
        """What the function answers.

        Raises:
            LanguageModelError: it raised an exception, or returned no text.
        """
        async with self._slots:
            if self._finished:
                raise model_closed()
            return await in_thread(partial(self._call_function, request))

    def _call_function(self, request: Request) -> Completion:
        started = time.monotonic()
        try:
            answer = self._function(request)
        except LanguageModelError:
            raise
        except (Exception, SystemExit) as error:
            raise _failure(f"{type(error).__name__}: {' '.join(str(error).split())[:300]}") from error
        if isinstance(answer, Completion):
            return replace(answer, text=encodable(answer.text))
        if not isinstance(answer, str):
            raise _failure(f"the function returned {type(answer).__name__}, not text")
        thoughts, text = split_thoughts(encodable(answer))
        return Completion(text, self.name, seconds=time.monotonic() - started, reasoning=thoughts)


def from_spec(spec: ModelSpec) -> LanguageModel:
    """The model `python:MODULE:FUNCTION`, or `python:FILE.py:FUNCTION`; modules are looked for in the working directory too.

    The name may also be that of a `LanguageModel`, which is then used as it is. A function whose attribute `is_language_model`
    is False is a stand-in.

    Raises:
        ConfigurationError: there is no such module or function, it does not load, or it cannot be called.
    """
    where = spec.text
    module, colon, attribute = spec.rest.rpartition(":")
    if not (colon and module and attribute):
        raise ConfigurationError(f"{where}: write python:MODULE:FUNCTION or python:FILE.py:FUNCTION")
    value: Any = _module(module, where)
    for part in attribute.split("."):
        if not hasattr(value, part):
            raise ConfigurationError(f"{where}: {module} does not define {attribute}")
        value = getattr(value, part)
    if hasattr(value, "complete") and hasattr(value, "name") and not inspect.isclass(value):
        return value  # type: ignore[no-any-return]
    return CallableModel(
        value,
        name=where,
        is_language_model=bool(getattr(value, "is_language_model", True)),
        connections=spec.settings.connections or MOST_AT_ONCE,
    )


def _module(name: str, where: str) -> object:
    try:
        if name.endswith(".py"):
            return _from_file(Path(name), where)
        return _imported(name)
    except ModuleNotFoundError as error:
        raise ConfigurationError(f"{where}: {error}") from error
    except ConfigurationError:
        raise
    except (Exception, SystemExit) as error:
        raise ConfigurationError(f"{where}: {name} cannot be loaded: {type(error).__name__}: {error}") from error


def _imported(name: str) -> object:
    """The module `name`: one that is installed, else a file of the current folder.

    The current folder is searched last, and only for a module that was named: it must not give its own `random.py` to others.
    """
    folder, top = str(Path.cwd()), name.partition(".")[0]
    if top not in sys.modules and importlib.util.find_spec(top) is None and PathFinder.find_spec(top, [folder]):
        sys.path.append(folder)
    return importlib.import_module(name)


def _from_file(path: Path, where: str) -> object:
    spec = importlib.util.spec_from_file_location(path.stem, path) if path.is_file() else None
    if spec is None or spec.loader is None:
        raise ConfigurationError(f"{where}: there is no file {path}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _of_request(function: Function, name: str) -> Callable[[Request], object]:
    """`function` as a function of a request."""
    if not callable(function):
        raise ConfigurationError(f"{name}: {type(function).__name__} cannot be called")
    if inspect.iscoroutinefunction(function):
        raise ConfigurationError(f"{name} is an async function; wrap it in a function that calls asyncio.run")
    untyped: Any = function
    try:
        signature = inspect.signature(untyped)
    except (TypeError, ValueError):  # some built-in functions have no signature
        return untyped  # type: ignore[no-any-return]
    forms = (untyped, lambda request: untyped(request.expertise, request.message))
    for count, form in enumerate(forms, 1):
        with suppress(TypeError):
            signature.bind(*range(count))
            return form  # type: ignore[no-any-return]
    raise ConfigurationError(f"{name} must take a request, or a system message and a message")


def _failure(why: str) -> LanguageModelError:
    return LanguageModelError(why, (None,), (Fault("bad_response", why, 1),))
