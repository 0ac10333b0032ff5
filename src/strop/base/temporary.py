"""Temporary folders that are removed whatever happens to this process, `kill -9` included."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

_REMOVE = """read -r _
for again in 1 2 3 4 5 6 7 8 9 10; do
    chmod -R u+rwX -- "$0"
    rm -rf -- "$0" && exit  # which fails if something is still being written there
    sleep 0.2
done"""
"""For a shell that waits for the end of its input: a pipe that only this process can write to, and never does."""


class TemporaryFolder:
    """A new empty folder, and a shell that removes it with all that is in it when this process closes it, or ends."""

    def __init__(self, prefix: str, parent: str | None = None) -> None:
        """`parent`: the folder to make it in; the usual one by default. Raises OSError."""
        self.path = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        reader, self._lifeline = os.pipe()
        try:
            self._shell = subprocess.Popen(
                ["/bin/sh", "-c", _REMOVE, str(self.path)],
                env={
                    **os.environ,
                    "PATH": f"{os.environ.get('PATH', '')}:{os.defpath}",
                },  # it needs rm, whatever ours is
                stdin=reader,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                start_new_session=True,  # Ctrl-C is for us
            )
        except BaseException:
            os.close(self._lifeline)
            self.path.rmdir()
            raise
        finally:
            os.close(reader)

    def close(self) -> None:
        """Remove the folder. Idempotent."""
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1
            self._shell.wait()

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, *exc: object) -> None:
        self.close()
