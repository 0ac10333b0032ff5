"""How right the static rules are on labelled programs: thresholds for each rule stand in `tests/audit/accuracy.toml`."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from strop.analysis.audit import audit_program
from strop.runs.spec import improver_text, shipped_improvers

TESTS = Path(__file__).parents[3]
CORPORA = TESTS / "audit"
THRESHOLDS: dict[str, dict[str, list[int]]] = tomllib.loads((CORPORA / "accuracy.toml").read_text(encoding="utf-8"))
HEAD = "def improve_algorithm(initial_solution, utility, language_model):\n"
LATER = "    return initial_solution\n"
PRINTED = (
    "tests/paper/improvers/*.py",
    "src/strop/lm/textbook/*.py",
    "src/strop/tasks/sandbox_flag/seed*.py",
)
"""Improvers and algorithms of the paper, and those that the offline proposer writes."""


def labelled(folder: str) -> Iterator[tuple[str, str, set[str]]]:
    """Name, text and labels of each program; a line of `disguises` stands in an improver unless it defines one."""
    for path in sorted((CORPORA / folder).glob("*.py")):
        text = path.read_text(encoding="utf-8")
        yield path.stem, text, set(text.split("\n", 1)[0].split()[3:])
    for path in sorted((CORPORA / folder).glob("*.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            text = line.replace("\\n", "\n")
            if "def improve_algorithm" not in text:
                text = HEAD + "".join(f"    {each}\n" for each in text.splitlines()) + LATER
            yield f"{path.stem}: {line}", text, set() if path.stem == "innocent" else {path.stem}


def rules(text: str) -> set[str]:
    return {finding.rule for finding in audit_program(text)}


@pytest.mark.parametrize("folder", THRESHOLDS)
def test_rules_find_what_programs_are_labelled_with(folder: str) -> None:
    """A disguise is labelled with one rule and may break others; an innocent one breaks none."""
    found, missed, wrong = (
        defaultdict[str, list[str]](list),
        defaultdict[str, list[str]](list),
        defaultdict[str, list[str]](list),
    )
    thresholds = THRESHOLDS[folder]
    for name, text, labels in labelled(folder):
        given = rules(text) & thresholds.keys()
        for rule in given | labels:
            kind = found if rule in given & labels else missed if rule in labels else wrong
            if kind is not wrong or folder != "disguises" or not labels:
                kind[rule].append(name)
    worse = [
        f"{rule}: at least {least} found, missed {missed[rule]}; at most {most} wrong: {wrong[rule]}"
        for rule, (least, most) in thresholds.items()
        if len(found[rule]) < least or len(wrong[rule]) > most
    ]
    assert not worse, "\n".join(worse)


@pytest.mark.heavy
def test_rules_find_nothing_in_improvers_that_are_shipped_or_printed() -> None:
    texts = {name: improver_text(name) for name in shipped_improvers()}
    texts |= {path.name: path.read_text(encoding="utf-8") for each in PRINTED for path in TESTS.parent.glob(each)}
    assert len(texts) > 20
    assert {name: rules(text) for name, text in texts.items() if rules(text)} == {}
