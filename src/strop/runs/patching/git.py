"""Read commits, the index and contents of a git repository that may come from anywhere, without running commands it configures.

Only plumbing is called, which needs no filter, hook, attribute or helper. It runs in an environment of its own, where neither the
user's configuration nor variables such as GIT_DIR count.
"""

from __future__ import annotations

import hashlib
import os
import selectors
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, Any, BinaryIO, cast

from strop.base.errors import ConfigurationError
from strop.base.later import dataclass
from strop.base.surface import option

MOST_BYTES = 16 << 20
"""Most bytes of a file whose text is read. A longer file cannot be a program."""
SUBMODULE = "160000"
_SECONDS = 300
"""Wall seconds in which a git command must end."""
MOST_LISTED = 64 << 20
"""Most bytes of what a git command prints, such as the names of all files of a commit: some 500,000 of them."""
_ENVIRONMENT = {
    "LC_ALL": "C",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",  # where git is too old for the line above, no transport starts
}
_CONFIGURED = (
    "core.fsmonitor=false", "core.hooksPath=/dev/null", "core.attributesFile=/dev/null", "core.sshCommand=false",
    "core.autocrlf=false", "submodule.recurse=false",
)  # fmt: skip


@dataclass(frozen=True)
class Tracked:
    """An entry of a commit's tree or of the index."""

    mode: str
    """`100644`, `100755`, `120000` (a link) or `160000` (a submodule)."""
    blob: str
    """Digest of the content, or of a submodule's commit."""
    is_sparse: bool = False
    """Whether a sparse checkout leaves the file out of the work tree."""


class Repository:
    """The repository to whose work tree a folder belongs.

    Raises:
        ConfigurationError: there is no work tree at the folder or above it.
    """

    def __init__(self, folder: Path) -> None:
        folder = Path(os.path.realpath(folder))
        top = top_above(folder)
        if top is None:
            raise ConfigurationError(
                f"{folder} lies in no work tree of git (a bare repository has none), and {option('base')} needs one; "
                f"give the other version as a patch or a folder with {option('with_')}"
            )
        self.top = top
        self.prefix = "" if folder == top else f"{folder.relative_to(top).as_posix()}/"
        """The beginning of the paths below the folder, from the top of the work tree; empty if the folder is the top."""
        # Both are named, because a repository's own configuration could name another work tree.
        self._where = ("--git-dir", str(top / ".git"), "--work-tree", str(top))

    def commit(self, ref: str) -> str:
        """The digest of the commit that `ref` names. Raises ConfigurationError if there is none."""
        if not ref or ref.startswith("-") or "\0" in ref:
            raise ConfigurationError(
                f"{option('base')}: {ref!r} is no name of a commit; give a branch, a tag or a digest"
            )
        ended = self._run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
        if ended.returncode == 0:
            return ended.stdout.decode("ascii").strip()
        shallow = self._run("rev-parse", "--is-shallow-repository")
        if shallow.returncode:
            raise ConfigurationError(f"{self.top} cannot be read as a repository of git: {complaint(shallow.stderr)}")
        remedy = "a branch of a remote is origin/NAME, after `git fetch`"
        if shallow.stdout.strip() == b"true":
            remedy = "the clone is shallow: `git fetch --unshallow` fetches all commits"
        raise ConfigurationError(f"{option('base')}: {self.top} has no commit {ref!r}; {remedy}")

    def tree(self, commit: str) -> dict[str, Tracked]:
        """Path from the top → the entry that the commit has there."""
        rows = self._rows("ls-tree", "-r", "-z", "--full-tree", commit)
        return {path: Tracked(mode, blob) for (mode, _, blob), path in rows}

    def index(self) -> dict[str, Tracked]:
        """Path from the top → the entry that git tracks there now."""
        rows = self._rows("ls-files", "-z", "-s", "-t")
        return {path: Tracked(mode, blob, tag == "S") for (tag, mode, blob, _), path in rows}

    def untracked(self) -> set[str]:
        """The files below the folder that git neither tracks nor ignores, as paths from the top. Empty if git cannot tell."""
        below = [f":(literal){self.prefix}"] if self.prefix else []
        with suppress(ConfigurationError):  # rules of ignored files may be made to take for ever
            listed = self._run("ls-files", "-z", "--others", "--exclude-standard", "--", *below)
            return {os.fsdecode(path) for path in listed.stdout.split(b"\0") if path}
        return set()

    def head(self) -> str:
        """The digest of the commit that is checked out; empty if there is none."""
        ended = self._run("rev-parse", "--verify", "--quiet", "HEAD")
        return ended.stdout.decode("ascii").strip() if ended.returncode == 0 else ""

    def commit_files(self, branch: str, files: Mapping[str, tuple[bytes | None, bytes | None]], message: str) -> str:
        """Commit files on a new branch that begins at HEAD, and return the digest of the commit. The work tree and the index stay
        as they are. `files`: path from the folder → its content in HEAD and the new one, None where there is none.

        Raises:
            ConfigurationError: the branch exists, HEAD has another content, or git knows no name for the author.
        """
        head, name = self.head(), f"refs/heads/{branch}"
        if self._run("check-ref-format", "--branch", branch).returncode or branch.startswith("-"):
            raise ConfigurationError(f"{branch!r} is no name of a branch")
        if not head or self._run("rev-parse", "--verify", "--quiet", name).returncode == 0:
            raise ConfigurationError(
                f"{self.top} has a branch {branch}; name a new one" if head else "there is no commit"
            )
        now, mine = self.tree(head), self._author()
        with TemporaryDirectory() as folder, self.contents() as content:
            mine |= {"GIT_INDEX_FILE": f"{folder}/index"}
            self._said("read-tree", head, environment=mine)
            for path, (before, after) in files.items():
                place, entry = f"{self.prefix}{path}", now.get(f"{self.prefix}{path}")
                if (content(entry.blob) if entry else None) != before:
                    raise ConfigurationError(f"{path} has changes that no commit has; commit them first")
                if after is None:
                    self._said("update-index", "--force-remove", "--", place, environment=mine)
                    continue
                blob = self._said("hash-object", "-w", "--no-filters", "--stdin", stdin=after)
                info = f"{entry.mode if entry else '100644'},{blob},{place}"
                self._said("update-index", "--add", "--cacheinfo", info, environment=mine)
            tree = self._said("write-tree", environment=mine)
            made = self._said("commit-tree", tree, "-p", head, stdin=message.encode(), environment=mine)
        self._said("update-ref", name, made, "0" * len(made))
        return made

    def _author(self) -> dict[str, str]:
        """The variables that name the author and the committer, as git names the user."""
        users = {"GIT_CONFIG_GLOBAL": str(Path("~/.gitconfig").expanduser())}
        variables = dict[str, str]()
        for key in ("name", "email"):
            ended = run(self.top, *self._where, "config", "--get", f"user.{key}", environment=users)
            for who in ("AUTHOR", "COMMITTER"):
                variable = f"GIT_{who}_{key.upper()}"
                variables[variable] = os.environ.get(variable) or ended.stdout.decode("utf-8", "replace").strip()
        if not all(variables.values()):
            raise ConfigurationError(
                "git does not know who commits: git config --global user.name NAME, and user.email"
            )
        return variables

    def _said(self, *arguments: str, stdin: bytes = b"", environment: Mapping[str, str] | None = None) -> str:
        """What git prints. Raises ConfigurationError if it fails."""
        ended = run(self.top, *self._where, *arguments, stdin=stdin, environment=environment)
        if ended.returncode:
            raise ConfigurationError(f"git cannot commit in {self.top}: {complaint(ended.stderr)}")
        return ended.stdout.decode("ascii").strip()

    @contextmanager
    def contents(self) -> Iterator[Callable[[str], bytes | None]]:
        """A function that returns a content by its digest; None for one of more than `MOST_BYTES`.

        It raises ConfigurationError where the repository lacks the content, like a partial clone.
        """
        with started(self.top, *self._where, "cat-file", "--batch", errors=subprocess.DEVNULL) as process:
            asked, answered = cast(BinaryIO, process.stdin), cast(BinaryIO, process.stdout)

            def content(digest: str) -> bytes | None:
                with suppress(BrokenPipeError):
                    asked.write(f"{digest}\n".encode())
                    asked.flush()
                _, kind, size, *_ = *answered.readline().split(), b"", b"", b""
                if kind != b"blob":
                    raise ConfigurationError(
                        f"{self.top} lacks a content of the commit, like a partial clone; "
                        f"`git fetch --refetch --no-filter` fetches all"
                    )
                left = int(size) + 1
                if left <= MOST_BYTES:
                    data = answered.read(left)[:-1]
                    if digest != blob_digest([data], len(data), len(digest)):
                        raise ConfigurationError(f"{self.top} has a damaged object, {digest}: `git fsck` says more")
                    return data
                while left:
                    left -= len(answered.read(min(left, MOST_BYTES)))
                return None

            yield content

    def _rows(self, *arguments: str) -> Iterator[tuple[Sequence[str], str]]:
        """The words and the path of each row. Raises ConfigurationError if git fails."""
        ended = self._run(*arguments)
        if ended.returncode:
            raise ConfigurationError(f"{self.top} cannot be read as a repository of git: {complaint(ended.stderr)}")
        for row in ended.stdout.split(b"\0")[:-1]:
            columns, _, path = row.partition(b"\t")
            yield columns.decode("ascii").split(), os.fsdecode(path)

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        return run(self.top, *self._where, *arguments)


def top_above(folder: Path) -> Path | None:
    """The nearest folder at `folder` or above it that has a `.git`."""
    return next((above for above in (folder, *folder.parents) if os.path.lexists(above / ".git")), None)


def run(
    folder: Path, *arguments: str, stdin: bytes = b"", environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run git in a folder, with `stdin` as its input.

    Raises:
        ConfigurationError: git is not installed, or does not end.
    """
    with TemporaryFile() as given:
        given.write(stdin)
        given.seek(0)
        with started(folder, *arguments, stdin=given, environment=environment) as process:
            try:
                output, errors = _printed(process, folder)
                process.wait(_SECONDS)
            finally:
                process.kill()
    return subprocess.CompletedProcess(arguments, process.returncode, output, errors)


def _printed(process: subprocess.Popen[bytes], folder: Path) -> list[bytes]:
    """What a git command prints to its standard output, and its errors. Raises ConfigurationError if that is too much, or does
    not end."""
    printed: dict[Any, bytearray] = {process.stdout: bytearray(), process.stderr: bytearray()}
    ends = time.monotonic() + _SECONDS
    with selectors.DefaultSelector() as selector:
        for stream in printed:
            selector.register(stream, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(max(ends - time.monotonic(), 0))
            if not ready:
                raise ConfigurationError(f"git does not end within {_SECONDS} s in {folder}")
            for key, _ in ready:
                data = os.read(key.fd, 1 << 20)
                printed[key.fileobj] += data
                if not data:
                    selector.unregister(key.fileobj)
            if sum(map(len, printed.values())) > MOST_LISTED:
                raise ConfigurationError(
                    f"git lists more than {MOST_LISTED >> 20} MiB of names in {folder}, more than strop compares"
                )
    return [bytes(data) for data in printed.values()]


def started(
    folder: Path,
    *arguments: str,
    stdin: IO[bytes] | int = subprocess.PIPE,
    errors: int = subprocess.PIPE,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """A running git process in a folder, with `errors` as its standard error. Raises ConfigurationError if git is not
    installed."""
    folders = [entry for entry in os.environ.get("PATH", os.defpath).split(os.pathsep) if Path(entry).is_absolute()]
    configured = [word for setting in _CONFIGURED for word in ("-c", setting)]
    try:
        return subprocess.Popen(
            ["git", "--no-pager", *configured, *arguments],
            cwd=folder,
            env=_ENVIRONMENT | {"PATH": os.pathsep.join(folders)} | dict(environment or {}),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
    except FileNotFoundError as error:
        raise ConfigurationError("there is no program git on the PATH; install git to compare versions") from error


def complaint(errors: bytes) -> str:
    """The messages of git in one line."""
    lines = (line.strip() for line in errors.decode("utf-8", "replace").splitlines())
    return (
        ", ".join(line.removeprefix("error: ").removeprefix("fatal: ") for line in lines if line) or "git says nothing"
    )


def blob_digest(pieces: Iterable[bytes], size: int, digits: int) -> str:
    """The digest of a content as git computes it: by SHA-1, or by SHA-256 if it has other than 40 digits."""
    digest = hashlib.sha1(usedforsecurity=False) if digits == 40 else hashlib.sha256()
    digest.update(b"blob %d\0" % size)
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()
