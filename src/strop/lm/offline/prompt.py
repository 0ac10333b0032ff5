"""Find the program to improve in a prompt: the first fenced block that is not introduced as the score function.

It reads only the prompt's text. It does not judge the program, and never runs it.
"""

from __future__ import annotations

import ast
import re
import textwrap
from functools import lru_cache

from strop.base.later import dataclass
from strop.base.syntax import parsed

LONGEST_PROGRAM = 100_000
"""Most characters of a program: a longer block is not read as one, so that a hostile prompt costs little."""
_ENDS = 20
"""Most fences that are tried as the end of a block."""

_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})[ \t]*(?:[A-Za-z][\w+.#-]*)?[ \t]*$")
_SCORE = re.compile(r"(?:score|scoring|utility) function", re.IGNORECASE)
_ASKED = re.compile(r"(?m)^Answer with .* in one fenced block(?: of (?!Python\.$)(.+))?\.$")
"""Matches how a prompt asks for a program; the group is the language, if it is not Python."""
_HEAD = "=== file: "
"""Begins a program of several files."""
_REGION = re.compile(r"(?m)^[ \t]*#[ \t]*EVOLVE-BLOCK-START\b.*\n(?P<body>(?:.*\n)*?)(?=[ \t]*#[ \t]*EVOLVE-BLOCK-END)")


@dataclass(frozen=True)
class PromptBlock:
    """A fenced block and the last line of prose before it."""

    introduction: str
    text: str


@dataclass(frozen=True)
class PromptProgram:
    """The program that a prompt asks to improve. All answers to the prompt share it: nobody may change its tree."""

    text: str
    """The part that may change: all of it, or the first region between EVOLVE-BLOCK markers, without its indentation."""
    tree: ast.Module | None
    """None if the program is not valid Python."""
    above: str = ""
    indentation: str = ""
    below: str = ""

    def assembled(self, text: str) -> str:
        """The whole program with `text` in place of the part that may change."""
        if not self.above:
            return text
        return self.above + textwrap.indent(text.strip("\n") + "\n", self.indentation) + self.below


def fenced_blocks(text: str) -> list[PromptBlock]:
    """The outermost fenced blocks.

    A block ends at the first bare fence, at least as long as its own, above which it is valid Python; so a fence inside a text
    of the program does not end it. Other blocks end at their first bare fence, or with the prompt.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    blocks: list[PromptBlock] = []
    introduction, number = "", 0
    while number < len(lines):
        opening = _FENCE.match(lines[number])
        number += 1
        if opening is None:
            introduction = lines[number - 1].strip() or introduction
            continue
        end = _end(lines, number, opening[1])
        blocks.append(PromptBlock(introduction, "\n".join(lines[number:end])))
        introduction, number = "", end + 1
    return blocks


def _end(lines: list[str], start: int, mark: str) -> int:
    bare = re.compile(rf"[ \t]*{mark}{mark[0]}*[ \t]*")
    ends = [number for number in range(start, len(lines)) if bare.fullmatch(lines[number])]
    complete = (end for end in ends[:_ENDS] if _python("\n".join(lines[start:end])) is not None)
    return next(complete, ends[0] if ends else len(lines))


def why_unsupported(message: str) -> str:
    """Why the program of a prompt is not one file of Python, according to the prompt; empty if it may be."""
    match = _ASKED.search(message)
    if match and match[1]:
        return f"this program is {match[1]}"
    blocks = fenced_blocks(message) if _HEAD in message else []
    if any(block.text.startswith(_HEAD) for block in blocks):
        return "this program has several files"
    program = read_program(message) if match else None
    return "this program is not Python" if program and program.tree is None else ""


@lru_cache(16)
def read_program(message: str) -> PromptProgram | None:
    """The program in the prompt, or None if the prompt has no fenced block.

    The paper's earlier prompts (Figures A.7 to A.15) show the score function first, which counts only if there is no other block.
    """
    blocks = fenced_blocks(message)
    if not blocks:
        return None
    block = next((block for block in blocks if not _SCORE.search(block.introduction)), blocks[0])
    text = _python(block.text)
    if text is None:
        return PromptProgram(block.text, None)
    for region in _REGION.finditer(text):
        body = textwrap.dedent(region["body"])
        tree = parse(body)
        if tree is not None and tree.body:
            first = next(line for line in region["body"].split("\n") if line.strip())
            indentation = first[: len(first) - len(first.lstrip())]
            return PromptProgram(body, tree, text[: region.start("body")], indentation, text[region.end("body") :])
    return PromptProgram(text, parse(text))


def parse(text: str) -> ast.Module | None:
    """The syntax tree, or None if the text is not Python, or too long or too deep."""
    return None if len(text) > LONGEST_PROGRAM else parsed(text)


def _python(text: str) -> str | None:
    """The text if it is Python, without the indentation of a prompt's template if that is needed; else None."""
    return next(
        (reading for reading in (text, textwrap.dedent(text), text.lstrip(" \t")) if parse(reading) is not None), None
    )
