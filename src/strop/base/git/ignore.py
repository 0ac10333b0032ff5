"""The rules of .gitignore files. They come with folders from elsewhere: no rule takes long to match.

Paths and rules are bytes, as they are to git: `?` is one byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MOST_RULES = 5_000
"""Rules that may apply to one path."""
_CLASSES = {
    "alnum": "a-zA-Z0-9", "alpha": "a-zA-Z", "blank": " \\t", "cntrl": "\\x00-\\x1f\\x7f", "digit": "0-9", "graph": "!-~",
    "lower": "a-z", "print": " -~", "punct": "!-/:-@\\[-`{-~", "space": "\\s", "upper": "A-Z", "xdigit": "0-9a-fA-F",
}  # fmt: skip
_NOTHING = "(?!)"
_NAME = "[^/]*"


@dataclass(frozen=True)
class IgnoreRule:
    """One line of a .gitignore."""

    pattern: re.Pattern[bytes]
    """Matches the path from the folder of the .gitignore or, if `of_name`, the last name of the path."""
    of_name: bool
    only_folders: bool
    ignores: bool
    """False for a rule that begins with an exclamation mark."""


@dataclass(frozen=True)
class IgnoreRules:
    """The rules of one file, in order."""

    rules: Sequence[IgnoreRule]

    def verdict(self, path: bytes, *, is_folder: bool) -> bool | None:
        """Whether a path, from the folder of the file, is ignored; None if no rule says."""
        name = path.rpartition(b"/")[2]
        for rule in reversed(self.rules):
            if (is_folder or not rule.only_folders) and rule.pattern.match(name if rule.of_name else path):
                return rule.ignores
        return None


def parse_rules(text: bytes) -> IgnoreRules:
    """The rules of a file's text."""
    lines = text.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    return IgnoreRules([rule for line in lines if (rule := _rule(line.removesuffix(b"\r"))) is not None])


def _rule(line: bytes) -> IgnoreRule | None:
    if not line or line.startswith(b"#"):
        return None
    ignores = not line.startswith(b"!")
    text = _without_spaces(line[not ignores :].decode("latin-1"))
    only_folders = text.endswith("/")
    text = text.removesuffix("/")
    if not text:
        return None
    of_name = "/" not in text
    parts = text.removeprefix("/").split("/")
    pattern = _of_parts(parts) if not of_name else f"{_of_name(text)}\\Z"
    return IgnoreRule(re.compile(pattern.encode("latin-1"), re.DOTALL), of_name, only_folders, ignores)


def _without_spaces(text: str) -> str:
    """The rule without spaces at its end, unless a backslash keeps one."""
    bare = text.rstrip(" ")
    kept = (len(bare) - len(bare.rstrip("\\"))) % 2 and len(bare) < len(text)
    return f"{bare} " if kept else bare


def _of_parts(parts: Sequence[str]) -> str:
    """A regular expression for a path. Each `**` is matched as early as possible and never again, so nothing is tried twice."""
    chunks: list[list[str]] = [[]]
    for part in parts:
        if part.startswith("**") and not part.strip("*"):
            chunks.append([])
        else:
            chunks[-1].append(_of_name(part))
    first, *others = chunks
    found = "/".join(first)
    if not others:
        return f"{found}\\Z"
    *middle, last = others
    found += "/" if first else ""
    found += "".join(f"(?>(?:[^/]+/)*?{'/'.join(chunk)}/)" for chunk in middle if chunk)
    return found + (f"(?:[^/]+/)*{'/'.join(last)}\\Z" if last else ".+")


def _of_name(text: str) -> str:
    """A regular expression for one name. Each `*` but the last is matched as early as possible and never again."""
    found: list[str] = [""]
    for piece in _pieces(text):
        if piece == _NAME:
            found += [""] if found[-1] or len(found) == 1 else []
        else:
            found[-1] += piece
    first, *others = found
    if not others:
        return first
    *middle, last = others
    return first + "".join(f"(?>{_NAME}?{piece})" for piece in middle) + f"{_NAME}{last}(?![^/])"


def _pieces(text: str) -> Iterable[str]:
    at = 0
    while at < len(text):
        character, at = text[at], at + 1
        if character == "*":
            yield _NAME
        elif character == "?":
            yield "[^/]"
        elif character == "[":
            piece, at = _bracket(text, at)
            yield piece
        elif character == "\\":
            yield re.escape(text[at]) if at < len(text) else _NOTHING
            at += 1
        else:
            yield re.escape(character)


def _bracket(text: str, at: int) -> tuple[str, int]:
    """The characters of a bracket that begins before `at`, and the place after it."""
    inverted = text[at : at + 1] in ("!", "^")
    at += inverted
    items: list[str] = []
    first = at
    while at < len(text) and (text[at] != "]" or at == first):
        if text.startswith("[:", at) and (end := text.find(":]", at)) > 0:
            if text[at + 2 : end] not in _CLASSES:
                return _NOTHING, len(text)
            items.append(_CLASSES[text[at + 2 : end]])
            at = end + 2
            continue
        low, at = _item(text, at)
        if text[at : at + 1] == "-" and text[at + 1 : at + 2] not in ("", "]"):
            high, at = _item(text, at + 1)
            items += [f"{re.escape(low)}-{re.escape(high)}"] if low <= high else []
        else:
            items.append(re.escape(low))
    if at >= len(text):
        return _NOTHING, at
    if not items:
        return ("[^/]" if inverted else _NOTHING), at + 1
    return f"(?!/)[{'^' if inverted else ''}{''.join(items)}]", at + 1


def _item(text: str, at: int) -> tuple[str, int]:
    if text[at] == "\\" and at + 1 < len(text):
        at += 1
    return text[at], at + 1
