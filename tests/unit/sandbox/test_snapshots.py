"""Copies of what a build left."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from strop.sandbox.workspace.snapshots import copy_folder


def test_copy_has_what_the_folder_has_and_follows_one_name_at_a_time(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    inner = source.joinpath(*["d"] * 40)
    inner.mkdir(parents=True)
    target.mkdir()
    (inner / "file").write_text("text")
    (inner / "file").chmod(0o640)
    os.link(inner / "file", source / "same")
    os.utime(inner / "file", ns=(0, 5 * 10**9))
    (inner / "link").symlink_to("../file")
    os.mkfifo(inner / "pipe")
    os.utime(inner, ns=(0, 7 * 10**9))
    followed: list[str] = []
    is_heard = True

    def hear(event: str, given: tuple[object, ...]) -> None:
        if is_heard and event in ("open", "os.mkdir", "os.chown", "os.chmod", "os.utime"):
            followed.append(os.fspath(given[0]) if isinstance(given[0], str) else "")

    sys.addaudithook(hear)
    copy_folder(str(source), str(target))
    is_heard = False
    assert len(followed) > 100 and [path for path in followed if "/" in path] == [str(source), str(target)]
    there = target.joinpath(*["d"] * 40)
    file = (there / "file").stat()
    assert ((there / "file").read_text(), file.st_mode & 0o777, file.st_mtime_ns, file.st_nlink) == (
        "text",
        0o640,
        5 * 10**9,
        2,
    )
    assert (target / "same").samefile(there / "file")
    assert (there / "link").readlink() == Path("../file") and (there / "pipe").is_fifo()
    assert there.stat().st_mtime_ns == 7 * 10**9
