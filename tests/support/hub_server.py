"""A real HTTP server on 127.0.0.1 that gives files as a model hub does, and misbehaves as told.

For trying out and testing downloads without a network:

    python -m support.hub_server FOLDER --port 8001 --faults cut:1000,corrupt
    HF_ENDPOINT=http://127.0.0.1:8001 strop run lpn --model local/someone/models/tiny.gguf

FOLDER holds `owner/repository/file`. It speaks what `huggingface_hub` asks to fetch and list files: `HEAD` and `GET` of
`/OWNER/REPOSITORY/resolve/REVISION/FILE`, which leads on to where the contents are (with `Range`), and `GET` of
`/api/models/OWNER/REPOSITORY` and its `tree`. Every revision is the same one. It checks no token.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import signal
import socket
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"
"""Of every repository."""
FAULTS = {
    "ok": "the file as it is",
    "cut:N": "the connection ends after N bytes",
    "stall:N": "after N bytes nothing more comes, until the server is closed",
    "corrupt": "one byte is another, under the digest of what it should be",
    "size:N": "the file is said to have N bytes",
    "gated": "403: the terms must be accepted first",
    "500": "a server error, as any other status from 500 to 599",
}
"""What may go wrong with a request for contents; `size`, `gated` and errors show already when the file is looked up."""
_FILE = re.compile(r"/([^/]+/[^/]+)/resolve/[^/]+/(.+)")
_CONTENTS = re.compile(r"/contents/([^/]+/[^/]+/.+)")
_LISTING = re.compile(r"/api/models/([^/]+/[^/]+)/tree/[^/]+")
_ABOUT = re.compile(r"/api/models/([^/]+/[^/]+)(?:/revision/[^/]+)?")


@dataclass(frozen=True)
class Fetched:
    """One request for the contents of a file."""

    path: str
    """`owner/repository/file`."""
    start: int
    """The first byte that was asked for."""
    sent: int
    """How many bytes went out."""
    fault: str


class HubServer:
    """Serves `files` (contents by `owner/repository/file`) from the moment it is made until `close`; also a context manager.

    `faults` are those of the first requests for the contents of a file, in order; then there are none. `port` 0 takes a free one.

    Raises:
        ValueError: a fault that is none of `FAULTS`.
    """

    def __init__(self, files: Mapping[str, bytes], faults: Sequence[str] = (), *, port: int = 0) -> None:
        for fault in faults:
            _checked(fault)
        self._files, self._faults = dict(files), list(faults)
        self._lock = threading.Lock()
        self._fetched: list[Fetched] = []
        self._requests = 0
        self._closing = threading.Event()
        self.stalled = threading.Event()
        """Set once some request has met `stall`."""
        self._http = _Http(("127.0.0.1", port), _Handler)
        self._http.owner = self
        threading.Thread(target=self._http.serve_forever, args=(0.02,), name="hub-server", daemon=True).start()

    @property
    def url(self) -> str:
        """What HF_ENDPOINT must be."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def contents_url(self) -> str:
        """Under which the contents are: by another name of this machine, as hubs keep large files at another host."""
        return f"http://localhost:{self._http.server_address[1]}/contents"

    @property
    def requests(self) -> int:
        """Requests of any kind so far."""
        return self._requests

    @property
    def fetched(self) -> tuple[Fetched, ...]:
        """Every request for contents that has ended, in the order of its end."""
        with self._lock:
            return tuple(self._fetched)

    def close(self) -> None:
        """Stop serving, and let go of what stalls. Idempotent."""
        if not self._closing.is_set():
            self._closing.set()
            self._http.shutdown()
            self._http.server_close()

    def __enter__(self) -> HubServer:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def count(self) -> None:
        """A request has arrived."""
        with self._lock:
            self._requests += 1

    def contents(self, path: str) -> bytes | None:
        """Of one file; None where there is none."""
        return self._files.get(path)

    def names(self, repository: str) -> list[str]:
        """The files of a repository; none where it does not exist."""
        return sorted(path.removeprefix(f"{repository}/") for path in self._files if path.startswith(f"{repository}/"))

    def fault(self, *, use: bool) -> str:
        """The next fault; `use` takes it off the list."""
        with self._lock:
            if not self._faults:
                return "ok"
            return self._faults.pop(0) if use else self._faults[0]

    def record(self, fetched: Fetched) -> None:
        """Keep what became of a request for contents."""
        with self._lock:
            self._fetched.append(fetched)

    def stall(self) -> None:
        """Wait for the end of serving."""
        self.stalled.set()
        self._closing.wait()


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    owner: HubServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is nothing to report; everything else is."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Http

    def do_HEAD(self) -> None:
        self._route(body=False)

    def do_GET(self) -> None:
        self._route(body=True)

    def _route(self, *, body: bool) -> None:
        hub, path = self.server.owner, unquote(urlsplit(self.path).path)
        hub.count()
        if file := _FILE.fullmatch(path):
            self._file(file[1], file[2])
        elif (contents := _CONTENTS.fullmatch(path)) and hub.contents(contents[1]) is not None:
            self._contents(contents[1], body=body)
        elif (listing := _LISTING.fullmatch(path)) and hub.names(listing[1]):
            self._json([self._entry(listing[1], name) for name in hub.names(listing[1])])
        elif (about := _ABOUT.fullmatch(path)) and hub.names(about[1]):
            siblings = [{"rfilename": name} for name in hub.names(about[1])]
            self._json({"id": about[1], "sha": COMMIT, "siblings": siblings})
        else:
            self._refuse(404, "RepoNotFound", "Repository not found")

    def _file(self, repository: str, name: str) -> None:
        hub = self.server.owner
        if not hub.names(repository):
            return self._refuse(404, "RepoNotFound", "Repository not found")
        data = hub.contents(f"{repository}/{name}")
        if data is None:
            return self._refuse(404, "EntryNotFound", "Entry not found")
        word, _, number = hub.fault(use=False).partition(":")
        if word == "gated":
            return self._refuse(403, "GatedRepo", "Access to this model is restricted")
        if word.isdigit():
            return self._refuse(int(word), "", "something is wrong here")
        about = {"X-Linked-Etag": f'"{_digest(data)}"', "X-Linked-Size": number if word == "size" else str(len(data))}
        place = f"{hub.contents_url}/{repository}/{quote(name)}"
        return self._head(302, 0, {"X-Repo-Commit": COMMIT, "Location": place, **about})

    def _contents(self, path: str, *, body: bool) -> None:
        data = self.server.owner.contents(path) or b""
        start = _start(self.headers.get("Range"), len(data))
        headers = {"Content-Type": "application/octet-stream", "Accept-Ranges": "bytes", "ETag": f'"{_digest(data)}"'}
        headers |= {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"} if start else {}
        self._head(206 if start else 200, len(data) - start, headers)
        if body:
            self._send(path, data, start, self.server.owner.fault(use=True))

    def _send(self, path: str, data: bytes, start: int, fault: str) -> None:
        word, _, number = fault.partition(":")
        if word == "corrupt":
            data = data[:-1] + bytes([data[-1] ^ 1])
        short = word in {"cut", "stall"}
        sent = data[start:][: int(number) if short else None]
        self.wfile.write(sent)
        self.wfile.flush()
        self.server.owner.record(Fetched(path, start, len(sent), fault))
        if word == "stall":
            self.server.owner.stall()
        if short:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

    def _entry(self, repository: str, name: str) -> dict[str, object]:
        data = self.server.owner.contents(f"{repository}/{name}") or b""
        digest = _digest(data)
        lfs = {"oid": digest, "size": len(data), "pointerSize": 130}
        return {"type": "file", "path": name, "size": len(data), "oid": digest[:40], "lfs": lfs}

    def _json(self, value: object) -> None:
        data = json.dumps(value).encode()
        self._head(200, len(data), {"Content-Type": "application/json"})
        self.wfile.write(data)

    def _refuse(self, status: int, code: str, message: str) -> None:
        headers = {"X-Error-Message": message, "X-Repo-Commit": COMMIT} | ({"X-Error-Code": code} if code else {})
        self._head(status, 0, headers)

    def _head(self, status: int, length: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(length), **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Silent."""


def _start(asked: str | None, size: int) -> int:
    """The first byte of a `Range`; 0 where there is none."""
    found = re.fullmatch(r"bytes=(\d+)-", asked or "")
    return min(int(found[1]), size) if found else 0


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _checked(fault: str) -> str:
    word, colon, number = fault.partition(":")
    plain = not colon and (word in {"ok", "corrupt", "gated"} or re.fullmatch(r"5\d\d", word))
    if not plain and not (word in {"cut", "stall", "size"} and number.isdigit()):
        raise ValueError(f"no fault {fault!r}; there are {', '.join(FAULTS)}")
    return fault


def files_of(folder: Path) -> dict[str, bytes]:
    """The contents of every file of `folder`, by `owner/repository/file`."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted; what HF_ENDPOINT must be is the only line on standard output."""
    parser = argparse.ArgumentParser(
        "python -m support.hub_server",
        description=main.__doc__,
        epilog="faults:\n" + "\n".join(f"  {word:10} {meaning}" for word, meaning in FAULTS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, help="holds owner/repository/file")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--faults", default="", help="separated by commas, one for each request for contents")
    options = parser.parse_args(arguments)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        faults = [word for word in options.faults.split(",") if word]
        server = HubServer(files_of(options.folder), faults, port=options.port)
    except (ValueError, OSError) as error:
        parser.error(str(error))
    with server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        stop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
