"""`from helpers import extract_code`: the program in an answer of a language model.

A program is a block as it stands; nothing is cut out of one. The language is that of the file to improve, by its name; an answer
decides nothing about it. In Python the rule is: of the fenced blocks that define the entry point, the longest; of several about
as long, the last. The entry point is `algorithm`, `improve_algorithm`, or what the program to improve defines, methods too. Where
no block does, one is taken that defines something else, then one that defines nothing. Whether a block compiles decides nothing:
a program with an error is what the model wrote. A block of Python ends at the first fence outside of its texts, so that a program
may hold fences. In another language a fence is the program, whatever its tag; of several, the longest with the tag
of the file, or without a tag and with a line of the file. Without a fence the whole answer is the program, in Python if it
compiles. An answer with a fence that is not closed was cut, and has no program.
"""

from __future__ import annotations

import ast
import bisect
import re
import textwrap
import threading
import warnings
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

from frames import shared_module

__all__ = ["extract_code"]

_responses = shared_module("responses", "base")

LONGEST = 400_000
"""Most characters of an answer; a longer answer has no program."""
MOST_BLOCKS = 200
_AS_LONG = 0.8
"""A later block takes the place of the longest one if it has this share of its characters."""
_ENTRIES = frozenset(("algorithm", "improve_algorithm"))
_FENCE = re.compile(
    r"(?P<margin>[ \t]*(?:(?:>|[-*+]|\d{1,3}[.)])[ \t]+|>)*)(?P<mark>`{3,}|~{3,})[ \t]*(?P<info>(?:[\w{.][^`]*)?)"
)
_LEXED = re.compile(
    r"^(?P<margin>[ \t>]*)(?P<mark>`{3,}|~{3,})[ \t]*$|#.*"
    r"|\"{3}(?:\\[\s\S]|[^\\])*?(?:\"{3}|\Z)|'{3}(?:\\[\s\S]|[^\\])*?(?:'{3}|\Z)"
    r"|\"(?:\\[\s\S]|[^\"\\\n])*+\"?|'(?:\\[\s\S]|[^'\\\n])*+'?",
    re.MULTILINE,
)
"""Matches what may begin in Python text: a fence, a comment, or a text, which may hold fences."""
_FARTHER = 3
"""Blanks more that may stand before a fence than before the one that it closes."""
_TAG = re.compile(r"[a-z][a-z+#]*")
_CODE_START = re.compile(r"import \w|from [\w.]+ import\b|(?:async )?def \w+ *[(\[]|class \w+ *[(:]|@\w")
_NAMED = re.compile(r"(?m)^(?:(?:async +)?def|class) +(\w+)|^(\w+) *(?::[^=\n]*)?=(?!=)")
"""Matches the names that Python defines, also if it does not compile."""
_CHANGE = rf"(?:{_responses.EDIT}|diff --git |--- \S+\n\+\+\+ |@@ -|\*\*\* (?:Begin|Update) )"
_PATCH = re.compile(rf"\s*{_CHANGE}")
_WRAPPED = re.compile(rf"{_responses.AROUND}|<\|\w+\|>|^[ \t]{{0,3}}{_CHANGE}", re.MULTILINE)
"""Matches what an answer that is only a program does not have, unless the program to improve has it, too."""
_NO_PYTHON = re.compile(r"[\s$]*(?:cat|tee)\b.*<<|(?:[ \t]*\d+(?:[ \t:|].*)?(?:\n|\Z)){3}")
"""The beginning of a shell command that writes a file, which may compile, too, or of lines with their numbers."""
_FILE = re.compile(r"(?m)^(=== file: .+ ===)[ \t]*\n((?:(?!=== file: ).*\n?)*)")
"""One file of a program of several, as the prompt shows them."""
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_ONE_AT_A_TIME = threading.Lock()
"""Parsing is not thread-safe in CPython 3.11 (cpython#106905), and the warnings filter is not in any version."""
_PATH = re.compile(r"\w++(?:[\s\\]*+\.[\s\\]*+\w++)*+")
_MOST_DOTS = 100
"""Most dots in one name: the parser needs minutes and gigabytes to read an import of a longer one."""
_F_STRING = re.compile(r"\b(?:[fF][rR]?|[rR][fF])['\"]")
_MOST_BRACES = 10_000
"""Most braces in a text with f-strings: CPython 3.11 joins the values of an f-string pair by pair."""


class _Wanted:
    """What the host said about the program to improve. A process runs one improver on one program."""

    text = ""
    tags: frozenset[str] = frozenset(("python",))
    """The tags of a fence around it."""
    is_python = True
    names: frozenset[str] = frozenset()
    defines = False
    """Whether it has a function or a class; else it is a script, whatever values it names."""
    entries = _ENTRIES


class Block(NamedTuple):
    """Consecutive lines of an answer that may be a program."""

    text: str
    kind: str
    """`own`, if the tag of its fence is that of the program to improve, or `other`; empty without a tag."""
    names: frozenset[str] | None = None
    """What it defines, in another language's fence only with the entry point; None if it may not be Python: it does not compile,
    and the tag of its fence does not say that it is."""


def extract_code(answer: object) -> Any:
    """The program in an answer, as a person would copy it; for a list of answers, a list of their programs.

    Returns:
        str, or None if there is no program; a list of these for a list or tuple; None for anything else.
    """
    if isinstance(answer, (list, tuple)):
        return [extract_code(item) for item in answer]
    if not isinstance(answer, str) or len(answer) > LONGEST or answer.endswith(_responses.CUT):
        return None
    text = str.__str__(answer).replace("\r\n", "\n").replace("\r", "\n")
    first = None
    for program in filter(None, (_Answer(reading).program() for reading in _responses.readings(text))):
        is_as_long = first is None or program.count("\n") >= first.count("\n")
        if is_as_long and (not _Wanted.is_python or parsed(program) is not None):
            return program
        first = first or program
    return first


def expect(solution: str, tags: Sequence[str] = ("python",)) -> None:
    """Set the program to improve, and the tags of a fence around it. It is chosen only if there is nothing else."""
    _Wanted.text, _Wanted.is_python = solution.strip(), "python" in tags
    _Wanted.tags = frozenset(_TAG.findall(" ".join(tags)))
    tree = parsed(solution) if _Wanted.is_python else None
    _Wanted.names = _defined(tree) if tree is not None else frozenset()
    _Wanted.defines = tree is not None and any(isinstance(node, _DEFINITIONS) for node in tree.body)
    classes = (node for node in getattr(tree, "body", ()) if isinstance(node, ast.ClassDef))
    methods = {part.name for node in classes for part in node.body if isinstance(part, _DEFINITIONS)}
    _Wanted.entries = _Wanted.names & _ENTRIES or _Wanted.names | methods or _ENTRIES


class _Answer:
    """One answer. Its blocks do not overlap, so that all of it is parsed twice at most."""

    def __init__(self, text: str) -> None:
        _, text, after = _responses.without_thoughts(text)
        text = after if "```" in after or _CODE_START.search(after) else text
        self._lines = text.split("\n")
        fences = ((row, _FENCE.fullmatch(line)) for row, line in enumerate(self._lines))
        self._fences = {row: fence for row, fence in fences if fence}
        self._rows = list(self._fences)
        self._outer: set[int] = set()
        """Rows of fences that close a block with other fences inside."""

    def program(self) -> str | None:
        """The text of the chosen block, or of all files if there are several; None if there is no program."""
        answer = "\n".join(self._lines).strip("\n")
        tree = parsed(answer) if _Wanted.is_python else None
        if tree is not None and _defined(tree) & _Wanted.entries:
            return answer
        blocks = self._blocks()
        if blocks is None:
            return None
        if files := [file for block in blocks for file in _FILE.findall(block.text)]:
            return "\n".join(f"{head}\n{text}" for head, text in dict(files).items())
        if not _Wanted.is_python:
            lines = _lines(_Wanted.text)
            likely = [
                block for block in blocks if block.kind == "own" or (not block.kind and lines & _lines(block.text))
            ]
            chosen = _best(likely, blocks)
            around, own = set(_WRAPPED.findall(answer)), set(_WRAPPED.findall(_Wanted.text))
            is_bare = answer.strip() and not (self._fences or around - own)
            return chosen.text if chosen else answer if is_bare else None
        blocks = [block for block in blocks if not _NO_PYTHON.match(block.text)]
        programs = [block for block in blocks if block.names]
        entry = [block for block in programs if block.names and block.names & _Wanted.entries]
        unread = [block for block in blocks if block.kind != "other" and block.names is None]
        kinds = () if _Wanted.defines else ("own", "") if _Wanted.text else ("own",)  # a script may be improved by one
        scripts = [block for block in blocks if block.kind in kinds and block.names == frozenset()]
        chosen = _best(entry, programs, scripts, unread)
        return chosen.text if chosen else None

    def _blocks(self) -> list[Block] | None:
        """The fenced blocks without patches; None if a fence is not closed."""
        blocks: list[Block] = []
        count = after = 0
        for row in self._rows:
            if row >= after and count < MOST_BLOCKS and row not in self._outer:
                block, after = self._block(row)
                if block is None:
                    return None
                count += 1
                blocks += [block] if block.text.strip() and not _PATCH.match(block.text) else []
        return blocks

    def _block(self, row: int) -> tuple[Block | None, int]:
        """The block that the fence in a row opens, and the row after it. The block is None if it is not closed."""
        margin, mark, info = self._fences[row].group("margin", "mark", "info")
        kind = "own" if _Wanted.tags.intersection(_TAG.findall(info.lower())) else "other" if info.strip() else ""
        begin = row + 1 if info or self._lines[row + 1 : row + 2] != ["python"] else row + 2
        is_python = _Wanted.is_python and kind != "other"
        end = self._end_of_python(begin, mark, margin) if is_python else self._end(begin, mark)
        if end is None:
            return None, len(self._lines)
        if kind == "other" and any(row < inner < end for inner in self._rows):
            self._outer.add(end)
            return Block("", kind), row + 1  # fences within another language: look inside
        text = _plain(self._lines[begin:end], margin)
        if (tree := parsed(text) if _Wanted.is_python else None) is not None:
            names = _defined(tree)
            return Block(text, kind, names if is_python or names & _Wanted.entries else frozenset()), end + 1
        named = frozenset(filter(None, chain.from_iterable(_NAMED.findall(text))))
        return Block(text, kind, (named or None) if kind == "own" else None), end + 1

    def _end(self, begin: int, mark: str) -> int | None:
        """The row of the fence that closes the block which begins at a row. Fences nest: one with an info string opens a
        block."""
        depth = 1
        for row in self._rows[bisect.bisect_left(self._rows, begin) :]:
            if self._fences[row]["mark"].startswith(mark):
                depth += 1 if self._fences[row]["info"].strip() else -1
                if depth == 0:
                    return row
        return None

    def _end_of_python(self, begin: int, mark: str, margin: str) -> int | None:
        """The row of the first fence that closes the Python block which begins at a row, and is not inside a text."""
        text, most = "\n".join(self._lines[begin:]), len(margin.expandtabs(4)) + _FARTHER
        for match in _LEXED.finditer(text):
            if (match["mark"] or "").startswith(mark) and len(match["margin"].expandtabs(4)) <= most:
                return begin + text.count("\n", 0, match.start())
        first = bisect.bisect_left(self._rows, begin)
        ends = [row for row in self._rows[first:] if self._fences[row]["mark"].startswith(mark)] or self._rows[first:]
        return ends[0] if first == len(ends) == 1 else None  # a text in the only block does not end


def _best(*groups: Sequence[Block]) -> Block | None:
    """The block to choose from the first group that is not empty. The program to improve is chosen only if there is no other."""
    new = [[block for block in group if block.text.strip() != _Wanted.text] for group in groups]
    group = next(filter(None, (*new, *groups)), [])
    longest = max((len(block.text) for block in group), default=0)
    return next((block for block in reversed(group) if len(block.text) >= _AS_LONG * longest), None)


def _lines(text: str) -> set[str]:
    """The lines of a text that say something, without the blanks around them."""
    return {line.strip() for line in text.split("\n") if any(map(str.isalnum, line))}


def _plain(lines: Sequence[str], margin: str) -> str:
    """The text of a block whose fence has this margin: spaces, marks of a list or of a quotation."""
    if ">" in margin:
        lines = [re.sub(r"^[ \t]*> ?", "", line) for line in lines]
    text = "\n".join(lines)
    return textwrap.dedent(text) if margin or (text[:1] in (" ", "\t") and _Wanted.is_python) else text


@lru_cache(maxsize=4)  # a program is parsed several times in a row
def parsed(text: str) -> ast.Module | None:
    """The syntax tree of Python that is not empty, else None."""
    costly = text.count("{") > _MOST_BRACES and _F_STRING.search(text)
    if costly or (
        text.count(".") > _MOST_DOTS and any(path[0].count(".") > _MOST_DOTS for path in _PATH.finditer(text))
    ):
        return None
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
    return tree if tree.body else None


def _defined(tree: ast.Module) -> frozenset[str]:
    """The functions, classes and other names that a module defines."""
    named = {node.name for node in tree.body if isinstance(node, _DEFINITIONS)}
    values = [node for node in tree.body if isinstance(node, (ast.Assign, ast.AnnAssign))]
    stored = (name for node in values for name in ast.walk(node) if isinstance(name, ast.Name))
    return frozenset(named | {name.id for name in stored if isinstance(name.ctx, ast.Store)})
