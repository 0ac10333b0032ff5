"""Read SEARCH/REPLACE blocks: the form of Aider and OpenEvolve.

    src/main.c
    <<<<<<< SEARCH
    lines of the program
    =======
    the lines that take their place
    >>>>>>> REPLACE

The file name may be above the block, above its fence, after SEARCH, or missing.
"""

from __future__ import annotations

from collections.abc import Sequence

from strop.core.edits.edit import MOST_EDITS, Edit, EditFailed, EditReading
from strop.core.edits.segments import DIVIDER, END, HEAD, Segment, path_in

_MOST_READINGS = 8


def blocks_of(parts: Sequence[Segment]) -> list[Edit]:
    """The blocks of a response, in order.

    Raises:
        EditFailed: one does not end, has no middle, or there are too many.
    """
    blocks: list[Edit] = []
    path: str | None = None
    for part in parts:
        if part.kind not in ("text", "blocks"):
            continue
        before, row = part.lead, 0
        while row < len(part.lines):
            line = part.lines[row]
            head = HEAD.fullmatch(line)
            if head is None:
                before = line if line.strip() else before
                row += 1
                continue
            label = f"block {len(blocks) + 1}"
            named = path_in(head["path"]) or path_in(before)
            end = _end(part.lines, row, label)
            if len(blocks) == MOST_EDITS:
                raise EditFailed(f"there are more than {MOST_EDITS} blocks; write the whole program instead")
            path = named or path
            blocks.append(Edit(label, _readings(part.lines[row + 1 : end], label), path, named is not None))
            before, row = "", end + 1
    return blocks


def _end(lines: Sequence[str], head: int, label: str) -> int:
    for row in range(head + 1, len(lines)):
        if END.fullmatch(lines[row]):
            return row
        if HEAD.fullmatch(lines[row]):
            break
    raise EditFailed(f"{label} does not end with a line '>>>>>>> REPLACE'")


def _readings(body: Sequence[str], label: str) -> tuple[EditReading, ...]:
    dividers = [row for row, line in enumerate(body) if DIVIDER.fullmatch(line)]
    if not dividers:
        raise EditFailed(f"{label} has no line '=======' between the searched and the replacing lines")
    # The program may have such lines too, often the same number in both parts. Else the longer search is tried first.
    middle = (len(dividers) - 1) / 2
    rows = [row for _, row in sorted(enumerate(dividers), key=lambda each: (abs(each[0] - middle), -each[0]))]
    return tuple(EditReading(tuple(body[:row]), tuple(body[row + 1 :])) for row in rows[:_MOST_READINGS])
