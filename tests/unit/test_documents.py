"""Documents that people read: their links lead somewhere, and design notes have one form."""

from __future__ import annotations

import re
from pathlib import Path

import make_reference as reference
import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTES = sorted((ROOT / "docs" / "design").glob("[0-9]*.md"))
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


INCLUDE = re.compile(r"\A\[[^\]\n]+\]\((\S+)\)\n\Z")


def prose(path: Path) -> str:
    """A document without its examples."""
    return re.sub(r"^```.*?^```", "", path.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)


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
        is_made = target.is_file() and target.suffix == ".md" and INCLUDE.search(target.read_text("utf-8"))
        has_anchor = not anchor or is_made or anchor in anchors(target)  # Sphinx looks at those of included pages
        if "://" not in link and not (target.exists() and has_anchor):
            broken.append(link)
    return broken


def test_every_relative_link_of_a_document_leads_somewhere() -> None:
    broken = {str(path.relative_to(ROOT)): broken_links(path) for path in DOCUMENTS}
    assert {path: links for path, links in broken.items() if links} == {}


def test_every_design_note_says_problem_options_decision_and_consequences() -> None:
    headings = {path.stem: re.findall(r"^## (.*)$", prose(path), re.MULTILINE) for path in NOTES}
    form = ["Problem", "Options", "Decision", "Consequences"]
    assert NOTES and {name: found for name, found in headings.items() if found != form} == {}


def test_index_of_the_design_notes_lists_every_note() -> None:
    index = (ROOT / "docs" / "design" / "README.md").read_text("utf-8")
    assert re.findall(r"^- \[\d+\]\((.*?)\)", index, re.MULTILINE) == [note.name for note in NOTES]


def test_every_page_is_in_the_navigation_of_the_site() -> None:
    index = (ROOT / "docs" / "index.md").read_text("utf-8")
    listed = [
        name
        for tree in re.findall(r"```{toctree}\n(?::[^\n]*\n)+\n(.*?)```", index, re.DOTALL)
        for name in tree.split()
    ]
    docs = ROOT / "docs"
    pages = {str(path.relative_to(docs).with_suffix("")) for path in docs.rglob("*.md") if path not in NOTES}
    assert sorted(listed) == sorted(pages - {"index"})


@pytest.mark.heavy
def test_pages_of_the_reference_say_what_the_code_says(subtests: pytest.Subtests) -> None:
    for path, made in reference.PAGES.items():
        with subtests.test(path.name):
            assert path.read_text("utf-8") == made(), f"{path.name} is stale: run python tools/make_reference.py"
