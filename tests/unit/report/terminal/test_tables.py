"""Tables and named facts keep every figure whole, however narrow the console."""

from __future__ import annotations

import io
from collections import Counter

import hypothesis.strategies as st
from hypothesis import given

from strop.report.terminal.tables import print_pairs, print_table
from support.tables import terminal

FIGURES = st.from_regex(
    r"[-+]?[0-9]{1,3}(,[0-9]{3}){0,3}(\.[0-9]{1,4})?( ± [0-9]\.[0-9]{3})?( to [+-]?[0-9.]{3,6})?( s|%)?", fullmatch=True
)
WORDS = st.lists(
    st.sampled_from(["candidate", "answer", "12", "of", "malformed", "0.518", "-", "t1/improve/copy0"]), max_size=9
)
CELLS = st.one_of(FIGURES, WORDS.map(" ".join), st.just(""), st.just("-"))
TABLES = st.integers(1, 9).flatmap(
    lambda columns: st.tuples(
        st.lists(
            st.sampled_from(["t", "train û", "LM\ncalls", "evalu-\nations", ""]), min_size=columns, max_size=columns
        ),
        st.lists(st.lists(CELLS, min_size=1, max_size=columns), min_size=1, max_size=4),
    )
)


def figures_of(page: str) -> Counter[str]:
    return Counter(word for word in page.split() if any(map(str.isdigit, word)))


@given(table=TABLES, width=st.integers(30, 120))
def test_table_keeps_every_figure_and_column_whole_at_any_width(
    table: tuple[list[str], list[list[str]]], width: int
) -> None:
    headers, rows = table
    stream = io.StringIO()
    print_table(terminal(stream, width), headers, rows)
    page = stream.getvalue()
    assert figures_of(page) == figures_of(" ".join(cell for row in rows for cell in row))
    assert all(len(line) <= width for line in page.splitlines())


@given(
    lines=st.dictionaries(st.sampled_from(["limits", "a name of 34 characters, as it may be", "x"]), CELLS, min_size=1),
    width=st.integers(30, 120),
)
def test_named_facts_keep_every_figure_whole_at_any_width(lines: dict[str, str], width: int) -> None:
    stream = io.StringIO()
    print_pairs(terminal(stream, width), lines)
    assert figures_of(stream.getvalue()) == figures_of(
        " ".join(part for line in lines.items() if line[1] for part in line)
    )
    assert all(len(line) <= max(width, 39) for line in stream.getvalue().splitlines())
