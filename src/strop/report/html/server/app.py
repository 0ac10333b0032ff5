"""The addresses of one run, or of a folder of runs.

A run: `/` is its page, `/state` its state, which the page asks for once a second. A folder: `/` is the list, `/state` its state,
`/run/NAME/` and `/run/NAME/state` those of a run. A name in an address is looked up in the list and never made into a path.
"""

from __future__ import annotations

import json
import os
import re
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes

from markupsafe import Markup

from strop.base.errors import StropError
from strop.report.html.render import asset, environment, policy, report_of
from strop.report.html.server.access import HttpResponse
from strop.report.html.server.record_follower import RecordFollower, RunStatus
from strop.report.html.server.run_list import RunList, shown

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
        self._number, self._page = 0, HttpResponse(b"")
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

    def page(self) -> HttpResponse:
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


def rendered_page(directory: Path, number: int) -> HttpResponse:
    """The page of a run, or one that says why there is none and replaces itself when there is."""
    live = [f"const LIVE_PAGE = {number};", asset("live.js")]
    try:
        return _page(report_of(directory, live=live), "\n".join([asset("page.js"), *live]))
    except StropError as error:
        failure = str(error)
    except Exception as error:  # noqa: BLE001 - one broken record must not end the server of others
        failure = f"cannot build the page: {type(error).__name__}: {error}"
    return template_answer("message.html", "\n".join(live), text=shown(failure, 1000))


def template_answer(name: str, script: str, **values: object) -> HttpResponse:
    """A page made from one of the small templates."""
    template = environment().get_template(name)
    return _page(template.render(style=Markup(asset("page.css")), script=Markup(script), **values), script)


def _page(html: str, script: str) -> HttpResponse:
    content_policy = f"{policy(asset('page.css'), script, served=True)}; frame-ancestors 'none'"
    headers = {"Content-Security-Policy": content_policy}
    return HttpResponse(html.encode("utf-8", "backslashreplace"), media_type="text/html", more=headers)


MOST_FOLLOWED = 16
"""Runs of a folder that are followed at once."""


class Site:
    """Pages of one run, or of a folder of runs. Safe to use from many threads. Nothing is read unless somebody asks."""

    def __init__(self, directory: Path, *, folder: bool = False) -> None:
        self._list = RunList(directory) if folder else None
        self._runs = {} if folder else {"": LiveRun(directory)}
        """In a folder: those that were viewed, the latest last."""
        self._lock = threading.Lock()
        """Held while the list is read, and while it is decided which runs are followed."""
        self._next_look = 0.0
        self._busy = time.monotonic()

    def answer(self, path: str, query: str) -> HttpResponse | None:
        """The answer to a request for `path`, as it is in the address; None if there is nothing."""
        self._busy = time.monotonic()
        match path.split("/"):
            case ["", ("" | "state") as what] if self._list is not None:
                return self._answer_list(self._list, what)
            case ["", ("" | "state") as what]:
                run: LiveRun | None = self._runs[""]
            case ["", "run", name, ("" | "state") as what] if self._list is not None:
                run = self._run(self._list, os.fsdecode(unquote_to_bytes(name)))
            case _:
                return None
        if run is None:
            return None
        return _state(run.state(_last_event(query))) if what else run.page()

    def idle_seconds(self) -> float:
        """Seconds for which no run has been running and nobody has viewed a page. Must be called often."""
        if self._list is not None:
            self._look(self._list)
            running = any(line.status == "running" for line in self._list.lines)
        else:
            running = self._runs[""].look().status == "running"
        if running:
            self._busy = time.monotonic()
        return time.monotonic() - self._busy

    def _answer_list(self, runs: RunList, what: str) -> HttpResponse:
        self._look(runs)
        if what:
            return _state(runs.document())
        title = shown(runs.directory.resolve().name)
        return template_answer("runs.html", asset("runs.js"), title=title, document=runs.document())

    def _run(self, runs: RunList, name: str) -> LiveRun | None:
        """The run of the list with this name; None if there is none."""
        path = runs.path(name)
        if path is None:
            self._look(runs, at_once=True)  # it may be newer than the list
            path = runs.path(name)
        if path is None:
            return None
        with self._lock:
            self._runs[name] = self._runs.pop(name) if name in self._runs else LiveRun(path)
            for unseen in list(self._runs)[:-MOST_FOLLOWED]:
                del self._runs[unseen]
            return self._runs[name]

    def _look(self, runs: RunList, *, at_once: bool = False) -> None:
        """Look at the list, a large one less often."""
        with self._lock:
            began = time.monotonic()
            if at_once or began >= self._next_look:
                runs.look()
                self._next_look = time.monotonic() + max(LOOK_SECONDS, 4 * (time.monotonic() - began))


def _state(document: dict[str, Any]) -> HttpResponse:
    return HttpResponse(json.dumps(document).encode("ascii"), media_type="application/json")


def _last_event(query: str) -> int:
    """The last event that a viewer has."""
    number = dict(parse_qsl(query)).get("after", "")
    return int(number) if re.fullmatch(r"[0-9]{1,15}", number) else 0
