"""Two versions of a project as texts: the files that differ, each with its text on both sides.

A room is a copy of the work tree, over which the files of one side are laid. So everything else is the work tree's for both
sides. A line tells the user about other files that differ.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from strop.base.errors import ConfigurationError
from strop.base.globs import matcher
from strop.base.later import dataclass
from strop.base.plain_file import text_of
from strop.base.solution import LONGEST
from strop.base.surface import option
from strop.base.unified_diff import plain_text
from strop.runs.patching.git import MOST_BYTES, SUBMODULE, Repository, Tracked, blob_digest, top_above
from strop.runs.patching.patch_files import patch_in, patched
from strop.tasks.command.bundle import ABSENT, bundled
from strop.tasks.command.tree import JUNK, listed

_NAMED = 5
"""How many files a line names; the others are counted."""
_SOURCES = (".c", ".cc", ".cpp", ".pyx", ".pxd", ".h", ".rs", ".f", ".f90")
"""Ends of the names of sources of compiled extensions."""
_POINTER = b"version https://git-lfs.github.com/spec/"

_FIXED = "{names} differ{s} and {are} the work tree's for both"
_UNCOPIED = "{names} differ{s}, and no copy of the project has {it}"
_UNCHOSEN = "{files} not among {option} differ{s} and {are} the work tree's for both"
_NO_TEXT = "{files} that {are} no text differ{s} and {are} the work tree's for both: {names}"
_POINTERS = (
    "{names} differ{s} as {a_pointer} of Git LFS, whose data is not compared: the work tree's is for both, and "
    "`git lfs pull` fetches it"
)
_MODULES = "{names}: submodules are the work tree's for both"
_LINKS = "{names} differ{s} in what links lead to, or by being no file, and {are} the work tree's for both"
_MODES = "{names} differ{s} in being executable, which is the work tree's for both"
_UNWRITABLE = "{names} differ{s} and {are} the work tree's for both: strop cannot write such a path between files"
_SPARSE = "{files} that a sparse checkout leaves out {are} compared for neither"
_OUTSIDE = "{files} of the repository outside of the project differ{s} and {are} the work tree's for both"
_UNTRACKED = "{untracked} the same for both"


@dataclass(frozen=True)
class Sides:
    """Two versions of a project, as far as they differ."""

    before: Mapping[str, str]
    """Path from the root → the original's text, with its own line ends and byte order mark; ABSENT where it has no such file."""
    after: Mapping[str, str]
    """The candidate's texts, of the same paths in the same order."""
    said: tuple[str, ...] = ()
    """Lines about files that differ and are the work tree's for both sides."""
    base: str = ""
    """Digest of the original's commit; empty if the original is no commit."""


class NothingDiffers(ConfigurationError):
    """Two versions have the same text in everything that is measured."""


@dataclass(frozen=True)
class _Entry:
    """The entry of one version at a path."""

    mode: str = ""
    """The mode as git writes it; empty if there is nothing. `040000` is a folder, or something that git cannot track."""
    digest: str = ""
    """Digest of the content, as git computes it."""
    content: Callable[[], bytes | None] = bytes
    """Returns the content; None if it has more than `MOST_BYTES`."""
    file: Path | None = None
    """Its file, if it lies in a folder; None in a commit."""

    @property
    def is_file(self) -> bool:
        return self.mode.startswith("100")


class _Differences:
    """Collects what differs between two versions of the project at `root`."""

    def __init__(self, root: Path, fixed: Callable[[str], bool], files: Sequence[str]) -> None:
        self.root = root
        self.before: dict[str, str] = {}
        self.after: dict[str, str] = {}
        self.noted: dict[str, list[str]] = {}
        """Sentence → the paths that it is about."""
        self._is_fixed, self._may_differ = fixed, matcher(files) if files else lambda path: True

    def note(self, sentence: str, path: str) -> None:
        self.noted.setdefault(sentence, []).append(path)

    def compare(self, path: str, before: _Entry, after: _Entry) -> None:
        """Add the texts of a path if they differ and may differ; otherwise note what differs."""
        difference = _difference(before, after)
        if difference is None:
            return
        if self._is_fixed(path):
            self.note(_FIXED, path)
        elif JUNK.intersection(path.split("/")):
            self.note(_UNCOPIED, path)
        elif not self._may_differ(path):
            self.note(_UNCHOSEN, path)
        elif isinstance(difference, str) or path == ".gitmodules":
            self.note(difference if isinstance(difference, str) else _MODULES, path)
        elif not _is_writable(path):
            self.note(_UNWRITABLE, path)
        else:
            self.before[path], self.after[path] = difference
            if before.is_file and after.is_file and before.mode != after.mode:
                self.note(_MODES, path)

    def remarks_on(self, *sentences: str) -> tuple[str, ...]:
        """A line for each of these sentences that was noted, with its paths."""
        return tuple(_line(sentence, self.noted[sentence]) for sentence in sentences if sentence in self.noted)

    def sides(self, nothing: str, base: str = "") -> Sides:
        """The two sides. Raises ConfigurationError if no text differs, with the message `nothing`, or if the texts are too
        long."""
        remarks = (*(_line(sentence, paths) for sentence, paths in self.noted.items()), *self._compiled())
        if not self.before:
            raise NothingDiffers("; ".join([nothing, *remarks]))
        longest = max(sum(map(len, side.values())) for side in (self.before, self.after))
        if longest > LONGEST:
            raise ConfigurationError(
                f"the {len(self.before):,} files that differ have {longest:,} characters on one side, and strop compares "
                f"{LONGEST:,} at most: name those that matter with {option('files')}"
            )
        return Sides(self.before, self.after, remarks, base)

    def _compiled(self) -> list[str]:
        """A line for each source that differs and that is compiled in place."""
        sources = [Path(path) for path in self.before if path.endswith(_SOURCES)]
        files = listed(self.root, modules=True) if sources else ()
        compiled = [Path(path) for path in files if path.endswith((".so", ".pyd"))]
        lines = []
        for source in sources:
            made = [file for file in compiled if file.name.partition(".")[0] == source.stem]
            made += [file for file in compiled if file.parent == source.parent or source.suffix == ".rs"]
            if made:
                lines.append(f"{source} differs, and {made[0]} is compiled in place: both sides use the compiled file")
        return lines


def of_commit(
    root: Path, ref: str, *, fixed: Callable[[str], bool], files: Sequence[str] = (), must_differ: bool = True
) -> Sides:
    """The two sides of a work tree: the candidate is the work tree, and the original has the contents of the commit `ref` in its
    tracked files.

    Args:
        root: the folder of the project.
        ref: names the commit.
        fixed: whether a path from `root` is the work tree's for both sides.
        files: globs of the files that may differ; empty for all.
        must_differ: whether it is an error if no text differs.

    Raises:
        ConfigurationError: git or the commit is missing, no text differs, or too much does.
    """
    root = Path(os.path.realpath(root))
    repository = Repository(root)
    commit = repository.commit(ref)
    then, now, prefix = repository.tree(commit), repository.index(), repository.prefix
    paths = sorted({*then, *now})
    if not any(path.startswith(prefix) for path in paths):
        raise ConfigurationError(
            f"{root} has no file that git tracks now or in {ref}: {option('base')} compares tracked files"
        )
    differences = _Differences(root, fixed, files)
    with repository.contents() as content:
        for path in paths:
            tracked = now.get(path, Tracked("", ""))
            before, after = _committed(then.get(path), content), _on_disk(repository.top, path, tracked, len(commit))
            if tracked.is_sparse and not after.mode:
                if before.digest != tracked.blob:
                    differences.note(_SPARSE, path)
            elif path.startswith(prefix):
                differences.compare(path.removeprefix(prefix), before, after)
            elif _difference(before, after) is not None:
                differences.note(_OUTSIDE, path)
    for path in sorted(repository.untracked() - then.keys()):
        differences.note(_UNTRACKED, path)
    if not (differences.before or must_differ):
        return Sides({}, {}, differences.remarks_on(_FIXED), commit)
    return differences.sides(f"the work tree does not differ from {ref} in anything that is measured", commit)


def of_candidate(
    root: Path, candidate: Path, *, fixed: Callable[[str], bool], files: Sequence[str] = (), target: str = ""
) -> Sides:
    """The two sides of a work tree and a `candidate`: the work tree is the original.

    The candidate is the folder of another checkout, a patch of the work tree, or another text of the one file that may change,
    which is `target`, a path from `root`. The other arguments are those of `of_commit`.

    Raises:
        ConfigurationError: `candidate` is none of these, no text differs, or too much does.
    """
    root = Path(os.path.realpath(root))
    differences = _Differences(root, fixed, files)
    nothing = f"{candidate} does not differ from {root} in anything that is measured"
    if candidate.is_dir():
        _compare_folder(differences, Path(os.path.realpath(candidate)))
    elif not candidate.is_file():
        raise ConfigurationError(f"{option('with_')}: there is no file or folder {candidate}")
    elif content := patch_in(candidate):
        with tempfile.TemporaryDirectory(prefix="strop-") as folder:
            into = Path(os.path.realpath(folder), "patched")
            into.mkdir()
            for path, file in patched(candidate, content, root, into).items():
                differences.compare(path, _on_disk(root, path), _on_disk(file.parent, file.name))
    elif not target:
        raise ConfigurationError(
            f"{option('with_')}: {candidate} is one file, and several may change here; give a patch or a folder, or say "
            f"which with {option('files')}"
        )
    else:
        if os.path.realpath(candidate) == os.path.realpath(root / target):
            raise ConfigurationError(f"{option('with_')}: {candidate} is the file itself; give another version of it")
        before, text = _on_disk(root, target), text_of(candidate, "file").encode()
        differences.compare(target, before, _Entry(before.mode or "100644", content=lambda: text))
    return differences.sides(nothing)


def _compare_folder(differences: _Differences, other: Path) -> None:
    root = differences.root
    if other == root:
        raise ConfigurationError(f"{option('with_')}: {other} is the project itself; give another checkout of it")
    ours, theirs = (_listed_but(folder, but) for folder, but in ((root, other), (other, root)))
    if not ours & theirs:
        raise ConfigurationError(
            f"{option('with_')}: {other} has no file of {root}; give the folder in another checkout that this one corresponds to"
        )
    own = set[str]()
    if top_above(root):  # what no other checkout can have is the same for both
        repository = Repository(root)
        untracked = {path.removeprefix(repository.prefix) for path in repository.untracked()}
        own = (ours & untracked) - theirs
        for path in sorted(own):
            differences.note(_UNTRACKED, path)
    for path in sorted((ours | theirs) - own):
        differences.compare(path, _on_disk(root, path), _on_disk(other, path))


def _listed_but(folder: Path, but: Path) -> set[str]:
    """The files of a folder that a room copies, without those of the other version `but` if that lies inside."""
    inner = f"{but.relative_to(folder).as_posix()}/" if but.is_relative_to(folder) else "/"
    return {path for path in listed(folder) if not path.startswith(inner)}


def _committed(tracked: Tracked | None, content: Callable[[str], bytes | None]) -> _Entry:
    return _Entry(tracked.mode, tracked.blob, partial(content, tracked.blob)) if tracked else _Entry()


def _on_disk(root: Path, path: str, tracked: Tracked | None = None, digits: int = 40) -> _Entry:
    """The entry of the folder `root`, a resolved path, at a path.

    `tracked` is git's entry there in the index. `digits` is the length of a digest in its repository.

    Raises:
        ConfigurationError: the file cannot be read.
    """
    file = root / path
    if os.path.realpath(file.parent) != str(file.parent):
        return _Entry("120000", "a link on the way")
    try:
        status = file.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return _Entry()
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}") from error
    if stat.S_ISLNK(status.st_mode):
        target = os.fsencode(file.readlink())
        return _Entry("120000", blob_digest([target], len(target), digits))
    if tracked and tracked.mode == SUBMODULE and stat.S_ISDIR(status.st_mode):
        is_there = os.path.lexists(file / ".git")
        return _Entry(SUBMODULE, (Repository(file).head() if is_there else "") or tracked.blob)
    if not stat.S_ISREG(status.st_mode):
        return _Entry("040000", path)
    try:
        with file.open("rb") as opened:
            pieces = iter(partial(opened.read, MOST_BYTES), b"")
            digest = blob_digest(pieces, status.st_size, digits)
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}") from error
    mode = "100755" if status.st_mode & 0o100 else "100644"
    return _Entry(mode, digest, lambda: file.read_bytes() if status.st_size < MOST_BYTES else None, file)


def _difference(before: _Entry, after: _Entry) -> tuple[str, str] | str | None:
    """The two texts of a path if they differ, a sentence if something else differs, and None if nothing does."""
    are_files = before.is_file and after.is_file
    modes = _MODES if are_files and before.mode != after.mode else None
    if before.digest == after.digest and (are_files or before.mode == after.mode):
        return modes
    for sentence, mode in ((_MODULES, SUBMODULE), (_LINKS, "120000"), (_LINKS, "040000")):
        if mode in (before.mode, after.mode):
            return sentence
    contents = before.content(), after.content()
    if any(content is not None and content.startswith(_POINTER) for content in contents):
        is_same = _points_to(contents[0], after.file) or _points_to(contents[1], before.file)
        return modes if is_same else _POINTERS
    old, new = (
        _text(content) if entry.mode else ABSENT for entry, content in zip((before, after), contents, strict=True)
    )
    if old is None or new is None:
        return _NO_TEXT
    return modes if plain_text(old) == plain_text(new) else (old, new)


def _text(content: bytes | None) -> str | None:
    """The text of a content; None if it is no text."""
    try:
        return None if content is None or b"\0" in content else content.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _points_to(content: bytes | None, file: Path | None) -> bool:
    """Whether a content is a pointer of Git LFS to the content of a file."""
    pointer = re.search(rb"^oid sha256:([0-9a-f]{64})\nsize (\d+)$", content or b"", re.MULTILINE)
    if not pointer or not file or file.stat().st_size != int(pointer[2]):
        return False
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest() == pointer[1].decode()


def _is_writable(path: str) -> bool:
    """Whether strop can write a path between files, and over a copy of the project."""
    try:
        bundled({path: "", "another": ""})
    except ConfigurationError:
        return False
    return ".git" not in path.lower().split("/")


def _line(sentence: str, paths: Sequence[str]) -> str:
    """A sentence with the names or the number of some files filled in."""
    count, is_one = len(paths), len(paths) == 1
    names = ", ".join(path if path.isprintable() else ascii(path) for path in paths[:_NAMED])
    values = {
        "names": names + (f" and {count - _NAMED:,} more" if count > _NAMED else ""),
        "files": f"{count:,} file{'s'[is_one:]}",
        "untracked": f"{count:,} untracked file{' is' if is_one else 's are'}",
        "s": "s" if is_one else "",
        "are": "is" if is_one else "are",
        "it": "it" if is_one else "them",
        "a_pointer": "a pointer" if is_one else "pointers",
        "option": option("files"),
    }
    return sentence.format(**values)
