"""Find the program to improve in a prompt, as a reader would: the first fenced block that is not the score function.

It reads only the prompt's text. It does not judge the program, and never runs it.
"""

from __future__ import annotations

import ast
import re
import textwrap
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from strop.base.solution import is_costly_to_parse
from strop.base.syntax import syntax_tree
from strop.lm.offline.library import Algorithm
from strop.lm.offline.shapes import Signature, signature_of

LONGEST_PROGRAM = 200_000
"""Characters; a longer block is not read as a program, so that a hostile prompt costs little."""
_LONGEST_REMEMBERED, _REMEMBERED = 50_000, 32
"""Characters of a prompt that is read once for all its answers, and how many prompts are: their syntax trees stay in memory."""

_FENCE = re.compile(r"^[ \t]*(?:`{3,}|~{3,})[ \t]*([A-Za-z][\w+.#-]*)?[ \t]*$")
_LONGER = re.compile(r"^[ \t]*(`{4,}|~{4,})")
_OPENED_IN_TEXT = re.compile(r"""^[^`]*["'(\s]`{3,}[A-Za-z][\w+.#-]*[ \t]*$""")
_CLOSED_IN_TEXT = re.compile(r"""^[ \t]*`{3,}[ \t]*["')]""")
_REGION = re.compile(
    r"(?m)^[ \t]*#[ \t]*EVOLVE-BLOCK-START\b.*\n(?P<body>(?:(?!.*EVOLVE-BLOCK-START).*\n)*?)(?=[ \t]*#[ \t]*EVOLVE-BLOCK-END)"
)
_STATEMENT = re.compile(r"\s*(?:def|class|if|elif|else|for|while|try|except|finally|with|async|match|case)\b")
_SCORE = re.compile(r"score function|utility function|scoring function", re.IGNORECASE)


@dataclass(frozen=True)
class PromptBlock:
    """An outermost fenced block and the last line of prose before it."""

    introduction: str
    text: str


@dataclass(frozen=True)
class PromptProgram:
    """The program that a prompt asks to improve; `tree` is None if it is not valid Python.

    All answers to the prompt share it: nobody may change its tree.
    """

    text: str
    tree: ast.Module | None
    signature: Signature | None
    adapted: dict[Algorithm, str] = field(default_factory=dict, compare=False, repr=False)
    """The program with an algorithm in place of its entry function, where that was asked before (`adapt`)."""

    @cached_property
    def parts(self) -> list[Part]:
        """Its `marked_parts`."""
        return marked_parts(self)


@dataclass(frozen=True)
class Part:
    """A marked region of a program, read as a program of its own, and the text around it."""

    above: str
    program: PromptProgram
    below: str
    indentation: str

    def around(self, code: str) -> str:
        """The whole program with `code` in place of the region."""
        return self.above + textwrap.indent(code.strip("\n") + "\n", self.indentation) + self.below


def marked_parts(program: PromptProgram) -> list[Part]:
    """The regions between EVOLVE-BLOCK markers that are valid Python; the markers belong to the text around them."""
    parts = []
    for region in _REGION.finditer(program.text) if program.tree is not None else ():
        text = textwrap.dedent(region["body"])
        tree = parse(text)
        if tree is not None and tree.body:
            filled = next(line for line in region["body"].split("\n") if line.strip())
            indentation = filled[: len(filled) - len(filled.lstrip())] if text != region["body"] else ""
            above, below = program.text[: region.start("body")], program.text[region.end("body") :]
            parts.append(Part(above, PromptProgram(text, tree, signature_of(tree)), below, indentation))
    return parts


def fenced_blocks(text: str) -> list[PromptBlock]:
    """The outermost fenced blocks. Fences nest: one with an info string opens, a bare one closes the innermost, unless it
    stands below a line that ends with a colon, as in the prompts of improvers. A fence of four or more is closed by its like.

    A block that is never closed reaches to the end of the text.
    """
    blocks: list[PromptBlock] = []
    body: list[str] = []
    introduction, before, depth = "", "", 0
    longer = ""  # the mark of an outermost fence that is longer than usual: nothing shorter ends it
    for line in text.replace("\r\n", "\n").split("\n"):
        step = _step(line, depth)
        if longer:
            step = -1 if line.strip() == longer else 0
        elif depth == 0 and step > 0:
            longer = next(iter(_LONGER.findall(line)), "")
        elif step < 0 and before.endswith(":") and not (_CLOSED_IN_TEXT.match(line) or _STATEMENT.match(before)):
            step = 1  # words of a program's own prompt announce a block: `Improve this:`
        before = line.rstrip() or before
        if depth and depth + step > 0:
            body.append(line)
        elif depth and step < 0:
            blocks.append(PromptBlock(introduction, "\n".join(body)))
            body, introduction, longer = [], "", ""
        elif not step and line.strip():
            introduction = line.strip()
        depth += step
    if depth:
        blocks.append(PromptBlock(introduction, "\n".join(body)))
    return blocks


def _step(line: str, depth: int) -> int:
    """How much deeper the nesting is after this line: 1, 0 or -1.

    A program may open a fence after the quotes that begin a text literal, and close one before the quotes that end it.
    """
    fence = _FENCE.match(line)
    if fence is not None:
        return 1 if depth == 0 or fence[1] is not None else -1
    if depth and _OPENED_IN_TEXT.match(line):
        return 1
    return -1 if depth > 1 and _CLOSED_IN_TEXT.match(line) else 0


def read_program(message: str) -> PromptProgram | None:
    """The first program in the prompt, or None if the prompt has no fenced block.

    The paper's earlier prompts (Figures A.7 to A.15) show the score function first, so blocks introduced as the score
    function are skipped unless there are no others.
    """
    return _remembered(message) if len(message) <= _LONGEST_REMEMBERED else _read(message)


def _read(message: str) -> PromptProgram | None:
    blocks = fenced_blocks(message)
    if not blocks:
        return None
    block = next((block for block in blocks if not _SCORE.search(block.introduction)), blocks[0])
    for text in _readings(block.text):
        tree = parse(text)
        if tree is not None:
            return PromptProgram(text, tree, signature_of(tree))
    return PromptProgram(block.text, None, None)


_remembered = lru_cache(_REMEMBERED)(_read)


def parse(text: str) -> ast.Module | None:
    """The syntax tree, or None if the text is not Python, or too long or too deep."""
    if len(text) > LONGEST_PROGRAM or is_costly_to_parse(text):
        return None
    try:
        return syntax_tree(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _readings(text: str) -> list[str]:
    """The text, and the text without the two kinds of indentation that an indented prompt template adds."""
    return [text, textwrap.dedent(text), text.lstrip(" \t")]
