"""The observable behaviour of a command's run, to compare a candidate's with the original's on the same seed.

Behaviour is standard output, the files left behind, and the exit status. Standard error is not compared, because progress,
warnings and times go there. Scores are left out, because a printed time differs in every run.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from strop.base.scorer_notes import PREFIX
from strop.tasks.command.line_search import spans_in
from strop.tasks.command.objective import READERS
from strop.tasks.command.readers import documents, file_of, steps_of

_SHOWN = 120
"""Characters of a quoted line."""
_DURATION = re.compile(r"\b\d+(?:\.\d+)?\s?(?:ns|us|µs|ms|s|secs?|seconds?)\b")
"""Times in the summaries of test tools."""
_LEFT_OUT = "<score>"


@dataclass(frozen=True)
class Behaviour:
    """The behaviour of one run, without its scores."""

    ending: str
    """`exit status 0`."""
    output: str
    """Standard output; only the head and the tail if it is long."""
    digest: str = ""
    """SHA-256 of all of standard output; empty if scores were left out of it."""
    truncated: bool = False
    files: Mapping[str, str] = field(default_factory=dict)
    """Path → digest of each file left behind."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to compare, as for a program that does nothing."""
        return not self.files and not self.output.replace(_LEFT_OUT, "").strip()

    @property
    def name(self) -> str:
        """A digest of everything that is compared; empty if there is nothing."""
        if self.is_empty:
            return ""
        text = json.dumps(
            [self.ending, self.output.splitlines(), self._is_exact and self.digest, sorted(self.files.items())]
        )
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()

    @property
    def _is_exact(self) -> bool:
        """Whether the text is incomplete, so that the digest decides."""
        return bool(self.digest) and (self.truncated or "\ufffd" in self.output)

    def difference(self, candidate: Behaviour, *, quoted: bool) -> str:
        """One sentence that says how a candidate's behaviour differs on the same seed; empty if it does not.

        `quoted`: whether the sentence may quote output.
        """
        if candidate.ending != self.ending:
            return f"it ends with {candidate.ending}, the original with {self.ending}"
        mine, its = self.output.splitlines(), candidate.output.splitlines()
        other = (self._is_exact or candidate._is_exact) and self.digest != candidate.digest
        if mine != its or other:
            return f"it does not print what the original prints on the same seed{_first(mine, its) if quoted else ''}"
        for path, digest in self.files.items():
            if candidate.files.get(path) != digest:
                named = f"the file {path!a:.200}" if quoted else "every file"
                return f"it does not leave {named} as the original does on the same seed"
        return ""


def behaviour_of(
    ending: str,
    output: str,
    digest: str,
    *,
    truncated: bool,
    files: Mapping[str, str],
    readers: Collection[str],
) -> Behaviour:
    """The behaviour of a run, without the scores that `readers` read from it.

    Raises:
        Malformed: a regular expression takes too long on this output.
    """
    shown = _without_notes(output)
    for reader in readers:
        shown = _masked(shown, reader)
    results = {file_of(reader) for reader in readers}
    kept = {path: digest for path, digest in files.items() if path not in results}
    return Behaviour(ending, shown, digest if shown == output else "", truncated, kept)


def _without_notes(output: str) -> str:
    if PREFIX not in output:
        return output
    return "".join(line for line in output.splitlines(keepends=True) if not line.startswith(PREFIX))


def _masked(output: str, reader: str) -> str:
    """An output without the value that a reader reads."""
    if reader == "tests":
        return _DURATION.sub(_LEFT_OUT, output)
    if reader in READERS or file_of(reader):
        return output
    if reader.startswith("$"):
        pieces = [(start, end, _without(document, steps_of(reader))) for start, end, document in documents(output)]
    else:
        pieces = [(start, end, _LEFT_OUT) for start, end in spans_in(output, reader)]
    parts, at = [], 0
    for start, end, text in pieces:
        parts += [output[at:start], text]
        at = end
    return "".join([*parts, output[at:]])


def _without(document: object, steps: list[str | int]) -> str:
    """A JSON document as text, without the value at a path."""
    if not steps:
        return _LEFT_OUT
    inner: object = document
    for step in steps[:-1]:
        if not _has(inner, step):
            return json.dumps(document)
        inner = inner[step]  # type: ignore[index]
    if _has(inner, steps[-1]):
        inner[steps[-1]] = _LEFT_OUT  # type: ignore[index]
    return json.dumps(document)


def _has(document: object, step: str | int) -> bool:
    if isinstance(document, dict):
        return step in document
    return isinstance(document, list) and isinstance(step, int) and -len(document) <= step < len(document)


def _first(mine: list[str], its: list[str]) -> str:
    """The first line in which two outputs differ."""
    for number, (one, other) in enumerate(zip(mine, its, strict=False), 1):
        if one != other:
            return f": line {number} is {_quoted(other)}, the original's is {_quoted(one)}"
    if len(its) < len(mine):
        return f": line {len(its) + 1} is missing, the original's is {_quoted(mine[len(its)])}"
    if len(its) > len(mine):
        return f": line {len(mine) + 1}, {_quoted(its[len(mine)])}, is one too many"
    return ""


def _quoted(line: str) -> str:
    return repr(line if len(line) <= _SHOWN else f"{line[:_SHOWN]}...")
