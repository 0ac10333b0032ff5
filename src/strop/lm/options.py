"""The options in the specification of a model: `provider/model?connections=4&max_tokens=4096`.

Also several specifications in one text, `mix:["a?weight=3","b"]`, for `--model a --model b`.
"""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, fields, replace
from typing import Any, TypeAlias
from urllib.parse import unquote

from strop.base.errors import ConfigurationError
from strop.base.from_json import read_json
from strop.base.later import dataclass
from strop.base.surface import option
from strop.lm.providers import PROVIDERS, provider_of

MIX = "mix:"
"""The start of a specification of a mixture; the JSON list of its members follows."""
META = "meta"
"""The level of a model that improves improvers."""
MOST_CONNECTIONS = 1024


def _real(text: str) -> float:
    """The finite number in a text; NaN if there is none."""
    try:
        number = float(text)
    except ValueError:
        return math.nan
    return number if math.isfinite(number) else math.nan


def price_per_million(text: str, where: str = "price") -> tuple[float, float]:
    """The prices in `IN,OUT`, as (input, output) in dollars per million tokens. A single number is the price of both.

    Raises:
        ConfigurationError: `text` is not one or two finite numbers of at least 0.
    """
    numbers = [_real(part) for part in text.split(",")]
    if len(numbers) > 2 or not all(number >= 0 for number in numbers):
        raise ConfigurationError(f"{where} is {text!r}; write dollars per million tokens, IN,OUT, such as 0.15,0.60")
    return numbers[0], numbers[-1]


Reader: TypeAlias = Callable[[str, str], float | int | str]
"""Takes the text of an option and its name for messages, and returns its value. Raises ConfigurationError if it is out of
range."""


def _number(range_text: str, *, above: float = -1.0) -> Reader:
    def read(text: str, where: str) -> float:
        number = _real(text)
        if not (number > above and number >= 0):
            raise ConfigurationError(f"{where} is {text!r}; it must be a number {range_text}")
        return number

    return read


def _integer(least: int, most: int | None = None) -> Reader:
    def read(text: str, where: str) -> int:
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else -1
        if number < least or (most is not None and number > most):
            range_text = f"of {least} or more" if most is None else f"from {least} to {most}"
            raise ConfigurationError(f"{where} is {text!r}; it must be a whole number {range_text}")
        return number

    return read


def _price(text: str, where: str) -> str:
    price_per_million(text, where)
    return text


def _address(text: str, where: str) -> str:
    if not text:
        raise ConfigurationError(f"{where} is empty; it must look like http://127.0.0.1:8000/v1")
    return text


def _level(text: str, where: str) -> str:
    if text != META:
        raise ConfigurationError(f"{where} is {text!r}; the only level is {META}")
    return text


def _option(read: Reader, default: Any = None) -> Any:
    return field(default=default, metadata={"read": read})


@dataclass(frozen=True)
class ModelSettings:
    """How to ask a model. None: the model's default."""

    weight: float = _option(_number("above 0", above=0.0), 1.0)
    """Share of the requests that the model gets in a mixture, relative to the other members' weights; above 0."""
    level: str = _option(_level, "")
    """`meta`: in a mixture, the model improves improvers, and the other members improve programs; see `--meta-model`."""
    price: str | None = _option(_price)
    """Dollars per million tokens, `IN,OUT`; see `price_per_million`."""
    max_tokens: int = _option(_integer(1), 8192)
    """Most tokens of one response, and what is reserved for it."""
    seed: int | None = _option(_integer(0))
    """Sent to servers that accept one, so that they repeat their draws."""
    url: str | None = _option(_address)
    """Base URL of the server."""
    timeout: float | None = _option(_number("of seconds above 0", above=0.0))
    """Seconds that the server may be silent during a response."""
    give_up_after: float = _option(_number("of seconds, 0 or more"), 1800.0)
    """Seconds for which a request may fail before the run ends; 0 and up."""
    connections: int | None = _option(_integer(1, MOST_CONNECTIONS))
    """Most requests in flight, from 1 to `MOST_CONNECTIONS`."""


_READERS: Mapping[str, Reader] = {option.name: option.metadata["read"] for option in fields(ModelSettings)}
NAMES = tuple(_READERS)
"""Every option."""


@dataclass(frozen=True)
class ModelSpec:
    """A specification that was read, for `from_spec` of a model's module."""

    text: str
    """The specification as the user wrote it, without its options."""
    rest: str
    """What follows the head and its colon or slash."""
    settings: ModelSettings
    """Its options, over the defaults; `url` is `--base-url` where the specification has none."""
    seed: int
    environ: Mapping[str, str]


def read_spec(spec: str, defaults: ModelSettings | None = None) -> tuple[str, ModelSettings]:
    """(the specification without its options, its settings): `vllm/m?seed=1` is (`vllm/m`, seed 1 and the rest of `defaults`).

    Raises:
        ConfigurationError: an unknown option, or a value out of its range.
    """
    name, written = written_options(spec)
    return name, replace(defaults or ModelSettings(), **written)


def written_options(spec: str) -> tuple[str, dict[str, Any]]:
    """(the specification without its options, the options that are in it). See `read_spec`."""
    head, colon, rest = spec.partition(":")
    name, question, query = head.partition("?")
    if name == MIX[:-1] or (name in PROVIDERS and PROVIDERS[name].is_text):
        name += colon + rest
    else:
        name, question, query = spec.partition("?")
    if not question:
        return spec, {}
    written: dict[str, Any] = {}
    for part in query.split("&"):
        key, _, value = part.partition("=")
        if key not in _READERS:
            raise ConfigurationError(f"{option('model')} {name}: there is no option {key!r}. {_nearest(key)}")
        if key in written:
            raise ConfigurationError(f"{option('model')} {name}: {key} appears twice")
        written[key] = _READERS[key](unquote(value), f"{option('model')} {name}: {key}")
    return name, written


def joined(specs: Sequence[str]) -> str:
    """One specification for all of `specs`: none is empty, a single one unchanged, several are a mixture."""
    return (
        "".join(specs) if len(specs) < 2 else MIX + json.dumps(list(specs), ensure_ascii=False, separators=(",", ":"))
    )


def with_meta(spec: str, meta: str) -> str:
    """One specification for `spec`, which improves programs, and `meta`, which improves improvers; either may be a mixture.

    Raises:
        ConfigurationError: a specification cannot be read, or names a level itself.
    """
    of_programs, of_improvers = members(spec), members(meta)
    for member in (*of_programs, *of_improvers):
        if read_spec(member)[1].level:
            raise ConfigurationError(f"{member}: the level is what {option('meta_model')} says")
    return joined([*of_programs, *(with_option(member, f"level={META}") for member in of_improvers)])


def with_option(spec: str, option: str) -> str:
    """A specification with one more option."""
    name, _ = written_options(spec)
    head, colon, rest = name.partition(":")
    if head in PROVIDERS and PROVIDERS[head].is_text:
        written = spec.partition(":")[0]
        return f"{written}{'&' if '?' in written else '?'}{option}{colon}{rest}"
    return f"{spec}{'&' if '?' in spec else '?'}{option}"


def members(spec: str) -> tuple[str, ...]:
    """The specifications in `spec`: the members of a mixture, else `spec` alone.

    Raises:
        ConfigurationError: a mixture that is not a list of texts, or that contains another mixture.
    """
    if not spec.startswith(MIX):
        return (spec,)
    try:
        value = read_json(spec.removeprefix(MIX))
    except ValueError:
        value = None
    if not isinstance(value, list) or not value or not all(isinstance(member, str) and member for member in value):
        raise ConfigurationError(
            f'{option("model")} {spec}: a mixture is a JSON list of models: mix:["openai/a?weight=3","openai/b"]'
        )
    if any(member.startswith(MIX) for member in value):
        raise ConfigurationError(
            f"{option('model')} {spec}: a mixture contains no other mixture; list all models in one"
        )
    return tuple(value)


def is_harmless(spec: str) -> bool:
    """Whether a stranger may choose these models. They run nothing on this machine, its keys go to their vendor's own address
    only, and they cost what the vendor says."""
    for member in members(spec):
        name, settings = read_spec(member)
        provider = provider_of(name)
        if provider is None or provider.runs_code or settings.url is not None or settings.price is not None:
            return False
    return True


def named(spec: str) -> str:
    """The models of a specification for people, a mixture's without their options: `openai/gpt-5 + anthropic/claude`."""
    return " + ".join(written_options(member)[0] for member in members(spec)) if spec.startswith(MIX) else spec


def _nearest(option: str) -> str:
    near = difflib.get_close_matches(option.lower().replace("-", "_"), NAMES, n=1, cutoff=0.5)
    return f"Did you mean {near[0]}?" if near else f"Options: {', '.join(NAMES)}."
