"""Whether a build makes the same files from two programs: then they are one program, whatever a clock says."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable

from strop.evaluation.commands.program_copy import Copy

SAME_BUILD = "the build makes the same files from both programs"
"""The note of an evaluation that ended because of it."""
_PLAIN = re.compile(r"[\w./-]+")


def left_by_build(copy: Copy, changed: Iterable[str]) -> str:
    """A digest of all files of a copy but the changed ones, after its build; empty if there is no way to tell."""
    paths = sorted(changed)
    if not all(map(_PLAIN.fullmatch, paths)):
        return ""
    others = " ".join(f"! -path ./{path}" for path in paths)
    listed = copy.look(
        f"set -e; find . ! -type d {others} -printf '%p %y %m %l\\n' | LC_ALL=C sort; "
        f"find . -type f {others} -exec sha256sum {{}} + | LC_ALL=C sort"
    )
    return listed.digest if listed.ok and listed.output and not listed.errors else ""


def reads(copy: Copy, changed: Iterable[str]) -> bool:
    """Whether the command that ran last may have read one of the changed files, by their access times.

    A file system may not keep them; so each file is read afterwards, and if its time does not change, nothing is known.
    """
    times = "stat -c '%n %.9X' -- " + " ".join(map(shlex.quote, sorted(changed)))
    contents = times.replace("stat -c '%n %.9X'", "cat")
    looked = copy.look(f"set -e; {times.replace('9X', '9Y')}; echo; {times}; {contents} > /dev/null; echo; {times}")
    parts = [part.split("\n") for part in looked.output.strip("\n").split("\n\n")]
    if not looked.ok or len(parts) != 3 or len({len(part) for part in parts}) > 1:
        return True
    return any(mtime != atime or atime == again for mtime, atime, again in zip(*parts, strict=True))
