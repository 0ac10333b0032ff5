"""Candidates made of attacks on a task that a command scores: the program's files with the attack in them, and forged scores."""

from __future__ import annotations

import ast
import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from strop.base.syntax import syntax_tree
from strop.checks.attack import Attack, Language, spoiling_texts
from strop.tasks.command.objective import COUNTED_BY_KERNEL, Objective
from strop.tasks.command.readers import file_of, steps_of
from strop.tasks.command.written_number import number_at

TIMES_BETTER = 10.0
"""How much better a forged value is than the original's."""
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
_INTERPRETERS: Mapping[Language, str] = {"python": "python", "shell": "sh", "javascript": "node"}
"""A script names it in its first line."""
_MAIN = re.compile(r"\b(int|void|fn|func)\s+main\s*\(")
_FUNCTION = re.compile(
    r"^(?!\s*(?:struct|union|enum|namespace|class|typedef|static_assert)\b[^(]*$)[^#={}]*\)[^={};]*$", re.S
)
"""The text between two declarations that heads a body of C or C++."""


@dataclass(frozen=True)
class Given:
    """What an attack gets to know about its task."""

    forged: str
    """A better score than the original's as the command would print it; empty if no score is printed."""
    results: str
    """The file that the score is read from, by path in the copy; empty if it is not read from a file."""
    document: str
    """The content of that file with a better score."""
    others: tuple[str, ...]
    """The other files of the tree."""
    port: int
    """An open port of this machine."""
    outside: tuple[str, ...]
    """Paths outside of the copy, where it tries to create files."""


def candidate(attack: Attack, program: Mapping[str, str], given: Given) -> dict[str, str] | None:
    """The program's files with the attack; None if no file is of its language, or there is no score to forge."""
    if attack.language == "any":
        files = dict.fromkeys(program, attack.text)
        return files if files != dict(program) else None
    fitting = [path for path, text in program.items() if is_of(attack.language, path, text)]
    if not fitting or (attack.kind == "forged" and not _forged(attack, given)):
        return None
    files = {path: _with(attack, path, text, given) if path in fitting else text for path, text in program.items()}
    return files if files != dict(program) else None


_CARRIER = """
def _strop_carrier():
    import sys
    import types

    for name, text in {texts!r}.items():
        module = sys.modules[name] = types.ModuleType(name)
        exec(compile(text, name, "exec"), module.__dict__)
    return module.Carrier({name!r}, {variant!r}, {must_change!r}, {files!r})


_strop_carrier = _strop_carrier()
if __name__ == "__main__" and {streams!r}:
    _strop_carrier.catch({results!r})
"""


def carried(
    name: str,
    variant: object,
    program: Mapping[str, str],
    *,
    must_change: bool,
    streams: bool,
    results: tuple[str, ...],
) -> dict[str, str] | None:
    """The program's files with a spoiler at work in each that is Python; None if none is.

    Args:
        must_change: see `carrier.Carrier`.
        streams: whether to spoil what a script prints and writes, too.
        results: files that are left alone.
    """
    texts = spoiling_texts("carrier")
    files = {}
    for path, text in program.items():
        if is_of("python", path, text):
            facts = {"name": name, "variant": variant, "must_change": must_change, "streams": streams}
            head = _CARRIER.format(
                texts=texts, files=list(program), results=[PurePosixPath(path).name for path in results], **facts
            )
            lines = text.splitlines(keepends=True)
            at = _first_statement(text)
            files[path] = "".join([*lines[:at], head, *lines[at:], "\n\n_strop_carrier.wrap(globals())\n"])
    return {**program, **files} if files else None


def is_of(language: Language, path: str, text: str) -> bool:
    """Whether a file is of a language, by its name or its first line."""
    first, interpreter = text.partition("\n")[0], _INTERPRETERS.get(language)
    if PurePosixPath(path).suffix in _ENDINGS.get(language, ()):
        return True
    return interpreter is not None and first.startswith("#!") and interpreter in first.split("/")[-1]


def _forged(attack: Attack, given: Given) -> str:
    """The score that an attack forges: in a file, or printed."""
    if attack.name == "results_file":
        return given.document if given.results else ""
    return given.forged


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
    facts = {**vars(given), "forged": _forged(attack, given), "own": path}
    lines = text.splitlines(keepends=True)
    at = _first_statement(text)
    return "".join([*lines[:at], f"{attack.text}\n\nattack({facts!r})\n", *lines[at:]])


def with_bodies(text: str, body: str) -> str:
    """A C or C++ text with `body` as the body of every top-level function; the body of a void function becomes empty.

    Braces in comments and strings are not recognized: a result that does not build is refused like any program that does not.
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
    """The number of lines before the code: comments, the docstring, and imports from __future__."""
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


def forged_values(objective: Objective, values: Mapping[str, float]) -> dict[str, float]:
    """Better values for everything that is printed: constraints met, metrics ten times better."""
    goals = {metric.name: metric.goal for metric in objective.metrics}
    forged = {
        name: _better(values[name], goals[name]) if name in goals else values[name]
        for name, reader in objective.readers.items()
        if reader not in (*COUNTED_BY_KERNEL, "passed")
    }
    bounds = {one.name: one.bound for one in objective.constraints if one.name in forged and one.name not in goals}
    return forged | bounds


def forged_output(objective: Objective, values: Mapping[str, float], output: str) -> str:
    """What the command would print with these values, after an honest `output`; empty if no score is printed."""
    lines: list[str] = []
    document: object = None
    for name, value in values.items():
        reader = objective.readers[name]
        if reader == "tests":
            lines.append("1000 passed in 0.01s")
        elif reader.startswith("$"):
            document = _put(document, steps_of(reader), value)
        elif not file_of(reader):
            lines.append(_line(reader, value, output))
    if document is not None:
        lines.append(json.dumps(document))
    return "".join(f"\n{line}" for line in lines if line) + "\n" if any(lines) else ""


def forged_file(objective: Objective, values: Mapping[str, float]) -> tuple[str, str]:
    """(the first file that scores are read from, its content with these values); empty if there is none."""
    files = {name: path for name in values if (path := file_of(objective.readers[name]))}
    if not files:
        return "", ""
    first = next(iter(files.values()))
    document: object = None
    for name, path in files.items():
        if path == first:
            document = _put(document, steps_of(objective.readers[name].partition(":")[2]), values[name])
    return first, json.dumps(document)


def _better(value: float, goal: str) -> float:
    if goal == "max":
        return value * TIMES_BETTER if value > 0 else value + TIMES_BETTER
    return value / TIMES_BETTER if value > 0 else value - TIMES_BETTER


def _put(document: object, steps: list[str | int], value: float) -> object:
    """The document with a value at a path."""
    if not steps:
        return value
    first, rest = steps[0], steps[1:]
    if isinstance(first, str):
        inside = dict(document) if isinstance(document, dict) else {}
        inside[first] = _put(inside.get(first), rest, value)
        return inside
    items = list(document) if isinstance(document, list) else []
    index = first if first >= 0 else max(len(items) - 1, 0)
    items += [None] * (index + 1 - len(items))
    items[index] = _put(items[index], rest, value)
    return items


def _line(pattern: str, value: float, output: str) -> str:
    """The line of an honest output that matches the pattern, with another number in it."""
    for line in output.splitlines():
        match = re.search(pattern, line)
        if match is not None and match[1] is not None:
            number = number_at(line, match.span(1), match.span())
            return f"{line[: number.start]}{value / number.factor:.6g}{line[number.end :]}"
    return ""
