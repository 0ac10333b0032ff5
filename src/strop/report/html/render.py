"""A page as HTML: the templates, what they may call, and the policy that the browser enforces.

Everything is escaped except the drawings and the highlighted programs, which are made here. The policy allows the page's
one style sheet and one script by their digests: nothing that was written into a program is ever executed.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import unicodedata
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from strop.base import private
from strop.base.errors import ConfigurationError
from strop.base.pluralize import quantity
from strop.report.html.charts import MOST_ROWS, figures_of
from strop.report.html.lineage import HEIGHT, WIDTH, graph_of
from strop.report.html.page import Page, read_page
from strop.report.terminal.words import GLOSSARY, counted, duration
from strop.runs.claims.numbers import between
from strop.runs.reading import opened

FILE_NAME = "report.html"
"""The page that commands write into the directory of their run."""
RENEWED_SECONDS = 5
"""After so many the page of a run that goes on reloads itself."""
_LOW = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def report_of(directory: Path, live: str = "") -> str:
    """The page of a run, one HTML file without any reference to a network.

    `live`: what the page says of a run that goes on; it then reloads itself.

    Raises:
        StoreError: there is no record, or it is damaged.
    """
    with opened(directory) as store:
        return render(read_page(store, directory), live)


def write_page(text: str, path: Path) -> None:
    """Write a page whole or not at all.

    Raises:
        ConfigurationError: it cannot be written.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")  # the run and strop view may both write it
    try:
        private.write(draft, text.encode("utf-8", "backslashreplace"))
        draft.replace(path)
    except OSError as error:
        raise ConfigurationError(f"cannot write {path}: {error.strerror or error}") from None


def render(page: Page, live: str = "") -> str:
    """The page as HTML; `live` as in `report_of`."""
    script, style = _asset("page.js"), _asset("page.css")
    return (
        _environment()
        .get_template("page.html")
        .render(
            d=page,
            figures=figures_of(page),
            glossary=GLOSSARY,
            graph=graph_of(page.nodes),
            width=WIDTH,
            height=HEIGHT,
            labels={node.id: node.label for node in page.nodes},
            most_rows=MOST_ROWS,
            block=Markup(page.tables.packed()),  # base64: nothing to escape
            style=Markup(style),
            script=Markup(script),
            policy=_policy(style, script),
            live=live,
            seconds=RENEWED_SECONDS,
        )
    )


def _policy(style: str, script: str) -> str:
    """The content security policy of a page, for a meta tag."""
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; img-src data:; "
        f"base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


@cache
def _asset(name: str) -> str:
    """The style sheet or the script of the page."""
    return (files("strop.report.html") / "static" / name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    """The templates with their filters."""
    templates = Environment(
        loader=PackageLoader("strop.report.html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {
        "shown": visible, "indexed": _indexed, "number": _number, "duration": duration,
        "counted": counted, "quantity": quantity, "when": _when, "span": between,
    }  # fmt: skip
    return templates


def visible(text: object) -> str:
    """Text with its control and direction characters as visible escapes."""
    shown = str(text)
    if shown.isprintable():
        return shown
    return "".join(f"\\u{{{ord(character):x}}}" if _unseen(character) else character for character in shown)


def _unseen(character: str) -> bool:
    return not character.isprintable() and character not in "\n\t" and unicodedata.category(character) != "Zs"


def _number(value: float | None, form: str = ".3f") -> str:
    return "–" if value is None else format(value, form)


def _indexed(text: str) -> str:
    """I_2 as I₂."""
    return re.sub(r"\bI_(\d{1,4})\b", lambda match: "I" + match[1].translate(_LOW), text)


def _when(seconds: float | None) -> str:
    """Unix seconds as a date; a dash where the record has none, or where it is out of range."""
    if seconds is None:
        return "–"
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%d %B %Y, %H:%M UTC").lstrip("0")
    except (OverflowError, ValueError, OSError):
        return "–"
