"""`from helpers import extract_code`: the program in an answer of a language model.

The rule: of the fenced blocks that compile and define the entry point, the longest; of several about as long, the last. The entry
point is `algorithm`, `improve_algorithm`, or what the program to improve defines. A block of Python ends at the first fence at
which it compiles, so that a program may hold fences in its texts. Where no block is such a program, the next in this order is
taken: Python that defines something else, another language, Python that does not compile. Other languages come first if the
program to improve is of one.
"""

from __future__ import annotations

import ast
import bisect
import html
import json
import re
import textwrap
import threading
import warnings
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

__all__ = ["extract_code"]

LONGEST = 400_000
"""Characters of an answer that are read."""
MOST_PARSED = 1_200_000
"""Characters that are parsed for one answer."""
MOST_BLOCKS = 200
MOST_FENCES = 1000
"""Fences that are searched for the end of one block."""
MOST_TRIES = 20
"""Places that are tried as the end of one block, or as the beginning of a program without a fence."""
_AS_LONG = 0.8
"""A later block takes the place of the longest one if it has this share of its characters."""
_ENTRIES = frozenset(("algorithm", "improve_algorithm"))
_FENCE = re.compile(
    r"(?P<margin>[ \t]*(?:(?:>|[-*+]|\d{1,3}[.)])[ \t]+|>)*)(?P<mark>`{3,}|~{3,}|''')[ \t]*(?P<info>(?:[\w{.][^`]*)?)"
)
_PYTHON = re.compile(r"\W*(?:i?python[\d.]*|py[\d.]*)\b", re.IGNORECASE)
_TEXT = re.compile(
    r"\W*(?:(?:ba|z|fi)?sh|shell|console|terminal|te?xt|plain(?:text)?|output|stdout|traceback|logs?|pseudo\w*|json\w*|ya?ml"
    r"|toml|ini|xml|html|u?diff|patch|md|markdown|thoughts?|plan)\b",
    re.IGNORECASE,
)
_AROUND = r"</?(?:pre|code|answer|solution|program|python|final_answer|improved_\w+)(?: [^<>\n]*)?>"
EDIT = r"[<-]{5,9} ?(?:SEARCH|ORIGINAL)\b"
"""The beginning of an edit."""
_THOUGHTS = "think|thinking|thought|reasoning|scratchpad|analysis|draft"
"""The names of the tags around what a model thinks before it responds."""
_MARKS = re.compile(
    rf"^[ \t]*(?:(?P<fence>`{{3,}}|~{{3,}})(?P<info>.*)|(?P<edit>{EDIT})|[<[](?P<open>{_THOUGHTS})[]>])"
    rf"|^[ \t]*[<[]/(?P<alone>{_THOUGHTS})[]>][ \t]*$|[<[]/(?P<close>{_THOUGHTS})[]>]",
    re.IGNORECASE | re.MULTILINE,
)
_CODE_START = re.compile(r"import \w|from [\w.]+ import\b|(?:async )?def \w+ *[(\[]|class \w+ *[(:]|@\w")
_PROSE = re.compile(r"[A-Z][\w'’]*(?:[ ,]+[\w'`]|[.!:]*$)|[*>|`#-]")
"""The beginning of a line behind a program without a fence."""
_PATCH = re.compile(rf"\s*(?:{EDIT}|diff --git |--- \S+\n\+\+\+ |@@ -|\*\*\* (?:Begin|Update) )")
_NUMBERED = re.compile(r"(?m)^([`~<=-]{3,}.*\n)((?:(?:[ \t]*\d+(?:[:\t]| ?\|)|(?:>>>|\.\.\.)(?: |$)).*(?:\n|\Z))+)")
_NUMBER = re.compile(r"(?m)^(?:[ \t]*\d+(?:: ?|\t| ?\| ?)|(?:>>>|\.\.\.) ?)")
_PASTED = (
    (r"\x1b\[[\d;]*[A-Za-z]|[\x00\u200b-\u200d\u2060\ufeff]", ""),
    (r"[\xa0\u2007\u202f\u3000]", " "),
    ("[\u201c-\u201e]", '"'),
    ("[\u2018-\u201a]", "'"),
    (r"<\|\w+\|>|</?s>", "\n"),
    (r"(?m)^([^`\n]+)(```)[ \t]*$|^([^`\n]*[:.])[ \t]+(```\w+)[ \t]*$", r"\1\3\n\2\4"),
    (r"(?m)^([<-]{5,9} ?\w.*\n|={5,9}\n)[`~]{3,}.*\n", r"\1"),
    (r"(?m)^[`~]{3,}[ \t]*\n(?=={5,9}\n|[>+]{5,9} ?\w)", ""),
)
"""What pages, terminals and servers add to a text, and what stands for it: colours, blanks of no width, hard blanks, typographic
quotes, special tokens, fences in an edit."""
_FILE = re.compile(r"(?m)^(=== file: .+ ===)[ \t]*\n((?:(?!=== file: ).*\n?)*)")
"""One file of a program of several, as the prompt shows them."""
_ONE_AT_A_TIME = threading.Lock()
"""Parsing is not thread-safe in CPython 3.11 (cpython#106905), and the warnings filter is not in any version."""
_PATH = re.compile(r"\w++(?:[\s\\]*+\.[\s\\]*+\w++)*+")
_MOST_DOTS = 100
"""In one name: the parser needs minutes and gigabytes to read an import of a longer one."""
_F_STRING = re.compile(r"\b(?:[fF][rR]?|[rR][fF])['\"]")
_MOST_BRACES = 10_000
"""In a text with f-strings: CPython 3.11 joins the values of an f-string pair by pair."""


class _Wanted:
    """What the host said about the program to improve. A process runs one improver on one program."""

    text = ""
    is_other = False
    """Whether it is not Python."""
    names: frozenset[str] = frozenset()


class Block(NamedTuple):
    """Consecutive lines of an answer that may be a program."""

    text: str
    kind: str
    """`python`, `code` (another language) or `text`; empty if the fence does not say."""
    names: frozenset[str] | None = None
    """What it defines; None if it is not Python that compiles."""


def extract_code(answer: object) -> Any:
    """The program in an answer, as a person would copy it; for a list of answers, a list of their programs.

    Returns:
        str, or None if there is no program; a list of these for a list or tuple; None for anything else.
    """
    if isinstance(answer, (list, tuple)):
        return [extract_code(item) for item in answer]
    if not isinstance(answer, str):
        return None
    text = str.__str__(answer)[:LONGEST].replace("\r\n", "\n").replace("\r", "\n")
    first = None
    for program in filter(None, (_Answer(each).program() for each in readings(text))):
        if _Wanted.is_other or parsed(program)[0] is not None:
            return program
        first = first or program
    return first


def expect(solution: str) -> None:
    """Set the program to improve: a program that defines the same names is chosen, and this one only if there is nothing else."""
    tree, _ = parsed(solution)
    _Wanted.text, _Wanted.is_other = solution.strip(), tree is None
    _Wanted.names = _defined(tree) if tree is not None else frozenset()


def without_thoughts(text: str, *, is_cut: bool = False) -> tuple[str, str, str]:
    """(what was thought, the text without it, its part behind the last closing tag that may end more thoughts) of a response.

    Tags in fences are text. A closing tag without an opening one ends thoughts only before the first fence or edit, and only if
    something follows: behind it, it may as well be out of place. `is_cut`: at the token limit.
    """
    thought, said = [], []
    if text.startswith("<|") and (parts := text.rpartition("<|channel|>final<|message|>"))[1]:
        thought, text = [parts[0]], parts[2]
    at = begin = last = depth = 0
    fence = name = ""
    has_code = False
    for mark in _MARKS.finditer(text):
        closes = (mark["alone"] or mark["close"] or "").lower()
        if name and closes == name:
            thought.append(text[begin : mark.start()])
            at, name = mark.end(), ""
        elif name:
            pass
        elif depth:
            if (mark["fence"] or "").startswith(fence):
                depth += 1 if mark["info"].strip() else -1
        elif mark["fence"] or mark["edit"]:
            fence, depth, has_code = mark["fence"] or "", int(mark["fence"] is not None), True
        elif mark["open"]:
            said.append(text[at : mark.start()])
            at, begin, name = mark.start(), mark.end(), mark["open"].lower()
        elif mark["alone"] and not (has_code or thought) and text[mark.end() :].strip():
            thought.append(text[: mark.start()])
            at = mark.end()
        else:
            said.append(text[at : mark.end()])
            at, last = mark.end(), len(said)
    if name and is_cut:
        thought.append(text[begin:])
        at = len(text)
    said.append(text[at:])
    whole = "".join(said)
    return "\n".join(map(str.strip, thought)), whole.lstrip() if thought else whole, "".join(said[last:])


class _Answer:
    """One answer, and how much of it has been parsed."""

    def __init__(self, text: str) -> None:
        self.parsed = 0
        _, text, after = without_thoughts(text)
        text = after if "```" in after or _CODE_START.search(after) else text
        self._lines = text.split("\n")
        self._fences = {row: fence for row, line in enumerate(self._lines) if (fence := _FENCE.fullmatch(line))}
        self._rows = list(self._fences)

    def program(self) -> str | None:
        """The chosen block, with the parts that it needs."""
        blocks = [block for block in self._blocks() if not _PATCH.match(block.text)]
        if files := [file for block in blocks for file in _FILE.findall(block.text)]:
            return "\n".join(f"{head}\n{text}" for head, text in dict(files).items())
        entries = _Wanted.names & _ENTRIES or _Wanted.names or _ENTRIES
        programs = [block for block in blocks if block.names]
        entry = [block for block in programs if block.names and block.names & entries]
        unread = {
            kind: [block for block in blocks if block.kind == kind and block.names is None]
            for kind in ("python", "text")
        }
        other = [block for block in blocks if block.kind in ("code", "") and block.names is None]
        kinds = ("python",) if _Wanted.names or not _Wanted.text else ("python", "")  # a script may be improved by one
        scripts = [block for block in blocks if block.kind in kinds and block.names == frozenset()]
        if _Wanted.is_other:
            chosen = _best(other, unread["text"], programs)
        else:
            chosen = _best(entry, programs, [block for block in other if block.kind], unread["python"], scripts, other)
        return None if chosen is None else self._completed(chosen, programs)

    def _blocks(self) -> list[Block]:
        """The fenced blocks; without a program among them, also the first one that has no fence."""
        found: list[Block] = []
        count = after = 0
        for row in self._rows:
            if row >= after and count < MOST_BLOCKS:
                (block, after), count = self._block(row), count + 1
                found += [block] if block.text.strip() else []
        if not any(block.names for block in found):
            starts = [row for row, line in enumerate(self._lines) if _CODE_START.match(line)]
            bare = (self._before_prose(self._lines[row:]) for row in starts[:MOST_TRIES])
            found += [*filter(None, bare)][:1]
        return found

    def _block(self, row: int) -> tuple[Block, int]:
        """The block that the fence in a row opens, and the row behind it."""
        margin, mark, info = self._fences[row].group("margin", "mark", "info")
        kind = "python" if _PYTHON.match(info) else "text" if _TEXT.match(info) else "code" if info.strip() else ""
        begin = row + 1 if info or self._lines[row + 1 : row + 2] != ["python"] else row + 2
        rows = self._rows[bisect.bisect_left(self._rows, begin) :][:MOST_FENCES]
        ends = [at for at in rows if self._fences[at]["mark"].startswith(mark)]
        if kind in ("python", ""):
            for end in rows[:MOST_TRIES]:
                text = _plain(self._lines[begin:end], margin)
                tree = self._tree(text)[0]
                if tree is not None:
                    return Block(text, kind, _defined(tree)), end if self._fences[end]["info"].strip() else end + 1
        depth, end = 1, len(self._lines)
        for at in ends:
            depth += 1 if self._fences[at]["info"].strip() else -1
            if depth == 0:
                end = at
                break
        if kind == "text" and any(row < at < end for at in ends):
            return Block("", kind), row + 1  # fences within text: look inside
        closed = depth == 0
        return Block(_plain(self._lines[begin:end], margin) if closed else "", kind), end + 1

    def _before_prose(self, lines: Sequence[str]) -> Block | None:
        """A program without the prose behind it; None if these lines do not begin with one that defines something."""
        for _ in range(MOST_TRIES):
            text = "\n".join(lines).rstrip()
            tree, failed = self._tree(text)
            if tree is not None:
                return Block(text, "python", names) if (names := _defined(tree)) and not _is_cut(tree) else None
            if not (1 < failed <= len(lines) and _PROSE.match(lines[failed - 1])):
                return None
            lines = lines[: failed - 1]
        return None

    def _completed(self, chosen: Block, programs: Sequence[Block]) -> str:
        """The chosen block, with the blocks above it that define names it lacks."""
        text = chosen.text
        for block in reversed(programs[: programs.index(chosen)] if chosen in programs else []):
            tree, _ = self._tree(text)
            if tree is None:
                break
            names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
            bound = _defined(tree) | {node.id for node in names if not isinstance(node.ctx, ast.Load)}
            if ({node.id for node in names} - bound) & (block.names or frozenset()):
                text = block.text.strip("\n") + "\n\n\n" + text
        return text

    def _tree(self, text: str) -> tuple[ast.Module | None, int]:
        """As `parsed`; nothing, once the work is used up."""
        if self.parsed + len(text) + 100 > MOST_PARSED:
            return None, 0
        self.parsed += len(text) + 100
        return parsed(text)


def _best(*groups: Sequence[Block]) -> Block | None:
    """The block to choose from the first group that has any; the program to improve only if there is nothing else."""
    new = [[block for block in group if block.text.strip() != _Wanted.text] for group in groups]
    group = next(filter(None, (*new, *groups)), [])
    longest = max((len(block.text) for block in group), default=0)
    return next((block for block in reversed(group) if len(block.text) >= _AS_LONG * longest), None)


def _plain(lines: Sequence[str], margin: str) -> str:
    """The text of a block whose fence has this margin: spaces, marks of a list or of a quotation."""
    if ">" in margin:
        lines = [re.sub(r"^[ \t]*> ?", "", line) for line in lines]
    text = "\n".join(lines)
    return textwrap.dedent(text) if margin or text[:1].isspace() else text


def _is_cut(tree: ast.Module) -> bool:
    """Whether a program without a fence behind it ends in a lone name: it was cut off there."""
    last: Any = tree
    while body := getattr(last, "orelse", None) or getattr(last, "body", None):
        last = body[-1] if isinstance(body, list) else body
    return isinstance(last, ast.Expr) and isinstance(last.value, (ast.Name, ast.Tuple, ast.Attribute))


def readings(text: str) -> Iterator[str]:
    """A response as it stands, then what else it may be: strings in JSON, a quotation, a text that was pasted from a page."""
    yield text
    row = 0
    for start, _ in zip(re.finditer(r"[{\[](?=\s*[{\[\"])", text), range(MOST_TRIES), strict=False):
        if start.start() >= row:
            try:
                document, row = json.JSONDecoder(strict=False).raw_decode(text, start.start())
            except (ValueError, RecursionError):
                continue
            yield from (each for each in sorted(_strings(document), key=len)[:-4:-1] if "\n" in each)
    lines = [line for line in text.split("\n") if line.strip()]
    if lines and all(line.lstrip().startswith(">") for line in lines):
        yield re.sub(r"(?m)^[ \t]*> ?", "", text)
    if len(lines) == 1:
        yield text.replace("\\n", "\n").replace('\\"', '"')
    pasted = html.unescape(text if "```" in text else re.sub(rf"(?:{_AROUND}\s*)+", "\n```\n", text))
    for pattern, plain in _PASTED:
        pasted = re.sub(pattern, plain, pasted)
    yield _NUMBERED.sub(lambda found: found[1] + _NUMBER.sub("", found[2]), pasted)
    if "```" not in text:
        yield re.sub(r"(?m)^(?: {4}|\t)", "", text)


def _strings(value: Any) -> Iterator[str]:
    """Every string in a JSON document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item)


def parsed(text: str) -> tuple[ast.Module | None, int]:
    """The syntax tree of Python that is not empty, else None; and the line where it does not compile, if known."""
    costly = text.count("{") > _MOST_BRACES and _F_STRING.search(text)
    if costly or (
        text.count(".") > _MOST_DOTS and any(path[0].count(".") > _MOST_DOTS for path in _PATH.finditer(text))
    ):
        return None, 0
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            return None, (isinstance(error, SyntaxError) and error.lineno) or 0
    return (tree if tree.body else None), 0


def _defined(tree: ast.Module) -> frozenset[str]:
    """The functions, classes and other names that a module defines."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    named = {node.name for node in tree.body if isinstance(node, kinds)}
    values = [node for node in tree.body if isinstance(node, (ast.Assign, ast.AnnAssign))]
    stored = (each for node in values for each in ast.walk(node) if isinstance(each, ast.Name))
    return frozenset(named | {each.id for each in stored if isinstance(each.ctx, ast.Store)})
