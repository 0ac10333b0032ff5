"""How far a protocol's cells are: a live picture on a terminal, a line for each cell elsewhere; always on standard error."""

from __future__ import annotations

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from strop.report.terminal.words import duration, escape, quantity
from strop.reproduce.cells.work import Standing

_SHOWN = 8
"""Running cells that are named."""


class Watch:
    """Called with each `Standing`; a context manager."""

    def __init__(self, at_once: int, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, highlight=False)
        self._at_once = at_once
        self._standing: Standing | None = None
        self._known: set[str] = set()
        self._live = (
            Live(console=self._console, get_renderable=self._picture, refresh_per_second=4, transient=True)
            if self._console.is_terminal and not self._console.is_dumb_terminal
            else None
        )

    def __enter__(self) -> Watch:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *exc: object) -> None:
        if self._live is not None:
            self._live.stop()

    def __call__(self, standing: Standing) -> None:
        """Show it; cheap."""
        first, self._standing = self._standing is None, standing
        if first:
            done = f", {standing.before} of them done before" if standing.before else ""
            self._say(f"{quantity(standing.all, 'cell')}{done}; at most {self._at_once} at once")
        for name in sorted(set(standing.running) - self._known):
            self._known.add(name)
            if self._live is None:
                self._say(f"[{duration(standing.elapsed):>8}] begins: {name}")
        if standing.ended:
            self._say(f"[{duration(standing.elapsed):>8}] {standing.ended}: done; {_counted(standing)}")

    def _say(self, line: str) -> None:
        self._console.print(Text(escape(line)), soft_wrap=True)

    def _picture(self) -> RenderableType:
        standing = self._standing
        if standing is None:
            return Text("")
        head = Text(f"strop reproduce · {_counted(standing)} · {duration(standing.elapsed)}", style="bold")
        bar = Table.grid()  # a bar alone ends no line
        bar.add_row(ProgressBar(total=max(standing.all, 1), completed=standing.done, width=60))
        running = Table.grid(padding=(0, 2))
        for name in standing.running[:_SHOWN]:
            running.add_row(Text("running", style="dim"), Text(escape(name, 60)))
        return Group(head, bar, running)


def _counted(standing: Standing) -> str:
    left = "" if not standing.left else f", about {duration(standing.left)} left"
    return f"{standing.done} of {standing.all} done, {len(standing.running)} running{left}"
