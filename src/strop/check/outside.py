"""What is outside of a copy and would show that a program came out: a port of this machine, and places for files."""

from __future__ import annotations

import os
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Outside:
    """A port on which somebody listens, and files that must not be."""

    port: int
    paths: tuple[str, ...]
    _came: list[str] = field(default_factory=list)

    def came(self) -> None:
        """Somebody has connected."""
        self._came.append("connected")

    def traces(self, name: str) -> str:
        """What a program of this name left, in words; empty where nothing. Files that it left are removed."""
        if self._came:
            return f"{name}: a program connected to a port of this machine"
        left = [path for path in self.paths if Path(path).exists()]
        for path in left:
            Path(path).unlink()
        return f"{name}: a program wrote {left[0]}" if left else ""


@contextmanager
def outside(root: Path) -> Iterator[Outside]:
    """Listen, and name files in the home folder, beside the original, in the temporary folder and in the root."""
    mark = f"strop-check-was-here-{os.getpid()}"
    folders = dict.fromkeys((Path.home(), root.resolve(), Path(tempfile.gettempdir()), Path("/")))
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        around = Outside(server.getsockname()[1], tuple(str(folder / mark) for folder in folders))
        threading.Thread(target=_listen, args=(server, around), daemon=True).start()
        yield around


def _listen(server: socket.socket, around: Outside) -> None:
    with suppress(OSError):  # closed
        while True:
            server.accept()[0].close()
            around.came()
