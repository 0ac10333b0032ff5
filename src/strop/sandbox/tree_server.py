"""The first process in a tree: it imports what evaluations need, and forks guests that run under the user's interpreter
(`guest/main.py`).

A workspace starts it as its only command; standard input is the channel to the host (`tree_guests`), which is trusted, and the
guests are not. Nothing of an evaluation is there in the next: each has a new disk that begins as the tree, and each guest is
process 1 of namespaces of its own, so that it can neither see nor signal this process. This process executes no code of the
user's: hooks and modules of an environment, an evaluator, a program. It runs under Python 3.9 or newer, so it must not use newer
syntax.

A guest lays its room before the evaluation that it will serve begins. Then it gives up all rights, hands this process what only
the guest can make, and closes all descriptors but its own (`descriptors`). Only then does it enter the environment. From there on
nothing that it says is believed, and nothing waits for it but its own evaluation.

| host | answer |
|---|---|
| `{"plan"}` with the plan | `{"ready"}` |
| `{"preload"}` with names | none: later guests find these modules imported |
| `{"begin"}` with files, path → text | `{"begun"}`, and the socket at `address`, if any |
| `{"fork": n, "environment", "cpu_seconds"}` | `{"child": n}` and five descriptors, or `failed` |
| | later `{"ended": n, "status", "cpu", "rss"}` |
| `{"finish"}` | `{"finished", "cpu", "rss"}`: no guest is left |
| | for each guest `{"listens"}` and the seccomp listener that reports its refused calls, if it has one |
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import importlib.machinery
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
from functools import partial
from typing import Any, NoReturn

from strop.base.environments import COPY
from strop.sandbox import control
from strop.sandbox.confinement import bpf, descriptors, identity, landlock, namespaces
from strop.sandbox.confinement.kernel import PR_SET_DUMPABLE
from strop.sandbox.preload import load_guest
from strop.sandbox.workspace import accounting, command, copying, root_fs


@dataclass
class _Tree:
    """What makes a fresh process a guest; nothing in it tells of other guests."""

    jail: command.CommandJail
    request: Any
    bounds: Any
    """The limits of a guest."""
    root: root_fs.Root
    guest: Any
    """The guest's main module."""
    plan: Any
    entrance: Any = None
    """How guests enter the environment (`_entrance`)."""
    alone: Any = None
    """The filter of guests that may start no process; None if they may."""


class _Fresh(BaseException):
    """Raised in a fresh process, with the function that makes it a guest. Where it is caught and called, no name of the first
    process is left."""


@dataclass
class _TreeGuest:
    """A guest, which first waits in its room for an order, then works."""

    pid: int
    end: socket.socket
    for_host: list[int]
    """Descriptors for the host: the process, its input, its answers, its standard output, and the file of what it prints."""
    number: int = 0
    ready: float = 0.0
    """CPU seconds that it took to get ready."""
    clock: Any = None
    """The `ProcessClock` of its work."""
    doors: Any = ()
    """At most one socket, without an address yet, to which processes of the room will connect."""


class FirstProcess:
    """The first process."""

    def __init__(self) -> None:
        described = control.opened(command.DESCRIBED)
        jail = command.jail_of(described, COPY)
        self._kernel = jail.kernel
        self._kernel.prctl(PR_SET_DUMPABLE, 0)  # nobody can read this process's memory
        identity.empty_bounds(self._kernel)
        jail.is_bound = True
        descriptors.reserve()
        self._host = socket.socket(fileno=os.dup(0))
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.set_inheritable(command.ALL_PROCESSES, False)
        self._own_processes = namespaces.own_processes(command.ALL_PROCESSES)
        sys.dont_write_bytecode = True
        os.chdir(COPY)
        plan, request = control.receive(self._host)[0]["content"], described["asked"]
        root = root_fs.Root(**jail.rooms["root"])
        self._tree = _Tree(jail, request, command.bounds_of(jail, request), root, _guest(plan["guest"]), plan)
        self._tree.entrance = _entrance(plan)
        self._tree.alone = bpf.Assembled(plan["filter"]) if "filter" in plan else None
        sys.path[:0] = plan["search"]
        preload(plan["preload"])
        del sys.path[: len(plan["search"])]
        for name in [name for name in sys.modules if name.partition(".")[0] == "strop"]:
            del sys.modules[name]  # an evaluator may import the real one
        self._tree.guest.open_output()
        self._tree.guest.rehearse(with_numpy=False)
        gc.freeze()  # guests share its memory as long as they do not write to it
        self._children = {}  # type: dict[int, _TreeGuest]
        """Descriptor of a process → the guest."""
        self._seconds, self._largest = 0.0, 0
        self._first = None  # type: _TreeGuest | None
        """The first guest of an evaluation that has begun, until it gets its order."""
        self._begins = False
        """Whether the first guest has yet to report that the evaluation's files are there."""
        self._mounts = -1
        """The mounts of the evaluation's room."""
        self._next = self._waiting(-1)  # type: _TreeGuest | None
        if not self._next.end.recv(1, socket.MSG_PEEK):
            raise control.ControlClosed
        control.send(self._host, {"ready": True})

    def serve(self) -> NoReturn:
        """Serve until the host hangs up, or a waiting guest ends; both raise ControlClosed."""
        while True:
            poll = select.poll()
            begins = [self._first.end.fileno()] if self._first is not None and self._begins else []
            for descriptor in (self._host.fileno(), *begins, *self._children):
                poll.register(descriptor, select.POLLIN)
            for descriptor, _ in poll.poll():
                if descriptor == self._host.fileno():
                    self._carry_out(control.receive(self._host)[0])
                elif descriptor in self._children:
                    self._bury(descriptor)
                elif descriptor in begins and self._first is not None:
                    self._begun(self._first)

    def _carry_out(self, order: Any) -> None:
        if "fork" in order:
            self._fork(order)
        elif "begin" in order:
            self._first = first = self._next or self._waiting(-1)
            self._mounts, self._begins = self._laid(first), True
            with contextlib.suppress(control.ControlClosed):  # `_begun` finds that it has ended
                control.send_with(first.end, {}, order["content"])
            self._next = self._waiting(-1)
        elif "preload" in order:
            self._end(self._next)
            self._next = None
            preload(order["content"])
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

    def _begun(self, first: _TreeGuest) -> None:
        self._begins, report = False, b""
        with contextlib.suppress(ConnectionResetError):
            report = first.end.recv(1)
        if not report:
            os.write(2, b"a process ended as it entered the environment; see its sitecustomize and .pth files\n")
            raise control.ControlClosed
        for door in first.doors:
            door.bind(self._tree.plan["address"])  # in the abstract namespace of the tree's own network
            door.listen(64)
        control.send(self._host, {"begun": True}, [door.fileno() for door in first.doors])
        while first.doors:
            first.doors.pop().close()

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
        self._children[guest.for_host[0]] = guest
        with contextlib.suppress(control.ControlClosed):  # a hook has ended it, and it is buried as any other
            control.send(guest.end, {name: order[name] for name in ("environment", "cpu_seconds")})
        guest.end.close()
        control.send(self._host, {"child": order["fork"]}, guest.for_host)
        for descriptor in guest.for_host[1:]:
            os.close(descriptor)

    def _waiting(self, mounts: int) -> _TreeGuest:
        """A new guest. `mounts`: the mounts of the room that it enters, or -1 for a new room."""
        namespaces.renew(self._kernel, self._own_processes)
        guest_input, to_guest = os.pipe()
        from_guest, guest_output = os.pipe()
        output, nothing = os.pipe()
        os.close(nothing)  # what a guest prints goes to a file, whose end counts
        end, theirs = control.pair()
        pid = self._kernel.fork()
        if pid == 0:
            for connection in (end, self._host, *([self._first.end, *self._first.doors] if self._first else [])):
                connection.detach()  # of a socket that is forgotten while it is open Python warns, at length
            handles = [mounts, theirs.detach(), guest_input, guest_output]
            raise _Fresh(partial(_become, self._tree, mounts >= 0, handles))
        namespaces.keep_processes(self._kernel, self._own_processes)
        for descriptor in (guest_input, guest_output, theirs.detach()):
            os.close(descriptor)
        return _TreeGuest(pid, end, [os.pidfd_open(pid), to_guest, from_guest, output])

    def _laid(self, guest: _TreeGuest) -> int:
        """Wait until a guest is in its room, and take the descriptors that it hands over. Returns the mounts of the room."""
        message, (mounts, output_file, *extra) = control.receive(guest.end)
        guest.for_host.append(output_file)
        if message["listens"]:
            control.send(self._host, {"listens": True}, extra[-1:])
            os.close(extra.pop())
        guest.doors = [socket.socket(fileno=door) for door in extra]
        return mounts

    def _bury(self, descriptor: int) -> None:
        running = self._children.pop(descriptor)
        os.close(descriptor)
        control.send(self._host, {"ended": running.number, **self._count(running)})

    def _count(self, running: _TreeGuest) -> dict[str, Any]:
        """Wait for the end of a guest, with which the kernel ends all other processes of its namespace."""
        _, status, usage = os.wait4(running.pid, 0)
        waited, largest = usage.ru_utime + usage.ru_stime - running.ready, usage.ru_maxrss << 10
        # Only the clock counts processes that the guest did not wait for.
        seconds = max(waited, running.clock.seconds() or 0.0, 0.0)
        running.clock.close()
        self._seconds, self._largest = self._seconds + seconds, max(self._largest, largest)
        return {"status": status, "cpu": seconds, "rss": largest}

    @staticmethod
    def _end(waiting: _TreeGuest | None) -> None:
        if waiting is not None:
            os.kill(waiting.pid, signal.SIGKILL)
            os.waitpid(waiting.pid, 0)
            waiting.end.close()
            for descriptor in waiting.for_host:
                os.close(descriptor)


def _guest(folder: str) -> Any:
    """The guest's main module; the names of its files stay free for modules of the user's."""
    module = load_guest(folder)
    for name, loaded in list(sys.modules.items()):
        if str(getattr(loaded, "__file__", "")).startswith(folder):
            del sys.modules[name]
    return module


def _entrance(plan: Any) -> Any:
    """Do what Python does when it starts without -I and -S in an environment, except what executes code of an environment that is
    not strop's. Returns the module path of guests, and the function that they call to do the rest."""
    own = sys.path[:]
    lines = []  # type: list[str]
    path = [*filter(None, plan["environment"].get("PYTHONPATH", "").split(":")), *own]
    sys.executable, prefix = plan["interpreter"], os.path.dirname(os.path.dirname(plan["interpreter"]))
    if os.path.isfile(f"{prefix}/pyvenv.cfg"):
        sys.prefix = sys.exec_prefix = prefix
    if sys.version_info >= (3, 15) and not plan["has_packages"]:  # what else it executes is not known yet
        return path, site.main
    sys.path[:] = path
    if not plan["has_packages"]:
        site.exec = lines.append  # type: ignore[attr-defined]  # lines of .pth files
    with contextlib.suppress(Exception):
        site.addsitepackages(site.venv(site.removeduppaths()))  # type: ignore[arg-type]
        for make in (site.setquit, site.setcopyright, site.sethelper):
            make()
    vars(site).pop("exec", None)
    importlib.machinery.PathFinder.find_spec("sitecustomize")  # the folders are read here once, not in each guest
    for folder in [folder for folder, finder in sys.path_importer_cache.items() if finder is None]:
        del sys.path_importer_cache[folder]  # a program may make it
    complete = sys.path[:]
    if not plan["has_packages"]:
        sys.path[:] = own
    return (path, site.main) if lines else (complete, site.execsitecustomize)


def _enter_environment(tree: _Tree) -> None:
    """Execute the code that the environment executes in every process."""
    os.environ.update(tree.plan["environment"])
    sys.path[:], enter = tree.entrance
    with contextlib.suppress(BaseException):
        enter()


def _become(tree: _Tree, joins: bool, handles: list[int]) -> NoReturn:
    """Make the caller a guest. `joins`: it enters the room of others, else it lays a new one. `handles`: see `_confine`."""
    try:
        _confine(tree, handles)
        orders = socket.socket(fileno=descriptors.ORDERS)
        order = control.receive(orders)[0] if joins else None  # type: Any
        _enter_environment(tree)
        if order is None:
            copying.lay_all(COPY, control.receive(orders)[0]["content"])
            orders.send(b"begun")
            order, _ = control.receive(orders)
        orders.close()
        seconds = int(order["cpu_seconds"]) + 1
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        os.environ.update(order["environment"])
        tree.guest.run(3, 4)
    except control.ControlClosed:
        pass
    except BaseException as error:
        os.write(2, f"{type(error).__name__}: {error}\n".encode("utf-8", "replace"))
    finally:
        os._exit(70)


def _confine(tree: _Tree, handles: list[int]) -> None:
    """Lay the room or enter it, give up all rights, hand over what a guest cannot be given later, and close all else.

    `handles`: the mounts of the room to enter or -1, the socket of its orders, and its pipes from and to the host. The list is
    emptied, because these numbers tell how much the first process had open."""
    mounts, end, from_host, to_host = handles
    handles.clear()
    jail, kernel = tree.jail, tree.jail.kernel
    if mounts >= 0:
        namespaces.enter_mounts(kernel, mounts)
    namespaces.own_mounts(kernel)
    if mounts < 0:
        root_fs.lay_room(kernel, tree.request["disk_bytes"], tree.root)
    root_fs.mount_proc(kernel, "/proc")
    os.chdir(COPY)
    if jail.rooms["landlock"]["version"]:
        jail.rules = landlock.command_rules(kernel, **jail.rooms["landlock"])
    os.setsid()
    if tree.alone is not None:
        tree.alone.install(kernel)  # the filter of commands lets nobody add another
    listener = command.confine(jail, tree.bounds, os.getppid())
    output_file = os.open("/tmp", os.O_TMPFILE | os.O_RDWR, 0o600)
    room = os.open("self/ns/mnt", os.O_RDONLY, dir_fd=command.ALL_PROCESSES)
    has_door = tree.plan["address"] and mounts < 0
    # Made here, because a process may connect only to sockets of its own confinement.
    door = [socket.socket(socket.AF_UNIX, socket.SOCK_STREAM).detach()] if has_door else []
    with socket.socket(fileno=end) as first:
        control.send(first, {"laid": True, "listens": bool(listener)}, [room, output_file, *door, *listener])
        descriptors.keep(kernel, output=output_file, from_host=from_host, to_host=to_host, orders=first.detach())
    kernel.prctl(PR_SET_DUMPABLE, 1)  # its own children may look at it, as in an ordinary process


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
    try:
        FirstProcess().serve()
    except control.ControlClosed:
        return
    except _Fresh as fresh:
        (become,) = fresh.args
    become()
