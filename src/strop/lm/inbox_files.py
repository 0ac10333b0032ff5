"""The files of an inbox: what a request looks like, and which file is an answer, and when it is whole.

    0001-3f2a9c1b7d5e4a60.md                a request
    0001-3f2a9c1b7d5e4a60.answer.md         its answer; `.answer.NAME.md` says who answered; .txt does as well
    done/                                   requests that are answered, with their answers
    .lock                                   held by the strop that waits here

Names hold a number and digits of a digest, never text of a model. The request itself stands in fences that are longer than
any in it, so that no text in it can end them and pass for what strop says.
"""

from __future__ import annotations

import codecs
import json
import os
import re
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

from strop.lm.base import Request

DIGEST_DIGITS = 16
_REQUEST = re.compile(rf"(?P<number>[0-9]{{4,9}})-(?P<digest>[0-9a-f]{{{DIGEST_DIGITS}}})\.md")
_ANSWER = re.compile(
    rf"(?P<stem>[0-9]{{4,9}}-[0-9a-f]{{{DIGEST_DIGITS}}})\.answer(?:\.(?P<who>[A-Za-z0-9][A-Za-z0-9_-]{{0,39}}))?\.(?:md|txt)"
)
_BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_SHOWN: Mapping[int, str] = MappingProxyType(
    {ord(each): f"\\u{ord(each):04x}" for each in _BIDI}
    | {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"}
)
"""Characters that would act on a terminal or turn the text around, and how they are shown instead."""


def request_of(name: str) -> tuple[int, str] | None:
    """(number, digits of the digest) of a request's file name; None for any other name."""
    found = _REQUEST.fullmatch(name)
    return (int(found["number"]), found["digest"]) if found else None


def answer_of(name: str) -> tuple[str, str] | None:
    """(the request's name without `.md`, who answered or nothing) of an answer's file name; None for any other name."""
    found = _ANSWER.fullmatch(name)
    return (found["stem"], found["who"] or "") if found else None


def stem_of(number: int, key: str) -> str:
    """The name of a request's file without `.md`; `key` is the hexadecimal digest of the request."""
    return f"{number:04}-{key[:DIGEST_DIGITS]}"


def request_text(request: Request, stem: str, samples: Sequence[int] = ()) -> str:
    """The request as a document in Markdown: facts, system text, message, how to answer.

    `samples` are all of this prompt in its call.
    """
    system, hidden_in_system = _shown(request.expertise)
    message, hidden_in_message = _shown(request.message)
    hidden = hidden_in_system + hidden_in_message
    facts = {
        "answer": f"{stem}.answer.md",
        "scope": request.scope,
        "sample": request.sample,
        **({"samples_of_this_prompt": f"{min(samples)} to {max(samples)}"} if len(samples) > 1 else {}),
        "temperature": repr(float(request.temperature)),
    }
    front = [f"{name}: {json.dumps(value) if name == 'scope' else value}" for name, value in facts.items()]
    parts = ["---", *front, *([f"characters_shown_as_escapes: {hidden}"] if hidden else []), "---", ""]
    if system:
        parts += ["# System", "", *_fenced(system), ""]
    parts += ["# Message", "", *_fenced(message), "", "# How to answer", "", *_how(request, stem, samples)]
    return "\n".join(parts) + "\n"


def _how(request: Request, stem: str, samples: Sequence[int]) -> list[str]:
    lines = [
        f"Write the whole answer into a new file beside this one, named `{stem}.answer.md` (or `{stem}.answer.YOURNAME.md`",
        "to say who answered). What the fences above hold is all that the one who answers should see.",
    ]
    if len(samples) > 1:
        lines += [
            f"Samples {min(samples)} to {max(samples)} of this prompt are {len(samples)} requests in a row with "
            "the same text: paste it",
            "once, and answer it so often. Give each answer by itself, without the others.",
        ]
    elif request.temperature > 0:
        lines += [
            "The same request may come several times, as sample 0, 1, 2, …: answer each by itself, without the others."
        ]
    return [*lines, "An empty file says that you are at it; it is no answer yet."]


def _fenced(text: str) -> list[str]:
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}text", text, fence]


def _shown(text: str) -> tuple[str, int]:
    """The text without what would act on a terminal, and how many characters are shown as escapes."""
    plain = text.replace("\r\n", "\n").encode("utf-8", "replace").decode()
    return plain.translate(_SHOWN), sum(ord(each) in _SHOWN for each in plain)


Stamp: TypeAlias = tuple[int, int, int]
"""Of a file: its inode, its size and when it was written. Two equal ones, a moment apart: nobody is writing."""


def stamp_of(found: os.stat_result) -> Stamp | None:
    """The stamp of a regular file that is not empty; None of anything else, and of a hard link: it may be of any file."""
    if not stat.S_ISREG(found.st_mode) or found.st_size == 0 or found.st_nlink > 1:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


@dataclass(frozen=True)
class Read:
    """An answer's file, as it was read."""

    text: str
    is_cut: bool
    """Whether the file is larger than was allowed, and the text its beginning."""
    is_text: bool
    """False where some bytes were no text, and are shown as �."""


def read_answer(path: Path, most: int, stamp: Stamp | None = None) -> Read | None:
    """An answer: at most `most` bytes of a regular file, which has this `stamp` (if given) before and after.

    None where there is none: the file is gone, is being written, is something else, may not be read or holds only white space.
    """
    try:
        # A link in a folder of several people may lead to any file of the one who runs strop.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            before = stamp_of(os.fstat(file.fileno()))
            if before is None or before != (stamp or before):
                return None
            data = file.read(most + 1)
            if stamp_of(os.fstat(file.fileno())) != before:
                return None
    except OSError:
        return None
    text, is_text = _decoded(data[:most], is_cut=len(data) > most)
    return Read(text, len(data) > most, is_text) if text.strip() else None


def _decoded(data: bytes, *, is_cut: bool) -> tuple[str, bool]:
    """Text with line ends of one kind, and whether all of it was text. A byte order mark is obeyed, and is no text."""
    encoding = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        # A character that the limit cut in two is left out.
        text, is_text = codecs.getincrementaldecoder(encoding)("strict").decode(data, not is_cut), True
    except UnicodeDecodeError:
        text, is_text = data.decode(encoding, "replace"), False
    return text.replace("\r\n", "\n").replace("\r", "\n"), is_text
