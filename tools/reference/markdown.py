"""Markdown of the generated pages, which is read as text in a terminal, too."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"
REFERENCE = DOCS / "reference"

_CODE = re.compile(r"(`+[^`]+`+)")
_BARE = re.compile(r"(?<![\w`/-])(--[a-z][a-z-]*[a-z]|\{[a-z]+\}|STROP_[A-Z_]+)(?![\w`])")
"""What a help text names without the marks of code: a flag, a placeholder, a variable."""

_STAR = re.compile(r"(?<![\w*/])(\*\w+\*)(?![\w*])|\*")
"""An emphasised word, or another star."""


def page(title: str, readers: str, *blocks: Iterable[str]) -> str:
    """A page: its title, the sentence that says for whom it is, and blocks of lines."""
    lines = [f"# {title}", "", readers, ""]
    for block in blocks:
        lines += [*block, ""]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).rstrip() + "\n"


def prose(text: str) -> str:
    """A description on one line: what it names is code, and other characters mean themselves."""
    parts = _CODE.split(" ".join(text.split()))
    return "".join(part if part.startswith("`") else _escaped(part) for part in parts)


def _escaped(text: str) -> str:
    parts = _CODE.split(_BARE.sub(r"`\1`", text))
    return "".join(
        part if part.startswith("`") else _STAR.sub(lambda star: star[1] or "\\*", part).replace("<", "&lt;")
        for part in parts
    )


def code(text: object) -> str:
    """A text as code; empty for an empty one."""
    return f"`{text}`" if str(text) else ""


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table; none without rows. Columns but the last are as wide as their widest cell, so that the text has columns, too."""
    cells = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    if not cells:
        return []
    widths = [max(map(len, column)) for column in zip(headings, *cells, strict=True)]
    rule = ["-" * width for width in widths[:-1]] + ["---"]
    return [_row(headings, widths), _row(rule, widths), *(_row(row, widths) for row in cells)]


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [cell.ljust(width) for cell, width in zip(cells[:-1], widths, strict=False)]
    return f"| {' | '.join([*padded, cells[-1]])} |"


def anchor(heading: str) -> str:
    """The name by which a link finds a heading, as the viewers of repositories make it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def section(heading: str) -> str:
    """A link to a section of the same page."""
    return f"[{heading}](#{anchor(heading)})"


def found(name: str) -> Path:
    """The page of this name, anywhere below docs/.

    Raises:
        LookupError: there is no such page, or there are several.
    """
    pages = [path for path in DOCS.rglob(name) if path.parent.name != "design"]
    if len(pages) != 1:
        raise LookupError(f"{name}: {len(pages)} pages in docs/ have this name")
    return pages[0]


def elsewhere(words: str, name: str, heading: str = "") -> str:
    """A link to a page by its name, or to a heading of it."""
    path = os.path.relpath(found(name), REFERENCE)
    return f"[{words}]({path}{f'#{anchor(heading)}' if heading else ''})"
