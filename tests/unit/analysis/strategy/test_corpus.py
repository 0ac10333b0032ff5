"""The labelled improvers: how many are named as by hand, from their text and with what they did."""

from __future__ import annotations

import re

import pytest

from strop.analysis.strategy import VOCABULARY, classify
from unit.analysis.strategy.corpus import FOLDERS, ROOT, behaviours, labels, text_of

RIGHT = {
    "paper": (13, 12),
    "textbook": (24, 24),
    "shipped": (17, 17),
    "seen": (22, 22),
    "more": (26, 26),
    "unseen": (21, 22),
}
"""At least so many by text, and with behaviour. Rules are made with the others, never with `unseen`."""


@pytest.mark.parametrize("corpus", RIGHT)
def test_improvers_are_named_as_by_hand(corpus: str) -> None:
    named, did = labels()[corpus], behaviours()[corpus]
    by_text = {name: classify(text_of(corpus, name)).name for name in named}
    with_behaviour = {name: classify(text_of(corpus, name), did[name]).name for name in named}
    for least, found in zip(RIGHT[corpus], (by_text, with_behaviour), strict=True):
        wrong = {name: f"{found[name]}, by hand {label}" for name, label in named.items() if found[name] != label}
        assert len(named) - len(wrong) >= least, wrong


def test_every_program_of_the_corpus_has_a_label_of_the_vocabulary_and_a_recorded_behaviour() -> None:
    found, did = labels(), behaviours()
    for corpus in ("seen", "more", "unseen", "shipped"):
        assert set(found[corpus]) == {path.stem for path in FOLDERS[corpus].glob("*.py")}
    assert {corpus: set(named) for corpus, named in found.items()} == {name: set(each) for name, each in did.items()}
    assert {label for named in found.values() for label in named.values()} <= set(VOCABULARY)


def test_document_states_the_accuracy_that_is_tested() -> None:
    document = (ROOT / "docs/strategies.md").read_text("utf-8")
    rows = re.findall(r"^\| (\w+) \|.*?\| (\d+) of (\d+) \| (\d+) of (\d+) \|", document, re.M)
    stated = {corpus: tuple(map(int, numbers)) for corpus, *numbers in rows}
    sizes = {corpus: len(named) for corpus, named in labels().items()}
    assert stated == {corpus: (RIGHT[corpus][0], size, RIGHT[corpus][1], size) for corpus, size in sizes.items()}
