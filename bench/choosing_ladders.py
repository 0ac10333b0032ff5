"""Four more ladders for the stand-in of `stepwise.py`, on which `default_improver.py` chooses a strategy.

The ladders of `stepwise.py` judge strop beside other systems (`bench/peers equal`), so nothing may be chosen on them.
"""

from __future__ import annotations

import math
import random
from typing import Any

from stepwise import Ladder


def _tour(steps: frozenset[str]) -> str:
    """Programs that visit points in the plane."""
    start = "list(range(n))"
    if "sweep" in steps:
        start = "sorted(range(n), key=lambda p: math.atan2(points[p][1] - 0.5, points[p][0] - 0.5))"
    nearest = (
        """
    order, left = [0], set(range(1, n))
    while left:
        order.append(min(left, key=lambda p: far(order[-1], p)))
        left.remove(order[-1])
"""
        if "nearest" in steps
        else ""
    )
    loops = 12 if "again" in steps else 1
    reverse = (
        f"""
    for _ in range({loops}):
        for i in range(1, n - 1):
            for j in range(i + 1, n):
                other = order[:i] + order[i:j + 1][::-1] + order[j + 1:]
                order = other if length(other) < length(order) else order
"""
        if "reverse" in steps
        else ""
    )
    move = (
        """
    for p in range(n):
        rest = [q for q in order if q != p]
        order = min((rest[:i] + [p] + rest[i:] for i in range(n)), key=length)
"""
        if "move" in steps
        else ""
    )
    shake = "    random.shuffle(order)\n" if "shake" in steps else ""
    return f"""def visit(points):
    import math, random
    n = len(points)
    def far(p, q):
        return math.dist(points[p], points[q])
    def length(order):
        return sum(far(order[i - 1], order[i]) for i in range(n))
    order = {start}
{nearest}{shake}{reverse}{move}
    return order"""


def _draw_points(rng: random.Random) -> list[tuple[float, float]]:
    return [(rng.random(), rng.random()) for _ in range(14)]


def _score_tour(points: list[tuple[float, float]], order: list[int]) -> float:
    assert sorted(order) == list(range(len(points)))
    length = sum(math.dist(points[order[i - 1]], points[order[i]]) for i in range(len(points)))
    near = [min(math.dist(p, q) for q in points if q is not p) for p in points]
    return min(1.0, sum(near) / length)


def _loading(steps: frozenset[str]) -> str:
    """Programs that load the most valuable items into a van."""
    key = "0"
    if "light" in steps:
        key = "items[i][0]"
    if "dear" in steps:
        key = "-items[i][1]"
    if "dense" in steps:
        key = "-items[i][1] / items[i][0]"
    otherwise = "continue" if "skip" in steps else "break"
    tries = (8 if "again" in steps else 1) if "exchange" in steps else 0
    exchange = (
        f"""
    for _ in range({tries}):
        for i in list(load):
            for j in range(len(items)):
                room = capacity - sum(items[k][0] for k in load)
                if j not in load and i in load and items[j][0] - items[i][0] <= room and items[j][1] > items[i][1]:
                    load.remove(i)
                    load.append(j)
"""
        if tries
        else ""
    )
    return f"""def load(van):
    items, capacity = van
    load, used = [], 0
    for i in sorted(range(len(items)), key=lambda i: {key}):
        if used + items[i][0] > capacity:
            {otherwise}
        load.append(i)
        used += items[i][0]
{exchange}
    return load"""


def _draw_van(rng: random.Random) -> tuple[list[tuple[int, int]], int]:
    weights = [rng.randint(8, 60) for _ in range(30)]
    items = [(weight, max(1, weight + rng.randint(-12, 12))) for weight in weights]
    return items, sum(weights) // 4


def _score_van(van: tuple[list[tuple[int, int]], int], load: list[int]) -> float:
    items, capacity = van
    assert len(set(load)) == len(load)
    assert sum(items[i][0] for i in load) <= capacity
    room, bound = capacity, 0.0
    for weight, value in sorted(items, key=lambda item: -item[1] / item[0]):
        bound += value * min(1.0, room / weight)
        room = max(0, room - weight)
    return max(0.0, 1 - 5 * (1 - sum(items[i][1] for i in load) / bound))


def _timetable(steps: frozenset[str]) -> str:
    """Programs that give every exam a slot that no exam with the same people has."""
    order = "sorted(range(n), key=lambda e: -len(clash[e]))" if "busy" in steps else "range(n)"
    if "reverse" in steps:
        order = f"list({order})[::-1]"
    chosen = "min(free)" if "early" in steps else "free[-1]"
    if "even" in steps:
        chosen = "min(free, key=lambda s: slots.count(s))"
    following = (
        "max((e for e in order if slots[e] < 0), key=lambda e: len({slots[o] for o in clash[e]}))"
        if "tight" in steps
        else "next(e for e in order if slots[e] < 0)"
    )
    rounds = 25 if "long" in steps else 3
    merge = (
        f"""
    for _ in range({rounds}):
        last = random.choice(sorted(set(slots)))
        other = slots[:]
        for e in range(n):
            if other[e] == last:
                free = [s for s in set(other) - {{last}} if all(other[o] != s for o in clash[e])]
                other[e] = random.choice(sorted(free)) if free else last
        slots = other
"""
        if "merge" in steps
        else ""
    )
    return f"""def plan(clash):
    import random
    n = len(clash)
    slots, order = [-1] * n, {order}
    for _ in range(n):
        e = {following}
        taken = {{slots[o] for o in clash[e]}}
        free = [s for s in range(n) if s not in taken]
        slots[e] = {chosen}
{merge}
    return slots"""


def _draw_clash(rng: random.Random) -> list[list[int]]:
    n = 26
    pairs = [(a, b) for a in range(n) for b in range(a) if rng.random() < 0.4]
    return [[b if a == e else a for a, b in pairs if e in (a, b)] for e in range(n)]


def _score_slots(clash: list[list[int]], slots: list[int]) -> float:
    assert all(slots[e] != slots[o] for e in range(len(clash)) for o in clash[e])
    return min(1.0, 5 / len(set(slots)))


def _orders(steps: frozenset[str]) -> str:
    """Programs that order jobs with due dates and weights on one machine."""
    key = "0"
    if "short" in steps:
        key = "jobs[j][0]"
    if "due" in steps:
        key = "jobs[j][1]"
    if "weigh" in steps:
        key += " / jobs[j][2]"
    loops = 6 if "again" in steps else 1
    swap = (
        f"""
    for _ in range({loops}):
        for i in range(n - 1):
            other = order[:i] + [order[i + 1], order[i]] + order[i + 2:]
            order = other if late(other) <= late(order) else order
"""
        if "swap" in steps
        else ""
    )
    jump = (
        """
    for _ in range(40):
        i, j = random.randrange(n), random.randrange(n)
        other = order[:]
        other.insert(j, other.pop(i))
        order = other if KEEP else order
""".replace("KEEP", "late(other) < late(order)" if "keep" in steps else "True")
        if "jump" in steps
        else ""
    )
    return f"""def order(jobs):
    import random
    n = len(jobs)
    def late(order):
        now = total = 0
        for j in order:
            now += jobs[j][0]
            total += jobs[j][2] * max(0, now - jobs[j][1])
        return total
    order = sorted(range(n), key=lambda j: {key})
{swap}{jump}
    return order"""


def _draw_jobs(rng: random.Random) -> list[tuple[int, int, int]]:
    times = [rng.randint(2, 20) for _ in range(16)]
    return [(time, rng.randint(10, int(sum(times) * 0.75)), rng.randint(1, 9)) for time in times]


def _score_order(jobs: list[tuple[int, int, int]], order: list[int]) -> float:
    assert sorted(order) == list(range(len(jobs)))
    now = late = 0
    for j in order:
        now += jobs[j][0]
        late += jobs[j][2] * max(0, now - jobs[j][1])
    return 1 / (1 + late / 400)


def _ladder(name: str, text: str, entry: str, steps: str, *functions: Any) -> Ladder:
    return Ladder(name, text, entry, tuple(steps.split()), *functions)


LADDERS = {
    "delivery round": _ladder(
        "delivery round",
        "A bound of the length over the length of the round.",
        "visit",
        "sweep nearest shake reverse again move",
        *(_tour, _draw_points, _score_tour),
    ),
    "van loading": _ladder(
        "van loading",
        "How near the value of the load is to a bound.",
        "load",
        "light dear dense skip exchange again",
        *(_loading, _draw_van, _score_van),
    ),
    "exam slots": _ladder(
        "exam slots",
        "Five over the number of slots.",
        "plan",
        "busy reverse early even tight merge long",
        *(_timetable, _draw_clash, _score_slots),
    ),
    "late orders": _ladder(
        "late orders",
        "The less weighted delay, the better.",
        "order",
        "short due weigh swap again jump keep",
        *(_orders, _draw_jobs, _score_order),
    ),
}
"""The tasks, by name."""
