"""Split a response into fenced parts and the text between them.

A SEARCH/REPLACE block stays whole even if it contains fences.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

HEAD = re.compile(r"[ \t]{0,3}<{5,9} ?(?:SEARCH|ORIGINAL)\b>?(?P<path>.*)")
DIVIDER = re.compile(r"[ \t]{0,3}={5,9}[ \t]*+")
END = re.compile(r"[ \t]{0,3}>{5,9} ?(?:REPLACE|UPDATED)\b[ \t]*+")
_FENCE = re.compile(r"([ \t]*+)(`{3,}+|~{3,}+)([^`]*+)")
_DIFF_NAMES = ("diff", "patch", "udiff")
"""Fences that hold no whole program."""
_BUNDLE_HEAD = re.compile(r"=== file: (.+) ===")
_QUOTED = re.compile(r"`([^`\s]{1,300})`")
_LABEL = re.compile(r"(?:file(?: ?name| ?path)?|path)\s*:\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Segment:
    """Consecutive lines of a response."""

    lines: Sequence[str]
    info: str | None
    """The info string of the fence around it, such as `python`; None outside of fences."""
    lead: str
    """The last line before the fence that is not empty."""
    kind: str
    """`text`, `program` or `blocks`."""


def segments(answer: str) -> list[Segment]:
    """The parts of a response, in order. An unclosed fence extends to the end."""
    lines = answer.replace("\r\n", "\n").split("\n")
    ends = _next_ends(lines)
    parts: list[Segment] = []
    text: list[str] = []
    lead = ""
    row = 0
    while row < len(lines):
        fence = _FENCE.fullmatch(lines[row])
        if HEAD.fullmatch(lines[row]):
            stop = ends[row] + 1
            text += lines[row:stop]
        elif fence:
            parts.append(Segment(text, None, "", "text"))
            text = []
            kind = _kind(lines, row + 1, fence[3].strip())
            close = _close(lines, row, fence, kind, ends)
            parts.append(Segment(lines[row + 1 : close], fence[3].strip(), lead, kind))
            stop = close + 1
        else:
            text.append(lines[row])
            lead = lines[row].strip() or lead
            stop = row + 1
        row = stop
    return [*parts, Segment(text, None, "", "text")]


def _next_ends(lines: Sequence[str]) -> list[int]:
    """Row of the next line that ends a block, for each line; the last row if there is none."""
    ends = [len(lines) - 1] * len(lines)
    following = len(lines) - 1
    for row in range(len(lines) - 1, -1, -1):
        if END.fullmatch(lines[row]):
            following = row
        ends[row] = following
    return ends


def _kind(lines: Sequence[str], row: int, info: str) -> str:
    """The kind of a fenced part, by its first two lines that are not empty: the first may name a file."""
    first: list[str] = []
    while row < len(lines) and len(first) < 2:
        if lines[row].strip():
            first.append(lines[row])
        row += 1
    if first and HEAD.fullmatch(first[0]):
        return "blocks"
    if len(first) == 2 and HEAD.fullmatch(first[1]) and path_in(first[0]):
        return "blocks"
    return "text" if info.partition(" ")[0].lower() in _DIFF_NAMES else "program"


def _close(lines: Sequence[str], row: int, fence: re.Match[str], kind: str, ends: Sequence[int]) -> int:
    """The line that closes the fence at `row`, or the end. Fences in a program nest: one with an info string opens."""
    mark, depth = fence[2], 1
    row += 1
    while row < len(lines):
        if kind == "blocks" and HEAD.fullmatch(lines[row]):
            row = ends[row] + 1
            continue
        inner = _FENCE.fullmatch(lines[row])
        if inner and inner[2].startswith(mark):
            depth += -1 if not inner[3].strip() else int(kind == "program")
            if not depth:
                return row
        row += 1
    return row


def path_in(line: str) -> str | None:
    """The file name that a line consists of, without decoration; None for any other line."""
    line = line.strip()
    if not line or len(line) > 400:
        return None
    bundled = _BUNDLE_HEAD.fullmatch(line)
    if bundled:
        return bundled[1]
    bare = (
        line.lstrip("#/*-<!; ").rstrip("*->: ") if line.startswith("//") or line[0] not in "/.*" else line.strip("*: ")
    )
    bare = _LABEL.sub("", bare, count=1).strip("`*\"' ")
    if bare and not any(character.isspace() or character in "`(){}=<>,;" for character in bare):
        return bare if re.search(r"[./]", bare.strip(".")) else None
    quoted = _QUOTED.findall(line)
    return quoted[0] if len(quoted) == 1 and re.search(r"\w\.\w", quoted[0]) else None
