"""Programs as safe HTML: highlighted lines, and two programs side by side.

Every character of a program is escaped; those that cannot be seen, or that change the direction of others, are shown as escapes.
A text that is too long is not highlighted, texts that differ too much are not aligned, and what a page has no room for is left
out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from html import escape

from pygments.lexers.python import PythonLexer
from pygments.token import Comment, Keyword, Name, Number, Operator, String, _TokenType

from strop.base.alignment import opcodes
from strop.base.errors import Malformed
from strop.base.pluralize import quantity
from strop.report.html.lineage import Node
from strop.runs.patching.result_files import DIFF
from strop.runs.results.improved import Improved
from strop.runs.results.program import ImprovedProgram
from strop.tasks.command.bundle import ABSENT

LONGEST = 30_000
"""Most characters of a program that is highlighted; a longer program is shown plain."""
COMPARED = 1_000
"""Most lines of a program that are aligned, without equal lines at both ends; more lines count as replaced."""
CONTEXT = 3
"""Equal lines that are shown around a difference."""
MOST_HTML = 600_000
"""Most characters of HTML for all programs of a page, and as many for the changed files of an improvement."""
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


def highlight_nodes(nodes: Sequence[Node]) -> list[str]:
    """Set `html` of the nodes, then `diff_html`, accepted programs first. Returns sentences about what did not fit."""
    readable = sorted(
        (node for node in nodes if node.text is not None),
        key=lambda node: (_ORDER.get(node.state, 9), -(node.value or 0.0)),
    )
    left, left_out = MOST_HTML, Counter[str]()
    for node in readable:
        node.html = code_html(node.text or "", left) or None
        left -= len(node.html or "")
        left_out["program"] += node.html is None
    for node in readable:
        parent = node.parent
        if parent is not None and parent.text is not None and parent.text != node.text:
            heads = parent.label, node.label
            node.diff_html = diff_html(parent.text, node.text or "", heads, left) or None
            left -= len(node.diff_html or "")
            left_out["difference"] += node.diff_html is None
    return [
        f"without {quantity(count, what, ',')}, for which there is no room; strop export writes all programs"
        for what, count in left_out.items()
        if count
    ]


def patch_html(improved: Improved | ImprovedProgram) -> tuple[str, list[str], list[str]]:
    """A title, the changed files of an improvement as safe HTML, and sentences about what is left out.

    The changes are those of solution.diff and `strop apply`. All three are empty if nothing changes.
    """
    original, after = improved.source, dict[str, str]()
    if improved.improved is not None:
        with suppress(Malformed):
            after |= improved.files
    names = [path for path, text in after.items() if original.files[path] != text]
    files: list[str] = []
    left = MOST_HTML
    for name in names:
        heads = (f"{name}, original", f"{name}, changed")
        before, now = (text.removeprefix(ABSENT) for text in (original.files[name], after[name]))
        html = diff_html(before, now, heads, left)
        if not html:
            break
        files.append(html)
        left -= len(html)
    rest = len(names) - len(files)
    cuts = [f"{rest:,} of {len(names):,} changed files are not shown; {DIFF} has them"] if rest else []
    if not files:
        return "", [], cuts
    if not original.root:
        return f"The program before and after ({DIFF})", files, cuts
    if improved.is_offered:
        return f"What strop apply changes in your files ({DIFF})", files, cuts
    refused = "strop apply refuses it without --unproven"
    return f"What this program would change in your files ({DIFF}); {refused}", files, cuts


def code_html(text: str, most: int = MOST_HTML) -> str:
    """A program as `<pre class="code">`, with a span for each line; empty if it has more than `most` characters."""
    spans = "\n".join(f'<span class="line">{line}</span>' for line in _lines(text))
    return f'<pre class="code" tabindex="0">{spans}</pre>' if len(spans) <= most else ""


def diff_html(before: str, after: str, names: tuple[str, str], most: int = MOST_HTML) -> str:
    """Two programs side by side as `<table class="diff">`; equal lines far from any difference are left out, and counted. Empty
    if it has more than `most` characters."""
    rows: list[str] = []
    for row in _rows(opcodes(_split(before), _split(after), COMPARED), _lines(before), _lines(after)):
        most -= len(row)
        if most < 0:
            return ""
        rows.append(row)
    heads = "".join(f'<th scope="col" colspan="2">{escape(name)}</th>' for name in names)
    return f'<table class="diff"><thead><tr>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table>'


def _split(text: str) -> list[str]:
    """The lines of a program."""
    return text.removesuffix("\n").split("\n")


@lru_cache(256)
def _lines(text: str) -> Sequence[str]:
    """The lines of a program as HTML."""
    plain = _split(text)
    # The lexer takes \r for the end of a line, and drops a byte order mark.
    if "\r" in text or text.startswith("\ufeff") or len(text) > LONGEST:
        return [visible(line) for line in plain]
    return list(_highlighted(text))[: len(plain)]


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
        if tag != "equal":
            for number in range(max(b - a, d - c)):
                old, new = (start + number if start + number < end else None for start, end in ((a, b), (c, d)))
                yield f"<tr>{_cell(old, left, 'old', '-')}{_cell(new, right, 'new', '+')}</tr>"
            continue
        last = CONTEXT if b < len(left) or d < len(right) else 0
        hidden = range(CONTEXT if a else 0, b - a - last)
        for number in range(b - a):
            if len(hidden) < 2 or number not in hidden:
                yield f"<tr>{_cell(a + number, left)}{_cell(c + number, right)}</tr>"
            elif number == hidden.start:
                yield f'<tr class="gap"><td colspan="4">{len(hidden):,} equal lines</td></tr>'


def _cell(number: int | None, lines: Sequence[str], name: str = "", sign: str = " ") -> str:
    """A line number and a line, with a sign that marks the difference without colour too."""
    if number is None:
        return '<td class="number"></td><td class="none"></td>'
    kind = f' class="{name}"' if name else ""
    return f'<td class="number">{number + 1}</td><td{kind}>{sign} {lines[number]}</td>'
