"""Bin packing: programs of `bench/ladder.py`."""

import random
import time
from bisect import bisect_right


def first_fit_decreasing(items, capacity):
    """first fit, largest items first"""
    bins, rooms = [0] * len(items), []
    for item in sorted(range(len(items)), key=lambda item: -items[item]):
        chosen = next((place for place, room in enumerate(rooms) if items[item] <= room), len(rooms))
        if chosen == len(rooms):
            rooms.append(capacity)
        rooms[chosen] -= items[item]
        bins[item] = chosen
    return bins


def fullest_bin(items, capacity):
    """the largest item with the two that fill its bin best, again and again"""
    return _numbered(items, _triples(items, capacity))


def random_fullest_bin(items, capacity, seconds=0.8):
    """the same with some randomness, many times"""
    end, best = time.process_time() + seconds, fullest_bin(items, capacity)
    while time.process_time() < end:
        bins = _numbered(items, _triples(items, capacity, noise=random.choice((0.5, 1, 2, 4))))
        best = min(best, bins, key=max)
    return best


def exact_cover(items, capacity):
    """reference: bins filled exactly by three items, the item with the fewest such bins first, with backtracking"""
    end, n = time.process_time() + 0.8, len(items)
    best = random_fullest_bin(items, capacity, seconds=0.1)
    places = {}
    for item, size in enumerate(items):
        places.setdefault(size, []).append(item)
    triples = [
        (a, b, c)
        for a in range(n)
        for b in range(a + 1, n)
        for c in places.get(capacity - items[a] - items[b], ())
        if c > b
    ]
    of_item = [[] for _ in range(n)]
    for number, triple in enumerate(triples):
        for item in triple:
            of_item[item].append(number)
    while time.process_time() < end and max(best) + 1 > sum(items) // capacity:
        chosen = _cover(triples, of_item, n, end)
        loose = set(range(n)) - {item for number in chosen for item in triples[number]}
        groups = [triples[number] for number in chosen] + _triples(items, capacity, loose)
        best = min(best, _numbered(items, groups), key=max)
    return best


def _cover(triples, of_item, n, end):
    """Disjoint triples that cover all items, or as many as were found before giving up on this order."""
    blocked, options, covered = [0] * len(triples), [len(numbers) for numbers in of_item], [False] * n
    chosen, longest = [], []

    def change(number, step):
        for item in triples[number]:
            covered[item] = step > 0
            for other in of_item[item]:
                before = blocked[other]
                blocked[other] = before + step
                if (before == 0) if step > 0 else (before == 1):
                    for member in triples[other]:
                        options[member] -= step

    nodes, stack = 0, []
    while True:
        left = [item for item in range(n) if not covered[item]]
        if len(chosen) > len(longest):
            longest = chosen[:]
        if not left or nodes > 400 or time.process_time() > end:
            return longest
        nodes += 1
        item = min(left, key=lambda item: options[item] + random.random())
        candidates = [number for number in of_item[item] if blocked[number] == 0]
        random.shuffle(candidates)
        stack.append(candidates)
        while stack and not stack[-1]:
            stack.pop()
            if not stack:
                return longest
            change(chosen.pop(), -1)
        number = stack[-1].pop()
        change(number, 1)
        chosen.append(number)


def _triples(items, capacity, loose=None, noise=0.0):
    """Groups of items: the largest one with the pair that leaves the least room, or with the largest one if no pair fits."""
    left = sorted(range(len(items)) if loose is None else loose, key=lambda item: items[item])
    sizes = [items[item] for item in left]
    groups = []
    while left:
        group, room = [left.pop()], capacity - sizes.pop()
        best, found = None, None
        low, high = 0, len(left) - 1
        while low < high:
            waste = room - sizes[low] - sizes[high]
            if waste < 0:
                high -= 1
                continue
            price = waste + noise * random.expovariate(1) if noise else waste
            if best is None or price < best:
                best, found = price, (low, high)
            low += 1
        if found is None:
            place = bisect_right(sizes, room) - 1
            found = (place,) if place >= 0 else ()
        for place in sorted(found, reverse=True):
            group.append(left.pop(place))
            sizes.pop(place)
        groups.append(group)
    return groups


def _numbered(items, groups):
    bins = [0] * len(items)
    for number, group in enumerate(groups):
        for item in group:
            bins[item] = number
    return bins


LADDER = (first_fit_decreasing, fullest_bin, random_fullest_bin, exact_cover)
