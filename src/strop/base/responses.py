"""A response of a language model as a text, in a jail and outside of it: its reasoning, and the other texts it may stand for.

The guest loads this file by its path; it needs nothing of strop.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any

MOST_DOCUMENTS = 20
"""How many places in a response are tried as the beginning of JSON."""
AROUND = r"</?(?:pre|code|answer|solution|program|python|final_answer|improved_\w+)(?: [^<>\n]*)?>"
"""A tag around a program."""
CUT = "[The server cut this response at its token limit.]"
"""The end of a response that was cut, as an improver gets it."""
EDIT = r"[<-]{5,9} ?(?:SEARCH|ORIGINAL)\b"
"""The beginning of an edit."""
_THOUGHTS = "think|thinking|thought|reasoning|scratchpad|analysis|draft"
"""The names of the tags around what a model thinks before it responds."""
_MARKS = re.compile(
    rf"^[ \t]*(?:(?P<fence>`{{3,}}|~{{3,}})(?P<info>.*)|(?P<edit>{EDIT})|[<[](?P<open>{_THOUGHTS})[]>])"
    rf"|^[ \t]*[<[]/(?P<alone>{_THOUGHTS})[]>][ \t]*$|[<[]/(?P<close>{_THOUGHTS})[]>]",
    re.IGNORECASE | re.MULTILINE,
)
_NUMBERED = re.compile(r"(?m)^([`~<=-]{3,}.*\n)((?:(?:[ \t]*\d+(?:[:\t]| ?\|)|(?:>>>|\.\.\.)(?: |$)).*(?:\n|\Z))+)")
_NUMBER = re.compile(r"(?m)^(?:[ \t]*\d+(?:: ?|\t| ?\| ?)|(?:>>>|\.\.\.) ?)")
_PASTED = (
    (r"\x1b\[[\d;]*[A-Za-z]|[\x00\u200b-\u200d\u2060\ufeff]", ""),
    (r"[\xa0\u2007\u202f\u3000]", " "),
    ("[\u201c-\u201e]", '"'),
    ("[\u2018-\u201a]", "'"),
    (r"(?ms)^'''(py\w*)$(.*?)^'''$", r"```\1\2```"),
    (r"<\|im_start\|>\w+\n|<\|\w+\|>|</?s>", "\n"),
    (r"(?m)^([^`\n]+)(```)[ \t]*$|^([^`\n]*[:.])[ \t]+(```\w+)[ \t]*$", r"\1\3\n\2\4"),
    (r"(?m)^(```)[ \t]+(\w.*[.!?:])$", r"\1\n\2"),
    (r"(?m)^([<-]{5,9} ?\w.*\n|={5,9}\n)[`~]{3,}.*\n", r"\1"),
    (r"(?m)^[`~]{3,}[ \t]*\n(?=={5,9}\n|[>+]{5,9} ?\w)", ""),
)
"""What pages, terminals and servers add to a text, and its replacement: colours, blanks of no width, hard blanks, typographic
quotes, special tokens, fences in an edit."""


def without_thoughts(text: str, *, is_cut: bool = False) -> tuple[str, str, str]:
    """A response as (its thoughts, the text without them, the end of that text behind the last stray closing tag).

    Tags in fences are text. A closing tag without an opening one ends thoughts only before the first fence or edit, and only if
    something follows. Any other is a stray tag, and stays in the text. `is_cut`: the token limit cut the response.
    """
    thought, pieces = [], []
    if text.startswith("<|") and (parts := text.rpartition("<|channel|>final<|message|>"))[1]:
        thought, text = [parts[0]], parts[2]
    position = opened = last = depth = 0
    fence = name = ""
    has_code = False
    for mark in _MARKS.finditer(text):
        closes = (mark["alone"] or mark["close"] or "").lower()
        if name and closes == name:
            thought.append(text[opened : mark.start()])
            position, name = mark.end(), ""
        elif name:
            pass
        elif depth:
            if (mark["fence"] or "").startswith(fence):
                depth += 1 if mark["info"].strip() else -1
        elif mark["fence"] or mark["edit"]:
            fence, depth, has_code = mark["fence"] or "", int(mark["fence"] is not None), True
        elif mark["open"]:
            pieces.append(text[position : mark.start()])
            position, opened, name = mark.start(), mark.end(), mark["open"].lower()
        elif mark["alone"] and not (has_code or thought) and text[mark.end() :].strip():
            thought.append(text[: mark.start()])
            position = mark.end()
        else:
            pieces.append(text[position : mark.end()])
            position, last = mark.end(), len(pieces)
    if name and is_cut:
        thought.append(text[opened:])
        position = len(text)
    pieces.append(text[position:])
    remainder = "".join(pieces)
    return "\n".join(map(str.strip, thought)), remainder.lstrip() if thought else remainder, "".join(pieces[last:])


def readings(text: str) -> Iterator[str]:
    """A response as it stands, then the other texts it may stand for: strings in JSON, a quotation, a text pasted from a page."""
    yield text
    row = 0
    for start, _ in zip(re.finditer(r"[{\[](?=\s*[{\[\"])", text), range(MOST_DOCUMENTS), strict=False):
        if start.start() >= row:
            try:
                document, row = json.JSONDecoder(strict=False).raw_decode(text, start.start())
            except (ValueError, RecursionError):
                continue
            yield from (string for string in sorted(_strings(document), key=len)[:-4:-1] if "\n" in string)
    lines = [line for line in text.split("\n") if line.strip()]
    if lines and all(line.lstrip().startswith(">") for line in lines):
        yield re.sub(r"(?m)^[ \t]*> ?", "", text)
    if len(lines) == 1:
        yield text.replace("\\n", "\n").replace('\\"', '"')
    pasted = html.unescape(text if "```" in text else re.sub(rf"(?:{AROUND}\s*)+", "\n```\n", text))
    for pattern, plain in _PASTED:
        pasted = re.sub(pattern, plain, pasted)
    yield _NUMBERED.sub(lambda match: match[1] + _NUMBER.sub("", match[2]), pasted)


def _strings(value: Any) -> Iterator[str]:
    """Every string in a JSON document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item)
