"""What a specification of a model says besides its name: `provider/model?rpm=60&max_tokens=4096`.

Also several specifications in one text, `mix:["a?weight=3","b"]`, as `--model a --model b` gives them. It knows no model.
"""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote

from strop.base.errors import ConfigurationError

MIX = "mix:"
"""Before the JSON list of the members of a mixture."""
VERBATIM = ("command", "inbox", "scripted", "recorded", "mix")
"""Heads, before a colon, whose rest is text of the user's: a question mark in it begins no options. Theirs stand before
the colon: `command?timeout=60:PROGRAM`."""
MOST_CONNECTIONS = 1024


@dataclass(frozen=True)
class ModelSettings:
    """How a model is to be asked. None: not said; a model then does what it does by itself."""

    weight: float = 1.0
    """Share of the requests that it gets in a mixture, relative to the other members' weights; above 0."""
    rpm: int | None = None
    """Requests that its server allows a minute."""
    tpm: int | None = None
    """Tokens that its server allows a minute, in and out."""
    price: str | None = None
    """Dollars per million tokens, `IN,OUT`; see `price_per_million`."""
    max_tokens: int = 8192
    """Tokens of one response at most, and what is reserved for it."""
    seed: int | None = None
    """Sent to servers that take one, so that they draw again what they drew."""
    url: str | None = None
    """Base URL of the server."""
    timeout: float | None = None
    """Seconds that the server may be silent while an answer is awaited."""
    give_up_after: float = 1800.0
    """Seconds for which a model that answered before may fail before the work ends; 0 and up."""
    connections: int | None = None
    """Requests in flight at most, from 1 to `MOST_CONNECTIONS`."""
    ctx: int | None = None
    """Tokens of a prompt and its response together; for `local/` only, like all below."""
    threads: int | None = None
    """Threads that compute."""


@dataclass(frozen=True)
class ModelSpec:
    """A specification that was read, for `from_spec` of a model's module."""

    text: str
    """As the user wrote it, without options."""
    rest: str
    """What follows the head and its colon or slash."""
    settings: ModelSettings
    """Its options, over the defaults; `url` is that of `--base-url` where the specification has none."""
    seed: int
    environ: Mapping[str, str]


LOCAL_ONLY = ("ctx", "threads")
"""Options of `local/`, whose server strop itself starts; every other server has its own."""
NAMES = tuple(field.name for field in fields(ModelSettings))
"""Every option."""


def read_spec(spec: str, defaults: ModelSettings | None = None) -> tuple[str, ModelSettings]:
    """(the specification without its options, its settings): `vllm/m?rpm=60` is (`vllm/m`, rpm 60 and the rest of `defaults`).

    Raises:
        ConfigurationError: an unknown option, or a value out of its range.
    """
    name, written = written_options(spec)
    return name, replace(defaults or ModelSettings(), **written)


def written_options(spec: str) -> tuple[str, dict[str, Any]]:
    """(the specification without its options, the options that it spells out). See `read_spec`."""
    head, colon, rest = spec.partition(":")
    name, question, query = head.partition("?")
    if name in VERBATIM:
        name += colon + rest
    else:
        name, question, query = spec.partition("?")
    if not question:
        return spec, {}
    written: dict[str, Any] = {}
    for part in query.split("&"):
        option, _, value = part.partition("=")
        if option not in _READERS:
            raise ConfigurationError(f"--model {name}: there is no option {option!r}. {_nearest(option)}")
        if option in written:
            raise ConfigurationError(f"--model {name}: {option} is given twice")
        written[option] = _READERS[option](unquote(value), f"--model {name}: {option}")
    return name, written


def price_per_million(text: str, where: str = "price") -> tuple[float, float]:
    """(dollars per million tokens in, the same out) of `IN,OUT`; one number is the price of both.

    Raises:
        ConfigurationError: it is something else.
    """
    numbers = [_real(part) for part in text.split(",")]
    if len(numbers) > 2 or not all(number >= 0 for number in numbers):
        raise ConfigurationError(f"{where} is {text!r}; write dollars per million tokens, IN,OUT, such as 0.15,0.60")
    return numbers[0], numbers[-1]


def joined(specs: Sequence[str]) -> str:
    """One specification for all of `specs`: the only one as it is, several as a mixture."""
    return specs[0] if len(specs) == 1 else MIX + json.dumps(list(specs), ensure_ascii=False, separators=(",", ":"))


def members(spec: str) -> tuple[str, ...]:
    """The specifications in `spec`: the members of a mixture, else `spec` alone.

    Raises:
        ConfigurationError: a mixture that is no list of texts, or that holds another mixture.
    """
    if not spec.startswith(MIX):
        return (spec,)
    try:
        value = json.loads(spec.removeprefix(MIX))
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, list) or not value or not all(isinstance(each, str) and each for each in value):
        raise ConfigurationError(
            f'--model {spec}: a mixture is a JSON list of models: mix:["openai/a?weight=3","openai/b"]'
        )
    if any(each.startswith(MIX) for each in value):
        raise ConfigurationError(f"--model {spec}: a mixture holds no other mixture; list all models in one")
    return tuple(value)


def _nearest(option: str) -> str:
    near = difflib.get_close_matches(option.lower().replace("-", "_"), NAMES, n=1, cutoff=0.5)
    return f"Did you mean {near[0]}?" if near else f"There are: {', '.join(NAMES)}."


def _real(text: str) -> float:
    """A finite number; not a number where it is none."""
    try:
        number = float(text)
    except ValueError:
        return math.nan
    return number if math.isfinite(number) else math.nan


def _positive(text: str, where: str) -> float:
    number = _real(text)
    if not number > 0:
        raise ConfigurationError(f"{where} is {text!r}; it must be a number above 0")
    return number


def _not_negative(text: str, where: str) -> float:
    number = _real(text)
    if not number >= 0:
        raise ConfigurationError(f"{where} is {text!r}; it must be a number of seconds, 0 or more")
    return number


def _whole(least: int, most: int | None = None) -> Callable[[str, str], int]:
    def read(text: str, where: str) -> int:
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else -1
        if number < least or (most is not None and number > most):
            to = f"of {least} or more" if most is None else f"from {least} to {most}"
            raise ConfigurationError(f"{where} is {text!r}; it must be a whole number {to}")
        return number

    return read


def _price(text: str, where: str) -> str:
    price_per_million(text, where)
    return text


def _address(text: str, where: str) -> str:
    if not text:
        raise ConfigurationError(f"{where} is empty; it must look like http://127.0.0.1:8000/v1")
    return text


_READERS: Mapping[str, Callable[[str, str], float | int | str]] = MappingProxyType(
    {
        "weight": _positive,
        "rpm": _whole(1),
        "tpm": _whole(1),
        "price": _price,
        "max_tokens": _whole(1),
        "seed": _whole(0),
        "url": _address,
        "timeout": _positive,
        "give_up_after": _not_negative,
        "connections": _whole(1, MOST_CONNECTIONS),
        "ctx": _whole(1),
        "threads": _whole(1, 1024),
    }
)
