"""The labelled improvers: where they are, and what each was said to be by hand (tests/strategies/labels.toml)."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[3]
FOLDERS = {
    "paper": ROOT / "tests/paper/improvers",
    "textbook": ROOT / "src/strop/lm/textbook",
    "shipped": ROOT / "src/strop/improvers",
    "seen": ROOT / "tests/strategies/seen",
    "unseen": ROOT / "tests/strategies/unseen",
}


def labels() -> dict[str, dict[str, str]]:
    """By corpus and name."""
    found: dict[str, dict[str, str]] = tomllib.loads((ROOT / "tests/strategies/labels.toml").read_text("utf-8"))
    cards = {card.stem: tomllib.loads(card.read_text("utf-8")) for card in FOLDERS["shipped"].glob("*.toml")}
    return {**found, "shipped": {name: card["strategy"] for name, card in cards.items()}}


def text_of(corpus: str, name: str) -> str:
    return (FOLDERS[corpus] / f"{name}.py").read_text("utf-8")
