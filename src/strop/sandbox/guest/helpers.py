"""`from helpers import extract_code`: the program in an answer of a language model."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["extract_code"]

_FENCE = re.compile(r"([ \t]*)(`{3,}|~{3,})[ \t]*([^\n]*?)[ \t]*")
_LANGUAGE = re.compile(r"[A-Za-z0-9_+#.\-{}]+([ \t][^`]*)?")
_IN_TEXT = re.compile(r"""[^`]*["'(\s](`{3,})[A-Za-z][\w+#.\-]*[ \t]*""")


def extract_code(answer: object) -> Any:
    """The largest outermost fenced block of a text; for a list, a list of what each of its texts holds.

    A fence is a line of three or more backticks or tildes. One followed by a language opens a block, or a block inside the
    block that is open: an improver's text holds the fences of its own prompts. A bare one closes what is open, else opens.
    A fence shorter than the open one, or of the other character, is text. A bare fence that is indented by four or more
    than the open one opens a block of its own. What stands in no fence is no code, and nor is a block that was never
    closed: an answer that was cut short is not a program.

    Returns:
        str, or None where there is no code; a list of these for a list or tuple; None for anything else.
    """
    if isinstance(answer, (list, tuple)):
        return [extract_code(item) for item in answer]
    if not isinstance(answer, str):
        return None
    blocks = [block for block in _outermost_blocks(answer.replace("\r\n", "\n").split("\n")) if block.strip()]
    return max(blocks, key=len) if blocks else None


def _outermost_blocks(lines: list[str]) -> list[str]:
    """The text of every closed block that stands in no other."""
    blocks: list[str] = []
    stack: list[tuple[int, str]] = []  # the indentation and the mark of each open fence
    start = 0
    for number, line in enumerate(lines):
        fence = _FENCE.fullmatch(line)
        if fence is None:
            opened_in_text = _IN_TEXT.fullmatch(line) if stack else None
            if opened_in_text and len(opened_in_text[1]) >= len(stack[-1][1]) and stack[-1][1][0] == "`":
                stack.append((stack[-1][0], opened_in_text[1]))
            continue
        indent, mark, info = len(fence[1].expandtabs(4)), fence[2], fence[3]
        if not stack:
            if not info or _LANGUAGE.fullmatch(info):
                stack.append((indent, mark))
                start = number + 1
            continue
        if mark[0] != stack[-1][1][0] or len(mark) < len(stack[-1][1]):
            continue
        if _LANGUAGE.fullmatch(info) or (not info and indent >= stack[-1][0] + 4):
            stack.append((indent, mark))
        elif not info or len(stack) > 1:  # a fence with a quote after it ends a block and the text literal around it
            stack.pop()
            if not stack:
                blocks.append("\n".join(lines[start:number]))
    return blocks
