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
    """The trackers of a run."""

    track: Annotated[tuple[str, ...], Parameter(negative="", show_default=False)] = ()
    """Send the run to otel, mlflow, wandb or jsonl:FILE; may be given several times."""
    track_content: Annotated[bool, Parameter(negative="", show_default=False)] = False
    """Send texts to trackers, too: prompts, answers, programs."""

    def __post_init__(self) -> None:
        """Refuse unknown and missing trackers before anything begins."""
        self.tracks()

    def tracks(self, directory: Path | None = None) -> tuple[Track, ...]:
        """The named trackers; without any, those that the run in `directory` was sent to before.

        Raises:
            ConfigurationError: one does not exist, or its library is not installed.
        """
        if directory is not None and not self.track:
            return continued(directory)
        return parsed(self.track, self.track_content)
