"""A document as one self-contained HTML file."""

from __future__ import annotations

from strop.page.block import packed
from strop.page.shape import PageDocument
from strop.page.showing import page_html


def render(document: PageDocument) -> str:
    """The page: no network, nothing that is executed but its own script."""
    return page_html(document, packed(document))
