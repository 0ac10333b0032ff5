"""What the tools that watch a Python process of the user's share: when they begin and end, and where results go.

A tool is a module with `begin(plan)`, which returns an object with three methods: `pause()`, before the process ends or
executes another program; `result()`, its result as plain data; `forked()`, in a child, which begins with nothing.

Stand-alone, under Python 3.9 or newer.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import os
import sys
import threading
import time
from typing import Any

import strop_plain_data as plain_data

FLUSH_SECONDS = 1.0
"""CPU seconds after which a tool that runs on a timer writes what it has: the process may be killed."""


class ProcessWatch:
    """The tools of this process."""

    def __init__(self, folder: str, plan: dict[str, Any]) -> None:
        self.folder = folder
        """Where results go."""
        self.spent = self.beside = 0.0
        """CPU seconds that strop has taken in this process: to begin, for what its tools do meanwhile, and to write; and those
        that it did not measure, but knows of."""
        self._born = f"{os.getpid()}.{time.monotonic_ns()}"
        self._tools: dict[str, Any] = {}
        for name in plan["tools"]:
            self._tools[name] = importlib.import_module(f"strop_{name}").begin(plan, self)

    def write(self) -> None:
        """Write what each tool has seen so far. A file is written completely or not at all."""
        for name, tool in self._tools.items():
            began = time.thread_time()
            result = plain_data.encode(tool.result())
            path = os.path.join(self.folder, f"{name}.{self._born}")
            seen = {
                "argv": _command_line(),
                "python": sys.executable or "",
                "parent": os.getppid(),
                "seconds": time.process_time(),
                "own": self.spent + self.beside + time.thread_time() - began,
                "seen": result,
            }
            part = f"{path}.{threading.get_ident()}.part"  # several threads may write
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(plain_data.encode(seen))
            os.replace(part, path)
            self.spent += time.thread_time() - began

    def end(self) -> None:
        """Stop the tools and write what they saw. Errors here must not stop the program."""
        try:
            for tool in self._tools.values():
                tool.pause()
            self.write()
        except Exception as error:
            path = os.path.join(self.folder, f"failed.{self._born}")
            with contextlib.suppress(OSError), open(path, "w", encoding="utf-8") as file:
                file.write(f"{type(error).__name__}: {error}")  # unless strop has ended, and removed the folder

    def forked(self) -> None:
        """Begin again in a forked child."""
        self._born = f"{os.getpid()}.{time.monotonic_ns()}"
        self.spent = 0.0
        for tool in self._tools.values():
            tool.forked()
        util = sys.modules.get("multiprocessing.util")
        if util is not None:  # its children end without what was registered with atexit
            util.register_after_fork(self, _finalized)


def _finalized(watch: ProcessWatch) -> None:
    sys.modules["multiprocessing.util"].Finalize(None, watch.end, exitpriority=-1000)


def _command_line() -> list[str]:
    try:
        with open("/proc/self/cmdline", "rb") as file:
            return [argument.decode("utf-8", "replace") for argument in file.read().split(b"\0")[:-1]]
    except OSError:
        return list(sys.argv)


def begin(folder: str, plan: dict[str, Any], began: float) -> None:
    """Begin the tools that the plan names. `began`: CPU seconds of this process when strop began to load them."""
    watch = ProcessWatch(folder, plan)
    exit_at_once = os._exit

    def _exit(status: int) -> None:
        watch.end()
        exit_at_once(status)

    def hook(event: str, arguments: Any) -> None:
        if event == "os.exec":  # a timer would go on in the other program, which dies of its signal
            watch.end()

    os._exit = _exit  # type: ignore[assignment]
    sys.addaudithook(hook)
    os.register_at_fork(after_in_child=watch.forked)
    atexit.register(watch.end)
    watch.spent += time.process_time() - began
