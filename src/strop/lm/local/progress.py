"""How far a download is: a bar on a terminal, elsewhere a line each tenth of the way. On standard error.

`Lines` and `Bar` stand in for the bar of the hub's library, which makes one for each file and tells it of the bytes that came.
"""

from __future__ import annotations

import sys

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from strop.base.console import notify


def gigabytes(size: int) -> str:
    """A number of bytes for people: `4.68 GB`, or in smaller units."""
    for unit, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if size >= unit:
            return f"{size / unit:.2f} {name}"
    return f"{size} bytes"


def shown() -> type[Lines]:
    """What suits standard error."""
    return Bar if sys.stderr.isatty() else Lines


class Lines:
    """Tells of each tenth."""

    def __init__(self, *, total: int | None = None, initial: int = 0, **_: object) -> None:
        self.total, self.n = total, initial
        self._tenth = self._tenths()

    def update(self, n: float | None = 1) -> None:
        """So many bytes more."""
        self.n += int(n or 0)
        self.refresh()

    def refresh(self) -> None:
        """Tell where it stands, where that is news."""
        if self._tenths() > self._tenth:
            self._tenth = self._tenths()
            notify(f"{self._tenth * 10}% of {gigabytes(self.total or 0)}")

    def update_transfer(self, n: float | None = 1) -> None:
        """What travelled, where that differs from what is on the disk: not told."""

    def set_postfix_str(self, *_: object, **__: object) -> None:
        """The library's own measure of the speed: not told."""

    set_transfer_postfix_str = set_postfix_str

    def close(self) -> None:
        """It is over, well or not. Idempotent."""

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _tenths(self) -> int:
        return min(10 * self.n // self.total, 10) if self.total else 0


class Bar(Lines):
    """Draws a bar, with the speed and the time that is left."""

    def __init__(self, *, total: int | None = None, initial: int = 0, **_: object) -> None:
        columns = (TextColumn("strop:"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
        self._progress = Progress(*columns, console=Console(stderr=True))
        self._bar = self._progress.add_task("", total=total, completed=initial)
        super().__init__(total=total, initial=initial)
        self._progress.start()

    def refresh(self) -> None:
        """Draw it, soon."""
        self._progress.update(self._bar, completed=self.n, total=self.total)

    def close(self) -> None:
        """Leave the terminal as it was. Idempotent."""
        self._progress.stop()
