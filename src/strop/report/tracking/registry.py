"""The trackers by name."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from strop.base.errors import ConfigurationError
from strop.report.tracking.base import Subject, Tracker
from strop.report.tracking.jsonl import JsonLines
from strop.report.tracking.notebook import Notebook

LIBRARIES = {
    "otel": "opentelemetry.exporter.otlp.proto.http.trace_exporter",
    "mlflow": "mlflow",
    "wandb": "wandb",
}
"""The module that each needs; the extra of strop that brings it has the tracker's name."""
JSON_LINES = "jsonl:"
CONTENT_VARIABLE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"


@dataclass(frozen=True)
class Track:
    """A tracker that a user named."""

    name: str
    """`otel`, `mlflow`, `wandb` or `jsonl:FILE`."""
    content: bool = False
    """Whether texts are sent: prompts, answers, programs."""


def parsed(names: Sequence[str], content: bool, environ: Mapping[str, str] = os.environ) -> tuple[Track, ...]:
    """The trackers with these names, each once.

    Raises:
        ConfigurationError: one does not exist, or its library is not installed.
    """
    tracks = []
    for name in dict.fromkeys(names):
        if name.startswith(JSON_LINES) and name != JSON_LINES:
            tracks.append(Track(name, content))
        elif name not in LIBRARIES:
            raise ConfigurationError(f"unknown tracker {name!r}: choose {', '.join(LIBRARIES)} or jsonl:FILE")
        elif not _installed(LIBRARIES[name]):
            raise ConfigurationError(f"tracker {name} is not installed: pip install 'strop[{name}]'")
        else:
            tracks.append(Track(name, content or (name == "otel" and _asked(environ.get(CONTENT_VARIABLE, "")))))
    return tuple(tracks)


def continued(directory: Path) -> tuple[Track, ...]:
    """The trackers that the run in `directory` was sent to before.

    Raises:
        ConfigurationError: the notes are damaged, or a library is no longer installed.
    """
    entries = Notebook(directory).entries
    return tuple(track for name, entry in entries.items() for track in parsed([name], entry.content, {}))


def make(track: Track, subject: Subject) -> Tracker:
    """Create the tracker. This imports its library, which may take seconds."""
    if track.name.startswith(JSON_LINES):
        return JsonLines(Path(track.name.removeprefix(JSON_LINES)), subject)
    tracker: Tracker = import_module(f"strop.report.tracking.{track.name}").make(subject)
    return tracker


def _installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _asked(value: str) -> bool:
    """Whether the variable asks for content on spans; strop sends no log events."""
    return value.strip().lower() in {"true", "1", "span_only", "span_and_event"}
