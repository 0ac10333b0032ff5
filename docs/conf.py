"""How Sphinx builds the site from these pages: `make docs`. Nothing is loaded from the network, when building or when reading."""

from __future__ import annotations

import os
import re
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util import logging

import strop

DOCS = Path(__file__).parent
LINK = re.compile(r"(?<!!)\[([^\]\[]+)\]\((?![a-z]+:|#)([^)#\s]+)(#[^)\s]*)?\)")
"""A link to a file: its words, the file, the heading."""
INCLUDE = re.compile(r"\A\[[^\]\n]+\]\((\S+)\)\n\Z")
"""A page that is a link alone: the site has the file in its place, and a browser of the repository has something to click."""
INCLUDED = {
    (page.parent / path).resolve(): page
    for page in DOCS.rglob("*.md")
    for path in INCLUDE.findall(page.read_text("utf-8"))
}
"""Files outside of docs/ that are pages of the site."""

project = "strop"
author = "the strop developers"
version = release = strop.__version__
extensions = ["myst_parser"]
exclude_patterns = ["_build"]
highlight_language = "text"
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]
suppress_warnings = ["myst.header"]  # the included changelog begins at another level

smartquotes = False  # `--` in a heading is a flag

html_theme = "furo"
html_title = "strop"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_copy_source = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#8f3d17", "color-brand-content": "#8f3d17"},
    "dark_css_variables": {"color-brand-primary": "#e9a27f", "color-brand-content": "#e9a27f"},
}


def include_and_name_files(app: Sphinx, page: str, source: list[str]) -> None:
    """Insert included files, and replace links to files outside of docs/ by their paths in a clone: the site stands alone."""
    folder = (DOCS / page).parent
    included = INCLUDE.search(source[0])
    path = folder / included[1] if included else DOCS / f"{page}.md"
    source[0] = links_rewritten(path.read_text(encoding="utf-8"), path.parent, folder, page)


def links_rewritten(text: str, folder: Path, page_folder: Path, page: str) -> str:
    """A text of `folder` with its relative links as they must be on a page of `page_folder`."""

    def rewritten(link: re.Match[str]) -> str:
        words, target, anchor = link[1], link[2], link[3] or ""
        path = (folder / target).resolve()
        if not path.exists():
            logging.getLogger(__name__).warning("no such file: %s", target, location=page)
        path = INCLUDED.get(path, path)
        if path.is_relative_to(DOCS):
            return f"[{words}]({os.path.relpath(path, page_folder)}{anchor})"
        name = f"`{path.relative_to(DOCS.parent)}`"
        return name if words.strip("`").rpartition("/")[2] == path.name else f"{words} ({name})"

    return LINK.sub(rewritten, text)


def setup(app: Sphinx) -> None:
    app.connect("source-read", include_and_name_files)
