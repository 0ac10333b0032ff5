"""Every labelled improver has the name that it was given by hand, but for the misses that docs/strategies.md tells of."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from strop.strategy import VOCABULARY, classify
from unit.strategy.corpus import FOLDERS, ROOT, labels, text_of

MISSES = {
    ("paper", "figure_a8_genetic_algorithm_implicit"): "returns-initial",
    ("unseen", "beliefs_about_instructions"): "hints",
    ("unseen", "coin_with_numpy"): "genetic",
}
"""What the classifier says instead. The unseen ones stay: the rules were frozen before they were measured."""
CASES = [(corpus, name, label) for corpus, named in labels().items() for name, label in sorted(named.items())]


@pytest.mark.parametrize(("corpus", "name", "label"), CASES, ids=[f"{corpus}-{name}" for corpus, name, _ in CASES])
def test_improver_is_named_as_by_hand_but_for_the_known_misses(corpus: str, name: str, label: str) -> None:
    assert classify(text_of(corpus, name)).name == MISSES.get((corpus, name), label)


def test_every_program_of_the_corpus_has_a_label_of_the_vocabulary() -> None:
    found = labels()
    for corpus in ("seen", "unseen", "shipped"):
        assert set(found[corpus]) == {path.stem for path in FOLDERS[corpus].glob("*.py")}
    assert {label for named in found.values() for label in named.values()} <= set(VOCABULARY)


def test_document_states_the_accuracy_that_is_measured() -> None:
    document = (ROOT / "docs/strategies.md").read_text("utf-8")
    stated = {
        row[0]: (int(row[1]), int(row[2])) for row in re.findall(r"^\| (\w+) \|.*?\| (\d+) of (\d+) \|", document, re.M)
    }
    missed = Counter(corpus for corpus, _ in MISSES)
    assert stated == {corpus: (len(named) - missed[corpus], len(named)) for corpus, named in labels().items()}


def test_document_explains_every_name() -> None:
    document = (ROOT / "docs/strategies.md").read_text("utf-8")
    for name, kind in VOCABULARY.items():
        assert f"| `{name}` | {kind.paper} |" in document, name
