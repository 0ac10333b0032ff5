"""Programs as safe HTML: highlighted lines, and two programs side by side.

Every character of a program is escaped here; those that cannot be seen, or that turn the direction of others, are shown as what
they are. The work is bounded whatever the text: what is too long is shown plain, and what differs too much is not aligned.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from html import escape

from pygments.lexers.python import PythonLexer
from pygments.token import Comment, Keyword, Name, Number, Operator, String, _TokenType

from strop.report.html.schema import LineageNode

LONGEST = 30_000
"""Characters of a program that are highlighted; a longer one is shown plain."""
MOST_LINES = 3_000
"""Lines of a program that are shown; the text itself is in the page whole."""
LONGEST_LINE = 1_000
COMPARED = 1_000
"""Lines on either side, those at both ends that are equal aside, that are aligned; more count as replaced."""
CONTEXT = 3
"""Equal lines that are shown around a difference."""
ROOM = 600_000
"""Characters of HTML for all the programs of a page; the others are in it as plain text."""
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


def highlight_nodes(nodes: Sequence[LineageNode], texts: Sequence[str]) -> list[str]:
    """Fill `html` and `diff_html` of the nodes, the most important first; what found no room, in words."""
    by_id = {node["id"]: node for node in nodes}
    room, plain = ROOM, 0
    for node in sorted(nodes, key=lambda each: (_ORDER.get(each["state"], 9), -(each["value"] or 0.0))):
        if node["text"] is None:
            continue
        text, parent = texts[node["text"]], by_id.get(node["parent"] or "")
        html = code_html(text, {note["line"] for note in node["notes"] if note["line"]}) if room > 0 else None
        diff = None
        if room > 0 and parent is not None and parent["text"] is not None and parent["text"] != node["text"]:
            diff = diff_html(texts[parent["text"]], text, (parent["label"], node["label"]))
        if room < len(html or "") + len(diff or ""):
            room, html, diff = 0, None, None
        plain += html is None
        room -= len(html or "") + len(diff or "")
        node["html"], node["diff_html"] = html, diff
    if not plain:
        return []
    return [
        f"{plain:,} of {len(nodes):,} programs of the lineage are shown as plain text, without their differences, "
        "to keep the page small; strop show --diff shows them"
    ]


def code_html(text: str, marked: set[int] | None = None) -> str:
    """A program as `<pre class="code">`, a `<span class="line">` a line; `marked` lines have the class `noted` as well."""
    lines, rest = _lines(text)
    shown = "\n".join(
        f'<span class="line{" noted" if number in (marked or ()) else ""}">{line}</span>'
        for number, line in enumerate(lines, 1)
    )
    more = f'\n<span class="more">and {rest:,} more lines</span>' if rest else ""
    return f'<pre class="code" tabindex="0">{shown}{more}</pre>'


def diff_html(before: str, after: str, names: tuple[str, str]) -> str:
    """Two programs side by side as `<table class="diff">`: what is equal far from any difference is left out, and said."""
    (left, left_rest), (right, right_rest) = _lines(before), _lines(after)
    rows = list(_rows(_opcodes(before.split("\n")[: len(left)], after.split("\n")[: len(right)]), left, right))
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
    # The lexer takes \r for the end of a line, and drops a byte order mark: such a text is shown as it is.
    if (
        rest
        or len(text) > LONGEST
        or "\r" in text
        or text.startswith("\ufeff")
        or any(len(line) > LONGEST_LINE for line in plain)
    ):
        return tuple(visible(_cut(line)) for line in plain[:MOST_LINES]), rest
    return tuple(_colored(text, len(plain))), 0


def visible(text: str) -> str:
    """A text as HTML in which everything can be seen: controls, direction marks and lone surrogates as their escapes."""
    if text.isascii() and text.replace("\t", " ").isprintable():
        return escape(text)
    return "".join(
        escape(each) if each.isprintable() or each == "\t" else f'<span class="unseen">{_name(each)}</span>'
        for each in text
    )


def _colored(text: str, count: int) -> Iterator[str]:
    """Each line, its tokens in spans; a token over several lines has a span in each."""
    line: list[str] = []
    done = 0
    for kind, value in PythonLexer(ensurenl=False, stripnl=False).get_tokens(text):
        name = next((found for parent, found in _CLASSES if kind in parent), "")
        for number, part in enumerate(value.split("\n")):
            if number:
                yield "".join(line)
                line, done = [], done + 1
            if part:
                shown = visible(part)
                line.append(f'<span class="{name}">{shown}</span>' if name else shown)
    if done < count:
        yield "".join(line)


def _opcodes(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[str, int, int, int, int]]:
    """Which lines are equal and which are not, as of difflib; too many that differ are one replacement."""
    shortest = min(len(before), len(after))
    head = next((n for n in range(shortest) if before[n] != after[n]), shortest)
    tail = next((n for n in range(shortest - head) if before[-1 - n] != after[-1 - n]), shortest - head)
    if head:
        yield "equal", 0, head, 0, head
    ends = len(before) - tail, len(after) - tail
    if max(ends[0] - head, ends[1] - head) > COMPARED:
        yield "replace", head, ends[0], head, ends[1]
    else:
        matcher = SequenceMatcher(None, before[head : ends[0]], after[head : ends[1]])
        for tag, a, b, c, d in matcher.get_opcodes():
            yield tag, a + head, b + head, c + head, d + head
    if tail:
        yield "equal", ends[0], len(before), ends[1], len(after)


def _rows(
    opcodes: Iterator[tuple[str, int, int, int, int]], left: Sequence[str], right: Sequence[str]
) -> Iterator[str]:
    for tag, a, b, c, d in opcodes:
        if tag == "equal":
            yield from _equal(a, b, c, left, right)
            continue
        for number in range(max(b - a, d - c)):
            old = a + number if a + number < b else None
            new = c + number if c + number < d else None
            yield f"<tr>{_cell(old, left, 'old', '-')}{_cell(new, right, 'new', '+')}</tr>"


def _equal(a: int, b: int, c: int, left: Sequence[str], right: Sequence[str]) -> Iterator[str]:
    first = CONTEXT if a else 0
    last = CONTEXT if b < len(left) or c + b - a < len(right) else 0
    hidden = b - a - first - last
    if hidden <= 1:
        first, hidden = b - a, 0
    for number in range(b - a):
        if hidden and first <= number < first + hidden:
            if number == first:
                yield _gap(f"{hidden:,} equal lines")
            continue
        yield f"<tr>{_cell(a + number, left, '', ' ')}{_cell(c + number, right, '', ' ')}</tr>"


def _cell(number: int | None, lines: Sequence[str], name: str, sign: str) -> str:
    """A line number and a line; the sign says what became of it, also without colour."""
    if number is None or number >= len(lines):
        return '<td class="number"></td><td class="none"></td>'
    kind = f' class="{name}"' if name else ""
    return f'<td class="number">{number + 1}</td><td{kind}>{sign} {lines[number]}</td>'


def _gap(words: str) -> str:
    return f'<tr class="gap"><td colspan="4">{words}</td></tr>'


def _cut(line: str) -> str:
    return line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]} [and {len(line) - LONGEST_LINE:,} characters]"


def _name(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
