"""Cap sets: programs of `bench/ladder.py`."""

import random
import time

import numpy as np


def greedy(points):
    """every point that lies on no line with two points before it"""
    return _greedy(_thirds(points), range(len(points)))


def restarts(points):
    """the same in many random orders"""
    end, thirds, best = time.process_time() + 0.8, _thirds(points), []
    while time.process_time() < end:
        best = max(best, _greedy(thirds, random.sample(range(len(points)), len(points))), key=len)
    return best


def fewest_lines(points):
    """drop the point on the most lines until no line is left"""
    thirds = np.array(_thirds(points))
    alive = np.ones(len(points), dtype=bool)
    while True:
        lines = (thirds >= 0) & alive[:, None] & alive & alive[thirds]
        counts = lines.sum(axis=1)
        if not counts.any():
            return np.flatnonzero(alive)
        alive[np.argmax(counts + np.random.random(len(points)))] = False


def exchange(points):
    """reference: tabu search that adds a point and drops one of the only pair on a line with it"""
    end, thirds, n = time.process_time() + 0.85, _thirds(points), len(points)
    chosen, pairs, until, best, step = set(), [0] * n, [0] * n, [], 0
    while time.process_time() < end and len(best) < 112:
        step += 1
        free = [v for v in range(n) if pairs[v] == 0 and until[v] < step and v not in chosen]
        if free:
            added = random.choice(free)
        else:
            single = [v for v in range(n) if pairs[v] == 1 and until[v] < step and v not in chosen]
            if single:
                added = random.choice(single)
                one = next(u for u in chosen if thirds[added][u] in chosen)
                dropped = random.choice((one, thirds[added][one]))
            else:
                added, dropped = None, random.choice(list(chosen))
            chosen.discard(dropped)
            until[dropped] = step + random.randint(7, 17)
            _count(pairs, thirds[dropped], chosen, -1)
        if added is not None:
            _count(pairs, thirds[added], chosen, 1)
            chosen.add(added)
        if len(chosen) > len(best):
            best = list(chosen)
    return best


def _count(pairs, row, chosen, change):
    for other in chosen:
        if row[other] >= 0:
            pairs[row[other]] += change


def _thirds(points):
    """thirds[i][j] is the row of the third point on the line through rows i and j, -1 where there is none."""
    weights = 3 ** np.arange(6)
    rows = np.full(729, -1)
    rows[points @ weights] = np.arange(len(points))
    thirds = rows[(-(points[:, None] + points) % 3) @ weights]
    np.fill_diagonal(thirds, -1)
    return thirds.tolist()


def _greedy(thirds, order):
    chosen, barred = [], [False] * len(thirds)
    for point in order:
        if not barred[point]:
            for other in chosen:
                if thirds[point][other] >= 0:
                    barred[thirds[point][other]] = True
            chosen.append(point)
    return chosen


LADDER = (greedy, restarts, fewest_lines, exchange)
