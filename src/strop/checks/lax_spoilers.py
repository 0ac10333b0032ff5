"""Spoiled answers that a lax comparison takes for the original's, or rewards for its tolerance.

The text of this file stands in the programs of attacks, under the Python that they need: 3.9 or newer, numpy only if it is there.
"""

from __future__ import annotations

from typing import Any

from strop.checks.answer_parts import (
    PARTS,
    HonestAnswer,
    changed,
    each,
    is_array,
    is_number,
    leaves,
    nonsense,
    numbers,
    require,
    sequences,
    spoiler,
)

__all__ = ["moved"]

_DUST = 1e-9
"""What arithmetic leaves of a number, relative to it."""


@spoiler("unseen", "Elements that nobody looks at", "nonsense in half of the places, in every second one, or in all but one",
         ("second half", "first half", "every second", "all but the last", "all but the first"))  # fmt: skip
def unseen(answer: HonestAnswer, variant: str) -> Any:
    def spoil(items: Any) -> Any:
        n = len(items)
        require(not isinstance(items, str) and n > 3)
        places = {
            "second half": range((n + 1) // 2, n),
            "first half": range(n // 2),
            "every second": range(1, n, 2),
            "all but the last": range(n - 1),
        }.get(variant, range(1, n))
        made = items.copy() if is_array(items) else list(items)
        for at in places:
            made[at] = each(made[at], nonsense)
        require(repr(leaves(list(made))) != repr(leaves(list(items))))
        return made if is_array(items) else type(items)(made)

    return sequences(answer.value, spoil)


@spoiler("unseen", "Elements doubled", "each element twice, where some are there several times and others are not")
def doubled(answer: HonestAnswer, variant: None) -> Any:
    def twice(items: Any) -> Any:
        require(
            not isinstance(items, str) and not is_array(items) and 1 < len({repr(item) for item in items}) < len(items)
        )
        return type(items)([item for item in items for _ in range(2)])

    return sequences(answer.value, twice)


@spoiler("unseen", "Numbers moved against each other", "1000 added to one number and taken from another",
         ("first and last", "last and first", "largest and least", "least and largest"))  # fmt: skip
def balanced(answer: HonestAnswer, variant: str) -> Any:
    def moved_against(items: Any) -> Any:
        require(not isinstance(items, str) and len(items) > 1 and all(map(is_number, items)))
        alike = [
            one
            for one in answer.inputs
            if hasattr(one, "__len__") and len(one) == len(items) and len(leaves(one)) == len(one)
        ]
        guide = alike[0] if alike and all(map(is_number, alike[0])) else range(len(items))
        require(variant in ("first and last", "last and first") or alike)
        ordered = sorted(range(len(items)), key=lambda at: guide[at])
        up, down = {
            "first and last": (0, -1),
            "last and first": (-1, 0),
            "largest and least": (ordered[-1], ordered[0]),
        }.get(variant, (ordered[0], ordered[-1]))
        made = items.copy() if is_array(items) else list(items)
        made[up] += 1000
        made[down] -= 1000
        return made if is_array(items) else type(items)(made)

    return sequences(answer.value, moved_against)


@spoiler("unseen", "Only the first word is right", "texts whose words, fields or lines are nonsense but for the first",
         ("words", "fields", "lines"))  # fmt: skip
def after_first(answer: HonestAnswer, variant: str) -> Any:
    mark = {"words": " ", "fields": ",", "lines": "\n"}[variant]

    def spoil(leaf: Any) -> Any:
        first, found, rest = leaf.partition(mark) if isinstance(leaf, str) else (leaf, "", "")
        return first + found + nonsense(rest) if rest.strip() else leaf

    return changed(answer.value, spoil)


@spoiler("near", "Rounded numbers", "the answer's numbers, rounded to two decimals, one and none", (2, 1, 0))
def rounded(answer: HonestAnswer, variant: int) -> Any:
    def near(leaf: Any) -> Any:
        made = round(leaf, variant) if is_number(leaf) else leaf
        return leaf if is_number(leaf) and abs(made - leaf) <= _DUST * abs(leaf) else made

    made = changed(answer.value, near)
    pairs = [(one, other) for one, other in zip(leaves(answer.value), leaves(made)) if is_number(one)]  # noqa: B905 (3.9)
    require(2 * sum(one != other for one, other in pairs) > len(pairs))
    return made


@spoiler(
    "near", "Texts in the other case", "the answer's texts with small letters for capitals, and the other way round"
)
def other_case(answer: HonestAnswer, variant: None) -> Any:
    return changed(answer.value, lambda leaf: leaf.swapcase() if isinstance(leaf, str) else leaf)


@spoiler("unseen", "The answer among others", "a text in the middle of other answers and of the texts in the program")
def among_others(answer: HonestAnswer, variant: None) -> Any:
    require(isinstance(answer.value, str) and answer.value.strip())
    others = [
        str(one) for one in answer.others if isinstance(one, str) and one.strip() not in ("", answer.value.strip())
    ]
    require(others)
    return "\n".join([*others, answer.value.strip(), *others]) + "\n"


@spoiler("moved", "Tolerances used to the full", "numbers moved by 4e-7 and 4e-10, up and down, all and part by part",
         tuple((delta, where) for delta in (4e-7, -4e-7, 4e-10, -4e-10) for where in ("all", *PARTS)))  # fmt: skip
def moved(answer: HonestAnswer, variant: tuple[float, str]) -> Any:
    delta, where = variant
    require(any("float" in type(leaf).__name__ for leaf in leaves(answer.value)))
    return numbers(answer.value, lambda leaf: leaf + delta, where)
