"""Documents that people read: their links lead somewhere, and design notes have one form."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTES = sorted((ROOT / "docs" / "design").glob("[0-9]*.md"))
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)


def prose(path: Path) -> str:
    """A document without its examples."""
    return FENCED.sub("", path.read_text("utf-8"))


def anchors(path: Path) -> set[str]:
    """What a link to a heading of the document may name: as the viewers of repositories make it."""
    headings = re.findall(r"^#+ +(.*?) *$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(path: Path) -> list[str]:
    """Relative links of the document to files, folders or headings that are not there."""
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", prose(path))):
        name, _, anchor = link.partition("#")
        target = path.parent / name if name else path
        if "://" not in link and not (target.exists() and (not anchor or anchor in anchors(target))):
            broken.append(link)
    return broken


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_of_a_document_leads_somewhere(path: Path) -> None:
    assert broken_links(path) == []


@pytest.mark.parametrize("path", NOTES, ids=lambda path: path.stem)
def test_design_note_says_problem_options_decision_and_consequences(path: Path) -> None:
    headings = re.findall(r"^## (.*)$", prose(path), re.MULTILINE)
    assert headings == ["Problem", "Options", "Decision", "Consequences"]


def test_index_of_the_design_notes_lists_every_note() -> None:
    index = (ROOT / "docs" / "design" / "README.md").read_text("utf-8")
    assert re.findall(r"^- \[\d+\]\((.*?)\)", index, re.MULTILINE) == [note.name for note in NOTES]
