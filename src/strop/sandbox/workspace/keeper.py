"""The keeper of one workspace: make the copy in a root of its own, then run one command after another in it.

It is process 1 of the commands' pid namespace, so no command outlives it, and it ends with the host. It reads no output of
commands. Their system call filter is a deny-list, because builds, shells and compilers need nearly all other calls. Keepers are
forked from a template that has imported what they need (`forks`). `workspace` starts it; the host must not import this file.
"""

from __future__ import annotations

import errno
import gc
import json
import os
import select
import signal
import socket
import stat
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any, NoReturn

from strop.base.environments import COPY
from strop.sandbox import control, tree_server
from strop.sandbox.confinement import bpf, filters, identity, landlock, namespaces
from strop.sandbox.confinement.kernel import PR_SET_PDEATHSIG, Kernel
from strop.sandbox.confinement.syscalls import NUMBERS
from strop.sandbox.forks import continue_as_fork
from strop.sandbox.init_process import continue_as_process_one
from strop.sandbox.workspace import accounting, command, copying, plan, root_fs, snapshots
from strop.sandbox.workspace.command import CommandJail


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


REFUSED = _names(
    """
    acct add_key adjtimex bpf cachestat chroot clock_adjtime clock_settime delete_module fanotify_init fanotify_mark finit_module
    fsconfig fsmount fsopen fspick init_module io_uring_enter io_uring_register io_uring_setup ioperm iopl kcmp
    kexec_file_load kexec_load keyctl lookup_dcookie memfd_create memfd_secret migrate_pages modify_ldt mount mount_setattr
    move_mount move_pages msgget
    name_to_handle_at nfsservctl open_by_handle_at open_tree perf_event_open pidfd_getfd pivot_root process_madvise
    process_vm_readv process_vm_writev ptrace quotactl quotactl_fd reboot request_key seccomp semget setdomainname sethostname
    setns settimeofday shmget swapoff swapon sysfs syslog umount2 unshare uselib userfaultfd ustat vhangup vmsplice
    """
)
"""Calls that are refused with any arguments. Memory files and System V objects are among them because nothing limits these;
/dev/shm, to which libraries fall back, has a limit."""

_NEW_NAMESPACES = 0x7E020000
"""CLONE_NEW* of clone(2), whose lowest byte is a signal."""
_PERSONALITIES = (0, 0x0040000, 0xFFFFFFFF)
"""The default personality, the one without randomized addresses (benchmarks use it), and the query."""
_TERMINAL_INPUT = (0x5412, 0x541C)
"""TIOCSTI and TIOCLINUX: typing into a terminal."""
_SEND_BUFFERS = (socket.SO_SNDBUF, 32)
"""Socket options without effect, because memory is counted by the usual size of a socket. The second is SO_SNDBUFFORCE."""
_STREAM_PAIR = (socket.SOCK_STREAM, ~(socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC))
"""Pairs of datagram sockets could send to others."""
_FIRST_UNKNOWN = 463
"""The first call that these tables do not know (setxattrat, Linux 6.13). The C library does without newer calls."""
_NO_MODES = 0o6000
"""Set-user-id and set-group-id."""
_MODES = {1: ("chmod", "fchmod", "creat", "mknod"), 2: ("fchmodat", "fchmodat2", "mknodat")}
"""Calls that give a file a mode, by its argument. From a program that its user may execute and not read, the kernel takes the
counter of its time."""
_CREATES = os.O_CREAT | os.O_TMPFILE & ~os.O_DIRECTORY


_PREADV2_FLAGS = 5
_NO_WAIT = 8
"""RWF_NOWAIT of preadv2 tells whether a file is in the kernel's cache, where an earlier run may have put it."""


def commands_filter(*, audited: bool, own_network: bool) -> bpf.Assembled:
    """The filter. The process that becomes the command installs it once, and its descendants inherit it.

    Args:
        audited: refused calls go to a listener, which must refuse them.
        own_network: whether unix sockets reach only the command's own processes; otherwise they are refused, too.
    """
    refused = bpf.NOTIFY if audited else bpf.refuse(errno.EPERM)
    quietly = bpf.refuse(errno.EPERM)
    program = bpf.Filter()
    program.on(["clone3"], [bpf.answer(bpf.refuse(errno.ENOSYS))])  # its flags are in memory: libc then uses clone
    program.on(["clone"], bpf.any_bit(0, _NEW_NAMESPACES, refused, bpf.ALLOW))
    families = [socket.AF_UNIX] if own_network else []
    program.on(["socket"], bpf.is_value(0, families, bpf.ALLOW, refused))
    pairs = {0: (socket.AF_UNIX, ~socket.AF_UNIX)} | ({} if own_network else {1: _STREAM_PAIR})
    program.on(["socketpair"], bpf.all_flags(pairs, refused))
    program.on(["personality"], bpf.is_value(0, _PERSONALITIES, bpf.ALLOW, quietly))
    program.on(["ioctl"], bpf.is_value(1, _TERMINAL_INPUT, quietly, bpf.ALLOW))
    program.on(["setsockopt"], bpf.is_value(2, _SEND_BUFFERS, bpf.refuse(0), bpf.ALLOW))
    program.on(["prlimit64"], bpf.is_value(0, [0], bpf.ALLOW, quietly))  # others' limits
    for mode, calls in _MODES.items():
        program.on(calls, bpf.modes(mode, bars=_NO_MODES, otherwise=quietly))
    for flags, name in ((1, "open"), (2, "openat")):
        program.on([name], bpf.modes(flags + 1, bars=_NO_MODES, otherwise=quietly, creates=(flags, _CREATES)))
    program.on(["umask"], bpf.any_bit(0, 0o400, bpf.refuse(0), bpf.ALLOW))
    program.on(["setxattr", "lsetxattr", "fsetxattr"], [bpf.answer(bpf.refuse(errno.EOPNOTSUPP))])  # access lists
    program.on(["openat2"], [bpf.answer(bpf.refuse(errno.ENOSYS))])  # its mode is in memory
    program.on(["preadv2"], bpf.any_bit(_PREADV2_FLAGS, _NO_WAIT, bpf.refuse(errno.EOPNOTSUPP), bpf.ALLOW))
    program.on(REFUSED & NUMBERS.keys(), [bpf.answer(refused)])
    program.from_number(_FIRST_UNKNOWN, bpf.refuse(errno.ENOSYS))
    program.otherwise(bpf.ALLOW)
    return program.assembled()


_FOLDER = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


def open_regular(root: str, path: str) -> int | None:
    """A descriptor of the regular file at `path` below `root`; None if there is none.

    Links are not followed; pipes and devices are not opened.
    """
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if path.startswith("/") or ".." in parts or "\0" in path or not parts:
        return None
    folder = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with suppress(OSError):
            for part in parts[:-1]:
                inner = os.open(part, _FOLDER, dir_fd=folder)
                os.close(folder)
                folder = inner
            if not stat.S_ISREG(os.stat(parts[-1], dir_fd=folder, follow_symlinks=False).st_mode):
                return None
            file = os.open(parts[-1], _FILE, dir_fd=folder)
            if stat.S_ISREG(os.fstat(file).st_mode):
                return file
            os.close(file)
        return None
    finally:
        os.close(folder)


_PR_SET_CHILD_SUBREAPER = 36
_KEPT = (0, 1, 2, 3, 5, 6, 7, 8, 18, 19, 21, 38)
"""Capabilities of process 1: own and read all files of the copy, kill, become the command's user and drop all its rights, see its
memory in /proc, limit the file system, count its CPU time; and of a tree, enter the mounts of a room."""


class Keeper:
    """The process that makes one workspace and runs its commands."""

    def __init__(
        self, end: socket.socket, own_plan: plan.WorkspacePlan, source: int, kernel_memory: Sequence[int]
    ) -> None:
        """`source`: a descriptor of the folder to copy; nothing here knows its name."""
        self._end, self._plan, self._kernel_memory = end, own_plan, kernel_memory
        self._kernel = Kernel()
        self._unique = os.getpid()
        self._layers = own_plan.layers
        self.report: dict[str, str] = {}
        self._proc: int | None = None
        self._root: root_fs.Root | None = None
        self._own_processes: int | None = None
        self._saved: list[int] = []
        """Descriptors of the copy's folders in their state at the first `clear`; no command has a path to them."""
        self._root_path = COPY if self._layers.namespaces else f"{own_plan.folder}/copy"
        self._needed = () if self._layers.namespaces else (self._root_path, own_plan.python)
        self.jail = self._prepare(source)

    def _prepare(self, source: int) -> CommandJail:
        layers, kernel = self._layers, self._kernel
        self._proc = host = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        stub = os.pidfd_open(os.getpid())
        entered: tuple[str, ...] = ()
        if layers.namespaces:
            entered = namespaces.enter(kernel)
            continue_as_process_one(self._end, kernel, None)
            self._own_processes = namespaces.own_processes(host)
        else:
            kernel.prctl(_PR_SET_CHILD_SUBREAPER, 1)
        offered = self._offered()
        uid = offered.uid if offered is not None and offered.own else None
        if layers.namespaces:
            self._enter_root(source, uid)
            self.report["namespaces"] = " ".join(entered) + ("" if self._proc is not None else ", without /proc")
        else:
            self._fill(source, self._root_path, uid)
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
            root=self._root_path,
            unique=self._unique,
            process_one=os.getpid() == 1,
            own_processes=uid is not None or "user" in entered,
            identity=layers.identity,
            needed=self._needed,
            proc=self._proc,
            limits=layers.limits,
            environment=self._environment(),
            kernel_memory=self._kernel_memory,
            all_processes=host,
        )
        self.report["kernel memory"] = "counted by a cgroup" if self._kernel_memory else "not counted"
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
        def fill(target: str) -> None:
            self._fill(source, target, uid)

        owner = os.geteuid() if uid is None else uid
        self._proc = None
        self._root = root_fs.enter(self._kernel, self._plan.readable, owner, fill)
        self._most_files = root_fs.most_files()
        if self._root.has_proc:
            self._proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def _fill(self, source: int, target: str, uid: int | None) -> None:
        only = None if self._plan.only is None else frozenset(self._plan.only)
        copying.copy_tree(source, target, self._plan.files, copying.CopyRules(frozenset(self._plan.left_out), only))
        if uid is not None:
            copying.hand_over(target, uid)

    def _environment(self) -> dict[str, str]:
        scratch = "/tmp" if self._layers.namespaces else f"{self._plan.folder}/tmp"
        return {
            "PATH": ":".join(self._plan.search),
            "HOME": scratch,
            "TMPDIR": scratch,
            "LANG": "C.UTF-8",
            "PYTHONNOUSERSITE": "1",  # HOME is a folder that a build can fill
            "PYTHONDONTWRITEBYTECODE": "1",  # bytecode holds the time of its source, and would differ in every run
            "PWD": self._root_path,
        }

    def _restrict(self, jail: CommandJail) -> None:
        """Prepare the confinement that every command applies to itself."""
        layers, kernel = self._layers, self._kernel
        version = landlock.abi(kernel, needed=not layers.namespaces) if layers.landlock else 0
        readable = ("/",) if layers.namespaces else (*root_fs.SYSTEM, *self._plan.readable, "/proc", *root_fs.DEVICES)
        rules = {"readable": readable, "writable": (*self._writable_folders(), "/dev/null")}
        if version:
            if jail.rules is not None:
                os.close(jail.rules)
            jail.rules = landlock.command_rules(kernel, version, **rules)
        jail.rooms = {"landlock": {"version": version, **rules}, "root": self._root and asdict(self._root)}
        self.report["landlock"] = f"ABI {version}" if version else "not used"
        if not layers.seccomp or not filters.known_architecture():
            self.report["seccomp"] = "not used"
            return
        jail.filter = commands_filter(audited=layers.audit, own_network=layers.namespaces)
        jail.audited = layers.audit
        self.report["seccomp"] = "a list of refused calls"

    def serve(self) -> None:
        """Serve the host's requests until it hangs up."""
        while True:
            message, descriptors = control.receive(self._end)
            if "run" in message:
                self._run(message["content"], descriptors)
            elif "read" in message:
                file = open_regular(self._root_path, str(message["read"]))
                control.send(self._end, {"file": file is not None}, [] if file is None else [file])
                if file is not None:
                    os.close(file)
            elif "put" in message:
                control.send(self._end, {"put": self._put(str(message["put"]), descriptors[0])})
            elif "clear" in message:
                control.send(self._end, {"cleared": self._clear()})

    def _writable_folders(self) -> tuple[str, ...]:
        """The folders that commands may write in."""
        return root_fs.WRITABLE if self._layers.namespaces else (self._root_path, f"{self._plan.folder}/tmp")

    def _put(self, path: str, descriptor: int) -> bool:
        """Write the content of a memory file into the copy. Returns whether that was possible."""
        with os.fdopen(descriptor, "rb") as file:
            file.seek(0)
            with suppress(OSError, ValueError):
                copying.lay(self._root_path, path, file.read())
                return True
        return False

    def _clear(self) -> bool:
        """Restore the copy to its state at the first call; return whether that was possible."""
        try:
            self._start_over()
        except (OSError, RecursionError):  # a path too long, a folder in a folder in a folder ...
            return False
        self._restrict(self.jail)  # its rules name folders, not paths
        return True

    def _start_over(self) -> None:
        """Use a new file system if mounts work: its inode numbers and times reveal nothing about earlier runs."""
        self._saved = self._saved or self._save()
        if self._root is not None:
            root_fs.begin_as(self._kernel, self._saved)
            self._root.show(self._kernel)
            return
        for saved, path in zip(self._saved, self._writable_folders(), strict=True):
            snapshots.empty(path)
            os.fchdir(saved)
            snapshots.copy_folder(".", path)
        os.chdir("/")

    def _save(self) -> list[int]:
        """Save the present state of the folders where commands cannot reach it."""
        saved = []
        for number, path in enumerate(self._writable_folders()):
            target = path
            if not self._layers.namespaces:
                target = f"{self._plan.folder}/kept"
                with suppress(FileExistsError):
                    os.mkdir(target, 0o700)  # noqa: PTH102 - as everywhere here
                target += f"/{number}"
                os.mkdir(target)  # noqa: PTH102
                snapshots.copy_folder(path, target)
            saved.append(os.open(target, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC))
        return saved

    def _run(self, request: dict[str, Any], streams: list[int]) -> None:
        """Run one command and report its end to the host.

        `streams`: standard output, standard error, and standard input if it is not /dev/null.
        """
        if self._layers.namespaces and self._layers.limits:
            root_fs.resize(self._kernel, request["disk_bytes"], self._most_files)
        if self._own_processes is None:
            ended = command.run(self.jail, self._end, request, streams)
        else:
            ended = self._run_apart(request, streams)
        full = root_fs.used_up() if self._layers.namespaces and self._layers.limits else ""
        control.send(self._end, {"ended": ended | {"full": full}})

    def _run_apart(self, request: dict[str, Any], streams: list[int]) -> dict[str, object]:
        """Run a command below its own process 1, so that its pids and System V objects start afresh and end with it."""
        reader, writer = os.pipe()
        namespaces.renew(self._kernel, self._own_processes or 0)
        pid = os.fork()
        if pid == 0:
            self._become_process_one(request, streams, writer)
        for descriptor in (*streams, writer):
            os.close(descriptor)
        with os.fdopen(reader, "rb") as file:
            report = file.read()
        os.waitpid(pid, 0)
        if not report:  # the host is gone, or process 1 was killed from outside
            raise control.ControlClosed
        ended: dict[str, object] = json.loads(report)
        return ended

    def _become_process_one(self, request: dict[str, Any], streams: list[int], writer: int) -> NoReturn:
        try:
            jail = self.jail
            if jail.proc is not None:
                namespaces.own_mounts(self._kernel)
                root_fs.mount_proc(self._kernel, "/proc")
                jail = replace(jail, proc=os.open("/proc", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
            ended = command.run(jail, self._end, request, streams)
            os.write(writer, json.dumps(ended).encode())
        except control.ControlClosed:
            pass
        except Exception as error:  # noqa: BLE001 - the last frame of this process, unless it becomes another's first
            os.write(2, f"{type(error).__name__}: {error}\n".encode("utf-8", "replace"))
        os._exit(0)


def _entered(entrance: int = -1, *counted: int) -> Sequence[int]:
    """Enter the cgroup of these files. Returns the files with its counts; none if there is no cgroup."""
    with suppress(OSError):
        os.write(entrance, b"0")
        return counted
    return ()


def main() -> None:
    """Run the template, each keeper, and the first process of a tree. argv: the descriptor of the template's channel."""
    os.umask(0o022)  # commands read what is made here, whatever their user id
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    with suppress(control.ControlClosed):
        if _becomes_first():
            gc.collect()
            tree_server.main()


def _becomes_first() -> bool:
    """Fork keepers, and serve the host in each until it hangs up, which raises ControlClosed.

    Returns true in the first process of a tree, in which nothing of its keeper is left, and false in a keeper that could not
    begin."""
    end = socket.socket(fileno=continue_as_fork(int(sys.argv[1]))[0])
    end.set_inheritable(False)
    message, descriptors = control.receive(end)
    try:
        own_plan = plan.from_sent(message["content"])
        keeper = Keeper(end, own_plan, descriptors[0], _entered(*descriptors[1:]))
    except (OSError, ValueError) as error:
        control.send(end, {"failed": str(error), "errno": getattr(error, "errno", None)})
        return False
    me = os.pidfd_open(os.getpid())
    control.send(end, {"ready": keeper.report}, [me])
    os.close(me)
    with suppress(command.BecomesFirst):
        keeper.serve()
    return True
