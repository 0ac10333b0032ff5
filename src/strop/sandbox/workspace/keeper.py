"""The keeper of one workspace: make the copy in a root of its own, then run one command after another in it.

It is process 1 of the commands' pid namespace, so no command outlives it, and it ends with the host. It reads no output of
commands. `workspace` starts it; the host must not import it.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import sys
from contextlib import suppress
from dataclasses import replace
from typing import Any, NoReturn

from strop.base.environments import COPY
from strop.base.globs import matcher
from strop.sandbox import control
from strop.sandbox.confinement import filters, identity, landlock, namespaces
from strop.sandbox.confinement.kernel import PR_SET_PDEATHSIG, Kernel
from strop.sandbox.init_process import continue_as_process_one
from strop.sandbox.workspace import accounting, command, copying, guarding, plan, snapshots
from strop.sandbox.workspace import root_fs as place
from strop.sandbox.workspace.command import CommandJail
from strop.sandbox.workspace.commands_filter import commands_filter
from strop.sandbox.workspace.reading import open_regular

_PR_SET_CHILD_SUBREAPER = 36
_TOLD = 100
"""How many tampered files are named."""
_KEPT = (0, 1, 2, 3, 5, 6, 7, 8, 19, 21, 38)
"""Capabilities of process 1: own and read all files of the copy, kill, become the command's user and drop all its rights, see its
memory in /proc, limit the file system, count its CPU time."""


class Keeper:
    """One workspace, seen from inside."""

    def __init__(self, end: socket.socket, given: plan.WorkspacePlan) -> None:
        self._end, self._plan = end, given
        self._kernel = Kernel()
        self._unique = os.getpid()
        self._layers = given.layers
        self.report: dict[str, str] = {}
        self._proc: int | None = None
        self._below: int | None = None
        self._guard: guarding.Guard | None = None
        self._root: place.Root | None = None
        self._own_processes: int | None = None
        self._kept: list[int] = []
        """Descriptors of the copy's folders in their state at the first `clear`; no command has a path to them."""
        self._place = COPY if self._layers.private_root else f"{given.folder}/copy"
        self._needed = () if self._layers.private_root else (given.folder, given.python)
        self.jail = self._prepare()

    def _prepare(self) -> CommandJail:
        layers, kernel = self._layers, self._kernel
        self._proc = host = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        source = os.open(self._plan.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        stub = os.pidfd_open(os.getpid())
        entered: tuple[str, ...] = ()
        if layers.namespaces:
            entered = namespaces.enter(kernel, mounts=layers.private_root)
            self.report["namespaces"] = " ".join(entered)
            continue_as_process_one(self._end, kernel, None)
            self._own_processes = namespaces.own_processes(host)
        else:
            kernel.prctl(_PR_SET_CHILD_SUBREAPER, 1)
        offered = self._offered()
        uid = offered.uid if offered is not None and offered.own else None
        if layers.private_root:
            self._enter_root(source, uid)
        else:
            self._below = accounting.descendants(host, self._unique)[0] if entered else self._unique
            self._fill(source, self._place, uid)
        os.close(source)
        if layers.identity:
            identity.keep_only(kernel, _KEPT if os.geteuid() == 0 or "user" in entered else ())
            self.report["identity"] = str(offered or identity.Identity(os.geteuid(), own=False))
        if layers.namespaces:
            kernel.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # with the stub
            if select.select([stub], [], [], 0)[0]:
                raise control.ControlClosed
        os.close(stub)
        jail = CommandJail(
            kernel,
            place=self._place,
            unique=self._unique,
            process_one=os.getpid() == 1,
            own_processes=uid is not None or "user" in entered,
            identity=layers.identity,
            needed=self._needed,
            proc=self._proc,
            below=self._below,
            limits=layers.limits,
            environment=self._environment(),
        )
        self._restrict(jail)
        clock = accounting.ProcessClock(kernel)
        self.report["CPU time"] = accounting.COUNTED[clock.complete]
        clock.close()
        return jail

    def _offered(self) -> identity.Identity | None:
        """The commands' identity, if it can differ from the keeper's."""
        if not self._layers.identity or os.geteuid() != 0:
            return None
        return identity.offered(self._unique, self._needed)

    def _enter_root(self, source: int, uid: int | None) -> None:
        def fill(there: str) -> None:
            self._fill(source, there, uid)

        shown = os.geteuid() if uid is None else uid
        self._proc = None
        self._root = place.enter(self._kernel, self._plan.readable, shown, fill)
        if self._root.has_proc:
            self._proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self.report["private root"] = "entered" if self._proc is not None else "entered, without /proc"
        self._guard = self._moved()

    def _fill(self, source: int, there: str, uid: int | None) -> None:
        rules = copying.CopyRules(matcher(self._plan.writable), frozenset(self._plan.left_out))
        copied = copying.copy_tree(source, there, self._plan.files, rules)
        mounts = self._layers.private_root and uid is None
        self._guard = guarding.guard(self._kernel, there, copied, uid=uid, mounts=mounts)
        self.report["protected files"] = guarding.WAYS[self._guard.way]

    def _moved(self) -> guarding.Guard | None:
        if self._guard is not None:
            self._guard.place = self._place
        return self._guard

    def _environment(self) -> dict[str, str]:
        scratch = "/tmp" if self._layers.private_root else f"{self._plan.folder}/tmp"
        return {
            "PATH": ":".join(self._plan.search),
            "HOME": scratch,
            "TMPDIR": scratch,
            "LANG": "C.UTF-8",
            "PYTHONNOUSERSITE": "1",  # HOME is a folder that a build can fill
            "PYTHONDONTWRITEBYTECODE": "1",  # bytecode holds the time of its source, and would differ in every run
            "PWD": self._place,
        }

    def _restrict(self, jail: CommandJail) -> None:
        """Prepare the confinement that every command applies to itself."""
        layers, kernel = self._layers, self._kernel
        version = landlock.abi(kernel) if layers.landlock else 0
        if version:
            if jail.rules is not None:
                os.close(jail.rules)
            shown = ("/",) if layers.private_root else (*place.SYSTEM, *self._plan.readable, "/proc")
            writable = (*self._places(), "/dev/null")
            jail.rules = landlock.command_rules(kernel, version, (*shown, *place.DEVICES), writable)
        self.report["landlock"] = f"ABI {version}" if version else "not used"
        if not layers.seccomp or not filters.known_architecture():
            self.report["seccomp"] = "not used"
            return
        jail.filter = commands_filter(
            audited=layers.audit,
            own_network=layers.namespaces and layers.private_root,
            own_objects=layers.namespaces,
        )
        jail.audited = layers.audit
        self.report["seccomp"] = "a list of refused calls"

    def serve(self) -> None:
        """Serve the host's requests until it hangs up."""
        while True:
            message, descriptors = control.receive(self._end)
            if "run" in message:
                self._run(control.opened(descriptors[0]), descriptors[1:])
            elif "read" in message:
                found = open_regular(self._place, str(message["read"]))
                control.send(self._end, {"file": found is not None}, [] if found is None else [found])
                if found is not None:
                    os.close(found)
            elif "written" in message:
                programs = bool(message["programs"])
                changes = snapshots.changes(self._kept[0], self._place, programs=programs) if self._kept else {}
                written = control.sealed(changes)
                control.send(self._end, {"written": True}, [written])
                os.close(written)
            elif "put" in message:
                control.send(self._end, {"put": self._put(str(message["put"]), descriptors[0])})
            elif "clear" in message:
                control.send(self._end, {"cleared": self._clear()})
            elif "tampered" in message:
                found_paths = self._guard.tampered() if self._guard is not None else []
                control.send(self._end, {"tampered": [path[:300] for path in found_paths[:_TOLD]]})

    def _places(self) -> tuple[str, ...]:
        """Where commands may write."""
        return place.WRITABLE if self._layers.private_root else (self._place, f"{self._plan.folder}/tmp")

    def _put(self, path: str, descriptor: int) -> bool:
        """Write the content of a memory file into the copy; whether that was possible."""
        with os.fdopen(descriptor, "rb") as file:
            file.seek(0)
            with suppress(OSError, ValueError):
                copying.lay(self._place, path, file.read(), copying.Copied())
                return True
        return False

    def _clear(self) -> bool:
        """Restore the copy to its state at the first call; return whether that was possible."""
        try:
            self._start_over()
        except (OSError, RecursionError):  # a path too long, a folder in a folder in a folder ...
            return False
        if self._guard is not None:
            self._guard.renew(self._kernel)
        self._restrict(self.jail)  # its rules name folders, not paths
        return True

    def _start_over(self) -> None:
        """Use a new file system if mounts work: its inode numbers and times reveal nothing about earlier runs."""
        self._kept = self._kept or self._keep()
        if self._layers.private_root:
            place.take_disk_away(self._kernel)
            place.lay_disk(self._kernel)
        for kept, path in zip(self._kept, self._places(), strict=True):
            if not self._layers.private_root:
                snapshots.empty(path)
            os.fchdir(kept)
            snapshots.copy_folder(".", path)
        os.chdir("/")
        if self._root is not None:
            self._root.show(self._kernel)

    def _keep(self) -> list[int]:
        """Save the present state of the folders where commands cannot reach it."""
        kept = []
        for number, path in enumerate(self._places()):
            there = path
            if not self._layers.private_root:
                there = f"{self._plan.folder}/kept"
                with suppress(FileExistsError):
                    os.mkdir(there, 0o700)  # noqa: PTH102 - as everywhere here
                there += f"/{number}"
                os.mkdir(there)  # noqa: PTH102
                snapshots.copy_folder(path, there)
            kept.append(os.open(there, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC))
        if self._guard is not None:
            self._guard.keep_changes()
        return kept

    def _run(self, asked: dict[str, Any], streams: list[int]) -> None:
        """`streams`: standard output, standard error, and standard input if it is not /dev/null."""
        if self._layers.private_root and self._layers.limits:
            place.resize(self._kernel, asked["disk_bytes"])
        if self._own_processes is None:
            ended = command.run(self.jail, self._end, asked, streams)
        else:
            ended = self._run_apart(asked, streams)
        full = self._layers.private_root and self._layers.limits and place.is_full()
        control.send(self._end, {"ended": ended | {"full": full}})

    def _run_apart(self, asked: dict[str, Any], streams: list[int]) -> dict[str, object]:
        """Run a command below its own process 1, so that its pids and System V objects start afresh and end with it."""
        reader, writer = os.pipe()
        namespaces.renew(self._kernel, self._own_processes or 0)
        pid = os.fork()
        if pid == 0:
            self._become_process_one(asked, streams, writer)
        for descriptor in (*streams, writer):
            os.close(descriptor)
        with os.fdopen(reader, "rb") as file:
            told = file.read()
        os.waitpid(pid, 0)
        if not told:  # the host is gone, or process 1 was killed from outside
            raise control.ControlClosed
        ended: dict[str, object] = json.loads(told)
        return ended

    def _become_process_one(self, asked: dict[str, Any], streams: list[int], writer: int) -> NoReturn:
        try:
            jail = self.jail
            if self._layers.private_root and jail.proc is not None:
                namespaces.own_mounts(self._kernel)
                place.mount_proc(self._kernel, "/proc")
                jail = replace(jail, proc=os.open("/proc", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
            elif jail.proc is not None and jail.below is not None:
                jail = replace(jail, below=accounting.descendants(jail.proc, jail.below)[0])
            ended = command.run(jail, self._end, asked, streams)
            os.write(writer, json.dumps(ended).encode())
        except control.ControlClosed:
            pass
        except BaseException as error:  # noqa: BLE001 - the last frame of this process
            os.write(2, f"{type(error).__name__}: {error}\n".encode("utf-8", "replace"))
        finally:
            os._exit(0)


def main() -> None:
    """Run the keeper. argv: the descriptor of the control channel."""
    end = socket.socket(fileno=int(sys.argv[1]))
    end.set_inheritable(False)
    os.umask(0o022)  # commands read what is made here, whatever their user id
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    with suppress(control.ControlClosed):
        _, descriptors = control.receive(end)
        try:
            keeper = Keeper(end, plan.from_sent(control.opened(descriptors[0])))
        except (OSError, ValueError) as error:
            control.send(end, {"failed": str(error)})
            return
        me = os.pidfd_open(os.getpid())
        control.send(end, {"ready": keeper.report}, [me])
        os.close(me)
        keeper.serve()
