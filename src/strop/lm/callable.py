"""A Python callable as a language model: whatever can be called from Python can be asked by strop.

The callable gets a `Request`, or the system message and the message, and gives the answer's text. It runs in the host, in
several threads at once, and is asked once for each request: retries, if any, are its own.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

from strop.base.errors import ConfigurationError, LanguageModelError
from strop.lm.base import Completion, Fault, LanguageModel, Request
from strop.lm.options import Wanted
from strop.lm.pool import PooledModel
from strop.lm.reasoning import split_thoughts

Function: TypeAlias = Callable[[Request], str | Completion] | Callable[[str, str], str | Completion]
"""`function(request)`, or `function(system, message)`. Its text is the answer; a `Completion` may say more, such as tokens."""

MOST_AT_ONCE = 16
"""Calls at once where nothing else is said."""


class CallableModel(PooledModel):
    """A language model whose answers a function gives.

    `name` is what records and reports call it. `is_language_model` says whether a language model is behind the function: pass
    False for a stand-in, and whatever shows its results says so. `connections` calls are under way at once, at most.
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
        super().__init__(name, connections, is_language_model=is_language_model)
        self._function = _of_request(function, name)

    def answer(self, request: Request) -> Completion:
        """What the function answers.

        Raises:
            LanguageModelError: it raised something, or gave no text.
        """
        started = time.monotonic()
        try:
            answer = self._function(request)
        except LanguageModelError:
            raise
        except (Exception, SystemExit) as error:
            raise _failure(f"{type(error).__name__}: {' '.join(str(error).split())[:300]}") from error
        if isinstance(answer, Completion):
            return replace(answer, text=_valid(answer.text))
        if not isinstance(answer, str):
            raise _failure(f"the function gave {type(answer).__name__}, not text")
        thoughts, text = split_thoughts(_valid(answer))
        return Completion(text, self.name, seconds=time.monotonic() - started, reasoning=thoughts)


def from_spec(wanted: Wanted) -> LanguageModel:
    """The model `python:MODULE:FUNCTION`, or `python:FILE.py:FUNCTION`; modules are looked for in the working directory too.

    What has that name may also be a `LanguageModel`, which is then used as it is. A function whose attribute
    `is_language_model` is False is a stand-in.

    Raises:
        ConfigurationError: there is no such module or function, it does not load, or it cannot be called.
    """
    where = wanted.spec
    module, colon, attribute = wanted.rest.rpartition(":")
    if not (colon and module and attribute):
        raise ConfigurationError(f"{where}: write python:MODULE:FUNCTION or python:FILE.py:FUNCTION")
    value: Any = _module(module, where)
    for part in attribute.split("."):
        if not hasattr(value, part):
            raise ConfigurationError(f"{where}: {module} defines no {attribute}")
        value = getattr(value, part)
    if hasattr(value, "complete") and hasattr(value, "name") and not inspect.isclass(value):
        return value  # type: ignore[no-any-return]
    return CallableModel(
        value,
        name=where,
        is_language_model=bool(getattr(value, "is_language_model", True)),
        connections=wanted.settings.connections or MOST_AT_ONCE,
    )


def _module(name: str, where: str) -> object:
    try:
        if name.endswith(".py"):
            return _from_file(Path(name), where)
        folder = str(Path.cwd())
        if folder not in sys.path:  # a program's own folder is what Python looks in first; an entry point has another
            sys.path.insert(0, folder)
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise ConfigurationError(f"{where}: {error}") from error
    except ConfigurationError:
        raise
    except (Exception, SystemExit) as error:
        raise ConfigurationError(f"{where}: {name} does not load: {type(error).__name__}: {error}") from error


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
        raise ConfigurationError(f"{name} is an async function; wrap it in one that is not, such as by asyncio.run")
    asked: Any = function
    takes = _takes(function)
    if takes == 1:
        return asked  # type: ignore[no-any-return]
    if takes == 2:
        return lambda request: asked(request.expertise, request.message)
    raise ConfigurationError(f"{name} must take a request, or a system message and a message")


def _takes(function: Callable[..., object]) -> int:
    """How many arguments to call it with: 1 or 2; 0 where neither will do. One, where it takes either."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # some built-in functions do not say
        return 1
    for count in (1, 2):
        try:
            signature.bind(*range(count))
        except TypeError:
            continue
        return count
    return 0


def _failure(why: str) -> LanguageModelError:
    return LanguageModelError(why, (None,), (Fault("bad_response", why, 1),))


def _valid(text: str) -> str:
    """Lone surrogates become `?`: no file and no database takes them."""
    return text.encode("utf-8", "replace").decode()
