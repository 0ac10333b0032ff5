"""What a program says of itself: in names and docstrings (weak evidence), and in the prompts that reach the model (strong)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

_MOST_NAMES = 5000
CLAIMS: dict[str, re.Pattern[str]] = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in {
        "beam-search": r"beam|tree.?search|tree.of.thought",
        "genetic": r"genetic|crossover|evolution|mutat|offspring|chromosom",
        "decomposing": r"decompos|part.by.part|split_into|section.by.section",
        "simulated-annealing": r"anneal|metropolis|cooling",
        "prompt-bandit": r"bandit|thompson",
        "ucb": r"\bucb|upper.?confidence|_ucb",
        "epsilon-greedy": r"epsilon",
        "hints": r"\bhints?\b",
        "local-search": r"local.?search|neighbou?r|hill.?climb",
        "error-feedback": r"feedback|reflexion|self.?debug",
        "islands": r"island|archipelago",
        "successive-halving": r"halving|hyperband|tournament.bracket",
        "best-of-n": r"best.of.n\b",
        "chain-of-thought": r"chain.of.thought|step.by.step",
    }.items()
}
SMALL_CHANGE = re.compile(
    r"\b(small|minor|minimal|single|slight|tiny|one|local|incremental|little)\b[^.\n]{0,25}\b(change|edit|tweak|modification|step)"
    r"|\bslightly\b|\bneighbou?r|\btweak",
    re.IGNORECASE,
)
COMBINE = re.compile(r"combin|cross|merge|recombin|blend|parents|hybrid|fuse|best of both|synthesi[sz]e", re.IGNORECASE)


def claimed(tree: ast.Module) -> list[str]:
    """The strategies that names, docstrings and the program's own words name, in the order of the vocabulary."""
    said = " ".join(_said(tree))
    return [name for name, pattern in CLAIMS.items() if pattern.search(said)]


def _said(tree: ast.Module) -> Iterator[str]:
    for count, node in enumerate(ast.walk(tree)):
        if count > _MOST_NAMES:
            return
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Module)):
            yield (ast.get_docstring(node, clean=False) or "")[:1000]
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def says(pattern: re.Pattern[str], words: Iterable[str]) -> bool:
    """Whether any of the texts speaks so."""
    return any(pattern.search(word) for word in words)
