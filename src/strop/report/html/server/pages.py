"""The pages beside that of a run: the list of a folder, and a message in a page's place; and how any page is sent."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote_from_bytes

from markupsafe import Markup
from starlette.responses import Response, StreamingResponse

from strop.base.pluralize import quantity
from strop.report.html.render import asset, environment, policy
from strop.report.html.server.run_list import RunList
from strop.report.terminal.words import escape

_PIECE = 1 << 16
"""Bytes that are sent at once."""


def page_response(html: bytes, content_policy: str) -> Response:
    """A page, sent in pieces: a viewer must take each in time, not all of them."""

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(html), _PIECE):
            yield html[start : start + _PIECE]

    headers = {"Content-Length": str(len(html)), "Content-Security-Policy": content_policy}
    return StreamingResponse(pieces(), headers=headers, media_type="text/html")


def list_page(runs: RunList) -> tuple[bytes, str]:
    """The list of runs, and its content security policy."""
    title = _shown(runs.directory.resolve().name)
    return _rendered("runs.html", asset("runs.js"), title=title, document=list_document(runs))


def message_page(text: str, number: int = 0) -> tuple[bytes, str]:
    """A page of one line, which replaces itself when there is a page; `number`: of the page in whose place it stands."""
    return _rendered("message.html", f"const LIVE_PAGE = {number};\n{asset('live.js')}", text=_shown(text, 1000))


def list_document(runs: RunList) -> dict[str, Any]:
    """The list of runs for its page."""
    notes = [runs.failure] if runs.failure else []
    if runs.left_out:
        notes.append(f"{quantity(runs.left_out, 'older run')} left out")
    if runs.links:
        notes.append(f"{quantity(runs.links, 'link')} to runs not followed")
    if not runs.lines and not runs.failure:
        notes.append("there are no runs here yet")
    rows = [
        {**vars(line), "name": _shown(line.name), "href": f"run/{quote_from_bytes(os.fsencode(line.name), safe='')}/"}
        for line in runs.lines
    ]
    return {"runs": rows, "note": "; ".join(notes)}


def served_policy(style: str, script: str) -> str:
    """The content security policy of a served page, as a header."""
    return f"{policy(style, script, served=True)}; frame-ancestors 'none'"


def _shown(text: str, limit: int = 200) -> str:
    return escape(text.encode("utf-8", "backslashreplace").decode("utf-8"), limit)


def _rendered(name: str, script: str, **values: object) -> tuple[bytes, str]:
    style = asset("page.css")
    html = environment().get_template(name).render(style=Markup(style), script=Markup(script), **values)
    return html.encode("utf-8", "backslashreplace"), served_policy(style, script)
