"""How many events each tracker has, saved in the run's directory: a resumed run continues the same run of the tracker."""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from strop.base.errors import ConfigurationError
from strop.runs.journal import save

FILE_NAME = "tracking.json"


@dataclass
class Entry:
    """One tracker's."""

    content: bool
    sent: int = 0
    """Number of the last event that has arrived."""
    notes: dict[str, str] = field(default_factory=dict)


class Notebook:
    """The entries of a run directory by what `--track` named. Safe under threads."""

    def __init__(self, directory: Path) -> None:
        """Raises ConfigurationError: the file is damaged."""
        self._path = directory / FILE_NAME
        self._lock = threading.Lock()
        self.entries: dict[str, Entry] = {}
        if not self._path.exists():
            return
        try:
            entries = json.loads(self._path.read_text(encoding="utf-8"))
            for name, entry in entries.items():
                self.entries[name] = Entry(bool(entry["content"]), int(entry["sent"]), dict(entry["notes"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigurationError(f"{self._path} is damaged; remove it to send the whole run again") from error

    def keep(self) -> None:
        """Save the entries atomically."""
        with self._lock:
            # Copied in single steps: other trackers' threads write their notes meanwhile.
            entries = {name: replace(entry, notes=dict(entry.notes)) for name, entry in list(self.entries.items())}
            save(self._path, json.dumps({name: asdict(entry) for name, entry in entries.items()}, indent=2) + "\n")
