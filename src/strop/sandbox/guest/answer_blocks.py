"""Find the parts of a model's answer that may be a program: fenced blocks, tags, code without a fence, strings in JSON.

`helpers` chooses among them. The work is limited by counting characters, never by a clock.
"""

from __future__ import annotations

import ast
import itertools
import json
import re
import textwrap
from collections.abc import Iterator
from typing import Any, NamedTuple

from answer_syntax import heredocs, parse

LONGEST = 400_000
"""Characters of an answer that are read."""
MOST_PARSED = 1_200_000
"""Characters that are parsed for one answer."""
MOST_SCANNED = 4_000_000
"""Characters of one answer that are searched for the ends of blocks."""
MOST_BLOCKS = 200
_TRIMS = 12
_STARTS = 10

_FENCE = re.compile(r"(?P<indent>[ \t]*(?:(?:>|[-*+]|\d{1,3}[.)])[ \t]+|>)*)(?P<mark>`{3,}|~{3,})[ \t]*(?P<info>[^`]*)")
_AFTER_WORDS = re.compile(r"""(?P<indent>)[^`]*[\s:("'](?P<mark>`{3,})(?P<info>[A-Za-z][\w+#.\-]*)[ \t]*""")
_TOKEN = re.compile(
    r"#[^\n]*|\"\"\"|'''|\"(?:[^\"\\\n]|\\[\s\S])*\"?|'(?:[^'\\\n]|\\[\s\S])*'?|`{3,}|(?<![^\n])[ \t]*~{3,}[ \t]*(?![^\n])"
)
_PYTHON = re.compile(r"i?python[\d.]*|py[\d.]*|pyi|cython|sage|numpy|jupyter")
_DATA = re.compile(
    r"bash|sh|shell|zsh|fish|json|jsonc|json5|yaml|yml|toml|ini|cfg|conf|config|env|xml|html|css|dockerfile|properties"
)
_TEXT = re.compile(
    r"text|txt|plain|plaintext|output|out|console|terminal|logs?|stdout|stderr|results?|pseudo|pseudo-?code|algorithm|math"
    r"|latex|tex|mermaid|dot|graphviz|csv|tsv|u?diff|patch|md|markdown|http|traceback|pytb|pycon|error|none|idea|plan"
    r"|thoughts?|thinking|notes|.*-(?:session|repl|traceback)"
)
_HEADING = re.compile(r"#{1,6} [^\n]{1,200}")
"""Behind a program; a comment to Python."""
_MAGIC = re.compile(r"(?m)^[%!][^\n]*\n?")
_TAG = re.compile(
    r"<(?P<tag>code|answer|solution|program|python|script|final_answer|improved_\w+|new_\w+)(?:\s[^<>\n]*)?>"
    r"(?:<!\[CDATA\[)?[ \t]*\n?"
)
_CODE_START = re.compile(
    r"import \w|from [\w.]+ import\b|(?:async )?def \w+ *[(\[]|class \w+ *[(:]|@\w|#!|\"\"\"|'''"
    r"|[A-Za-z_]\w*(?: *: *[\w\[\], .]+)? *=[^=]"
)
_CODE_LINE = re.compile(
    r"(?:def|class|for|while|if|elif|else|try|except|finally|return|with|import|from|yield|raise|pass|break|continue)\b"
    r"(?=.*[:=(.\[]|\s*$|\s+\w+$)|[@)\]}\s]|[\w.]+ *[-+*/|&^%]?=|[\w.]+[(\[]"
)
_PYTHON_HEAD = re.compile(r"(?m)^(?:def \w+\(|class \w+.*:[ \t]*$|import \w+$|from [\w.]+ import )")
_OTHER_LINE = re.compile(
    r".*[;{}]\s*(?:(?://|/\*|--).*)?|\s*(?:#\s*(?:include|define|if|ifdef|ifndef|endif|else|pragma)\b|//|/\*|\*|--|[)}\]]).*"
    r"|\s*(?:SELECT|FROM|WHERE|JOIN|(?:LEFT|INNER|GROUP|ORDER|CREATE|INSERT|UPDATE|DELETE|WITH|UNION|HAVING|LIMIT|ON|AND) ).*"
    r"|\s*(?:def|fn|func|function|sub|local|let|const|var|val|public|private|static|package|use|module)\s+[\w$].*"
)
_INDENTED_LINE = re.compile(r"[ \t]+\S.*[,()=].*")
_HARD_LINE = re.compile(
    r"\s*#\s*include\b.*|.*[{}];?\s*|\s*(?:SELECT|CREATE TABLE|INSERT INTO|WITH \w+ AS|UPDATE \w+ SET)\b.*"
)
"""A line that does not occur in prose."""


class Block(NamedTuple):
    """Consecutive lines of an answer that may be a program."""

    text: str
    kind: str
    """`python`, `code` (another language), `data` (shell, configuration) or `text`; empty if unknown."""
    tree: ast.Module | None
    """The syntax tree, if it is Python that compiles."""
    closed: bool
    start: int
    end: int
    """The row of its first line, and the row after its last line."""
    lead: str = ""
    """The text above it."""

    @property
    def defines(self) -> bool:
        """Whether it is Python that compiles and defines a function or a class."""
        return self.tree is not None and _defines(self.tree)

    def holds(self, other: Block) -> bool:
        """Whether `other` is part of this program."""
        return self.tree is not None and self is not other and self.start <= other.start and other.end <= self.end


class ScannedAnswer:
    """One answer, and how much work may still be done on it."""

    def __init__(self, text: str) -> None:
        self.text = text[:LONGEST].replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
        self._lines = self.text.split("\n")
        self._parsed = self._scanned = self._failed_in = 0
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line) + 1)

    def blocks(self) -> list[Block]:
        """Every block that may be a program, in order, none inside another one that compiles."""
        fenced = list(self._fenced())
        found = fenced + [
            block for block in self._tagged() if not any(one.tree and _overlap(block, one) for one in fenced)
        ]
        bare = self._unfenced(fenced)
        if any(block.defines for block in found):
            bare = [block for block in bare if any(block.holds(one) for one in fenced)]
        found = [block for block in found + bare if not any(other.holds(block) for other in found + bare)]
        return sorted(found, key=lambda block: block.start)

    def _fenced(self) -> Iterator[Block]:
        """Every block that could be a program, none inside another one that compiles."""
        row, lead, count, strict = 0, 0, 0, False
        while row < len(self._lines) and count < MOST_BLOCKS and self._scanned < MOST_SCANNED:
            fence = _FENCE.fullmatch(self._lines[row]) or _AFTER_WORDS.fullmatch(self._lines[row])
            if fence is None:
                row += 1
                continue
            count += 1
            block = self._block(
                row, fence, "\n".join(line for line in self._lines[max(lead, row - 6) : row] if line.strip())
            )
            if block is None or (strict and not block.defines):
                row, strict = row + 1, False
                continue
            yield block
            is_opener = not block.closed and block.end < len(self._lines)
            if block.tree is None and block.kind in ("text", "") and self._has_opener(row + 1, block.end):
                row += 1  # fences within text, or one fence too many: look inside
            else:
                # If nothing compiles, the fence that ends this block may begin another.
                strict = block.tree is None and not is_opener
                row = max(block.end, row + 1) + (block.tree is not None and not is_opener)
            lead = row

    def _block(self, row: int, fence: re.Match[str], lead: str) -> Block | None:
        """The block that the fence in a row opens; None if it is empty."""
        kind, mark = _kind(fence["info"]), fence["mark"]
        candidates: list[tuple[str, int, bool, ast.Module | None]] = []
        if kind != "code":
            text, end, closed = self._until_fence(row + 1, mark)
            self._scanned += 2 * len(text)
            for version in _versions(text, fence["indent"]):
                tree = self.tree(version)
                if not closed and end > row + 1:
                    version, tree = self._trimmed(version)
                candidates.append((version, end, closed, tree))
                if tree is not None:
                    break
        nested = len(candidates)
        if not candidates or candidates[-1][3] is None:
            found = self._closing(row + 1, len(fence["indent"].expandtabs(4)), mark)
            closed, end = found is not None, len(self._lines) if found is None else found
            text = "\n".join(self._lines[row + 1 : end])
            self._scanned += 2 * len(text)
            for version in _versions(text, fence["indent"]):
                candidates.append((version, end, closed, None if kind == "code" else self.tree(version)))
                if candidates[-1][3] is not None or kind == "code":
                    break
        text, end, closed, tree = next(
            (each for each in candidates if each[3] is not None), candidates[min(nested, len(candidates) - 1)]
        )
        if tree is None and not closed and candidates[0][2]:
            text, end, closed, tree = candidates[0]
        return Block(text, kind, tree, closed, row + 1, max(end, row + 1), lead) if text.strip() else None

    def _until_fence(self, row: int, mark: str) -> tuple[str, int, bool]:
        """The text up to the first fence outside Python strings and comments, its row, and whether it closes."""
        start = position = self._starts[row]
        while self._scanned < MOST_SCANNED:
            token = _TOKEN.search(self.text, position)
            self._scanned += (token.end() if token else len(self.text)) - position
            if token is None:
                break
            said = token[0]
            if said in ('"""', "'''"):
                position = self._end_of_string(said, token.end())
                if position < 0:
                    break
            elif said.lstrip()[:3] in ("```", "~~~") and said.lstrip()[0] == mark[0]:
                end = self.text.count("\n", start, token.start()) + row
                text = self.text[start : token.start()]
                before = text[text.rfind("\n") + 1 :]
                text = (
                    text[: len(text) - len(before)].removesuffix("\n")
                    if not before.strip(" \t>")
                    else text.rstrip(" \t")
                )
                fence = _FENCE.fullmatch(self._lines[end])
                return text, end, not (fence and fence["info"].strip())
            else:
                position = token.end()
        return self.text[start:], len(self._lines), False

    def _end_of_string(self, quotes: str, position: int) -> int:
        """The position after the quotes that end a string; -1 if none do."""
        while True:
            end = self.text.find(quotes, position)
            self._scanned += (end if end >= 0 else len(self.text)) - position
            if end < 0 or self._scanned > MOST_SCANNED:
                return -1
            before = self.text[max(position, end - 100) : end]
            if (len(before) - len(before.rstrip("\\"))) % 2 == 0:
                return end + 3
            position = end + 1

    def _closing(self, row: int, indent: int, mark: str) -> int | None:
        """The row that closes a fence, as fences nest: one with a language opens, a bare one closes the innermost."""
        stack = [(indent, mark)]
        while row < len(self._lines) and self._scanned < MOST_SCANNED:
            line = self._lines[row]
            self._scanned += len(line) + 1
            fence = _FENCE.fullmatch(line)
            within = None if fence else _AFTER_WORDS.fullmatch(line)
            if within and mark[0] == "`" and len(within["mark"]) >= len(stack[-1][1]):
                stack.append((stack[-1][0], within["mark"]))
            elif fence and fence["mark"][0] == mark[0] and len(fence["mark"]) >= len(stack[-1][1]):
                info, column = fence["info"].strip(), len(fence["indent"].expandtabs(4))
                if re.fullmatch(r"[\w+#.\-{}]+", info) or (not info and column >= stack[-1][0] + 4):
                    stack.append((column, fence["mark"]))
                elif not info or len(stack) > 1:
                    stack.pop()
                    if not stack:
                        return row
            row += 1
        return None

    def _has_opener(self, row: int, end: int) -> bool:
        fences = (_FENCE.fullmatch(line) for line in self._lines[row:end] if "```" in line or "~~~" in line)
        return any(fence and fence["info"].strip() for fence in fences)

    def _tagged(self) -> Iterator[Block]:
        """The contents of tags such as `<answer>`."""
        for tag in itertools.islice(_TAG.finditer(self.text), _STARTS):
            end = self.text.rfind(f"</{tag['tag']}>", tag.end())
            if end < 0:
                continue
            text = self.text[tag.end() : end].strip("\n").removesuffix("]]>")
            rows = self.text.count("\n", 0, tag.end()), self.text.count("\n", 0, end)
            tree = None
            for version in (text, textwrap.dedent(text), _unescaped(text)):
                tree = tree or self.tree(version)
                if tree is not None:
                    yield Block(version, "", tree, True, *rows)
                    break
            if tree is None and "```" not in text and looks_like_code(text):
                yield Block(_unescaped(text), "code", None, True, *rows)

    def _unfenced(self, fenced: list[Block]) -> list[Block]:
        """Python in the text itself, indented or not; otherwise code of another language."""
        attempts = 0
        first = fenced[0].start if fenced else len(self._lines)
        for row, line in enumerate(self._lines[:first]):
            if _CODE_START.match(line) and attempts < _STARTS:
                attempts += 1
                while row and self._lines[row - 1].startswith("# "):
                    row -= 1
                text, _, _ = self._until_fence(row, "```")
                text, tree = self._trimmed(text)
                if tree is not None and _defines(tree):
                    return [Block(text, "", tree, True, row, row + text.count("\n") + 1, "")]
        if fenced:
            return []
        indented = re.findall(r"(?m)(?:^(?: {4}|\t)[^\n]*\n?|^[ \t]*\n)+", self.text + "\n")[:_STARTS]
        for text in sorted(map(textwrap.dedent, indented), key=len, reverse=True):
            tree = self.tree(text.strip("\n"))
            if tree is not None and _defines(tree):
                return [Block(text.strip("\n"), "", tree, True, 0, 0, "")]
        if _PYTHON_HEAD.search(self.text) or self.text.lstrip()[:1] in ("{", "["):
            return []
        like = [row for row, line in enumerate(self._lines) if _OTHER_LINE.fullmatch(line[:400])]
        rows = self._lines[like[0] : like[-1] + 1] if like else []
        hard = sum(1 for line in rows if _HARD_LINE.fullmatch(line[:400]))
        text = "\n".join(rows) if 5 * hard >= len(rows) and 2 * len(like) >= len(rows) else ""
        return [Block(text, "code", None, True, like[0], like[-1] + 1, "")] if looks_like_code(text) else []

    def _trimmed(self, text: str) -> tuple[str, ast.Module | None]:
        """Code without the prose after it: cut where it does not compile, if an unindented line of prose is there."""
        for _ in range(_TRIMS):
            text = _without_headings(text.rstrip())
            tree = self.tree(text)
            lines = text.split("\n")
            if (
                tree is not None
                or not 1 < self._failed_in <= len(lines)
                or _CODE_LINE.match(lines[self._failed_in - 1])
            ):
                return text, tree
            text = "\n".join(lines[: self._failed_in - 1])
        return text, None

    def wrapped(self) -> Iterator[str]:
        """Further texts to search if this one has no program: strings in JSON, an answer that is quoted as a whole."""
        head = self.text[:LONGEST]
        for text in [head, *re.findall(r"```json[c5]?[ \t]*\n(.*?)\n[ \t]*```", head, re.DOTALL)[:3]]:
            if text.lstrip()[:1] in ("{", "["):
                try:
                    texts = sorted(_strings(json.loads(text, strict=False)), key=len)
                except (ValueError, RecursionError):
                    continue
                yield from (each for each in reversed(texts[-3:]) if "\n" in each)
        lines = [line for line in self._lines if line.strip()]
        if lines and all(line.lstrip().startswith(">") for line in lines):
            yield "\n".join(re.sub(r"^[ \t]*> ?", "", line) for line in self._lines)

    def tree(self, text: str) -> ast.Module | None:
        """The syntax tree of a text that compiles; None for other texts, and once the work is used up."""
        self._failed_in = 0
        if len(text) > LONGEST or self._parsed + len(text) > MOST_PARSED:
            return None
        self._parsed += len(text) + 100
        tree, self._failed_in = parse(text)
        return tree


def looks_like_code(text: str) -> bool:
    """Whether most lines look like code, in any language."""
    lines = [line[:400] for line in text.split("\n") if line.strip()]
    like = sum(
        1
        for line in lines
        if any(like.fullmatch(line) for like in (_OTHER_LINE, _INDENTED_LINE)) or _CODE_START.match(line)
    )
    return bool(lines) and like >= 0.6 * len(lines)


def _defines(tree: ast.Module) -> bool:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
    return any(isinstance(node, kinds) for node in ast.walk(tree))


def _overlap(one: Block, other: Block) -> bool:
    return one.start < other.end and other.start < one.end


def _kind(info: str) -> str:
    """The kind of a block (`Block.kind`) by the words after its fence."""
    words = [word for word in re.split(r"[\s:,={}\[\]()]+", info.lower()) if word.strip(".")]
    name = next(
        (word.strip(".") for word in words if word not in ("code", "code-block", "code-cell", "cell", "the")), ""
    )
    if not name:
        return ""
    if _PYTHON.fullmatch(name) or name.endswith(".py"):
        return "python"
    return "data" if _DATA.fullmatch(name) else "text" if _TEXT.fullmatch(name) else "code"


def _versions(text: str, indent: str) -> Iterator[str]:
    """A block's text without its fence's indentation, then without its own, then unchanged; then without what is not code."""
    lines = text.split("\n")
    if ">" in indent:
        lines, indent = [re.sub(r"^[ \t]*> ?", "", line) for line in lines], ""
    if len(lines) > 1 and _PYTHON.fullmatch(lines[0].strip().lower()):
        del lines[0]
    seen = ["\n".join(line[min(len(indent), len(line) - len(line.lstrip(" \t"))) :] for line in lines)]
    versions = [textwrap.dedent("\n".join(lines)) if lines[0][:1].isspace() else seen[0], text]
    versions += heredocs(text)[:3] if 0 < text.count("<<") < 9 else []
    versions += [_MAGIC.sub("", seen[0])] if _MAGIC.search(seen[0]) else []
    versions += [seen[0].replace("\u00a0", " ")] if "\u00a0" in text else []
    for version in versions:
        if version not in seen:
            seen.append(version)
    yield from seen


def _without_headings(text: str) -> str:
    """The text without the last of up to three headings behind it."""
    for _ in range(3):
        above, newline, last = text.rpartition("\n")
        if not newline or not _HEADING.fullmatch(last):
            break
        text = above.rstrip("\n")
    return text


def _unescaped(text: str) -> str:
    for name, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#39;", "'"), ("&amp;", "&")):
        text = text.replace(name, character)
    return text


def _strings(value: Any) -> Iterator[str]:
    """Every string in a JSON document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item)
