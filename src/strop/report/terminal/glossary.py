"""The words of the paper that tables use, each explained once: below the tables of the terminal, and on every page."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from strop.report.terminal.tables import say

GLOSSARY = {
    "û": "meta-utility: mean utility, 0 to 1, of the programs an improver makes",
    "u(s)": "utility of the task's seed solution",
    "sealed": "the test split: instances that no prompt and no choice has seen",
    "copy": "one repetition of the task; ± is one standard error over the copies",
    "pair": "candidate and incumbent on the same fresh training instances",
    "evidence": "what the pairs say for the candidate; at the threshold it is accepted",
}
"""Word → what it means, in one line of 80 columns."""


RUN = ("û", "sealed", "copy", "pair", "evidence")
"""The words of a run's tables."""


def print_glossary(console: Console, words: Sequence[str] = RUN) -> None:
    """What these words mean."""
    width = max(map(len, words))
    for word in words:
        say(console, f"{word.ljust(width)}  {GLOSSARY[word]}", style="dim")
