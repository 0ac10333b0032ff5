"""What commands leave in a copy: removed before each run, so that no run finds the answer of an earlier one.

Nothing of a command runs meanwhile, so what is looked at does not change.
"""

# ruff: noqa: PTH108 - one system call a file, for thousands of files

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence


def known(places: Sequence[str]) -> frozenset[str]:
    """Every path below these folders; links are not followed."""
    found: set[str] = set()
    waiting = list(places)
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                found.add(entry.path)
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
    return frozenset(found)


def remove_new(places: Sequence[str], there: frozenset[str]) -> bool:
    """Remove what is below these folders and not in `there`; whether nothing of it is left."""
    try:
        waiting = list(places)
        while waiting:
            with os.scandir(waiting.pop()) as entries:
                found = list(entries)
            for entry in found:
                is_folder = entry.is_dir(follow_symlinks=False)
                if entry.path in there:
                    waiting += [entry.path] if is_folder else []
                elif is_folder:
                    shutil.rmtree(entry.path)
                else:
                    os.unlink(entry.path)
    except (OSError, RecursionError):  # a path too long, a folder in a folder in a folder ...
        return False
    return True
