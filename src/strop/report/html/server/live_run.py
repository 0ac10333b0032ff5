"""A run that is being viewed: its record as it grows, its last rendered page, and its state for those who view it."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

from markupsafe import Markup

from strop.base.errors import StropError
from strop.report.html.render import asset, environment, policy, report_of
from strop.report.html.server.access import Answer
from strop.report.html.server.record_follower import RecordFollower, RunStatus
from strop.report.html.server.run_list import shown

LOOK_SECONDS = 0.5
"""Least time between two looks at a record or a folder."""
SHARE = 0.2
"""Fraction of the time in which pages are rendered, at most: the rest belongs to the run."""
SHORTEST_SECONDS = 1.0
"""Least time between two pages."""
_RENDERING = threading.Lock()
"""Held while a page is rendered: one at a time."""


class LiveRun:
    """A run and its page. Safe to use from many threads."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._follower = RecordFollower(directory)
        self._looking = threading.Lock()
        self._next_look = self._next_page = 0.0
        self._number, self._page = 0, Answer(b"")
        """How many pages were rendered, and the last one."""
        self._state: tuple[int, str] | None = None
        """(last event, status) that it shows."""

    def look(self) -> RunStatus:
        """Where the run stands."""
        with self._looking:
            if time.monotonic() >= self._next_look:
                self._follower.look()
                self._next_look = time.monotonic() + LOOK_SECONDS
            return self._follower.status

    def state(self, after: int) -> dict[str, Any]:
        """Where the run stands, with the lines after the event `after`, and the number of the page that can be had."""
        status = self.look()
        since = after if after <= status.seq else 0  # of another record, which was in its place
        lines = [line for line in status.lines if line[0] > since]
        return {**vars(status), "lines": lines, "page": self._number + self._is_outdated(status)}

    def page(self) -> Answer:
        """The page: a new one, unless the last is up to date or was rendered just now."""
        if self._is_outdated(self.look()):
            with _RENDERING:
                status = self.look()
                if self._is_outdated(status):
                    self._render(status)
        return self._page

    def _is_outdated(self, status: RunStatus) -> bool:
        return (status.seq, status.status) != self._state and time.monotonic() >= self._next_page

    def _render(self, status: RunStatus) -> None:
        began = time.monotonic()
        self._page = rendered_page(self._directory, self._number + 1)
        took = time.monotonic() - began
        self._number, self._state = self._number + 1, (status.seq, status.status)
        self._next_page = time.monotonic() + max(SHORTEST_SECONDS, took * (1 / SHARE - 1))


def rendered_page(directory: Path, number: int) -> Answer:
    """The page of a run, or one that says why there is none and replaces itself when there is."""
    live = [f"const LIVE_PAGE = {number};", asset("live.js")]
    try:
        return _page(report_of(directory, live=live), "\n".join([asset("page.js"), *live]))
    except StropError as error:
        failure = str(error)
    except Exception as error:  # noqa: BLE001 - one broken record must not end the server of others
        failure = f"cannot build the page: {type(error).__name__}: {error}"
    return template_answer("message.html", "\n".join(live), text=shown(failure, 1000))


def template_answer(name: str, script: str, **values: object) -> Answer:
    """A page made from one of the small templates."""
    template = environment().get_template(name)
    return _page(template.render(style=Markup(asset("page.css")), script=Markup(script), **values), script)


def _page(html: str, script: str) -> Answer:
    content_policy = f"{policy(asset('page.css'), script, served=True)}; frame-ancestors 'none'"
    headers = {"Content-Security-Policy": content_policy}
    return Answer(html.encode("utf-8", "backslashreplace"), media_type="text/html", more=headers)
