"""A picture of an instance of `3sat`."""

from __future__ import annotations

from typing import Any

from strop.tasks.base import Instance
from strop.tasks.drawing import beside

ROWS, COLUMNS = 20, 76


def picture(instance: Instance, rng: Any) -> str:
    """Clauses as rows, variables as columns: where a literal stands, its sign, and whether the hidden values make it true."""
    formula, hidden = instance["formula"], instance.hidden
    head = ["".join("1" if value else "0" for value in hidden), "─" * len(hidden)]
    blocks = min((COLUMNS + 3) // (len(hidden) + 3), -(-len(formula) // ROWS)) or 1
    shown = formula[: blocks * ROWS]
    rows = [_row(clause, hidden) for clause in shown]
    more = f" The first {len(shown)}." if len(shown) < len(formula) else ""
    return "\n".join(
        [
            f"{len(formula)} clauses (rows) over {len(hidden)} variables (columns).{more}",
            "▲ v, ▼ not v, made true by the hidden values, which stand above; △ ▽ made false.",
            "",
            *beside(*[[*head, *rows[start : start + ROWS]] for start in range(0, len(rows), ROWS)], gap=3),
        ]
    )


def _row(clause: list[int], hidden: list[bool]) -> str:
    signs = {abs(x): _sign(x > 0, hidden[abs(x) - 1] == (x > 0)) for x in clause}
    return "".join(signs.get(v, "·") for v in range(1, len(hidden) + 1))


def _sign(positive: bool, satisfied: bool) -> str:
    return ("▲" if satisfied else "△") if positive else ("▼" if satisfied else "▽")
