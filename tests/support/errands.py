"""What a worker process does for a test: functions that it imports by their name."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import numpy

from strop.sandbox.fork_server_host import server_template


def variables(worker: object) -> dict[str, str]:
    return dict(os.environ)


def drawn(worker: object) -> list[float]:
    """The next draws of the two random generators that a scorer may use without a seed."""
    return [random.random(), float(numpy.random.random())]


def surroundings(worker: object) -> list[Any]:
    """The parent of the worker, its folder, its umask, and whether its guests come from a template of its own."""
    mask = os.umask(0)
    os.umask(mask)
    return [os.getppid(), str(Path.cwd()), mask, server_template.pid is not None]
