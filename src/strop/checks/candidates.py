"""Candidates made of attacks on a task that a command scores: the program's files with the attack in them, and forged scores."""

from __future__ import annotations

import ast
import json
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from types import MappingProxyType

from strop.base.from_json import read_json
from strop.base.syntax import syntax_tree
from strop.checks.attack import Attack, Language
from strop.tasks.command.line_search import numbers_in
from strop.tasks.command.masking import span_at
from strop.tasks.command.objective import COUNTED_BY_KERNEL, READERS, Objective
from strop.tasks.command.readers import documents, file_of, steps_of

EMPTY: Mapping[str, str] = MappingProxyType({})
TIMES_BETTER = 10.0
"""How much better a forged value is than the original's."""
_ENDINGS: Mapping[Language, tuple[str, ...]] = {
    "python": (".py",),
    "shell": (".sh", ".bash"),
    "awk": (".awk",),
    "perl": (".pl",),
    "javascript": (".js", ".mjs", ".cjs"),
    "sql": (".sql",),
    "c": (".c",),
    "c++": (".cc", ".cpp", ".cxx"),
    "rust": (".rs",),
    "go": (".go",),
    "data": (
        ".txt",
        ".json",
        ".jsonl",
        ".csv",
        ".tsv",
        ".md",
        ".rst",
        ".toml",
        ".yaml",
        ".yml",
        ".ini",
        ".cfg",
        ".xml",
        ".html",
        ".svg",
    ),
}
_INTERPRETERS: Mapping[Language, str] = {
    "python": "python",
    "shell": "sh",
    "javascript": "node",
    "awk": "awk",
    "perl": "perl",
}
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
    """What the original printed, with a better score; empty if nothing that is printed, and no exit status, counts."""
    documents: Mapping[str, str]
    """The files that scores are read from, by path in the copy → content with a better score."""
    output: str
    """What the original printed, with a better score if it is there."""
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
    if not fitting or (attack.kind == "forged" and not _forges(attack, given)):
        return None
    files = {path: _with(attack, path, text, given) if path in fitting else text for path, text in program.items()}
    return files if files != dict(program) else None


def is_of(language: Language, path: str, text: str) -> bool:
    """Whether a file is in a language, by its name or its first line."""
    first, interpreter = text.partition("\n")[0], _INTERPRETERS.get(language)
    if PurePosixPath(path).suffix in _ENDINGS.get(language, ()):
        return True
    return interpreter is not None and first.startswith("#!") and interpreter in first.split("/")[-1]


def has_main(text: str) -> bool:
    """Whether a program of C, C++, Rust or Go begins in this text."""
    return _MAIN.search(text) is not None


def _forges(attack: Attack, given: Given) -> bool:
    """Whether there is something that an attack can forge."""
    if attack.language == "python":
        return bool(given.documents if attack.name == "results_file" else given.forged)
    return bool(given.forged or given.documents)


def _with(attack: Attack, path: str, text: str, given: Given) -> str:
    """A file with the attack before its own code, or after it in C and C++."""
    if attack.bodies:
        return with_bodies(text, attack.text)
    if attack.kind == "forged" and attack.language != "python":
        return _with_forged(attack, text, given)
    if attack.language == "sql":
        return attack.text
    if attack.language in ("c", "c++", "rust", "go"):
        return attack.text if has_main(text) else text
    if attack.language in ("shell", "javascript", "awk", "perl"):
        head, rest = behind_interpreter(text)
        return head + attack.text + rest
    facts = {**vars(given), "own": path}
    lines = text.splitlines(keepends=True)
    at = first_statement(text)
    return "".join([*lines[:at], f"{attack.text}\n\nattack({facts!r})\n", *lines[at:]])


def behind_interpreter(text: str) -> tuple[str, str]:
    """The line of a script that names its interpreter, and the rest."""
    first, _, rest = text.partition("\n")
    return (f"{first}\n", rest) if text.startswith("#!") else ("", text)


def _with_forged(attack: Attack, text: str, given: Given) -> str:
    """A file that prints a better score and ends, in another language than Python."""
    quote, documents = QUOTES[attack.language], given.documents
    written = {
        "shell": "".join(f"printf '%s' {quote(content)} > {quote(path)}\n" for path, content in documents.items()),
        "awk": "".join(f'printf "%s", {quote(content)} > {quote(path)}; ' for path, content in documents.items()),
        "perl": "".join(
            f"open(F, '>', {quote(path)}); print F {quote(content)}; close F; " for path, content in documents.items()
        ),
        "javascript": "".join(
            f"require('fs').writeFileSync({quote(path)}, {quote(content)});\n" for path, content in documents.items()
        ),
    }.get(attack.language, "".join(f"{{{quote(path)}, {quote(content)}}}, " for path, content in documents.items()))
    forging = attack.text.replace("{forged}", quote(given.output)).replace("{documents}", written)
    if attack.language in ("c", "c++"):
        return f"{text}\n{forging}"
    head, rest = behind_interpreter(text)
    return forging if attack.language in ("sql", "data") else head + forging + rest


def _as_c(text: str) -> str:
    """A text as a literal of C."""
    parts = (chr(byte) if 32 <= byte < 127 and byte not in b'"\\?' else f"\\{byte:03o}" for byte in text.encode())
    return f'"{"".join(parts)}"'


def _as_perl(text: str) -> str:
    """A text as a literal of Perl."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _as_sql(text: str) -> str:
    """Statements that print the lines of a text."""
    return "".join("SELECT '" + line.replace("'", "''") + "';\n" for line in text.splitlines())


QUOTES: Mapping[Language, Callable[[str], str]] = {
    "shell": shlex.quote,
    "javascript": json.dumps,
    "awk": _as_c,
    "perl": _as_perl,
    "c": _as_c,
    "c++": _as_c,
    "sql": _as_sql,
    "data": str,
}
"""By language: a text as it is written there."""


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


def first_statement(text: str) -> int:
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
    """Better values for everything that is printed: constraints met, all tests passed, other metrics ten times better."""
    goals = {metric.name: metric.goal for metric in objective.metrics}
    forged = {
        name: 1.0 if reader == "tests" else _better(values[name], goals[name]) if name in goals else values[name]
        for name, reader in objective.readers.items()
        if reader not in (*COUNTED_BY_KERNEL, "passed")
    }
    bounds = {one.name: one.bound for one in objective.constraints if one.name in forged and one.name not in goals}
    return forged | bounds


def forged_output(objective: Objective, values: Mapping[str, float], output: str) -> str:
    """An honest output with these values in place of its own; empty if none of them is printed.

    What a program cannot change in it, such as an exit status, counts as printed.
    """
    texts: dict[tuple[int, int], str] = {}
    for name, value in values.items():
        reader = objective.readers[name]
        if reader.startswith("$"):
            places = (span_at(output, begin, steps_of(reader)) for begin, _, _ in documents(output))
            texts |= {place: json.dumps(value) for place in places if place is not None}
        elif reader not in READERS and not file_of(reader):
            for found in numbers_in(output, reader):
                end = found.start + found.number.end - found.number.start
                texts[found.start, end] = f"{value / found.number.factor:.6g}"
    text = _replaced(output, texts)
    return all_passed(text) if "tests" in (objective.readers[name] for name in values) else text if texts else ""


def forged_files(
    objective: Objective, values: Mapping[str, float], contents: Mapping[str, str] = EMPTY
) -> dict[str, str]:
    """The files that scores are read from, with these values; `contents` are honest ones, as far as they are known."""
    forged: dict[str, str] = {}
    for name, value in values.items():
        path = file_of(objective.readers[name])
        steps = steps_of(objective.readers[name].partition(":")[2]) if path else []
        before = forged.get(path, contents.get(path, ""))
        if path and (place := span_at(before, 0, steps) if before else None):
            forged[path] = _replaced(before, {place: json.dumps(value)})
        elif path:
            forged[path] = json.dumps(_put(read_json(before) if before else None, steps, value))
    return forged


_PASSED = (
    (
        re.compile(r"^=*[ ]?\d+ [a-z]+(?:, \d+ [a-z]+(?: [a-z]+)?)* in [\d.:]+s(?: \([\d:]+\))?[ ]?=*[ \t]*$", re.M),
        None,
    ),
    (re.compile(r"^FAILED \([^)\n]*\)[ \t]*$", re.M), "OK"),  # unittest
    (
        re.compile(r"^\d+% tests passed, \d+ tests? failed out of (\d+)", re.M),
        r"100% tests passed, 0 tests failed out of \1",
    ),
    (re.compile(r"^test result: \w+\. \d+ passed; \d+ failed;", re.M), None),
    (re.compile(r"^error: .*$", re.M), ""),  # cargo
    (re.compile(r"^([ \t]*--- )FAIL:", re.M), r"\1PASS:"),
    (re.compile(r"^FAIL(?=\t)", re.M), "ok  "),
    (re.compile(r"^not ok\b", re.M), "ok"),
    (re.compile(r"Failures: \d+, Errors: \d+"), "Failures: 0, Errors: 0"),
    (re.compile(r"BUILD FAILURE"), "BUILD SUCCESS"),
    (re.compile(r"<(failure|error)\b[^>]*(?:/>|>.*?</\1>)", re.S), ""),
    (re.compile(r'\b(failures|errors)="\d+"'), r'\1="0"'),
)
"""Summaries of test tools, and what they say if all tests pass; None: as many as ran."""


def all_passed(output: str) -> str:
    """The output of a test tool, as if all of its tests had passed."""

    def passed(found: re.Match[str]) -> str:
        counts = sum(int(number) for number in re.findall(r"(\d+) (?:passed|failed|errors?)\b", found[0]))
        is_cargo = found[0].startswith("test result")
        return f"test result: ok. {counts} passed; 0 failed;" if is_cargo else f"{counts} passed in 0.01s"

    for pattern, text in _PASSED:
        output = pattern.sub(passed if text is None else text, output)
    return output


def _replaced(text: str, texts: Mapping[tuple[int, int], str]) -> str:
    """A text with other texts at these places."""
    for (begin, end), other in sorted(texts.items(), reverse=True):
        text = text[:begin] + other + text[end:]
    return text


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
