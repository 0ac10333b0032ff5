"""A document as one self-contained HTML file."""

from __future__ import annotations

from strop.report.html.payload import packed
from strop.report.html.render import page_html
from strop.report.html.schema import PageDocument


def render(document: PageDocument) -> str:
    """The page: no network, nothing that is executed but its own script."""
    return page_html(document, packed(document))
