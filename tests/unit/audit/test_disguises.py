"""Ways in which a program may hide what it does, rule by rule, and what only looks like it.

The snippets stand in `snippets/`: one a line, with `\\n` for a new line; `innocent.txt` breaks no rule.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from strop.audit import audit_program

HEAD = "def improve_algorithm(initial_solution, utility, language_model):\n"
"""Snippets stand in the body of an improver, unless they define one themselves."""
LATER = "    return initial_solution\n"


def snippets(path: Path) -> list[str]:
    """The snippets of a file."""
    return [line.replace("\\n", "\n") for line in path.read_text("utf-8").splitlines()]


FILES = {path.stem: snippets(path) for path in sorted((Path(__file__).parent / "snippets").glob("*.txt"))}
LOOKALIKES = FILES.pop("innocent")
CASES = [(rule, snippet) for rule, listed in FILES.items() for snippet in listed]


def rules(snippet: str) -> set[str]:
    """The rules that are broken by a snippet, run-of-the-mill improver around it."""
    if "def improve_algorithm" not in snippet:
        body = "".join(f"    {line}\n" for line in snippet.splitlines())
        snippet = HEAD + body + LATER
    return {finding.rule for finding in audit_program(snippet)}


@pytest.mark.parametrize(("rule", "snippet"), CASES, ids=[f"{rule}-{snippet[:60]!r}" for rule, snippet in CASES])
def test_rule_fires_on_what_is_disguised(rule: str, snippet: str) -> None:
    assert rule in rules(snippet)


@pytest.mark.parametrize("snippet", LOOKALIKES, ids=[repr(snippet[:60]) for snippet in LOOKALIKES])
def test_no_rule_fires_on_what_only_looks_like_it(snippet: str) -> None:
    assert rules(snippet) == set()
