"""Reasoning that a model writes into its answer."""

from __future__ import annotations

import re

_OPENED = re.compile(r"\s*<think>")
_CLOSED_ALONE = re.compile(r"^[ \t]*</think>[ \t]*$", re.MULTILINE)


def split_thoughts(text: str, reason: str = "") -> tuple[str, str]:
    """(reasoning, answer) of a text that begins with `<think>`, or that has only `</think>`: some prompts have the beginning.

    A text that was cut at the token limit during the reasoning holds no answer.
    """
    opened = _OPENED.match(text)
    if opened is None:
        closed = None if "<think>" in text else _CLOSED_ALONE.search(text)
        return (text[: closed.start()].strip(), text[closed.end() :].lstrip()) if closed else ("", text)
    thought, closing, answer = text[opened.end() :].partition("</think>")
    if closing:
        return thought.strip(), answer.lstrip()
    return (thought.strip(), "") if reason == "length" else ("", text)
