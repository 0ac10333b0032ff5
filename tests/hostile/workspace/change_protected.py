"""Change the scorer, by every way that a file can be changed or another put in its place."""

import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

FILE, FOLDER = "scoring/scorer.py", "scoring"


def replace():
    Path("fake").write_text("fake")
    os.rename("fake", FILE)


def hard_link():
    os.link(FILE, "alias")
    Path("alias").write_text("fake")


def swap_folder():
    os.rename(FOLDER, "moved")
    os.mkdir(FOLDER)
    Path(FILE).write_text("fake")


def mount_over():
    subprocess.run(
        ["unshare", "-rm", "sh", "-c", f"echo fake > f; mount --bind f {FILE}"], check=True, stderr=subprocess.DEVNULL
    )


def bytecode():
    os.chmod("scoring/__pycache__", 0o777)
    Path("scoring/__pycache__/scorer.cpython-311.pyc").write_bytes(b"fake")


def times():
    os.utime(FILE, (0, 0))


for attempt in (
    lambda: Path(FILE).write_text("fake"),
    lambda: os.chmod(FILE, 0o666),
    lambda: os.unlink(FILE),
    lambda: os.truncate(FILE, 0),
    lambda: os.rename(FILE, "scoring/away"),
    lambda: os.setxattr(FILE, "user.x", b"x"),
    replace,
    hard_link,
    swap_folder,
    mount_over,
    bytecode,
    times,
    lambda: os.unlink("link"),
    lambda: shutil.rmtree(FOLDER),
):
    with suppress(Exception):
        attempt()
