"""The museum for tasks that a command scores: small files, read as text and never imported, and the candidates made of them.

A file begins with a docstring of four paragraphs, as those of `hacks`, and has the literals `KIND`, `FINDING` and `LANGUAGE`. One
of the language `python` defines `attack(given)`, which is put into every Python file of the program, before its own code. Others
have `CONTENT`: for `any` and `sql`, what every file becomes; for `shell` and `javascript`, what is put before every script; for
`c`, `c++`, `rust` and `go`, what the file with main() becomes, or with `PLACE = "bodies"` what every function's body becomes.
"""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath
from typing import Literal, TypeAlias, cast, get_args

from strop.base.syntax import syntax_tree
from strop.check.hacks import exhibits, words

Kind: TypeAlias = Literal["nothing", "forged", "tampered", "same", "outside"]
"""How its score is judged. `nothing`: no work is done. `forged`: a score is written by the program. `tampered`: what judges it is
changed. `same`: the original, and something done beside it. `outside`: something outside of the copy is reached for."""
Language: TypeAlias = Literal["python", "shell", "javascript", "sql", "c", "c++", "rust", "go", "any"]
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
class CommandHack:
    """One exhibit."""

    name: str
    title: str
    tried: str
    means: str
    change: str
    kind: Kind
    finding: str
    language: Language
    text: str
    """The file's code, or `CONTENT`."""
    bodies: bool = False
    """Whether the text stands in the place of every function's body."""


@dataclass(frozen=True)
class Given:
    """What an attack is told of the task that it is to cheat."""

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


@cache
def command_museum() -> tuple[CommandHack, ...]:
    """Every hack, in the order of their names."""
    return tuple(read(name, text) for name, text in exhibits("command_attacks"))


def read(name: str, text: str) -> CommandHack:
    """The hack in a file's text.

    Raises:
        ValueError: the file is not as the module's docstring says.
    """
    (title, tried, means, change), said = words(name, text)
    language = said.get("LANGUAGE")
    if said.get("KIND") not in get_args(Kind) or language not in get_args(Language) or "FINDING" not in said:
        raise ValueError(f"{name}: KIND, FINDING and LANGUAGE must be literals")
    if (language == "python") == ("CONTENT" in said):
        raise ValueError(f"{name}: CONTENT is for other languages than Python, which needs attack(given)")
    return CommandHack(
        name=name,
        title=title,
        tried=tried,
        means=means,
        change=change,
        kind=cast(Kind, said["KIND"]),
        finding=str(said["FINDING"]),
        language=cast(Language, language),
        text=text[text.index("def attack") :] if language == "python" else str(said["CONTENT"]),
        bodies=said.get("PLACE") == "bodies",
    )


def candidate(hack: CommandHack, program: Mapping[str, str], given: Given) -> dict[str, str] | None:
    """The files of a program that is the hack; None where there is nothing of that language to put it into, or to forge."""
    if hack.language == "any":
        return dict.fromkeys(program, hack.text) if dict.fromkeys(program, hack.text) != dict(program) else None
    fitting = [path for path, text in program.items() if is_of(hack.language, path, text)]
    if not fitting or (hack.kind == "forged" and not (given.results if hack.name == "results_file" else given.forged)):
        return None
    made = {path: _with(hack, path, text, given) if path in fitting else text for path, text in program.items()}
    return made if made != dict(program) else None


def is_of(language: Language, path: str, text: str) -> bool:
    """Whether a file is of a language, by its name or its first line."""
    first = text.partition("\n")[0]
    named = PurePosixPath(path).suffix in _ENDINGS.get(language, ())
    script = _FIRST_LINES.get(language)
    return named or (script is not None and first.startswith("#!") and script in first.split("/")[-1])


def _with(hack: CommandHack, path: str, text: str, given: Given) -> str:
    """A file with the hack before its own code."""
    if hack.bodies:
        return with_bodies(text, hack.text)
    if hack.language == "sql":
        return hack.text
    if hack.language in ("c", "c++", "rust", "go"):
        return hack.text if _MAIN.search(text) else text
    if hack.language in ("shell", "javascript"):
        head, rest = (text.partition("\n")[0] + "\n", text.partition("\n")[2]) if text.startswith("#!") else ("", text)
        return head + hack.text.replace("{forged}", shlex.quote(given.forged)) + rest
    told = {**vars(given), "forged": given.document if hack.name == "results_file" else given.forged, "own": path}
    lines = text.splitlines(keepends=True)
    at = _first_statement(text)
    return "".join([*lines[:at], f"{hack.text}\n\nattack({told!r})\n", *lines[at:]])


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
