"""The card of a trained improver: a JSON file beside its text that describes its training and its results.

A card reports the results of its run but proves nothing: anyone can write a card. The digest only ties it to the text beside
it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from strop.base.errors import ConfigurationError
from strop.base.from_json import from_json, read_json
from strop.base.solution import digest_of

FORMAT = "strop improver card 1"
"""The first key of a card: it tells a card from other files."""


@dataclass(frozen=True)
class Figure:
    """A mean with its 95% interval, over new copies on the same instances."""

    mean: float
    low: float | None = None
    """The lower end of the interval; None for a single copy, and for the difference of an improver from itself."""
    high: float | None = None
    """The upper end of the interval; None if there is no lower end."""


@dataclass(frozen=True)
class OnTask:
    """The improver on the sealed split of one task."""

    name: str
    """Name of the task."""
    improver: float
    """û, in [0, 1]."""
    start: float
    """û of the improver that training started with."""
    own_score_because: str = ""
    """Why a score of the task is the program's own; empty if somebody else computes it."""


@dataclass(frozen=True)
class Noticed:
    """An audit finding in the improver's text."""

    rule: str
    """Id of the rule, such as `S001`."""
    title: str
    """What the program does; empty for a rule of another version."""
    line: int
    """Line of the improver, from 1; 0 if unknown."""


@dataclass(frozen=True, kw_only=True)
class ImproverCard:
    """The description of a trained improver."""

    digest: str
    """SHA-256 of the improver's text, in hexadecimal."""
    idea: str
    """The first line of its docstring, or empty."""
    trained: str
    """Date of the end of the training, such as 2026-01-31."""
    strop: str
    """Version of strop that trained it."""
    run: str
    """Name of the directory of its run."""
    iteration: int
    """The t at which it became I_t; 0 if training found nothing better than its start."""
    start: str
    """The improver that training started with: `seed`, a file, or RUN:t."""
    start_digest: str
    """SHA-256 of the text of that improver."""
    model: str
    """Specification of the language model that trained it."""
    is_language_model: bool
    """False for stand-ins such as `offline`."""
    seed: int
    """Seed of the random draws of the training."""
    iterations: int
    """Iterations of the training, T."""
    selection: str
    """`paper`, `gated` or `archive`."""
    copies: int
    """Copies of each task."""
    lm_calls: int
    """LM calls of the training."""
    responses: int
    """Responses of the language model in the training."""
    tokens: int | None = None
    """Tokens in and out; None if the server did not count them."""
    dollars: float | None = None
    """Price of the training in dollars; None if it is not known."""
    improver: Figure
    """û on the sealed split, the mean of the tasks."""
    began_with: Figure
    """û of the improver that training started with."""
    difference: Figure
    """û of the improver minus û of the one that training started with."""
    tasks: tuple[OnTask, ...]
    """The improver on each task."""
    audit: tuple[Noticed, ...] = ()
    """What the audit finds in the improver's text."""

    def to_json(self) -> str:
        """The card as JSON."""
        return json.dumps({"format": FORMAT} | asdict(self), indent=2) + "\n"

    def says(self, text: str) -> bool:
        """Whether the card describes this text."""
        return self.digest == digest_of(text)


def card_path(improver: Path) -> Path:
    """The path of the card of an improver file."""
    return improver.with_suffix(".json")


def read_card(path: Path) -> ImproverCard | None:
    """The card in a file; None if there is no such file, or the file is not a card.

    Raises:
        ConfigurationError: the card is damaged.
    """
    try:
        if not path.is_file():
            return None
        values = read_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(values, dict) or values.pop("format", None) != FORMAT:
        return None
    try:
        return from_json(ImproverCard, json.dumps(values))
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"the card {path} is damaged: {error}") from error
