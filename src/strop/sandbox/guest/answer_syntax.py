"""Whether a text is Python that compiles, in time and memory proportional to its length, whatever a model wrote."""

from __future__ import annotations

import ast
import re
import threading
import warnings

_ONE_AT_A_TIME = threading.Lock()
"""Parsing is not thread-safe in CPython 3.11 (cpython#106905), and the warnings filter is not in any version."""
_MOST_COMPILED = 100_000
"""Characters, and nodes, that are compiled; what is larger is only parsed."""
_JUMPS = (ast.Return, ast.Break, ast.Continue)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_PATH = re.compile(r"\w++(?:[\s\\]*+\.[\s\\]*+\w++)*+")
_MOST_DOTS = 100
"""In one name: the parser needs minutes and gigabytes to read an import of a longer one."""
_F_STRING = re.compile(r"\b(?:[fF][rR]?|[rR][fF])['\"]")
_MOST_BRACES = 10_000
"""In a text with f-strings: CPython 3.11 joins the values of an f-string pair by pair."""
_HEREDOC = re.compile(r"<<-?[ \t]*+(?P<quote>['\"]?)(?P<word>\w++)(?P=quote)[^\n]*+\n")


def parse(text: str) -> tuple[ast.Module | None, int]:
    """The syntax tree of a text that compiles and is not empty, else None; and the line where it does not compile, if known."""
    if _is_costly(text):
        return None, 0
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = ast.parse(text)
            if len(text) <= _MOST_COMPILED and _size(tree) <= _MOST_COMPILED:
                compile(tree, "<answer>", "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
            return None, (isinstance(error, SyntaxError) and error.lineno) or 0
    return (tree if tree.body else None), 0


def _is_costly(text: str) -> bool:
    """Whether the parser would need much more time or memory for a text than for others of its length."""
    if text.count("{") > _MOST_BRACES and _F_STRING.search(text):
        return True
    return text.count(".") > _MOST_DOTS and any(path[0].count(".") > _MOST_DOTS for path in _PATH.finditer(text))


def _size(tree: ast.AST) -> int:
    """About how much the compiler makes of a tree: it repeats what `finally` holds for each way out, and a comparison of many
    values takes time by the square."""
    sizes: dict[int, tuple[int, int]] = {}  # of each node: its size, and the jumps in it
    order = [tree]
    for node in order:  # grows during the loop
        order += ast.iter_child_nodes(node)
    for node in reversed(order):
        last = {id(each) for each in getattr(node, "finalbody", ())}
        size, jumps, again, more = 1, int(isinstance(node, _JUMPS)), 0, 0
        for child in ast.iter_child_nodes(node):
            inner, ways = sizes.get(id(child), (1, 0))  # `Load()` is one object
            again, more = (again + inner, more + ways) if id(child) in last else (again, more)
            size, jumps = (size, jumps) if id(child) in last else (size + inner, jumps + ways)
        size += (
            again * (2 + jumps) + jumps * len(getattr(node, "items", ())) + len(getattr(node, "ops", ())) ** 2 // 100
        )
        jumps = 0 if isinstance(node, _FUNCTIONS) else jumps + more * (2 + jumps)
        sizes[id(node)] = size, jumps
    return sizes[id(tree)][0]


def heredocs(text: str) -> list[str]:
    """What stands between `<<WORD` and a line with that word."""
    found = []
    for head in _HEREDOC.finditer(text):
        lines = text[head.end() :].split("\n")
        end = next((row for row, line in enumerate(lines) if line.strip(" \t") == head["word"]), 0)
        found += ["\n".join(lines[:end])] if end else []
    return found
