"""The addresses of the pages of one run, or of a folder of runs.

A run: `/` is its page, `/events` its server-sent events. A folder: `/` is the list, `/events` the events of the list,
`/run/NAME/` and `/run/NAME/events` those of a run. A name in an address is looked up in the list and never made into a path.
"""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from urllib.parse import unquote_to_bytes

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

from strop.report.html.render import asset
from strop.report.html.server.access import AccessControl
from strop.report.html.server.live_run import Feed, LiveRun, message, template_response
from strop.report.html.server.run_list import RunList, shown

LOOK_SECONDS = 0.5
"""Between two looks at a record that is being viewed."""
ALONE_SECONDS = 2.0
"""Between two looks at other records, and at a folder."""
KEPT_SECONDS = 60.0
"""How long the page of a run in a folder stays in memory when nobody views it."""
MOST_FOLLOWED = 16
"""Runs of a folder that are followed at once."""


class Site:
    """Pages of one run, or of a folder of runs. Belongs to one event loop."""

    def __init__(self, directory: Path, access: AccessControl, *, folder: bool = False) -> None:
        self.access = access
        self._rendering = asyncio.Semaphore(1)  # one page at a time
        self._list = RunList(directory) if folder else None
        self._runs = {} if folder else {"": LiveRun(directory, self._rendering)}
        self._listing = asyncio.Lock()
        self._feed = Feed()
        self._busy = time.monotonic()

    def application(self) -> Router:
        """The ASGI application; strop.report.html.server.access.AccessGuard must stand before it."""
        routes = [Route("/", self._page), Route("/events", self._events)]
        if self._list is not None:
            routes += [Route("/run/{name}/", self._page), Route("/run/{name}/events", self._events)]
        return Router(routes, redirect_slashes=False, default=_not_found)

    async def look(self) -> None:
        """Read what is new in the list and in the runs that are followed."""
        if self._list is not None:
            await self._look_at_list(self._list)
            self._forget()
        for run in list(self._runs.values()):
            await run.look()

    async def follow(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            began = time.monotonic()
            await self.look()
            if all(run.follower.whole for run in self._runs.values()):
                pause = LOOK_SECONDS if self._viewers else ALONE_SECONDS
                await asyncio.sleep(max(pause, 4 * (time.monotonic() - began)))  # large folders less often

    def close(self) -> None:
        """Tell all viewers that the server ends."""
        for feed in (self._feed, *(run.feed for run in self._runs.values())):
            feed.closed = True

    def idle_seconds(self) -> float:
        """For how long no run has been running and nobody has viewed a page. Must be called often."""
        if self._viewers or self._running:
            self._busy = time.monotonic()
        return time.monotonic() - self._busy

    @property
    def _viewers(self) -> int:
        return self._feed.viewers + sum(run.feed.viewers for run in self._runs.values())

    @property
    def _running(self) -> bool:
        if self._list is not None:
            return any(line.status == "running" for line in self._list.lines)
        return any(run.running for run in self._runs.values())

    async def _page(self, request: Request) -> Response:
        self._busy = time.monotonic()
        if self._list is not None and "name" not in request.path_params:
            if not self._list.lines:
                await self._look_at_list(self._list)
            title = shown(self._list.directory.resolve().name)
            return template_response("runs.html", asset("runs.js"), title=title, document=self._list.document())
        run = await self._run(request)
        return _nothing() if run is None else await run.response()

    async def _events(self, request: Request) -> Response:
        self._busy = time.monotonic()
        runs = self._list
        if runs is not None and "name" not in request.path_params:
            return self._feed.response(lambda: message("runs", self._feed.version, runs.document()))
        run = await self._run(request)
        return _nothing() if run is None else run.events(request)

    async def _run(self, request: Request) -> LiveRun | None:
        """The run that a request names; None if there is none."""
        if self._list is None:
            return self._runs[""]
        # The path of the scope is decoded as UTF-8, which names of directories need not be.
        name = os.fsdecode(unquote_to_bytes(request.scope["raw_path"].split(b"/")[2]))
        path = self._list.path(name)
        if path is None:
            await self._look_at_list(self._list)  # it may be newer than the list
            path = self._list.path(name)
        if path is None:
            return None
        if name not in self._runs:
            self._forget(spare=1)
            self._runs[name] = LiveRun(path, self._rendering)
        return self._runs[name]

    async def _look_at_list(self, runs: RunList) -> None:
        async with self._listing:
            if await asyncio.to_thread(runs.look):
                self._feed.version += 1

    def _forget(self, spare: int = 0) -> None:
        """Drop runs that nobody has viewed for a while; where there are too many, those unseen for longest first."""
        idle = sorted((run.feed.seen, name) for name, run in self._runs.items() if not run.feed.viewers)
        crowd = len(self._runs) + spare - MOST_FOLLOWED
        for number, (seen, name) in enumerate(idle):
            if number < crowd or time.monotonic() - seen > KEPT_SECONDS:
                del self._runs[name]


def _nothing() -> Response:
    return PlainTextResponse("strop view: there is nothing at this address\n", 404)


async def _not_found(scope: Scope, receive: Receive, send: Send) -> None:
    await _nothing()(scope, receive, send)
