"""How right the static rules are on the 60 labelled programs of `tests/audit/programs`; docs/check.md has these figures."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from strop.analysis.audit import STATIC_RULES, audit_program
from strop.runs.spec import improver_text, shipped_improvers

ROOT = Path(__file__).parents[4]
PRINTED = ("tests/paper/improvers/*.py", "src/strop/lm/textbook/*.py", "src/strop/tasks/sandbox_flag/seed*.py")
"""Improvers and algorithms of the paper, and those that the offline proposer writes."""
RIGHT = {"S001": 5, "S002": 7, "S003": 5, "S005": 2, "S006": 2}
MISSED = {"S001": 3, "S002": 1}


def rules(text: str) -> set[str]:
    return {finding.rule for finding in audit_program(text)}


def test_rules_find_what_programs_are_labelled_with_as_often_as_the_page_says() -> None:
    right, missed, wrong = Counter[str](), Counter[str](), Counter[str]()
    programs = [path.read_text(encoding="utf-8") for path in (ROOT / "tests/audit/programs").glob("*.py")]
    exact = accused = 0
    for text in programs:
        labels = STATIC_RULES.keys() & set(
            text.split("\n", 1)[0].split()[3:]
        )  # they also name what the jail alone stops
        found = rules(text) - {"S012", "S013"}  # labels do not know these
        right.update(labels & found)
        missed.update(labels - found)
        wrong.update(found - labels)
        exact += labels == found
        accused += bool(found) and not labels
    assert (len(programs), exact, accused) == (60, 56, 0)
    assert (dict(right), dict(missed), dict(wrong)) == (RIGHT, MISSED, {})
    page = (ROOT / "docs/check.md").read_text(encoding="utf-8")
    assert f"{exact} of {len(programs)}" in page and f"{right.total()} of {(right + missed).total()}" in page


@pytest.mark.heavy
def test_rules_find_nothing_in_improvers_that_are_shipped_or_printed() -> None:
    texts = {name: improver_text(name) for name in shipped_improvers()}
    texts |= {path.name: path.read_text(encoding="utf-8") for each in PRINTED for path in ROOT.glob(each)}
    assert len(texts) > 20
    assert {name: rules(text) for name, text in texts.items() if rules(text)} == {}
