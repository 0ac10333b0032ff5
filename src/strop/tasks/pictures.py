"""One instance of a task of the paper as text, in at most 80 columns: bits, shades and blocks side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise, zip_longest
from typing import Any, TypeAlias

import numpy as np

from strop.tasks.base import Instance, PublishedSeeds, Split, Task

SHADES = " ░▒▓█"
PLAIN = str.maketrans("█▓▒░·▼◂▲△▽│─┌┐└┘├┤┬┴┼►", "#%+..v<^,,|-+++++++++>")
"""ASCII replacements of characters."""


def shaded(matrix: Any, low: float, high: float) -> list[str]:
    """A matrix as lines of shades, two columns per element: blank at `low`, full at `high`."""
    span = (high - low) or 1.0
    levels = np.clip((np.asarray(matrix) - low) / span * len(SHADES), 0, len(SHADES) - 1).astype(int)
    return ["".join(2 * SHADES[level] for level in row) for row in levels]


def framed(lines: Sequence[str], title: str = "") -> list[str]:
    """Lines of equal width in a box with a title on its upper edge."""
    width = max(map(len, lines), default=0)
    edge = f"─ {title} " if title else ""
    return [f"┌{edge:─<{width}}┐", *(f"│{line:<{width}}│" for line in lines), f"└{'─' * width}┘"]


def beside(*blocks: Sequence[str], gap: int = 2) -> list[str]:
    """Blocks of lines side by side, each as wide as its widest line."""
    widths = [max(map(len, block), default=0) for block in blocks]
    rows = zip_longest(*blocks, fillvalue="")
    return [
        (" " * gap).join(f"{part:<{width}}" for part, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


_LPN_ROWS = 25


def _lpn(instance: Instance, rng: Any) -> str:
    """Every example as a row of bits, its label behind; `rng` draws the hidden bits, which the task draws first."""
    bits = rng.binomial(1, 0.3, 10)
    head = "".join("▼" if bit else " " for bit in bits)
    samples, labels = instance["train_samples"], instance["train_parity"]
    noisy = (samples @ bits) % 2 != labels
    rows = [_row_of_bits(*each) for each in zip(samples, labels, noisy, strict=True)]
    tests = [
        _row_of_bits(row, label, False) for row, label in zip(instance["test_samples"], instance.hidden, strict=True)
    ]
    blocks = [[head, *rows[start : start + _LPN_ROWS]] for start in range(0, len(rows), _LPN_ROWS)]
    legend = [
        "█ 1, · 0; ▼ bits of the hidden parity; last in a row the label"
        + (f", ◂ if noisy ({int(noisy.sum())})." if noisy.any() else "."),
        f"Left {len(rows)} examples, which the program gets; right {len(tests)} rows, to be predicted.",
    ]
    return "\n".join([*legend, "", *beside(*blocks, [head, *tests], gap=3)])


def _row_of_bits(bits: Any, label: int, noisy: bool) -> str:
    return "".join("█" if bit else "·" for bit in bits) + " " + ("█" if label else "·") + ("◂" if noisy else "")


def _string_grid_distance(instance: Instance, rng: Any) -> str:
    """The grid of two rows: t, and the s whose distance was taken, drawn again from `rng`. Bars and crosses count."""
    t, dist = instance["t"], instance["dist"]
    rng.randint(1, 30)
    _, s = ("".join(rng.choice("AB") for _ in t) for _ in range(2))
    differ = sum(a != b for a, b in zip(t, s, strict=True))
    return "\n".join(
        [
            f"dist {dist} = {_changes(t)} changes in t (|) + {_changes(s)} in s (|) + {differ} places where they differ (x)",
            "",
            f"  t   {_barred(t)}",
            "      " + " ".join("x" if a != b else "·" for a, b in zip(t, s, strict=True)),
            f"  s   {_barred(s)}",
            "",
            "The program gets t and dist, and gives an s; this is one of the right ones.",
        ]
    )


def _changes(word: str) -> int:
    return sum(a != b for a, b in pairwise(word))


def _barred(word: str) -> str:
    """The letters, with a bar between two that differ."""
    return word[0] + "".join(("|" if a != b else " ") + b for a, b in pairwise(word))


def _modified_qap(instance: Instance, rng: Any) -> str:
    """The three matrices as shades, and what the score sums for the identity, where the seed starts."""
    F, D, P = instance["F"], instance["D"], instance["P"]
    products = F * D - 0.5 * np.diag(np.diagonal(P))
    above = (_modified_qap_matrix(F, "F: flow of facilities"), _modified_qap_matrix(D, "D: distance of places"))
    below = (
        _modified_qap_matrix(P, "P: facility likes place"),
        _modified_qap_matrix(products, "summed for the identity", -0.5),
    )
    return "\n".join(
        [
            "Three matrices of 15 x 15 numbers, blank 0 to full 1. It is maximised.",
            "",
            *beside(*above, gap=4),
            *beside(*below, gap=4),
            "",
            f"The identity scores {products.sum() / len(F) ** 2:.4f}: the sum of the last (blank -0.5), divided by 225.",
        ]
    )


def _modified_qap_matrix(matrix: Any, title: str, low: float = 0.0) -> list[str]:
    return framed(shaded(matrix, low, 1.0), title)


ROWS, COLUMNS = 20, 76


def _three_sat(instance: Instance, rng: Any) -> str:
    """Clauses as rows, variables as columns: where a literal stands, its sign, and whether the hidden values make it true."""
    formula, hidden = instance["formula"], instance.hidden
    head = ["".join("1" if value else "0" for value in hidden), "─" * len(hidden)]
    blocks = min((COLUMNS + 3) // (len(hidden) + 3), -(-len(formula) // ROWS)) or 1
    shown = formula[: blocks * ROWS]
    rows = [_three_sat_row(clause, hidden) for clause in shown]
    more = f" The first {len(shown)}." if len(shown) < len(formula) else ""
    return "\n".join(
        [
            f"{len(formula)} clauses (rows) over {len(hidden)} variables (columns).{more}",
            "▲ v, ▼ not v, made true by the hidden values, which stand above; △ ▽ made false.",
            "",
            *beside(*[[*head, *rows[start : start + ROWS]] for start in range(0, len(rows), ROWS)], gap=3),
        ]
    )


def _three_sat_row(clause: list[int], hidden: list[bool]) -> str:
    signs = {abs(x): _three_sat_sign(x > 0, hidden[abs(x) - 1] == (x > 0)) for x in clause}
    return "".join(signs.get(v, "·") for v in range(1, len(hidden) + 1))


def _three_sat_sign(positive: bool, satisfied: bool) -> str:
    return ("▲" if satisfied else "△") if positive else ("▼" if satisfied else "▽")


_MAXCUT_CELLS = 12
"""Rows and columns of shades for each side of the cut."""


def _maxcut(instance: Instance, rng: Any) -> str:
    """The matrix as shades, its nodes ordered by the eigenvector of the lowest eigenvalue, and cut where that is 0."""
    weights = instance["adjacency_matrix"]
    vector = np.linalg.eigh(weights)[1][:, 0]
    vector = vector * np.sign(vector[np.argmax(np.abs(vector) > 1e-6)])
    order = np.argsort(vector)
    sides = np.split(order, [int((vector < 0).sum())])
    bins = [part for side in sides for part in np.array_split(side, _MAXCUT_CELLS)]
    means = np.array([[weights[np.ix_(a, b)].mean() for b in bins] for a in bins])
    lines = [
        f"{line[: 2 * _MAXCUT_CELLS]}│{line[2 * _MAXCUT_CELLS :]}" for line in shaded(means, means.min(), means.max())
    ]
    middle = f"{'─' * 2 * _MAXCUT_CELLS}┼{'─' * 2 * _MAXCUT_CELLS}"
    share = weights[vector[:, None] * vector[None, :] < 0].sum() / weights.sum()
    return "\n".join(
        [
            f"{len(weights)} nodes, {int((weights > 0).sum()) // 2} edges of weight 1 to 10: the mean weight between groups of",
            f"nodes, blank {means.min():.1f} to full {means.max():.1f}. A simple cut (│ ─) leaves little within sides:",
            f"it cuts {100 * share:.1f}% of the weight, the two darker quarters; a random one 50%.",
            "",
            *framed(
                [*lines[:_MAXCUT_CELLS], middle, *lines[_MAXCUT_CELLS:]], f"{len(sides[0])} and {len(sides[1])} nodes"
            ),
        ]
    )


Picture: TypeAlias = Callable[[Instance, Any], str]
"""Draws a picture of an instance. The generator is in the state before the instance was drawn, so values that the task drew and
did not keep can be drawn again."""

PICTURES: Mapping[str, Picture] = {
    "lpn": _lpn,
    "string-grid-distance": _string_grid_distance,
    "modified-qap": _modified_qap,
    "3sat": _three_sat,
    "maxcut": _maxcut,
    "parity": _lpn,
}


def picture_of(task: Task, split: Split = "train", index: int = 0) -> str:
    """A published instance of a task of the paper, hidden data included, in lines of at most 80 columns.

    Raises:
        KeyError: the task is not the paper's.
    """
    seeds = PublishedSeeds()
    instance = task.instance(split, index, seeds)
    return PICTURES[task.name](instance, task.rng(seeds.seed(task.name, split, index)))
