"""A stand-in for a mediocre model: its answers go one step further than the program that they are shown, or do not.

It is no language model. Each of three tasks has a ladder of steps, real heuristics that work together, some of them useless or
harmful without another. A program is a set of steps; what it scores is measured, not assumed. An answer is

| share | answer |
|---|---|
| 15% | no program: prose, nothing, or a block that was cut short |
| 25% | a program that fails, from the one that is shown |
| 25% | the program with one more step |
| 12% | the program with one step less |
| 13% | an equal program in other words |
| 10% | a program of its own, of two steps |

Where the program that is shown fails, an answer repairs it with 60% when the prompt holds the error, else with 20%.

The attentive stand-in heeds more of a prompt: it repairs 90% of what it is told the error of; where a prompt tells of an error,
its other answers fail half as often; where it tells the score of the program, a step forward is likelier by 10 points.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

FENCE = "`" * 3
BUG = "    unheard_of += 1  # bug"
INSTANCES = {"train": range(8), "test": range(1000, 1024)}


@dataclass(frozen=True)
class Ladder:
    """A task, and the steps of its programs."""

    name: str
    text: str
    """What the improver is told of the score."""
    entry: str
    steps: tuple[str, ...]
    render: Callable[[frozenset[str]], str]
    draw: Callable[[random.Random], Any]
    score: Callable[[Any, Any], float]

    def program(self, steps: Sequence[str] | frozenset[str], words: str = "") -> str:
        """The text of a program with these steps; `words` changes it and nothing that it does."""
        marks = "".join(f"    # step: {step}\n" for step in self.steps if step in steps)
        head, _, body = self.render(frozenset(steps)).partition("\n")
        return f"{head}\n{marks}{f'    # {words}' + chr(10) if words else ''}{body}"

    @property
    def start(self) -> str:
        """The program with no step."""
        return self.program(())


def measured_here(ladder: Ladder, text: str, split: str) -> tuple[list[float], str]:
    """The scores of a program on a split, and its error; its text is this file's own, so it runs here."""
    space: dict[str, Any] = {}
    try:
        exec(compile(text, "program", "exec"), space)
        scores = []
        for seed in INSTANCES[split]:
            instance = ladder.draw(random.Random(seed))
            random.seed(seed)
            scores.append(ladder.score(instance, space[ladder.entry](instance)))
    except Exception as error:  # noqa: BLE001 - data
        return [], f"{type(error).__name__}: {error}"
    return scores, ""


class Stepwise:
    """The stand-in for one run."""

    def __init__(self, ladder: Ladder, seed: int, *, attentive: bool = False) -> None:
        self._ladder, self._random, self._count, self._attentive = ladder, random.Random(seed), 0, attentive

    def answer(self, expertise: str, message: str, temperature: float) -> str:
        """An answer to a prompt whose first fence, or first fence with a program of the task, shows a program."""
        rng, ladder = self._random, self._ladder
        self._count += 1
        shown = next(
            (
                block
                for block in re.findall(rf"{FENCE}(?:python)?\n(.*?)\n?{FENCE}", message, re.S)
                if f"def {ladder.entry}(" in block
            ),
            "",
        )
        steps = {step for step in re.findall(r"# step: (\w+)", shown) if step in ladder.steps}
        wild = min(1.0, 0.1 * temperature / 0.7)
        if rng.random() < 0.15:
            return rng.choice(["I would need more information.", "", f"{FENCE}python\n{shown[:60]}"])
        told = "NameError" in message or "UnboundLocalError" in message
        if BUG in shown and rng.random() < ((0.9 if self._attentive else 0.6) if told else 0.2):
            return self._fenced(ladder.program(steps))
        failing = 0.125 if self._attentive and told else 0.25
        forward = 0.35 if self._attentive and re.search(r"scores \d\.\d", message) else 0.25
        draw = rng.random() * 0.85
        if draw < wild:
            return self._fenced(ladder.program(rng.sample(ladder.steps, 2)))
        missing = [step for step in ladder.steps if step not in steps]
        if draw < wild + failing:
            more = {*steps, rng.choice(missing)} if missing else steps
            broken = ladder.program(more).split("\n")
            return self._fenced("\n".join([broken[0], BUG, *broken[1:]]))
        if draw < wild + failing + forward and missing:
            return self._fenced(ladder.program({*steps, rng.choice(missing)}))
        if draw < wild + failing + forward + 0.12 and steps:
            return self._fenced(ladder.program(steps - {rng.choice(sorted(steps))}))
        return self._fenced(ladder.program(steps, f"in other words, {self._count}"))

    def _fenced(self, program: str) -> str:
        return f"One idea is this.\n{FENCE}python\n{program}\n{FENCE}"


def _rota(steps: frozenset[str]) -> str:
    start = "[0] * n" if "together" in steps else "[p % 2 for p in range(n)]"
    greedy = (
        """
    for p in range(n):
        near = sum(w[p][q] for q in range(p) if side[q] == 0)
        far = sum(w[p][q] for q in range(p) if side[q] == 1)
        side[p] = int(near > far)
"""
        if "greedy" in steps
        else ""
    )
    passes = (30 if "again" in steps else 1) if "flip" in steps else 0
    flip = (
        f"""
    for _ in range({passes}):
        for p in range(n):
            same = sum(w[p][q] for q in range(n) if q != p and side[q] == side[p])
            side[p] = 1 - side[p] if same > sum(w[p]) - same else side[p]
"""
        if passes
        else ""
    )
    swap = (
        """
    def cut(s):
        return sum(w[p][q] for p in range(n) for q in range(p) if s[p] != s[q])
    for _ in range(40):
        p, q = random.randrange(n), random.randrange(n)
        other = side[:]
        other[p], other[q] = side[q], side[p]
        side = other if cut(other) > cut(side) else side
"""
        if "swap" in steps
        else ""
    )
    return (
        f"def assign(w):\n    import random\n    n = len(w)\n    side = {start}\n{greedy}{flip}{swap}\n    return side"
    )


def _draw_rota(rng: random.Random) -> list[list[int]]:
    n = 24
    weights = [[0] * n for _ in range(n)]
    for a in range(n):
        for b in range(a):
            weights[a][b] = weights[b][a] = rng.randint(1, 9) if rng.random() < 0.4 else 0
    return weights


def _score_rota(weights: list[list[int]], side: list[int]) -> float:
    assert set(side) <= {0, 1} and len(side) == len(weights)
    pairs = [(a, b) for a in range(len(weights)) for b in range(a)]
    return sum(weights[a][b] for a, b in pairs if side[a] != side[b]) / sum(weights[a][b] for a, b in pairs)


def _packing(steps: frozenset[str]) -> str:
    order = "range(len(sizes))"
    if "decreasing" in steps:
        order = "sorted(range(len(sizes)), key=lambda i: -sizes[i])"
    if "increasing" in steps:
        order = "sorted(range(len(sizes)), key=lambda i: sizes[i])"
    opened = "range(len(bins))" if "every" in steps else "range(max(len(bins) - 1, 0), len(bins))"
    chosen = "max(fits, key=lambda b: loads[b])" if "tight" in steps else "fits[0]"
    merge = (
        """
    for a in range(len(bins)):
        for b in range(a):
            if bins[a] and bins[b] and loads[a] + loads[b] <= 1:
                bins[b] += bins[a]
                loads[b] += loads[a]
                bins[a], loads[a] = [], 0.0
"""
        if "merge" in steps
        else ""
    )
    return f"""def pack(sizes):
    bins, loads = [], []
    for i in {order}:
        fits = [b for b in {opened} if loads[b] + sizes[i] <= 1]
        if fits:
            b = {chosen}
            bins[b].append(i)
            loads[b] += sizes[i]
        else:
            bins.append([i])
            loads.append(sizes[i])
{merge}
    return [one for one in bins if one]"""


def _draw_packing(rng: random.Random) -> list[float]:
    sizes = [rng.uniform(0.35, 0.7) for _ in range(30)] + [rng.uniform(0.05, 0.35) for _ in range(30)]
    rng.shuffle(sizes)
    return sizes


def _score_packing(sizes: list[float], bins: list[list[int]]) -> float:
    assert all(sum(sizes[i] for i in one) <= 1 + 1e-9 for one in bins)
    assert sorted(i for one in bins for i in one) == list(range(len(sizes)))
    return sum(sizes) / len(bins)


def _flags(steps: frozenset[str]) -> str:
    votes = "wishes" if "count" in steps else "wishes[:1]"
    descent = (
        """
    for v in range(1, n + 1):
        before = unhappy(values)
        values[v] = not values[v]
        if len(unhappy(values)) >= len(before):
            values[v] = not values[v]
"""
        if "descend" in steps
        else ""
    )
    length = 120 if "long" in steps else 20
    noise = "random.random() < 0.4" if "noise" in steps else "True"
    keep = "best if len(unhappy(best)) <= len(unhappy(values)) else values" if "keep" in steps else "values"
    walk = (
        f"""
    for _ in range({length}):
        bad = unhappy(values)
        if not bad:
            break
        if len(bad) < len(unhappy(best)):
            best = values[:]
        wishes = random.choice(bad)
        def after(v):
            values[v] = not values[v]
            found = len(unhappy(values))
            values[v] = not values[v]
            return found
        v = abs(random.choice(wishes) if {noise} else min(wishes, key=lambda wish: after(abs(wish))))
        values[v] = not values[v]
"""
        if "walk" in steps
        else ""
    )
    return f"""def choose(clauses):
    import random
    n = max(abs(wish) for wishes in clauses for wish in wishes)
    votes = [0] * (n + 1)
    for wishes in clauses:
        for wish in {votes}:
            votes[abs(wish)] += 1 if wish > 0 else -1
    values = [vote > 0 for vote in votes]
    def unhappy(values):
        return [wishes for wishes in clauses if not any(values[abs(w)] == (w > 0) for w in wishes)]
{descent}
    best = values[:]
{walk}
    return {keep}"""


def _draw_flags(rng: random.Random) -> list[list[int]]:
    return [[v if rng.random() < 0.5 else -v for v in rng.sample(range(1, 15), 3)] for _ in range(62)]


def _score_flags(clauses: list[list[int]], values: list[bool]) -> float:
    unhappy = sum(not any(values[abs(w)] == (w > 0) for w in wishes) for wishes in clauses)
    return 1 / (1 + unhappy)


LADDERS = {
    "shift rota": Ladder(
        "shift rota",
        "The share of all quarrels between people of different shifts.",
        "assign",
        ("together", "greedy", "flip", "again", "swap"),
        _rota,
        _draw_rota,
        _score_rota,
    ),
    "bin packing": Ladder(
        "bin packing",
        "The sum of all sizes over the number of bins.",
        "pack",
        ("every", "tight", "decreasing", "increasing", "merge"),
        _packing,
        _draw_packing,
        _score_packing,
    ),
    "feature flags": Ladder(
        "feature flags",
        "One over one more than the customers who get none of their wishes.",
        "choose",
        ("count", "descend", "walk", "long", "noise", "keep"),
        _flags,
        _draw_flags,
        _score_flags,
    ),
}
"""The tasks, by name."""
