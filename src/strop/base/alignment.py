"""Which lines of two texts are equal: the one alignment of every diff that strop shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher


def opcodes(
    before: Sequence[str], after: Sequence[str], most: int | None = None
) -> Iterator[tuple[str, int, int, int, int]]:
    """Equal and different ranges of lines, as difflib names them: (tag, start before, end before, start after, end after).

    Equal lines at both ends are matched first, so that no matching in between can lose them. `most`: how many lines of either
    text, without these, are aligned; in longer texts everything in between is one replacement.
    """
    shortest = min(len(before), len(after))
    head = next((n for n in range(shortest) if before[n] != after[n]), shortest)
    tail = next((n for n in range(shortest - head) if before[-1 - n] != after[-1 - n]), shortest - head)
    end, after_end = len(before) - tail, len(after) - tail
    if head:
        yield "equal", 0, head, 0, head
    if most is not None and max(end, after_end) - head > most:
        yield "replace", head, end, head, after_end
    else:
        matcher = SequenceMatcher(None, before[head:end], after[head:after_end], autojunk=False)
        yield from ((tag, a + head, b + head, c + head, d + head) for tag, a, b, c, d in matcher.get_opcodes())
    if tail:
        yield "equal", end, len(before), after_end, len(after)
