"""The interface of a tracker, the trackers by name, and the notes of what each has received."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from strop.base.errors import ConfigurationError
from strop.base.events import Event
from strop.base.from_json import read_json
from strop.runs.run_directory import save
from strop.store import Stored

LIBRARIES = {
    "mlflow": "mlflow",
    "wandb": "wandb",
}
"""Tracker, which is also the name of its extra → the module that it needs."""
JSON_LINES = "jsonl:"
FILE_NAME = "tracking.json"


@dataclass(frozen=True)
class Subject:
    """The run that is sent to a tracker."""

    directory: Path
    facts: dict[str, str]
    """From the record's `meta`: kind, task, language_model."""
    content: bool
    """Whether texts may be sent: prompts, answers, programs and what they printed."""
    notes: dict[str, str]
    """What the tracker needs again when the run is resumed, e.g. its own id of the run. Saved with each flush."""


class Tracker(Protocol):
    """Sends a run to one tracking system. Called by one thread; exceptions and delays do not affect the run.

    The record is the truth. A tracker may get an event twice if the run was killed between sending it and saving that.
    """

    kinds: tuple[type[Event], ...]
    """The kinds of events that it wants; all when empty."""

    def event(self, stored: Stored[Event], *, known: bool) -> None:
        """Take the next event of the record, with digests in place of its texts unless `Subject.content`. Nothing is sent yet.
        `known`: it was sent before the run was resumed, and is needed for what the tracker derives from several events."""
        ...

    def flush(self) -> None:
        """Send what was taken. After an exception it is called again later; when it returns, everything has arrived."""
        ...

    def close(self) -> None:
        """Close connections. The run may be resumed later."""
        ...


@dataclass(frozen=True)
class Track:
    """A tracker that a user named."""

    name: str
    """`mlflow`, `wandb` or `jsonl:FILE`."""
    content: bool = False
    """Whether texts are sent: prompts, answers, programs."""

    def make(self, subject: Subject) -> Tracker:
        """Create the tracker. This imports its library, which may take seconds."""
        kind, _, path = self.name.partition(":")
        tracker: Tracker = import_module(f"strop.report.tracking.{kind}").make(subject, *([Path(path)] if path else []))
        return tracker


def parsed(names: Sequence[str], content: bool) -> tuple[Track, ...]:
    """The trackers with these names, each once.

    Raises:
        ConfigurationError: one does not exist, or its library is not installed.
    """
    tracks = []
    for name in dict.fromkeys(names):
        if name == JSON_LINES or not (name.startswith(JSON_LINES) or name in LIBRARIES):
            raise ConfigurationError(f"unknown tracker {name!r}: choose {', '.join(LIBRARIES)} or jsonl:FILE")
        if name in LIBRARIES and not is_installed(LIBRARIES[name]):
            raise ConfigurationError(f"tracker {name} is not installed: pip install 'strop[{name}]'")
        tracks.append(Track(name, content))
    return tuple(tracks)


def continued(directory: Path) -> tuple[Track, ...]:
    """The trackers that the run in `directory` was sent to before.

    Raises:
        ConfigurationError: the notes are damaged, or a library is no longer installed.
    """
    entries = Notebook(directory).entries
    return tuple(track for name, entry in entries.items() for track in parsed([name], entry.content))


def is_installed(module: str) -> bool:
    """Whether a module can be imported."""
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


@dataclass
class Entry:
    """What one tracker has received."""

    content: bool
    sent: int = 0
    """Number of the last event that has arrived."""
    notes: dict[str, str] = field(default_factory=dict)


class Notebook:
    """The entries of a run directory by the names of trackers: a resumed run continues the same run of each. Thread-safe."""

    def __init__(self, directory: Path) -> None:
        """Raises ConfigurationError: the file is damaged."""
        self._path = directory / FILE_NAME
        self._lock = threading.Lock()
        self.entries: dict[str, Entry] = {}
        if not self._path.exists():
            return
        try:
            for name, entry in read_json(self._path.read_text(encoding="utf-8")).items():
                self.entries[name] = Entry(bool(entry["content"]), int(entry["sent"]), dict(entry["notes"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigurationError(f"{self._path} is damaged; remove it to send the whole run again") from error

    def save(self) -> None:
        """Save the entries atomically."""
        with self._lock:
            # Copied in single steps: other trackers' threads write their notes meanwhile.
            entries = {name: replace(entry, notes=dict(entry.notes)) for name, entry in list(self.entries.items())}
            save(self._path, json.dumps({name: asdict(entry) for name, entry in entries.items()}, indent=2) + "\n")
