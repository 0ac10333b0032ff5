"""Golomb rulers: programs of `bench/ladder.py`."""

import random
import time

import numpy as np


def greedy(marks, forbidden):
    """each mark at the first place that is allowed"""
    return _extended([0], marks, forbidden, skip=0.0)


def restarts(marks, forbidden):
    """greedy with random gaps, many times"""
    end = time.process_time() + 0.8
    best = greedy(marks, forbidden)
    while time.process_time() < end:
        places = _extended([0], marks, forbidden, skip=random.choice((0.05, 0.2, 0.5)), below=best[-1])
        best = places or best
    return best


def quadratic(marks, forbidden):
    """windows of Ruzsa's modular rulers that avoid the forbidden distances"""
    end, best = time.process_time() + 0.7, greedy(marks, forbidden)
    for modulus, residues in _ruzsa(marks):
        best = _shortest_window(modulus, residues, marks, forbidden, best, end)
    return best


def repaired(marks, forbidden):
    """reference: windows of Ruzsa, Bose and Singer rulers; marks with forbidden distances are dropped and replaced"""
    end = time.process_time() + 0.8
    families, best = [*_ruzsa(marks), *_bose(marks), *_singer(marks)], greedy(marks, forbidden)
    while time.process_time() < end:
        modulus, residues = random.choice(families)
        units = [unit for unit in range(2, modulus) if np.gcd(unit, modulus) == 1]
        circle = np.sort(residues * random.choice(units) % modulus)
        circle = np.concatenate([circle, circle + modulus])
        for start in range(len(residues)):
            stretch = circle[start : start + len(residues)] - circle[start]
            places = [int(place) for place in stretch if place < best[-1]]
            kept = _repair(places, forbidden)
            if len(kept) < marks - 3:
                continue
            full = kept[:marks] if len(kept) >= marks else _filled(kept, marks, forbidden, best[-1])
            if full and max(full) - min(full) < best[-1]:
                best = sorted(place - min(full) for place in full)
    return best


def _extended(places, marks, forbidden, skip, below=None):
    places, used, place = list(places), set(forbidden), places[-1]
    while len(places) < marks:
        place += 1
        if below and place >= below:
            return None
        distances = {place - other for other in places}
        if not distances & used and random.random() >= skip:
            used |= distances
            places.append(place)
    return places


def _primes(low, high):
    return [p for p in range(low, high) if all(p % d for d in range(2, int(p**0.5) + 1))]


def _ruzsa(marks):
    for p in _primes(marks + 1, marks + 12):
        root = next(g for g in range(2, p) if len({pow(g, e, p) for e in range(p - 1)}) == p - 1)
        yield p * (p - 1), np.array([(p * i + (p - 1) * pow(root, i, p)) % (p * (p - 1)) for i in range(1, p)])


def _powers(p, degree):
    """Powers of a generator of GF(p^degree) over GF(p), as coefficient lists."""
    order = p**degree - 1
    factors = [q for q in _primes(2, int(order**0.5) + 1) if order % q == 0]
    factors += [
        order // q
        for q in factors
        if len([d for d in range(2, int((order // q) ** 0.5) + 1) if order // q % d == 0]) == 0
    ]
    while True:
        tail = [random.randrange(p) for _ in range(degree)]
        element, powers = [1] + [0] * (degree - 1), []
        marks = set()
        for _ in range(order):
            key = tuple(element)
            if key in marks:
                break
            marks.add(key)
            powers.append(element)
            top = element[-1]
            element = [(lower + top * t) % p for lower, t in zip([0, *element[:-1]], tail, strict=True)]
        if len(powers) == order:
            return powers


def _bose(marks):
    for p in _primes(marks, marks + 6):
        powers = _powers(p, 2)
        yield p * p - 1, np.array([e for e, element in enumerate(powers) if element[1] == 1])


def _singer(marks):
    for p in _primes(marks - 1, marks + 5)[:1]:
        modulus = p * p + p + 1
        powers = _powers(p, 3)
        yield modulus, np.array(sorted({e % modulus for e, element in enumerate(powers) if element[2] == 0}))


def _shortest_window(modulus, residues, marks, forbidden, best, end):
    units = [unit for unit in range(1, modulus) if np.gcd(unit, modulus) == 1]
    circle = np.sort(np.outer(units, residues) % modulus, axis=1)
    circle = np.concatenate([circle, circle + modulus], axis=1)
    starts = np.arange(len(residues))
    lengths = circle[:, starts + marks - 1] - circle[:, starts]
    for flat in np.argsort(lengths, axis=None):
        row, start = divmod(int(flat), len(residues))
        if lengths[row, start] >= best[-1] or time.process_time() > end:
            break
        window = circle[row, start : start + marks] - circle[row, start]
        if not np.isin(forbidden, window[:, None] - window).any():
            return window.tolist()
    return best


def _repair(places, forbidden):
    """Drop marks until no distance is forbidden."""
    places = set(places)
    for distance in forbidden:
        for place in [place for place in places if place + distance in places]:
            if place in places and place + distance in places:
                places.discard(random.choice((place, place + distance)))
    return sorted(places)


def _filled(places, marks, forbidden, below):
    """Add marks between 0 and `below` where all distances stay different, or return None."""
    used = set(forbidden) | {b - a for i, a in enumerate(places) for b in places[i + 1 :]}
    for place in random.sample(range(below), below):
        distances = {abs(place - other) for other in places}
        if 0 in distances or len(distances) < len(places) or distances & used:
            continue
        used |= distances
        places = [*places, place]
        if len(places) == marks:
            return places
    return None


LADDER = (greedy, restarts, quadratic, repaired)
