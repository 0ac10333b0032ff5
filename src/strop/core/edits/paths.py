"""A file's name on a line above an edit, in the decorations that models give it."""

from __future__ import annotations

import re

_BUNDLE_HEAD = re.compile(r"=== file: (.+) ===")
_QUOTED = re.compile(r"`([^`\s]{1,300})`")
_SAID = re.compile(r"(?:file(?: ?name| ?path)?|path)\s*:\s*", re.IGNORECASE)


def path_in(line: str) -> str | None:
    """The file's name that a line consists of, with its decoration taken off; None where the line is something else."""
    line = line.strip()
    if not line or len(line) > 400:
        return None
    bundled = _BUNDLE_HEAD.fullmatch(line)
    if bundled:
        return bundled[1]
    bare = (
        line.lstrip("#/*-<!; ").rstrip("*->: ") if line.startswith("//") or line[0] not in "/.*" else line.strip("*: ")
    )
    bare = _SAID.sub("", bare, count=1).strip("`*\"' ")
    if bare and not any(character.isspace() or character in "`(){}=<>,;" for character in bare):
        return bare if re.search(r"[./]", bare.strip(".")) else None
    quoted = _QUOTED.findall(line)
    return quoted[0] if len(quoted) == 1 and re.search(r"\w\.\w", quoted[0]) else None
