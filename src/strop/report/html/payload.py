"""The two large tables and the texts of a page, compressed as one inert block.

The block is JSON, `{"evaluations": {…}, "calls": {…}, "texts": […]}` with the columns of strop.report.html.schema, deflated
without a header ("deflate-raw" of DecompressionStream) and in base64.
It is made piece by piece, so that the whole JSON is never in memory.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence

from strop.report.html.schema import PageDocument


def packed(document: PageDocument) -> str:
    """The block of a document, ASCII."""
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS, 9)
    parts = [squeezer.compress(piece.encode("ascii")) for piece in _pieces(document)]
    return base64.b64encode(b"".join([*parts, squeezer.flush()])).decode("ascii")


def _pieces(document: PageDocument) -> Iterator[str]:
    for start, name, table in (("{", "evaluations", document["evaluations"]), (",", "calls", document["calls"])):
        yield f'{start}"{name}":{{'
        yield from _table(table)
        yield "}"
    yield ',"texts":'
    yield from _listed(document["texts"])
    yield "}"


def _table(table: Mapping[str, object]) -> Iterator[str]:
    for number, (name, column) in enumerate(table.items()):
        yield f'{"," if number else ""}"{name}":'
        yield from _listed(column)  # type: ignore[arg-type]


def _listed(values: Sequence[object], at_once: int = 200) -> Iterator[str]:
    yield "["
    for start in range(0, len(values), at_once):
        yield ("," if start else "") + json.dumps(values[start : start + at_once], separators=(",", ":"))[1:-1]
    yield "]"
