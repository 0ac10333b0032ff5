"""The first process in a tree: it imports what evaluations need, and forks guests that run under the user's interpreter
(`guest/main.py`).

A workspace starts it as its only command; standard input is the channel to the host (`tree_guests`), which is trusted, and the
guests are not. Nothing of an evaluation is there in the next: each has a new disk that begins as the tree, and each guest is
process 1 of namespaces of its own, so that it can neither see nor signal this process. A guest lays its room while this process
still has the rights to, ahead of the evaluation that it will serve, and gives up all rights before it executes any code of the
user's: hooks and modules of an environment, an evaluator, a program. This process executes none. It runs under Python 3.9 or
newer, so it must not use newer syntax.

| host | answer |
|---|---|
| `{"plan"}` and the plan in a memory file | `{"ready"}` |
| `{"preload"}` and names in a memory file | none: later guests find these modules imported |
| `{"begin"}` and in a memory file the changing file's text or null | `{"begun"}`, and the socket at `address`, if any |
| `{"fork": n, "environment", "cpu_seconds"}` | `{"child": n}` and five descriptors, or `failed` |
| | later `{"ended": n, "status", "cpu", "rss"}` |
| `{"finish"}` | `{"finished", "cpu", "rss"}`: no guest is left |

Where the message says `listens`, its last descriptor is the seccomp listener of the guest, which reports refused calls.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import importlib.util
import io
import os
import resource
import select
import signal
import site
import socket
import sys
import time
from dataclasses import dataclass
from typing import Any, NoReturn

from strop.base.environments import COPY
from strop.sandbox import control
from strop.sandbox.confinement import landlock, namespaces
from strop.sandbox.confinement.kernel import PR_SET_DUMPABLE
from strop.sandbox.workspace import accounting, command, root_fs

_HIGHEST = 1024


@dataclass
class _TreeGuest:
    """A guest: one that waits in its room for an order, then one at work."""

    pid: int
    end: socket.socket
    kept: list[int]
    """Descriptors for the host: the process, its input, its answers, its standard output, and the file of what it prints."""
    number: int = 0
    ready: float = 0.0
    """CPU seconds that it took to get ready."""
    clock: Any = None
    """The `ProcessClock` of its work."""


class FirstProcess:
    """The first process."""

    def __init__(self) -> None:
        facts = control.opened(command.FACTS)
        self._jail, self._asked = command.jail_of(facts, COPY), facts["asked"]
        self._kernel = self._jail.kernel
        self._kernel.prctl(PR_SET_DUMPABLE, 0)  # nobody can read this process's memory
        self._host = socket.socket(fileno=os.dup(0))
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.set_inheritable(command.ALL_PROCESSES, False)
        self._own_processes = namespaces.own_processes(command.ALL_PROCESSES)
        sys.dont_write_bytecode = True
        os.chdir(COPY)
        _, (file,) = control.receive(self._host)
        plan = control.opened(file)
        self._guest, self._address, self._changing = _guest(plan["guest"]), plan["address"], plan["changing"]
        self._interpreter, self._environment = plan["interpreter"], plan["environment"]
        sys.path += _packages(self._interpreter) if plan["has_packages"] else []
        sys.path[:0] = plan["search"]
        preload(plan["preload"])
        del sys.path[: len(plan["search"])]
        for name in [each for each in sys.modules if each.partition(".")[0] == "strop"]:
            del sys.modules[name]  # an evaluator may import the real one
        self._guest.rehearse(with_numpy=False)
        gc.freeze()  # guests share its memory as long as they do not write to it
        self._children = {}  # type: dict[int, _TreeGuest]
        """By the descriptor of their processes."""
        self._seconds, self._largest = 0.0, 0
        self._first = None  # type: _TreeGuest | None
        """Of an evaluation that has begun, until it is ordered."""
        self._mounts = -1
        """The mounts of the evaluation's room."""
        self._next = self._waiting(-1)  # type: _TreeGuest | None
        if not self._next.end.recv(1, socket.MSG_PEEK):
            raise control.ControlClosed
        control.send(self._host, {"ready": True})

    def serve(self) -> NoReturn:
        """Serve until the host hangs up, or a guest ends that waits, which raises ControlClosed."""
        while True:
            poll = select.poll()
            for descriptor in (self._host.fileno(), *self._children):
                poll.register(descriptor, select.POLLIN)
            for descriptor, _ in poll.poll():
                if descriptor == self._host.fileno():
                    self._carry_out(*control.receive(self._host))
                elif descriptor in self._children:
                    self._bury(descriptor)

    def _carry_out(self, order: Any, files: Any) -> None:
        if "fork" in order:
            self._fork(order)
        elif "begin" in order:
            self._first = first = self._next or self._waiting(-1)
            self._mounts = self._laid(first)
            control.send(first.end, order, files)
            os.close(files[0])
            self._next = self._waiting(-1)
        elif "preload" in order:
            self._end(self._next)
            self._next = None
            preload(control.opened(files[0]))
        else:
            self._end(self._first)
            self._first = None
            for descriptor, running in self._children.items():
                os.kill(running.pid, signal.SIGKILL)
                self._count(running)
                os.close(descriptor)
            self._children.clear()
            if self._mounts >= 0:  # closerange(-1, 0) would close every descriptor
                os.close(self._mounts)
            self._mounts = -1
            control.send(self._host, {"finished": True, "cpu": self._seconds, "rss": self._largest})
            self._seconds, self._largest = 0.0, 0

    def _fork(self, order: Any) -> None:
        guest, self._first = self._first, None
        if guest is None:
            guest = self._waiting(self._mounts)
            try:
                os.close(self._laid(guest))
            except control.ControlClosed:  # the program has used up what it needs of their room
                self._end(guest)
                control.send(self._host, {"child": order["fork"], "failed": True})
                return
        guest.number, guest.ready = order["fork"], time.clock_gettime(~guest.pid * 8 + 2)  # clock_getcpuclockid(3)
        guest.clock = accounting.ProcessClock(self._kernel, guest.pid)
        self._children[guest.kept[0]] = guest
        control.send(guest.end, order)
        guest.end.close()
        control.send(self._host, {"child": order["fork"]}, guest.kept)
        for descriptor in guest.kept[1:]:
            os.close(descriptor)

    def _waiting(self, mounts: int) -> _TreeGuest:
        """A new guest; `mounts`: those of the room in which it is to be, or -1 for a new one."""
        namespaces.renew(self._kernel, self._own_processes)
        guest_input, to_guest = os.pipe()
        from_guest, guest_output = os.pipe()
        output, nothing = os.pipe()
        os.close(nothing)  # what a guest prints goes to a file, whose end counts
        end, theirs = control.pair()
        pid = os.fork()
        if pid == 0:
            try:
                self._become(mounts, theirs, guest_input, guest_output)
            except control.ControlClosed:
                pass
            except BaseException as error:
                os.write(2, f"{type(error).__name__}: {error}\n".encode("utf-8", "replace"))
            finally:
                os._exit(70)
        namespaces.keep_processes(self._kernel, self._own_processes)
        for descriptor in (guest_input, guest_output, theirs.detach()):
            os.close(descriptor)
        return _TreeGuest(pid, end, [os.pidfd_open(pid), to_guest, from_guest, output])

    @staticmethod
    def _laid(guest: _TreeGuest) -> int:
        """Wait until a guest is in its room, and take the file of what it prints; returns the mounts of the room."""
        _, (mounts, words) = control.receive(guest.end)
        guest.kept.append(words)
        return mounts

    def _become(self, mounts: int, end: socket.socket, from_host: int, to_host: int) -> NoReturn:
        kernel, jail = self._kernel, self._jail
        if mounts < 0 and self._first is not None:  # else the last to close the room before would pay for its end
            for descriptor in (self._mounts, *self._first.kept):
                os.close(descriptor)
        if mounts >= 0:
            namespaces.enter_mounts(kernel, mounts)
        namespaces.own_mounts(kernel)
        if mounts < 0:
            root_fs.lay_room(kernel, self._asked["disk_bytes"], root_fs.Root(**jail.rooms["root"]))
        root_fs.mount_proc(kernel, "/proc")
        os.chdir(COPY)
        if jail.rooms["landlock"]["version"]:
            jail.rules = landlock.command_rules(kernel, **jail.rooms["landlock"])
        os.setsid()
        listener = command.confine(jail, self._asked, os.getppid())
        kernel.prctl(PR_SET_DUMPABLE, 1)  # its own children may look at it, as in an ordinary process
        self._guest.open_output()
        _enter_environment(self._interpreter, self._environment)
        self._guest.rehearse(1, with_numpy=False)
        words = os.open("/tmp", os.O_TMPFILE | os.O_RDWR, 0o600)
        room = os.open("self/ns/mnt", os.O_RDONLY, dir_fd=command.ALL_PROCESSES)
        control.send(end, {"laid": True}, [room, words])
        order, files = control.receive(end)  # type: Any, list[int]
        if "begin" in order:
            if (text := control.opened(files[0])) is not None:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(self._changing)
                with open(self._changing, "w", encoding="utf-8", newline="", errors="surrogatepass") as changing:
                    changing.write(text)
            door = [_door(self._address)] if self._address else []
            given = [*(each.fileno() for each in door), *listener]
            control.send(self._host, {"begun": True, "listens": bool(listener)}, given)
            order, _ = control.receive(end)
        elif listener:
            control.send(self._host, {"listens": True}, listener)
        # Its own: flags and locks belong to the open file, not to the descriptor.
        null = os.open(os.devnull, os.O_RDONLY)
        kept = [os.dup(each) for each in (null, words, words, from_host, to_host)]  # above those that are replaced
        for number, descriptor in enumerate(kept):
            os.dup2(descriptor, number, inheritable=number < 3)
        os.closerange(5, _HIGHEST)
        seconds = int(order["cpu_seconds"]) + 1
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        os.environ.update(order["environment"])
        self._guest.run(3, 4)
        raise AssertionError

    def _bury(self, descriptor: int) -> None:
        running = self._children.pop(descriptor)
        os.close(descriptor)
        control.send(self._host, {"ended": running.number, **self._count(running)})

    def _count(self, running: _TreeGuest) -> dict[str, Any]:
        """Wait for the end of a guest, with which the kernel ends all others of its namespace."""
        _, status, usage = os.wait4(running.pid, 0)
        waited, largest = usage.ru_utime + usage.ru_stime - running.ready, usage.ru_maxrss << 10
        seconds = max(waited, running.clock.seconds() or 0.0, 0.0)  # of what it did not wait for only the clock knows
        running.clock.close()
        self._seconds, self._largest = self._seconds + seconds, max(self._largest, largest)
        return {"status": status, "cpu": seconds, "rss": largest}

    @staticmethod
    def _end(waiting: _TreeGuest | None) -> None:
        if waiting is not None:
            os.kill(waiting.pid, signal.SIGKILL)
            os.waitpid(waiting.pid, 0)
            waiting.end.close()
            for descriptor in waiting.kept:
                os.close(descriptor)


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


def _packages(interpreter: str) -> list[str]:
    prefix = os.path.dirname(os.path.dirname(interpreter))
    folders = [f"{prefix}/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"]
    return [each for each in dict.fromkeys(folders + site.getsitepackages([prefix])) if os.path.isdir(each)]


def _enter_environment(interpreter: str, environment: dict[str, str]) -> None:
    """What Python does when it starts without -I and -S, in an environment."""
    os.environ.update(environment)
    sys.path[:0] = filter(None, environment.get("PYTHONPATH", "").split(":"))
    sys.executable, prefix = interpreter, os.path.dirname(os.path.dirname(interpreter))
    if os.path.isfile(f"{prefix}/pyvenv.cfg"):
        sys.prefix = sys.exec_prefix = prefix
    with contextlib.suppress(BaseException):
        site.main()


def _door(address: str) -> socket.socket:
    """A socket in the abstract namespace of the tree's own network."""
    door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    door.bind(address)
    door.listen(64)
    return door


def preload(names: Any) -> None:
    """Import modules that guests will need, quietly; forks share them."""
    os.environ["OPENBLAS_THREAD_TIMEOUT"] = "4"  # else its threads spin, for half of the CPU time of NumPy's import
    for name in names:
        if name not in sys.modules:
            with contextlib.suppress(BaseException), contextlib.redirect_stdout(io.StringIO()):
                importlib.import_module(name)
    del os.environ["OPENBLAS_THREAD_TIMEOUT"]


def main() -> None:
    """Serve the host until it hangs up."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    with contextlib.suppress(control.ControlClosed):
        FirstProcess().serve()
