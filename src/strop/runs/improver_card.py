"""The card of a trained improver: a TOML file beside its text that says what it was trained on, and what is known of it.

A card says what its run found. It is no proof: whoever hands on an improver can write any card. The digest says only whether
the text beside it is the one that the card speaks of.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from strop.base.errors import ConfigurationError
from strop.base.solution import digest_of

FORMAT = "strop improver card 1"
"""The first key of a card: by it a TOML file beside a program is known to be one."""


@dataclass(frozen=True)
class Figure:
    """A mean with its 95% interval, for new copies and new instances of the same tasks."""

    mean: float
    low: float | None = None
    """None where nothing is known of chance: one copy, or copies and instances that do not vary."""
    high: float | None = None


@dataclass(frozen=True)
class OnTask:
    """The improver on one of the tasks, on its sealed test split."""

    name: str
    improver: float
    """û, in [0, 1]."""
    start: float
    """The same of the improver that training began with."""
    shares_jail: bool = False
    """Whether the task's scorer shares a jail with the program, which could print a score that it has not earned."""


@dataclass(frozen=True)
class Noticed:
    """What the audit says of the improver's text."""

    rule: str
    title: str
    line: int
    """From 1; 0 where no line can be named."""


@dataclass(frozen=True)
class ImproverCard:
    """What is told of a trained improver."""

    digest: str
    """SHA-256 of the improver's text, in hexadecimal."""
    strategy: str
    """Its name among the strategies that are told apart (docs/strategies.md)."""
    trained: str
    """Date, as 2026-01-31."""
    strop: str
    """Version."""
    run: str
    """Name of the directory of the run that it comes from."""
    iteration: int
    """The t at which it became I_t; 0: training found nothing better than what it began with."""
    start: str
    """What training began with, as it was called: `seed`, a file, or RUN:t."""
    start_digest: str
    model: str
    is_language_model: bool
    seed: int
    iterations: int
    """T."""
    selection: str
    copies: int
    """Of each task."""
    lm_calls: int
    responses: int
    tokens: int | None
    """In and out; None where the server did not say."""
    dollars: float | None
    """None where no price is known."""
    improver: Figure
    """û on the sealed test split, the mean of the tasks."""
    began_with: Figure
    """The same of what training began with."""
    difference: Figure
    tasks: tuple[OnTask, ...]
    audit: tuple[Noticed, ...] = field(default=())

    def to_toml(self) -> str:
        """The card as TOML."""
        plain = {each.name: getattr(self, each.name) for each in fields(self)}
        tables = {name: plain.pop(name) for name in ("improver", "began_with", "difference")}
        lists = {name: plain.pop(name) for name in ("tasks", "audit")}
        parts = [[f"format = {json.dumps(FORMAT)}", *_lines(plain)]]
        parts += [[f"[{name}]", *_lines(asdict(value))] for name, value in tables.items()]
        parts += [[f"[[{name}]]", *_lines(asdict(each))] for name, rows in lists.items() for each in rows]
        return "\n\n".join("\n".join(part) for part in parts) + "\n"

    def says(self, text: str) -> bool:
        """Whether the card is of this text."""
        return self.digest == digest_of(text)


def card_path(improver: Path) -> Path:
    """Where the card of an improver's file is."""
    return improver.with_suffix(".toml")


def read_card(path: Path) -> ImproverCard | None:
    """The card in a file; None where there is no such file, or it is something else.

    Raises:
        ConfigurationError: it is a card and damaged.
    """
    try:
        if not path.is_file():
            return None
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError):
        return None
    if found.pop("format", None) != FORMAT:
        return None
    try:
        return _card(found)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise ConfigurationError(f"the card {path} is damaged: {error}") from error


def _card(found: dict[str, Any]) -> ImproverCard:
    figures = {name: Figure(**_numbers(found.pop(name))) for name in ("improver", "began_with", "difference")}
    tasks = tuple(OnTask(str(each["name"]), *_of_task(each)) for each in found.pop("tasks"))
    audit = tuple(Noticed(str(each["rule"]), str(each["title"]), int(each["line"])) for each in found.pop("audit", []))
    kinds = {each.name: each.type for each in fields(ImproverCard)}
    plain: dict[str, Any] = {"tokens": None, "dollars": None, "tasks": tasks, "audit": audit, **figures}
    for name, value in found.items():
        if name in kinds:
            plain[name] = _READ[str(kinds[name])](value)
    return ImproverCard(**plain)


def _of_task(each: dict[str, Any]) -> tuple[float, float, bool]:
    return _number(each["improver"]), _number(each["start"]), _truth(each.get("shares_jail", False))


def _numbers(table: dict[str, Any]) -> dict[str, float]:
    return {name: _number(value) for name, value in table.items() if name in ("mean", "low", "high")}


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{value!r:.60} is no number")
    return float(value)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{value!r:.60} is no whole number")
    return value


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{value!r:.60} is not true or false")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r:.60} is no text")
    return value


_READ = {"str": _text, "int": _whole, "bool": _truth, "int | None": _whole, "float | None": _number}
"""How a field of each type is read."""


def _lines(plain: dict[str, Any]) -> list[str]:
    """Keys and values; what is not known is left out, as TOML has no word for it."""
    return [f"{name} = {_toml(value)}" for name, value in plain.items() if value is not None]


def _toml(value: str | int | float | bool) -> str:
    # A text of JSON is one of TOML, but for DEL and lone surrogates; so are numbers and truth values.
    sound = value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else value
    return json.dumps(sound, ensure_ascii=False).replace("\x7f", "\\u007f")
