"""The observable behaviour of a command's run, to compare a candidate's with the original's on the same seed.

Behaviour is standard output without a scorer's notes, the exit status, and the files that `results` names: every byte of them.
Nothing that is printed is a score then. Standard error is not compared: progress, warnings and times go there.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import field

from strop.base.later import dataclass
from strop.base.scorer_notes import PREFIX

_SHOWN = 120
"""Characters of a quoted line."""
_NOTE = re.compile(rf"^{re.escape(PREFIX)}[^\n]*\n?", re.MULTILINE)


@dataclass(frozen=True)
class Behaviour:
    """The behaviour of one run."""

    ending: str
    """How the run ended, such as `exit status 0`."""
    output: str
    """Standard output; only the head and the tail if it is long."""
    digest: str = ""
    """Digest of all of standard output; empty if notes were left out of it."""
    truncated: bool = False
    files: Mapping[str, str] = field(default_factory=dict)
    """Path → digest of each file of `results` that it left."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to compare, as for a program that does nothing."""
        return not self.files and not self.output.strip()

    @property
    def is_partial(self) -> bool:
        """Whether only a part of the output is known, so that nothing can be compared with it."""
        return not self.digest and (self.truncated or "\ufffd" in self.output)

    @property
    def name(self) -> str:
        """A digest of everything that is compared; empty if there is nothing."""
        if self.is_empty:
            return ""
        text = json.dumps([self.ending, self.digest or self.output, sorted(self.files.items())])
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()

    def difference(self, candidate: Behaviour, *, quoted: bool) -> str:
        """One sentence that says how a candidate's behaviour differs on the same seed; empty if it does not.

        `quoted`: whether the sentence may quote output.
        """
        if candidate.ending != self.ending:
            return f"it ends with {candidate.ending}, the original with {self.ending}"
        if not self._prints_like(candidate):
            first = _first(self.output, candidate.output) if quoted else ""
            return f"it does not print what the original prints on the same seed{first}"
        for path in sorted({*self.files, *candidate.files}):
            if candidate.files.get(path) != self.files.get(path):
                return f"it does not leave the file {path!a:.200} as the original does on the same seed"
        return ""

    def _prints_like(self, other: Behaviour) -> bool:
        if self.digest and other.digest:
            return self.digest == other.digest
        return self.output == other.output and not self.is_partial and not other.is_partial


def behaviour_of(ending: str, output: str, digest: str, *, truncated: bool, files: Mapping[str, str]) -> Behaviour:
    """The behaviour of a run, without a scorer's notes."""
    printed = _NOTE.sub("", output) if PREFIX in output else output
    return Behaviour(ending, printed, digest if printed == output else "", truncated, dict(files))


def _first(original: str, candidate: str) -> str:
    """The first line in which two outputs differ."""
    expected, actual = _lines(original), _lines(candidate)
    for number, (one, other) in enumerate(zip(expected, actual, strict=False), 1):
        if one != other:
            return f": line {number} is {_quoted(other)}, the original's is {_quoted(one)}"
    if len(actual) < len(expected):
        return f": line {len(actual) + 1} is missing, the original's is {_quoted(expected[len(actual)])}"
    if len(actual) > len(expected):
        return f": line {len(expected) + 1}, {_quoted(actual[len(expected)])}, is one too many"
    if original.endswith("\n") != candidate.endswith("\n"):
        return f": its last line ends with{'out' if original.endswith(chr(10)) else ''} a newline"
    return ""


def _lines(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n") if text else []


def _quoted(line: str) -> str:
    return repr(line if len(line) <= _SHOWN else f"{line[:_SHOWN]}...")
