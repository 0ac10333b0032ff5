"""What commands print: results on standard output, notices on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping

from rich.console import Console

from strop.report.documents import SCHEMA_VERSION

OFFLINE_NOTICE = "{name}: a built-in stand-in, not a language model; what it reaches says nothing about any model"

PUBLISHED_NOTICE = (
    "published instances: their seeds are public, so a program can recompute the labels; only an audit can notice it"
)


def print_document(document: Mapping[str, object]) -> None:
    """Print one JSON document, and nothing else."""
    whole = {"schema_version": SCHEMA_VERSION, **document}
    sys.stdout.write(json.dumps(whole, indent=2, allow_nan=False) + "\n")


def results() -> Console:
    """Where results go. Text of a model is printed with `markup=False`: it is shown, never obeyed."""
    return Console(highlight=False)


def notices() -> Console:
    """Where everything else goes."""
    return Console(stderr=True, highlight=False)


def notice_of(name: str, is_language_model: bool) -> str:
    """What stands above every result of a model; empty for a language model."""
    return "" if is_language_model else OFFLINE_NOTICE.format(name=name)


def announce(instances: str) -> None:
    """Say what `--instances published` means for every score that follows."""
    if instances == "published":
        notices().print(PUBLISHED_NOTICE, markup=False, soft_wrap=True)
