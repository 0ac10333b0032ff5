"""strop view: the pages of a run, or of a folder of runs, served on the loopback behind a token, read-only and live.

A run: `/` is its page, `/state` its state, which the page asks for once a second. A folder: `/` is the list, `/state` its state,
`/run/NAME/` and `/run/NAME/state` those of a run. A name in an address is looked up in the list and never made into a path.

Every program and user of the machine can reach a port of the loopback, and through the browser so can every site that the user
visits. The token keeps programs and users out; the check of the Host header, sites whose name resolves to 127.0.0.1 (DNS
rebinding); that of Sec-Fetch-Site, which browsers set, requests of other sites.
"""

from __future__ import annotations

import hmac
import json
import os
import secrets
import stat
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from email.message import Message
from functools import lru_cache
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingTCPServer
from typing import Generic, TypeVar
from urllib.parse import parse_qsl, quote_from_bytes, unquote_to_bytes

from markupsafe import Markup

from strop.base.errors import ConfigurationError, StropError
from strop.base.terminal_text import escape
from strop.report.html.render import asset, environment, policy, report_of
from strop.runs.claims.training import status_words
from strop.runs.listing import RunListing, listing_of
from strop.runs.reading import opened
from strop.runs.run_data import FRAME, read_run
from strop.store import FILE_NAME, Proof, is_locked

HOST = "127.0.0.1"
WRONG_TOKEN = "strop view: wrong or missing token; open the address that strop view printed"
SECONDS = 10.0
"""Time for a viewer to send a piece of a request, or to receive a piece of a page."""
MOST_FOLLOWED = 16
"""Runs of a folder whose pages are kept."""
_PIECE = 1 << 16
"""Bytes that are sent at once."""
T = TypeVar("T")


class Paced(Generic[T]):
    """What `make` returns. It is made again when somebody asks, but takes a fifth of the time at most: the rest belongs to the
    run. Safe to use from many threads."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make, self._lock, self._next = make, threading.Lock(), 0.0
        self._made: T

    def get(self) -> T:
        """The latest."""
        with self._lock:
            if time.monotonic() >= self._next:
                began = time.monotonic()
                self._made = self._make()
                self._next = time.monotonic() + 4 * (time.monotonic() - began)
            return self._made


@dataclass(frozen=True)
class HttpResponse:
    """What a request gets."""

    body: bytes
    status: int = 200
    media_type: str = "text/plain"
    headers: Mapping[str, str] = field(default_factory=dict)
    """Those besides the ones that every answer has, or instead of them."""


def _line(status: int, text: str, **headers: str) -> HttpResponse:
    return HttpResponse(f"{text}\n".encode(), status, headers=headers)


def _state(**values: object) -> HttpResponse:
    return HttpResponse(json.dumps(values).encode("ascii"), media_type="application/json")


def _page(html: str, script: str) -> HttpResponse:
    """A page, whose policy allows this one script."""
    content_policy = f"{policy(asset('page.css'), script, served=True)}; frame-ancestors 'none'"
    return HttpResponse(
        html.encode("utf-8", "backslashreplace"), 200, "text/html", {"Content-Security-Policy": content_policy}
    )


def _from_template(name: str, number: int, **values: object) -> HttpResponse:
    """A page made from one of the small templates, which its script keeps up to date."""
    script = "\n".join(_live(number))
    template = environment().get_template(name)
    html = template.render(style=Markup(asset("page.css")), script=Markup(script), one_line=one_line, **values)
    return _page(html, script)


def _live(number: int) -> list[str]:
    """The script that asks whether there is a newer page than this one."""
    return [f"const LIVE_PAGE = {number};", asset("live.js")]


class RunReader:
    """What the record of a directory says of its run in one line, read when it has changed. Not locked: one thread at a time."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.listing = RunListing(directory, None, "unreadable", "", 0)
        self.files: Files | None = None
        self.proof: Proof | None = None
        """Of a run in progress, so that only what is new is proven."""

    def look(self, files: Files) -> RunListing:
        """The line of a run; `files`: its files now."""
        try:
            if files == self.files and (self.listing.status != "running" or is_locked(self.directory)):
                return self.listing
            self.files = files
            with opened(self.directory, self.proof) as store:
                self.listing = listing_of(read_run(store, kinds=FRAME), self.directory)
                self.proof = store.proof if self.listing.status == "running" else None
        except (StropError, OSError) as error:
            is_new = False
            with suppress(OSError):  # the file of a run that has just begun is there before its tables are
                is_new = self.listing.started is None and is_locked(self.directory)
            status, detail = ("running", "") if is_new else ("unreadable", str(error))
            self.listing = RunListing(self.directory, None, status, "", 0, detail)
        return self.listing


Files = tuple[tuple[int, int, int], ...]
"""(inode, bytes, time) of the files of a record, which differ when it has changed."""


def _files_of(directory: Path) -> Files:
    """The files of a record; empty if there is none, or only a link."""
    files = []
    for name in (FILE_NAME, f"{FILE_NAME}-wal"):
        with suppress(OSError):
            file = os.lstat(directory / name)
            if stat.S_ISREG(file.st_mode):
                files.append((file.st_ino, file.st_size, file.st_mtime_ns))
        if not files:
            break
    return tuple(files)


class LiveRun:
    """A run and its page. Safe to use from many threads."""

    def __init__(self, directory: Path) -> None:
        self._reader = RunReader(directory)
        self._looks = Paced(lambda: self._reader.look(_files_of(directory)))
        self._pages = Paced(self._render)
        self._page, self._listing = HttpResponse(b""), self._reader.listing
        self._number = 0
        """How many pages were made."""
        self._shown: tuple[Files | None, str] = (None, "")
        """The files and the status that the page shows."""

    def status(self) -> str:
        """`RunListing.status`."""
        return self._looks.get().status

    def answer(self, what: str) -> HttpResponse:
        """The page, or for `state` its number and where the run stood when it was made."""
        page, listing = self._pages.get(), self._listing
        if what != "state":
            return page
        words = status_words(listing.status) or "The run has finished."
        sentence = f"The record cannot be read: {listing.detail}" if listing.status == "unreadable" else words
        return _state(page=self._number, status=listing.status, sentence=one_line(sentence, 1000))

    def _render(self) -> HttpResponse:
        """The page, or one that says why there is none and replaces itself when there is."""
        self._listing = self._looks.get()
        shown = self._reader.files, self._listing.status
        if shown == self._shown:
            return self._page
        self._shown = shown
        self._number += 1
        live = _live(self._number)
        try:
            html = report_of(self._reader.directory, live, self._reader.proof)
            self._page = _page(html, "\n".join([asset("page.js"), *live]))
        except StropError as error:
            self._page = _from_template("message.html", self._number, text=str(error))
        except Exception as error:  # noqa: BLE001 - one broken record must not end the server of others
            text = f"cannot build the page: {type(error).__name__}: {error}"
            self._page = _from_template("message.html", self._number, text=text)
        return self._page


class RunList:
    """The runs of a folder, one line each. Not locked: one thread at a time.

    A run is a directory right below the folder that holds a record. Links to directories or records are not followed: a folder
    that came from elsewhere cannot show files outside of it.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.lines: list[RunListing] = []
        """The newest first."""
        self.note = ""
        """Why there are none."""
        self.number = 0
        """How often it has changed."""
        self._readers: dict[str, RunReader] = {}

    def look(self) -> None:
        """Look at all runs; records that have not changed are not read again."""
        before = self.lines, self.note
        records, self.note = dict[str, Files](), "there are no runs here yet"
        try:
            with os.scandir(self.directory) as children:
                found = {child.name: _files_of(Path(child.path)) for child in children if not child.is_symlink()}
            records = {name: files for name, files in found.items() if files}
        except OSError as error:
            self.note = f"the folder cannot be read: {error.strerror or error}"
        self._readers = {name: self._readers.get(name) or RunReader(self.directory / name) for name in records}
        lines = [self._readers[name].look(files) for name, files in records.items()]
        self.lines = sorted(lines, key=lambda line: (-(line.started or 0.0), line.run))
        self.note = "" if self.lines else self.note
        self.number += (self.lines, self.note) != before

    def path(self, name: str) -> Path | None:
        """The directory of the listed run with this name; None if there is none, or it has become a link."""
        return self.directory / name if name in self._readers and _files_of(self.directory / name) else None

    def page(self) -> HttpResponse:
        """The list as a page."""
        number, lines, note = self.number, self.lines, self.note  # in this order: another thread may be looking
        hrefs = {line.run: f"run/{quote_from_bytes(os.fsencode(line.run.name), safe='')}/" for line in lines}
        return _from_template(
            "runs.html", number, title=self.directory.resolve().name, runs=lines, hrefs=hrefs, note=note
        )


def one_line(text: str, limit: int = 200) -> str:
    """A name of the file system, or a message, as one line of text."""
    return escape(text.encode("utf-8", "backslashreplace").decode("utf-8"), limit)


class Site:
    """Pages of one run, or of a folder of runs. Safe to use from many threads. Nothing is read unless somebody asks."""

    def __init__(self, directory: Path, *, folder: bool = False) -> None:
        runs = RunList(directory)
        self._runs = runs if folder else None
        self._looks = Paced(runs.look)
        self._run = LiveRun(directory)
        self._followed = lru_cache(MOST_FOLLOWED)(LiveRun)
        self._busy = time.monotonic()

    def answer(self, path: str) -> HttpResponse | None:
        """The answer to a request for `path`, as it is in the address; None if there is nothing."""
        self._busy = time.monotonic()
        match path.split("/"):
            case ["", ("" | "state") as what]:
                if self._runs is None:
                    return self._run.answer(what)
                self._looks.get()
                return _state(page=self._runs.number) if what else self._runs.page()
            case ["", "run", name, ("" | "state") as what] if self._runs is not None:
                self._looks.get()  # it may be newer than the list
                directory = self._runs.path(os.fsdecode(unquote_to_bytes(name)))
                return None if directory is None else self._followed(directory).answer(what)
        return None

    def idle_seconds(self) -> float:
        """Seconds for which no run has been running and nobody has viewed a page. Must be called often."""
        if self._runs is not None:
            self._looks.get()
            statuses = [line.status for line in self._runs.lines]
        else:
            statuses = [self._run.status()]
        if "running" in statuses:
            self._busy = time.monotonic()
        return time.monotonic() - self._busy


@dataclass(frozen=True)
class AccessControl:
    """Decides which requests a server on `port` answers."""

    port: int
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    """256 bits."""

    @property
    def origin(self) -> str:
        """The address without the token."""
        return f"http://{HOST}:{self.port}"

    @property
    def address(self) -> str:
        """The address to open in a browser."""
        return f"{self.origin}/?token={self.token}"

    @property
    def cookie_name(self) -> str:
        """It replaces the token in the address. Cookies ignore ports: two servers must not overwrite each other's."""
        return f"strop_view_{self.port}"

    def refusal(self, method: str, query: str, headers: Message) -> HttpResponse | None:
        """One line of text that refuses a request; None if it is allowed."""
        if headers.get_all("host") not in ([f"{HOST}:{self.port}"], [f"localhost:{self.port}"]):
            return _line(403, f"strop view: unexpected Host header; open {self.origin}")
        if headers.get("sec-fetch-site") in ("cross-site", "same-site") and headers.get("sec-fetch-mode") != "navigate":
            return _line(403, "strop view: other sites may not read this page")
        tokens = tokens_in(query)
        if not tokens:
            pairs = (cookie.strip().partition("=") for cookie in headers.get("cookie", "").split(";"))
            tokens = [value for name, _, value in pairs if name == self.cookie_name]
        # Compared in constant time; two tokens, of which one may be right, are refused.
        if len(tokens) != 1 or not hmac.compare_digest(tokens[0].encode("utf-8", "replace"), self.token.encode()):
            return _line(403, WRONG_TOKEN)
        return None if method == "GET" else _line(405, "strop view: this page is read-only", Allow="GET")


def tokens_in(query: str) -> list[str]:
    """The tokens that an address holds."""
    return [value for name, value in parse_qsl(query, keep_blank_values=True) if name == "token"]


class WebServer(ThreadingTCPServer):
    """Serves a site on the loopback; port 0 takes a free one. A slow or silent viewer has a thread that nobody waits for."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, site: Site) -> None:
        """Listen.

        Raises:
            ConfigurationError: the port is taken, or not a port.
        """
        if not 0 <= port <= 65535:
            raise ConfigurationError(f"--port {port}: ports are 1 to 65535, or 0 for a free one")
        self.site = site
        try:
            super().__init__((HOST, port), Connection)
        except OSError as error:
            why = error.strerror or error
            raise ConfigurationError(f"cannot listen on --port {port}: {why}; 0 takes a free port") from None
        self.access = AccessControl(self.socket.getsockname()[1])

    def serve_until_idle(self, idle: float) -> None:
        """Serve until nothing has run and nobody has viewed a page for `idle` seconds, or until a signal."""
        with suppress(OSError):
            os.nice(10)  # the run comes first
        with self:
            threading.Thread(target=self.serve_forever, name="strop-view", daemon=True).start()
            try:
                while self.site.idle_seconds() < idle:
                    time.sleep(min(idle, 2.0))
            finally:
                self.shutdown()


_HEADERS = {
    "Connection": "close",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Of every answer; a page has a policy of its own."""


class Connection(BaseHTTPRequestHandler):
    """A connection: one request, which has no body."""

    server: WebServer
    default_request_version = "HTTP/1.0"

    def handle(self) -> None:
        """Answer the request."""
        self.connection.settimeout(SECONDS)
        with suppress(OSError):  # the viewer is too slow, or gone
            self.raw_requestline = self.rfile.readline(_PIECE)
            if self.raw_requestline and self.parse_request():
                self._send(self._answer())

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse what is not a request."""
        self._send(_line(code, f"strop view: {message or 'not a request'}"))

    def _answer(self) -> HttpResponse:
        path, _, query = self.raw_requestline.split()[1].decode("latin-1").partition("?")
        access = self.server.access
        if refusal := access.refusal(self.command, query, self.headers):
            return refusal
        answer = self.server.site.answer(path) or _line(404, "strop view: there is nothing at this address")
        if tokens_in(query):
            cookie = f"{access.cookie_name}={access.token}; Path=/; HttpOnly; SameSite=Strict"
            answer = replace(answer, headers={**answer.headers, "Set-Cookie": cookie})
        return answer

    def _send(self, answer: HttpResponse) -> None:
        self.send_response_only(answer.status)
        content = {"Content-Type": f"{answer.media_type}; charset=utf-8", "Content-Length": str(len(answer.body))}
        for name, value in (_HEADERS | content | dict(answer.headers)).items():
            self.send_header(name, value)
        self.end_headers()
        for start in range(0, len(answer.body), _PIECE):
            self.connection.sendall(answer.body[start : start + _PIECE])
