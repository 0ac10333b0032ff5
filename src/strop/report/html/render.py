"""A document as HTML: the templates, what they may call, and the policy that the browser holds the page to.

Everything of the document is escaped but the drawings and the highlighted programs, which are made here. The policy allows the
one style sheet and the one script that the page has, by their digests: nothing that was written into a program is ever run.
"""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from strop.report.html.graph import graph_of
from strop.report.html.schema import PageDocument
from strop.report.terminal.words import GLOSSARY, counted, duration, quantity

_KEPT = "\n\t"
_LOW = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def page_html(document: PageDocument, block: str, live: Sequence[str] = ()) -> str:
    """The page. `block`: the large tables, as strop.report.html.payload packs them; `live`: scripts that run after the page's
    own, for a     page that is served: it may then ask its own server, and nobody else."""
    script = "\n".join([asset("page.js"), *live])
    style = asset("page.css")
    return (
        environment()
        .get_template("page.html")
        .render(
            d=document,
            glossary=GLOSSARY,
            graph=graph_of(document["nodes"]),
            labels={node["id"]: node["label"] for node in document["nodes"]},
            block=Markup(block),  # base64: nothing to escape
            style=Markup(style),
            script=Markup(script),
            policy=policy(style, script, served=bool(live)),
        )
    )


def policy(style: str, script: str, *, served: bool = False) -> str:
    """The content security policy of a page, for a meta tag; a header may add frame-ancestors, which a tag cannot hold."""
    asks = "connect-src 'self'; " if served else ""
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; img-src data:; "
        f"{asks}base-uri 'none'; form-action 'none'"
    )


@cache
def asset(name: str) -> str:
    """A file of the page's own style or behaviour."""
    return (files("strop.report.html") / "static" / name).read_text(encoding="utf-8")


def visible(text: object) -> str:
    """Text with its control and direction characters as visible escapes: what stands there is what is read."""
    said = str(text)
    if said.isprintable():
        return said
    return "".join(each if each in _KEPT or not _unseen(each) else f"\\u{{{ord(each):x}}}" for each in said)


def _unseen(character: str) -> bool:
    return not character.isprintable() and unicodedata.category(character) != "Zs"


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


@cache
def environment() -> Environment:
    """The templates, with their filters."""
    found = Environment(
        loader=PackageLoader("strop.report.html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters.update(
        shown=visible,
        indexed=_indexed,
        money=_money,
        number=_number,
        duration=duration,
        counted=counted,
        quantity=quantity,
        when=_when,
        span=_span,
    )
    return found


def _number(value: float | None, form: str = ".3f") -> str:
    return "–" if value is None else format(value, form)


def _span(interval: Sequence[float] | None, form: str = ".3f") -> str:
    return "–" if not interval else f"{interval[0]:{form}} to {interval[1]:{form}}"


def _money(dollars: float) -> str:
    return "$0" if not dollars else f"${dollars:,.2f}" if dollars >= 1 else f"${dollars:.4f}"


def _indexed(text: str) -> str:
    """I_2 as I₂."""
    return re.sub(r"\bI_(\d{1,4})\b", lambda found: "I" + found[1].translate(_LOW), text)


def _when(seconds: float | None) -> str:
    """Unix seconds as a date; a dash where the record does not say, or no date is that far."""
    if seconds is None:
        return "–"
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%d %B %Y, %H:%M UTC").lstrip("0")
    except (OverflowError, ValueError, OSError):
        return "–"
