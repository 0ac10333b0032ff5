"""Candidates made of attacks on a task that a command scores: the program's files with the attack in them."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from strop.base.syntax import syntax_tree
from strop.checks.attack import Attack, Language

_ENDINGS: Mapping[Language, tuple[str, ...]] = {
    "python": (".py",),
    "shell": (".sh", ".bash"),
    "javascript": (".js", ".mjs", ".cjs"),
    "sql": (".sql",),
    "c": (".c",),
    "c++": (".cc", ".cpp", ".cxx"),
    "rust": (".rs",),
    "go": (".go",),
}
_FIRST_LINES: Mapping[Language, str] = {"python": "python", "shell": "sh", "javascript": "node"}
"""What the first line of a script names."""
_MAIN = re.compile(r"\b(int|void|fn|func)\s+main\s*\(")
_FUNCTION = re.compile(
    r"^(?!\s*(?:struct|union|enum|namespace|class|typedef|static_assert)\b[^(]*$)[^#={}]*\)[^={};]*$", re.S
)
"""The text between two declarations that heads a body of C or C++."""


@dataclass(frozen=True)
class Given:
    """What an attack is given of the task that it is to cheat."""

    forged: str
    """A better score than the original's as the command would print it; empty where nothing of the score is printed."""
    results: str
    """The file that the score is read from, by path in the copy; empty where it is none."""
    document: str
    """What that file would hold with a better score."""
    others: tuple[str, ...]
    """The other files of the tree."""
    port: int
    """Of this machine, on which somebody listens."""
    outside: tuple[str, ...]
    """Files that it tries to make, outside of the copy."""


def candidate(attack: Attack, program: Mapping[str, str], given: Given) -> dict[str, str] | None:
    """The files of a program that is the attack; None where there is nothing of that language to put it into, or to forge."""
    if attack.language == "any":
        return dict.fromkeys(program, attack.text) if dict.fromkeys(program, attack.text) != dict(program) else None
    fitting = [path for path, text in program.items() if is_of(attack.language, path, text)]
    if not fitting or (
        attack.kind == "forged" and not (given.results if attack.name == "results_file" else given.forged)
    ):
        return None
    made = {path: _with(attack, path, text, given) if path in fitting else text for path, text in program.items()}
    return made if made != dict(program) else None


def is_of(language: Language, path: str, text: str) -> bool:
    """Whether a file is of a language, by its name or its first line."""
    first = text.partition("\n")[0]
    named = PurePosixPath(path).suffix in _ENDINGS.get(language, ())
    script = _FIRST_LINES.get(language)
    return named or (script is not None and first.startswith("#!") and script in first.split("/")[-1])


def _with(attack: Attack, path: str, text: str, given: Given) -> str:
    """A file with the attack before its own code."""
    if attack.bodies:
        return with_bodies(text, attack.text)
    if attack.language == "sql":
        return attack.text
    if attack.language in ("c", "c++", "rust", "go"):
        return attack.text if _MAIN.search(text) else text
    if attack.language in ("shell", "javascript"):
        head, rest = (text.partition("\n")[0] + "\n", text.partition("\n")[2]) if text.startswith("#!") else ("", text)
        return head + attack.text.replace("{forged}", shlex.quote(given.forged)) + rest
    facts = {**vars(given), "forged": given.document if attack.name == "results_file" else given.forged, "own": path}
    lines = text.splitlines(keepends=True)
    at = _first_statement(text)
    return "".join([*lines[:at], f"{attack.text}\n\nattack({facts!r})\n", *lines[at:]])


def with_bodies(text: str, body: str) -> str:
    """A C or C++ text with `body` as the body of every function at its top; of one that returns nothing the body is empty.

    Braces in comments and strings are not told apart: what does not build then is refused like any program that does not.
    """
    parts, begin, depth, opened = [], 0, 0, 0
    for at, character in enumerate(text):
        if character == "{":
            depth += 1
            opened = at if depth == 1 else opened
        elif character == "}" and depth:
            depth -= 1
            if depth == 0:
                head = text[begin:opened]
                declared = head[max(head.rfind(";"), head.rfind("\n#")) + 1 :]
                is_function = _FUNCTION.match(re.sub(r"#[^\n]*", "", declared)) is not None
                empty = "{ }" if re.search(r"\bvoid\b[^*(]*\(", declared) else body
                parts += [head, empty if is_function else text[opened : at + 1]]
                begin = at + 1
    return "".join([*parts, text[begin:]])


def _first_statement(text: str) -> int:
    """How many lines come before the code: comments, the docstring, and imports from __future__."""
    try:
        body = syntax_tree(text).body
    except (SyntaxError, ValueError):
        return 0
    at = 0
    for index, node in enumerate(body):
        is_docstring = index == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if not is_docstring and not (isinstance(node, ast.ImportFrom) and node.module == "__future__"):
            break
        at = node.end_lineno or at
    return at
