"""Interpreters that start with this folder on `PYTHONPATH` write the CPU time that they use to the folder `CPU_REPORTS`.

`PID.json` holds the milliseconds of the process, twice a second and at its end. With `CPU_PROFILE=1` also those of each function
of strop, with the libraries that it calls: every thread has a `cProfile` whose clock is the kernel's for that thread, so waiting
costs nothing. That makes calls dearer; only the shares of such a run count. Jailed programs do not inherit the variables.
"""

from __future__ import annotations

import atexit
import cProfile
import functools
import json
import os
import sys
import threading
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from types import CodeType
from typing import Any

OWN = f"{os.sep}strop{os.sep}"
ROOT = "start, and event loops of libraries"


class Meter(threading.Thread):
    """Writes what this process uses until it ends."""

    def __init__(self, folder: Path) -> None:
        super().__init__(name="cpu-meter", daemon=True)
        self.profiles: list[cProfile.Profile] = []
        self._folder = folder

    def run(self) -> None:
        """Write twice a second: a process that is killed leaves its last figures."""
        while True:
            self.write()
            time.sleep(0.5)

    def profile_thread(self, *_: object) -> None:
        """Profile the thread that calls this, from now on."""
        clock = time.pthread_getcpuclockid(threading.get_ident())
        profile = cProfile.Profile(functools.partial(time.clock_gettime_ns, clock), 1e-9)
        self.profiles.append(profile)
        profile.enable()

    def finish(self) -> None:
        """Write the last figures."""
        for profile in self.profiles:
            profile.disable()
        self.write()

    def write(self) -> None:
        """Write the document of this process."""
        path = self._folder / f"{os.getpid()}.json"
        words = sys.orig_argv
        document = {
            "total": time.process_time() * 1e3,
            "functions": by_function(list(self.profiles)),
            "module": words[words.index("-m") + 1] if "-m" in words[:-1] else "",
        }
        with suppress(OSError):
            path.with_suffix(".part").write_text(json.dumps(document), encoding="utf-8")
            path.with_suffix(".part").replace(path)


def by_function(profiles: list[cProfile.Profile]) -> dict[str, float]:
    """Function of strop → CPU milliseconds in it and in the libraries that it calls.

    A library's time is divided among its callers as the time of their calls, up to the functions of strop.
    """
    inline: dict[Any, float] = defaultdict(float)
    callers: dict[Any, dict[Any, float]] = defaultdict(lambda: defaultdict(float))
    for profile in profiles:
        for entry in profile.getstats():
            inline[entry.code] += entry.inlinetime
            for call in entry.calls or ():
                callers[call.code][entry.code] += call.totaltime
    owners: dict[Any, dict[str, float]] = {}

    def owners_of(code: Any, depth: int) -> dict[str, float]:
        """Shares of the functions of strop that caused the calls of `code`."""
        if isinstance(code, CodeType) and OWN in code.co_filename:
            return {f"{code.co_filename.rpartition(OWN)[2]} {code.co_qualname}": 1.0}
        if code in owners:
            return owners[code]
        weights = callers.get(code, {})
        whole = sum(weights.values())
        if not whole or depth > 60:
            return {ROOT: 1.0}
        owners[code] = {ROOT: 1.0}  # where calls go round in circles
        shares: dict[str, float] = defaultdict(float)
        for caller, weight in weights.items():
            for name, share in owners_of(caller, depth + 1).items():
                shares[name] += share * weight / whole
        owners[code] = dict(shares)
        return owners[code]

    functions: dict[str, float] = defaultdict(float)
    for code, seconds in inline.items():
        for name, share in owners_of(code, 0).items():
            functions[name] += seconds * share * 1e3
    return dict(functions)


def start() -> None:
    """Measure this process from now on."""
    meter = Meter(Path(os.environ["CPU_REPORTS"]))
    meter.start()
    atexit.register(meter.finish)
    if os.environ.get("CPU_PROFILE") == "1":
        threading.setprofile(meter.profile_thread)
        meter.profile_thread()


if os.environ.get("CPU_REPORTS"):
    start()
    os.register_at_fork(after_in_child=start)
