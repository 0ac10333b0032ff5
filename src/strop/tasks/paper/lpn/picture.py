"""A picture of an instance of `lpn`, and of `parity`, which has the same form."""

from __future__ import annotations

from typing import Any

from strop.tasks.base import Instance
from strop.tasks.drawing import beside

ROWS = 25


def picture(instance: Instance, rng: Any) -> str:
    """Every example as a row of bits, its label behind; `rng` draws the hidden bits, which the task draws first."""
    bits = rng.binomial(1, 0.3, 10)
    head = "".join("▼" if bit else " " for bit in bits)
    samples, labels = instance["train_samples"], instance["train_parity"]
    noisy = (samples @ bits) % 2 != labels
    rows = [_row(*each) for each in zip(samples, labels, noisy, strict=True)]
    tests = [_row(row, label, False) for row, label in zip(instance["test_samples"], instance.hidden, strict=True)]
    blocks = [[head, *rows[start : start + ROWS]] for start in range(0, len(rows), ROWS)]
    legend = [
        "█ 1, · 0; ▼ bits of the hidden parity; last in a row the label"
        + (f", ◂ if noisy ({int(noisy.sum())})." if noisy.any() else "."),
        f"Left {len(rows)} examples, which the program gets; right {len(tests)} rows, to be predicted.",
    ]
    return "\n".join([*legend, "", *beside(*blocks, [head, *tests], gap=3)])


def _row(bits: Any, label: int, noisy: bool) -> str:
    return "".join("█" if bit else "·" for bit in bits) + " " + ("█" if label else "·") + ("◂" if noisy else "")
