"""A page as HTML: the templates, what they may call, and the policy that the browser enforces.

Everything is escaped except the drawings and the highlighted programs, which are made here. The page has no script, and the
policy allows none; it allows the one style sheet by its digest.
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
from strop.report.html.charts import figures_of
from strop.report.html.lineage import HEIGHT, WIDTH, graph_of
from strop.report.html.page import Page, read_page
from strop.report.html.tables import MOST_ROWS
from strop.report.terminal.phrases import GLOSSARY, counted, duration
from strop.runs.claims.numbers import between
from strop.runs.record import Record

FILE_NAME = "report.html"
"""The page that commands write into the directory of their run."""
RENEWED_SECONDS = 5
"""Seconds after which the page of a run in progress reloads itself."""
_OTHERS = re.compile(r"[^\n\t -~]")
_INVISIBLE = re.compile(
    "[\u00a0\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u205f\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]"
)
"""Characters that look like nothing or like a plain space, although Python calls them printable or spaces."""
_LOW = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def report_of(directory: Path, live: str = "") -> str:
    """The page of a run, one HTML file without any reference to a network.

    `live`: what the page says of a run in progress; the page then reloads itself.

    Raises:
        StoreError: there is no record, or it is damaged.
    """
    with Record.open(directory) as record:
        return page_of(record, live=live)


def page_of(record: Record, result: object = None, live: str = "") -> str:
    """The page of a record. `result`: the record's result, if the caller has it already; `live` as in `report_of`."""
    return render(read_page(record, result), live)


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
        raise ConfigurationError(f"cannot write {path}: {error.strerror or error}") from error


def render(page: Page, live: str = "") -> str:
    """The page as HTML; `live` as in `report_of`."""
    style = _style()
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
            most_rows=MOST_ROWS,
            style=Markup(style),
            policy=_policy(style),
            live=live,
            seconds=RENEWED_SECONDS,
        )
    )


def _policy(style: str) -> str:
    """The content security policy of a page, for a meta tag."""
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


@cache
def _style() -> str:
    return (files("strop.report.html") / "static" / "page.css").read_text(encoding="utf-8")


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
        "visible": visible, "indexed": _indexed, "number": _number, "duration": duration,
        "counted": counted, "quantity": quantity, "when": _when, "span": between,
    }  # fmt: skip
    return templates


def visible(text: object) -> str:
    """Text with its control and direction characters, and those that no font draws, as visible escapes."""
    return _OTHERS.sub(_seen, str(text))


def _seen(match: re.Match[str]) -> str:
    character = match[0]
    if _INVISIBLE.match(character) or not (character.isprintable() or unicodedata.category(character) == "Zs"):
        return f"\\u{{{ord(character):x}}}"
    return character


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
