"""The labelled improvers: where they are, and what each was said to be by hand (tests/strategies/labels.toml)."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

from strop.analysis.strategy import Behaviour

ROOT = Path(__file__).parents[4]
BEHAVIOURS = ROOT / "tests/strategies/behaviours.json"
FOLDERS = {
    "paper": ROOT / "tests/paper/improvers",
    "textbook": ROOT / "src/strop/lm/textbook",
    "shipped": ROOT / "src/strop/improvers",
    "seen": ROOT / "tests/strategies/seen",
    "more": ROOT / "tests/strategies/more",
    "unseen": ROOT / "tests/strategies/unseen",
}


def labels() -> dict[str, dict[str, str]]:
    """By corpus and name."""
    found: dict[str, dict[str, str]] = tomllib.loads((ROOT / "tests/strategies/labels.toml").read_text("utf-8"))
    cards = {card.stem: tomllib.loads(card.read_text("utf-8")) for card in FOLDERS["shipped"].glob("*.toml")}
    return {**found, "shipped": {name: card["strategy"] for name, card in cards.items()}}


def text_of(corpus: str, name: str) -> str:
    return (FOLDERS[corpus] / f"{name}.py").read_text("utf-8")


def behaviours() -> dict[str, dict[str, Behaviour]]:
    """What each was seen to do: by corpus and name, recorded by bench/strategies.py."""
    found = json.loads(BEHAVIOURS.read_text("utf-8"))
    return {
        corpus: {
            name: Behaviour(**{**each, "temperatures": tuple(each["temperatures"])}) for name, each in named.items()
        }
        for corpus, named in found.items()
    }
