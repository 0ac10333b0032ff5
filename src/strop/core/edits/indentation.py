"""From the indentation that a model wrote to the one that the program has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise


def indent_of(line: str) -> str:
    """The blanks that a line begins with."""
    return line[: len(line) - len(line.lstrip())]


def indents(pairs: Iterable[tuple[str, str]]) -> dict[str, str] | None:
    """Written indentation → the program's, from pairs of lines that are the same otherwise.

    None where no such function exists: one indentation stands for two, as when a model left all indentation out.
    """
    found: dict[str, str] = {}
    for written, own in pairs:
        if written.strip() and found.setdefault(indent_of(written), indent_of(own)) != indent_of(own):
            return None
    return found


def reindented(lines: Sequence[str], known: Mapping[str, str]) -> list[str]:
    """New lines with the program's indentation."""
    if all(written == own for written, own in known.items()):
        return list(lines)
    steps = _steps(known)
    return [_translated(indent_of(line), known, steps) + line.lstrip() if line.strip() else line for line in lines]


def _steps(known: Mapping[str, str]) -> list[tuple[str, str]]:
    """By how much one level is deeper than another, written and in the program."""
    inner: list[tuple[str, str]] = []
    ordered = sorted(known.items(), key=lambda pair: len(pair[0]))
    for (outer, its), (deeper, other) in pairwise(ordered):
        if deeper.startswith(outer) and other.startswith(its) and other != its:
            inner.append((deeper[len(outer) :], other[len(its) :]))
    for written, own in ordered:  # blanks for tabs or tabs for blanks: a step is a tab
        if written and own and set(written) != set(own) and len(written) % len(own) == 0 and set(own) == {"\t"}:
            inner.append((written[: len(written) // len(own)], "\t"))
        elif written and own and set(written) == {"\t"} and set(own) == {" "} and len(own) % len(written) == 0:
            inner.append(("\t", own[: len(own) // len(written)]))
    return inner


def _translated(indent: str, known: Mapping[str, str], steps: Sequence[tuple[str, str]]) -> str:
    if indent in known:
        return known[indent]
    shorter = [each for each in known if indent.startswith(each)]
    if shorter:
        nearest = max(shorter, key=len)
        return known[nearest] + _stepped(indent[len(nearest) :], steps)
    longer = [each for each in known if each.startswith(indent)]
    if not longer:
        return indent
    nearest = min(longer, key=len)
    extra = _stepped(nearest[len(indent) :], steps)
    return known[nearest].removesuffix(extra) if known[nearest].endswith(extra) else ""


def _stepped(blanks: str, steps: Sequence[tuple[str, str]]) -> str:
    """Blanks of so many steps as the program writes them; as they are where they are not whole steps."""
    for written, own in steps:
        if written and blanks == written * (len(blanks) // len(written)):
            return own * (len(blanks) // len(written))
    return blanks
