"""Flags that name trackers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from strop.cli.commands.options import OUTPUT
from strop.report.tracking import Track, continued, parsed


@Parameter(name="*", group=OUTPUT)
@dataclass(frozen=True, kw_only=True)
class TrackOptions:
    """Who else is told of what happens."""

    track: Annotated[tuple[str, ...], Parameter(negative="", show_default=False)] = ()
    """Mirror the record to otel, mlflow, wandb or jsonl:FILE; give it several times for several."""
    track_content: Annotated[bool, Parameter(negative="", show_default=False)] = False
    """Trackers get texts too: prompts, answers, programs."""

    def __post_init__(self) -> None:
        """Whatever cannot be had is said while the command line is read, before anything begins."""
        self.tracks()

    def tracks(self, directory: Path | None = None) -> tuple[Track, ...]:
        """The trackers asked for; where none is, those that were told of the run in `directory` before.

        Raises:
            ConfigurationError: one does not exist, or its library is not installed.
        """
        if directory is not None and not self.track:
            return continued(directory)
        return parsed(self.track, self.track_content)
