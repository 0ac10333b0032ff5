"""Apply a patch to copies of the files that it names."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from strop.base.errors import ConfigurationError
from strop.base.plain_file import read_plain
from strop.base.unified_diff import BOM
from strop.runs.patching.git import MOST_BYTES, complaint, run, top_above
from strop.tasks.command.bundle import is_inside

_BEGINS = re.compile(rb"(?:diff --git |Index: |--- [^\n]*\n\+\+\+ )", re.MULTILINE)
_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")
_COLOUR = re.compile(rb"\x1b\[[\d;]*[mK]")
_NAMED = re.compile(r"(?:--- |\+\+\+ |rename from |rename to |copy from |copy to |Index: )(.*)")
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_BOTH = re.compile(rf"diff --git ({_QUOTED}|\S+) ({_QUOTED}|\S+)")
_LINK = re.compile(r"(?:new file mode|deleted file mode|old mode|new mode|index \S+) (120000|160000)")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}

MOST_FILES, MOST_PATH = 5_000, 1_024
"""Most files that a patch may name, and bytes of the name of one."""


def patch_in(file: Path) -> bytes:
    """The content of a file that is a patch by its name, or because it begins like a unified diff; empty for any other file.

    Raises:
        ConfigurationError: the file cannot be read, or is longer than any patch.
    """
    contents = read_plain(file, MOST_BYTES, follow=True)
    if contents is None or not contents[0]:
        raise ConfigurationError(f"{file} is empty, cannot be read, or is longer than {MOST_BYTES >> 20} MiB")
    is_patch = file.suffix in (".patch", ".diff") or _BEGINS.match(plain_bytes(contents[0]).lstrip())
    return contents[0] if is_patch else b""


def patched(patch: Path, content: bytes, root: Path, into: Path) -> dict[str, Path]:
    """Apply a patch of the project `root`, a resolved path, to copies of its files in the empty folder `into`.

    Returns path from `root` → file in `into`, for all files that the patch changes, and perhaps more. A file that the patch
    removes does not exist there.

    The names in a patch may be relative to `root`, to the top of its work tree or to the working folder, with or without a first
    part such as `a/`. The reading by which most of the files exist is tried first. Differences of line ends, colours, wrong
    counts of lines and a missing last newline do not keep a patch from applying.

    Raises:
        ConfigurationError: the patch does not apply, leaves the tree, or changes links or submodules.
    """
    try:
        heads = list(_heads(_mended(content).decode("utf-8", "surrogateescape")))
    except ValueError as error:  # Python reads no number of thousands of digits
        raise ConfigurationError(f"{patch} has a hunk with a number that is too long") from error
    for head in heads:
        if match := _LINK.fullmatch(head):
            what = "a link" if match[1] == "120000" else "a submodule"
            raise ConfigurationError(f"{patch} changes {what}, and strop compares texts: take it out of the patch")
    names = [name for name in dict.fromkeys(name for head in heads for name in _names(head)) if name != os.devnull]
    if len(names) > MOST_FILES:
        raise ConfigurationError(f"{patch} names {len(names):,} files; strop reads {MOST_FILES:,} at most")
    for name in names:
        if len(os.fsencode(name)) > MOST_PATH:
            raise ConfigurationError(f"{patch} names a file of {len(name):,} characters; {MOST_PATH:,} are the most")
        if name.startswith("/") or ".." in name.split("/") or "\0" in name:
            raise ConfigurationError(f"{patch} names {name!r}, which leaves {root}: nothing of it is applied")
    folders = dict.fromkeys((root, top_above(root) or root, Path.cwd()))
    ways = [(folder, strip) for folder in folders for strip in (1, 0)]
    first_errors = ""
    for folder, strip in sorted(ways, key=lambda way: _fit(names, *way), reverse=True):
        for plain, read, recount in (
            (bytes, bytes, ()),
            (plain_bytes, plain_bytes, ()),
            (plain_bytes, _mended, ("--recount",)),
        ):
            shutil.rmtree(into)
            into.mkdir()
            copies = _copied(folder, names, into, plain)
            errors = _applied(read(content), into, f"-p{strip}", *recount)
            if not errors:
                return _placed(patch, root, folder, into, copies)
        first_errors = first_errors or errors
    raise ConfigurationError(f"{patch} does not apply to {root}: {first_errors}")


def plain_bytes(content: bytes) -> bytes:
    """The content with newlines as line ends, and without a byte order mark."""
    return content.removeprefix(BOM.encode()).replace(b"\r\n", b"\n")


def _mended(content: bytes) -> bytes:
    """A patch with plain line ends, without colours, and with a newline at its end."""
    return _COLOUR.sub(b"", plain_bytes(content)).removesuffix(b"\n") + b"\n"


def _heads(text: str) -> Iterator[str]:
    """The lines of a patch that are not in hunks."""
    old = new = 0
    for line in text.split("\n"):
        if line[:1] not in ("", " ", "+", "-", "\\"):  # whatever the hunk counts
            old = new = 0
        if old > 0 or new > 0:
            old -= line[:1] not in ("+", "\\")
            new -= line[:1] not in ("-", "\\")
        elif match := _HUNK.match(line):
            old, new = int(match[1] or 1), int(match[2] or 1)
        else:
            yield line


def _names(head: str) -> Iterator[str]:
    """The names of files in a line, with any first part such as `a/`."""
    if match := _NAMED.fullmatch(head):
        yield _unquoted(match[1])
    elif match := _BOTH.fullmatch(head):
        yield from map(_unquoted, match.groups())
    elif head.startswith("diff --git "):  # names with blanks; where they are not equal, other lines name both
        rest = head.removeprefix("diff --git ")
        names = rest[: len(rest) // 2], rest[len(rest) // 2 + 1 :]
        if _stripped(names[0], 1) == _stripped(names[1], 1):
            yield from names


def _unquoted(name: str) -> str:
    """A name without git's quotes, and without the text behind a tab."""
    if not re.fullmatch(_QUOTED, quoted := name.rstrip()):
        return name.partition("\t")[0]
    escape = re.compile(r"\\([0-7]{1,3}|.)")
    plain = escape.sub(
        lambda match: chr(int(match[1], 8)) if match[1].isdigit() else _ESCAPES.get(match[1], match[1]), quoted
    )
    if all(ord(character) < 256 for character in plain):  # octal escapes are bytes
        plain = os.fsdecode(plain.encode("latin-1"))
    return plain[1:-1]


def _stripped(name: str, strip: int) -> str:
    return name.partition("/")[2] if strip else name


def _fit(names: Sequence[str], folder: Path, strip: int) -> tuple[int, int]:
    """How many of the files exist, and how many of their folders."""
    files = [folder / path for name in names if (path := _stripped(name, strip))]
    return sum(map(os.path.lexists, files)), sum(os.path.isdir(file.parent) for file in files)  # noqa: PTH112


def _copied(
    folder: Path, names: Sequence[str], into: Path, plain: Callable[[bytes], bytes]
) -> dict[str, tuple[bytes, bytes]]:
    """Copy the files with these names, stripped or not. Returns path → content of the file and of its copy."""
    copies = {}
    for path in dict.fromkeys(_stripped(name, strip) for name in names for strip in (1, 0)):
        contents = read_plain(folder / path, MOST_BYTES) if _may_be_copied(folder, path) else None
        if contents is not None:
            copies[path] = contents[0], plain(contents[0])
            (into / path).parent.mkdir(parents=True, exist_ok=True)
            (into / path).write_bytes(copies[path][1])
            (into / path).chmod(0o755 if contents[1].st_mode & 0o100 else 0o644)
    return copies


def _may_be_copied(folder: Path, path: str) -> bool:
    parent = str((folder / path).parent)
    return is_inside(path) and ".git" not in path.lower().split("/") and os.path.realpath(parent) == parent


def _applied(content: bytes, into: Path, *options: str) -> str:
    """Apply a patch in a folder: all of it or nothing. Returns why it does not apply; empty if it does."""
    alone = {"GIT_CEILING_DIRECTORIES": os.path.realpath(into.parent)}  # no repository above counts
    ended = run(into, "apply", "--whitespace=nowarn", *options, "-", stdin=content, environment=alone)
    if b"No valid patches" in ended.stderr:
        return "it has no hunk that begins with line numbers, such as @@ -7,7 +7,12 @@"
    return complaint(ended.stderr) if ended.returncode else ""


def _placed(
    patch: Path, root: Path, folder: Path, into: Path, copies: Mapping[str, tuple[bytes, bytes]]
) -> dict[str, Path]:
    """Path from `root` → file in `into`, where files lie at their paths from `folder`. Files get back the line ends that they
    had."""
    files = {path.relative_to(into).as_posix() for path in into.rglob("*") if path.is_symlink() or not path.is_dir()}
    placed = {}
    for path in sorted({*copies, *files}):
        file, origin, (own, copy) = into / path, folder / path, copies.get(path, (b"", b""))
        if file.is_symlink():
            raise ConfigurationError(f"{patch} makes the link {path}, and strop compares texts")
        content = file.read_bytes() if path in files else None
        if origin.is_relative_to(root):
            placed[origin.relative_to(root).as_posix()] = file
        elif content != copy or path not in copies:
            raise ConfigurationError(f"{patch} changes {path}, which lies outside of {root}")
        if content is not None and own != copy:
            mark = BOM.encode() if own.startswith(BOM.encode()) else b""
            usual = b"\r\n" if 2 * own.count(b"\r\n") > own.count(b"\n") else b"\n"
            file.write_bytes(mark + content.replace(b"\n", usual))
    return placed
