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

from strop.report.html.render import asset
from strop.report.html.server.access import Answer
from strop.report.html.server.live_run import LOOK_SECONDS, LiveRun, template_answer
from strop.report.html.server.run_list import RunList, shown

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

    def answer(self, path: str, query: str) -> Answer | None:
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

    def _answer_list(self, runs: RunList, what: str) -> Answer:
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


def _state(document: dict[str, Any]) -> Answer:
    return Answer(json.dumps(document).encode("ascii"), media_type="application/json")


def _last_event(query: str) -> int:
    """The last event that a viewer has."""
    number = dict(parse_qsl(query)).get("after", "")
    return int(number) if re.fullmatch(r"[0-9]{1,15}", number) else 0
