"""The two pages that are not the page of a run: the list of a folder, and one line that stands in a page's place."""

from __future__ import annotations

import os
from functools import cache
from typing import Any
from urllib.parse import quote_from_bytes

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from strop.base.pluralize import quantity
from strop.report.html.render import asset, policy
from strop.report.terminal.words import escape
from strop.report.watch.folder import Folder


def list_html(folder: Folder) -> tuple[bytes, str]:
    """The list of runs, and its content security policy."""
    return _made("runs.html", asset("runs.js"), title=_shown(folder.directory.resolve().name), said=lines_of(folder))


def message_html(text: str, number: int = 0) -> tuple[bytes, str]:
    """A page of one line, which is replaced when there is a page; `number`: of the page in whose place it stands."""
    return _made("message.html", f"const LIVE_PAGE = {number};\n{asset('live.js')}", text=_shown(text, 1000))


def lines_of(folder: Folder) -> dict[str, Any]:
    """The list of runs, as its page is told it."""
    notes = [folder.failed] if folder.failed else []
    if folder.left_out:
        notes.append(f"{quantity(folder.left_out, 'older run')} left out")
    if folder.links:
        notes.append(f"{quantity(folder.links, 'link')} to runs not followed")
    if not folder.lines and not folder.failed:
        notes.append("there are no runs here yet")
    return {
        "runs": [
            {
                "name": _shown(each.name),
                "href": f"run/{quote_from_bytes(os.fsencode(each.name), safe='')}/",
                "task": each.task,
                "kind": each.kind,
                "status": each.status,
                "headline": each.headline,
                "started": each.started,
                "iterations": each.iterations,
            }
            for each in folder.lines
        ],
        "note": "; ".join(notes),
    }


def _shown(text: str, limit: int = 200) -> str:
    return escape(text.encode("utf-8", "backslashreplace").decode("utf-8"), limit)


def _made(name: str, script: str, **said: object) -> tuple[bytes, str]:
    style = asset("page.css")
    html = _environment().get_template(name).render(style=Markup(style), script=Markup(script), **said)
    return html.encode("utf-8", "backslashreplace"), served_policy(style, script)


def served_policy(style: str, script: str) -> str:
    """The content security policy of a served page, as a header."""
    return f"{policy(style, script, served=True)}; frame-ancestors 'none'"


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("strop.report.watch"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
