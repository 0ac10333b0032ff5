"""Programs as safe HTML: highlighted lines, and two programs side by side.

Every character of a program is escaped; those that cannot be seen, or that change the direction of others, are shown as escapes.
The work is bounded: a text that is too long is not highlighted, and texts that differ too much are not aligned.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from html import escape

from pygments.lexers.python import PythonLexer
from pygments.token import Comment, Keyword, Name, Number, Operator, String, _TokenType

from strop.base.alignment import opcodes
from strop.base.errors import Malformed
from strop.report.html.lineage import Node
from strop.runs.patching.result_files import DIFF
from strop.runs.results.improved import Improved

LONGEST = 30_000
"""Characters of a program that are highlighted; a longer one is shown plain."""
MOST_LINES = 3_000
"""Lines of a program that are shown; the text itself is in the page whole."""
LONGEST_LINE = 1_000
COMPARED = 1_000
"""Lines on either side, without the equal ones at both ends, that are aligned; more count as replaced."""
CONTEXT = 3
"""Equal lines that are shown around a difference."""
ROOM = 600_000
"""Characters of HTML for all the programs of a page; the others are in it as plain text."""
PATCH_ROOM = 300_000
"""Characters of HTML for the changed files of an improvement."""
_CLASSES: tuple[tuple[_TokenType, str], ...] = (
    (Comment, "hc"),
    (String, "hs"),
    (Number, "hn"),
    (Operator.Word, "hk"),
    (Keyword, "hk"),
    (Name.Function, "hf"),
    (Name.Class, "hf"),
    (Name.Decorator, "hf"),
    (Name.Builtin, "hb"),
    (Name.Exception, "hb"),
)
_ORDER = {"seed": 0, "accepted": 1, "rejected": 2, "evaluated": 3, "failed": 4}


def highlight_nodes(nodes: Sequence[Node], texts: Sequence[str]) -> list[str]:
    """Set `html` and `diff_html` of the nodes, the most important first; returns what did not fit, as text."""
    by_id = {node.id: node for node in nodes}
    room, plain = ROOM, 0
    for node in sorted(nodes, key=lambda node: (_ORDER.get(node.state, 9), -(node.value or 0.0))):
        if node.text is None:
            continue
        if room > 0:
            text, parent = texts[node.text], by_id.get(node.parent or "")
            node.html = code_html(text, {note.line for note in node.notes if note.line})
            if parent is not None and parent.text is not None and parent.text != node.text:
                node.diff_html = diff_html(texts[parent.text], text, (parent.label, node.label))
            room -= len(node.html) + len(node.diff_html or "")
            if room < 0:
                node.html = node.diff_html = None
        plain += node.html is None
    if not plain:
        return []
    return [
        f"{plain:,} of {len(nodes):,} programs are shown as plain text without differences; strop show --diff shows these"
    ]


def patch_html(improved: Improved) -> tuple[str, list[str], list[str]]:
    """What an improvement changes in the user's files, as solution.diff and strop apply: a title, the changed files as safe HTML,
    and what is left out, in words. All are empty if nothing changes."""
    original, after = improved.source, dict[str, str]()
    if improved.improved is not None:
        with suppress(Malformed):
            after |= improved.files
    names = [path for path, text in after.items() if original.files.get(path) != text]
    files: list[str] = []
    room = PATCH_ROOM
    for name in names:
        heads = (
            (f"{name}, original", f"{name}, changed") if name in original.files else ("no such file", f"{name}, new")
        )
        html = diff_html(original.files.get(name, ""), after[name], heads)
        room -= len(html)
        if room < 0:
            break
        files.append(html)
    rest = len(names) - len(files)
    cuts = [f"{rest:,} of {len(names):,} changed files are not shown; {DIFF} has them"] if rest else []
    if not files:
        return "", [], cuts
    if not original.root:
        return f"The program before and after ({DIFF})", files, cuts
    if improved.finding == "better":
        return f"What strop apply changes in your files ({DIFF})", files, cuts
    refused = "strop apply refuses it without --unproven: it is not called better"
    return f"What this program would change in your files ({DIFF}); {refused}", files, cuts


def code_html(text: str, marked: set[int] | None = None) -> str:
    """A program as `<pre class="code">` with a `<span class="line">` for each line; `marked` lines have the class `noted` too."""
    lines, rest = _lines(text)
    shown = "\n".join(
        f'<span class="line{" noted" if number in (marked or ()) else ""}">{line}</span>'
        for number, line in enumerate(lines, 1)
    )
    more = f'\n<span class="more">and {rest:,} more lines</span>' if rest else ""
    return f'<pre class="code" tabindex="0">{shown}{more}</pre>'


def diff_html(before: str, after: str, names: tuple[str, str]) -> str:
    """Two programs side by side as `<table class="diff">`; equal lines far from any difference are left out, and counted."""
    (left, left_rest), (right, right_rest) = _lines(before), _lines(after)
    rows = list(_rows(opcodes(before.split("\n")[: len(left)], after.split("\n")[: len(right)], COMPARED), left, right))
    rest = max(left_rest, right_rest)
    if rest:
        rows.append(_gap(f"{rest:,} lines beyond the first {MOST_LINES:,} are not compared"))
    heads = "".join(f'<th scope="col" colspan="2">{escape(name)}</th>' for name in names)
    return f'<table class="diff"><thead><tr>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table>'


@lru_cache(256)
def _lines(text: str) -> tuple[tuple[str, ...], int]:
    """The lines of a program as HTML, and how many there are besides."""
    plain = text.split("\n")
    if len(plain) > 1 and not plain[-1]:
        plain.pop()
    rest = max(len(plain) - MOST_LINES, 0)
    # The lexer takes \r for the end of a line, and drops a byte order mark.
    odd = "\r" in text or text.startswith("\ufeff") or any(len(line) > LONGEST_LINE for line in plain)
    if rest or odd or len(text) > LONGEST:
        return tuple(visible(_cut(line)) for line in plain[:MOST_LINES]), rest
    return tuple(_highlighted(text))[: len(plain)], 0


def visible(text: str) -> str:
    """A text as HTML with controls, direction marks and lone surrogates as their escapes."""
    if text.isascii() and text.replace("\t", " ").isprintable():
        return escape(text)
    return "".join(
        escape(character)
        if character.isprintable() or character == "\t"
        else f'<span class="unseen">{character.encode("unicode_escape").decode("ascii")}</span>'
        for character in text
    )


def _highlighted(text: str) -> Iterator[str]:
    """Each line, its tokens in spans; a token over several lines has a span in each."""
    line: list[str] = []
    for kind, value in PythonLexer(ensurenl=False, stripnl=False).get_tokens(text):
        name = next((css for parent, css in _CLASSES if kind in parent), "")
        for number, part in enumerate(value.split("\n")):
            if number:
                yield "".join(line)
                line = []
            if part:
                line.append(f'<span class="{name}">{visible(part)}</span>' if name else visible(part))
    yield "".join(line)


def _rows(ranges: Iterator[tuple[str, int, int, int, int]], left: Sequence[str], right: Sequence[str]) -> Iterator[str]:
    for tag, a, b, c, d in ranges:
        sizes, shown = (b - a, d - c), range(max(b - a, d - c))
        hidden = range(0)
        if tag == "equal":
            last = CONTEXT if b < len(left) or d < len(right) else 0
            hidden = range(CONTEXT if a else 0, b - a - last)
        for number in shown:
            if len(hidden) > 1 and number in hidden:
                if number == hidden.start:
                    yield _gap(f"{len(hidden):,} equal lines")
                continue
            old, new = (start + number if number < size else None for start, size in zip((a, c), sizes, strict=True))
            removed, added = (("", " "), ("", " ")) if tag == "equal" else (("old", "-"), ("new", "+"))
            yield f"<tr>{_cell(old, left, *removed)}{_cell(new, right, *added)}</tr>"


def _cell(number: int | None, lines: Sequence[str], name: str, sign: str) -> str:
    """A line number and a line, with a sign that marks the difference without colour too."""
    if number is None or number >= len(lines):
        return '<td class="number"></td><td class="none"></td>'
    kind = f' class="{name}"' if name else ""
    return f'<td class="number">{number + 1}</td><td{kind}>{sign} {lines[number]}</td>'


def _gap(words: str) -> str:
    return f'<tr class="gap"><td colspan="4">{words}</td></tr>'


def _cut(line: str) -> str:
    return line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]} [and {len(line) - LONGEST_LINE:,} characters]"
