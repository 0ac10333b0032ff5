"""The first process in a tree: it forks guests there, under the user's interpreter (`guest/main.py`).

A workspace confines it (`workspace`), as its only command; standard input is the channel to the host (`tree_guests`), which is
trusted, and the guests are not. It runs under Python 3.9 or newer, so it must not use newer syntax.

| host | answer |
|---|---|
| `{"plan"}` and the plan in a memory file | `{"ready"}`, and the socket at the plan's `address`, if it has one |
| `{"fork": n, "environment", "cpu_seconds"}` | `{"child": n}` and five descriptors |
| | later `{"ended": n, "status", "cpu", "rss"}` |
| `{"preload"}` and names in a memory file | none: later guests find these modules imported |
| `{"put"}` and a text in a memory file | none: the file that may change has this text |
| `{"finish"}` | `{"finished", "cpu", "rss"}`: nothing else runs; whether the tree is as it was |
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import importlib.util
import io
import os
import resource
import select
import signal
import socket
import sys
import tempfile
from typing import Any, NoReturn

from strop.sandbox import control, tree_state

_PR_SET_DUMPABLE = 4
_PR_SET_CHILD_SUBREAPER = 36
_HIGHEST = 1024


class FirstProcess:
    """The first process."""

    def __init__(self) -> None:
        self._prctl = ctypes.CDLL(None).prctl
        self._prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)  # nobody can read this process's memory
        self._prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self._host = socket.socket(fileno=os.dup(0))
        self._host.set_inheritable(False)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        sys.dont_write_bytecode = True
        _, (file,) = control.receive(self._host)
        plan = control.opened(file)
        self._guest = _guest(plan["guest"])
        self._door = _door(plan["address"]) if plan["address"] else None
        sys.path[:0] = plan["search"]
        preload(plan["preload"])
        del sys.path[: len(plan["search"])]
        self._changing = plan["changing"]
        self._tree = tree_state.TreeState(plan["folders"], self._changing, is_hostile=plan["is_hostile"])
        self._children = {}  # type: dict[int, tuple[int, int]]
        """Descriptor of a process → its number and its pid."""
        self._seconds, self._largest = 0.0, 0
        for name in [each for each in sys.modules if each.partition(".")[0] == "strop"]:
            del sys.modules[name]  # an evaluator may import the real one
        control.send(self._host, {"ready": True}, [self._door.fileno()] if self._door else [])

    def serve(self) -> NoReturn:
        """Serve until the host hangs up, which raises ControlClosed."""
        while True:
            poll = select.poll()
            for descriptor in (self._host.fileno(), *self._children):
                poll.register(descriptor, select.POLLIN)
            for descriptor, _ in poll.poll():
                if descriptor == self._host.fileno():
                    self._carry_out(*control.receive(self._host))
                elif descriptor in self._children:
                    self._bury(descriptor)

    def _carry_out(self, order: Any, descriptors: Any) -> None:
        if "fork" in order:
            self._fork(order)
        elif "preload" in order:
            preload(control.opened(descriptors[0]))
        elif "put" in order:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._changing)
            with open(self._changing, "w", encoding="utf-8", newline="", errors="surrogatepass") as file:
                file.write(control.opened(descriptors[0]))
        else:
            for descriptor in list(self._children):
                os.close(descriptor)
            self._children.clear()
            seconds, largest = tree_state.end_all()
            told = {"cpu": self._seconds + seconds, "rss": max(self._largest, largest)}
            self._seconds, self._largest = 0.0, 0
            control.send(self._host, {"finished": self._tree.restored(), **told})

    def _fork(self, order: Any) -> None:
        guest_input, to_guest = os.pipe()
        from_guest, guest_output = os.pipe()
        output, nothing = os.pipe()
        os.close(nothing)  # what a guest prints goes to a file, whose end counts
        with tempfile.TemporaryFile() as words:
            pid = os.fork()
            if pid == 0:
                try:
                    self._become(order, guest_input, guest_output, words.fileno())
                finally:
                    os._exit(70)
            pidfd = os.pidfd_open(pid)
            self._children[pidfd] = order["fork"], pid
            kept = [pidfd, to_guest, from_guest, output, words.fileno()]
            control.send(self._host, {"child": order["fork"]}, kept)
        for descriptor in (guest_input, to_guest, from_guest, guest_output, output):
            os.close(descriptor)

    def _become(self, order: Any, from_host: int, to_host: int, words: int) -> NoReturn:
        os.setsid()
        self._prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)  # its own children may look at it, as in an ordinary process
        kept = [os.dup(each) for each in (words, words, from_host, to_host)]  # above those that are replaced
        for number, descriptor in enumerate(kept, 1):
            os.dup2(descriptor, number, inheritable=number < 3)
        os.closerange(5, _HIGHEST)
        seconds = int(order["cpu_seconds"]) + 1
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        os.environ.update(order["environment"])
        self._guest.open_output()
        self._guest.run(3, 4)
        raise AssertionError

    def _bury(self, descriptor: int) -> None:
        number, pid = self._children.pop(descriptor)
        os.close(descriptor)
        _, status, usage = os.wait4(pid, 0)
        seconds, largest = usage.ru_utime + usage.ru_stime, usage.ru_maxrss << 10
        self._seconds, self._largest = self._seconds + seconds, max(self._largest, largest)
        control.send(self._host, {"ended": number, "status": status, "cpu": seconds, "rss": largest})


def _guest(folder: str) -> Any:
    """The guest's main module; the names of its files stay free for modules of the user's."""
    sys.path.insert(0, folder)
    spec = importlib.util.spec_from_file_location("guest_main", os.path.join(folder, "main.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.path.remove(folder)
    for name, each in list(sys.modules.items()):
        if str(getattr(each, "__file__", "")).startswith(folder):
            del sys.modules[name]
    return module


def _door(address: str) -> socket.socket:
    """A socket in the abstract namespace of the tree's own network."""
    door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    door.bind(address)
    door.listen(64)
    return door


def preload(names: Any) -> None:
    """Import modules that guests will need, quietly; forks share them."""
    for name in names:
        if name not in sys.modules:
            with contextlib.suppress(BaseException), contextlib.redirect_stdout(io.StringIO()):
                importlib.import_module(name)


def main() -> None:
    """Serve the host until it hangs up."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    with contextlib.suppress(control.ControlClosed):
        FirstProcess().serve()
