"""Multiplier blocks: programs of `bench/ladder.py`."""

import random
import time

LIMIT = 1 << 16


def signed_digits(constants):
    """each constant by itself, from its digits 1, 0 and -1 in canonical form"""
    additions = []
    for constant in constants:
        shift, left, digits = 0, constant, []
        while left:
            digit = 2 - left % 4 if left % 2 else 0
            if digit:
                digits.append((shift, digit))
            left, shift = (left - digit) // 2, shift + 1
        (top, _), *others = reversed(digits)
        value, at = 1 << top, (0, top)
        for shift, digit in others:
            additions.append([*at, 0, shift, digit])
            value, at = value + (digit << shift), (len(additions), 0)
    return additions


def smallest_difference(constants):
    """the constants in increasing order, each by one addition if possible, else from the next lower value and the difference"""
    block = _Block()
    for constant in sorted(constants):
        _make_anyhow(block, constant)
    return block.additions


def ready_first(constants):
    """the same, but a constant that is one addition away from the values so far comes first"""
    block, left = _Block(), set(constants)
    while left:
        ready = [constant for constant in left if constant in block.near]
        _make_anyhow(block, min(ready or left))
        left.difference_update(block.values)
    return block.additions


def iterated(constants):
    """reference: if no constant is one addition away, make the value that brings most of them there (as Voronenko and Pueschel
    2007 do); again and again, each time with most of the helpers of the best block so far"""
    end = time.process_time() + 0.82
    best = _graph(constants, end, 0.0)
    while time.process_time() < end:
        helpers = [value for value in best.values if value != 1 and value not in constants]
        kept = {value for value in helpers if random.random() < random.choice((0.5, 0.8, 0.9))}
        block = _graph(constants, end, random.choice((0, 0.5, 1)), kept)
        block = _pruned(block, constants)
        if len(block.additions) <= len(best.additions):
            best = block
    return best.additions


class _Block:
    def __init__(self):
        self.values, self.additions, self.near = {1: 0}, [], {}
        self._meet(1)

    def add(self, value):
        """Make a value that is one addition away."""
        self.additions.append(list(self.near[value]))
        self.values[value] = len(self.additions)
        self._meet(value)

    def _meet(self, new):
        """Note the odd values that an addition of `new` and any value makes."""
        at = self.values[new]
        for other, index in list(self.values.items()):
            for value, addition in _sums(new, at, other, index):
                self.near.setdefault(value, addition)


def _pruned(block, constants):
    """The block without the values that nothing uses."""
    order, used = list(block.values), {block.values[constant] for constant in constants}
    for index in range(len(order) - 1, 0, -1):
        if index in used:
            used |= {block.additions[index - 1][0], block.additions[index - 1][2]}
    number = {old: new for new, old in enumerate(sorted(used | {0}))}
    block.values = {order[old]: new for old, new in number.items()}
    kept = [block.additions[old - 1] for old in number if old]
    block.additions = [[number[a], s, number[b], t, sign] for a, s, b, t, sign in kept]
    return block


def _sums(u, at, v, index):
    """Odd values of one addition of u and v: one of them is shifted."""
    sums = []
    for x, i, y, j in ((u, at, v, index), (v, index, u, at)):
        shifted, shift = y << 1, 1
        while shifted < 2 * LIMIT:
            if x + shifted < LIMIT:
                sums.append((x + shifted, (i, 0, j, shift, 1)))
            if x - shifted > 0:
                sums.append((x - shifted, (i, 0, j, shift, -1)))
            if 0 < shifted - x < LIMIT and shift <= 16:
                sums.append((shifted - x, (j, shift, i, 0, -1)))
            shifted, shift = shifted << 1, shift + 1
    return [(value, addition) for value, addition in sums if max(addition[1], addition[3]) <= 16]


def _make_anyhow(block, constant):
    while constant not in block.values:
        if constant in block.near:
            block.add(constant)
            return
        base = max(value for value in block.values if value < constant)
        rest = constant - base
        while rest % 2 == 0:
            rest //= 2
        _make_anyhow(block, rest)


def _graph(constants, end, noise, helpers=()):
    block, left, helpers = _Block(), set(constants), set(helpers)
    while left:
        ready = [constant for constant in left if constant in block.near]
        if ready:
            for constant in ready:
                block.add(constant)
            left.difference_update(ready)
            continue
        ready = [value for value in helpers if value in block.near]
        if ready:
            block.add(ready[0])
            helpers.discard(ready[0])
            continue
        votes = {}
        for constant in left:
            steps = set()
            for value in block.values:
                for one, _ in _halves(constant, value):
                    steps.add(one)
            for one in steps:
                if one in block.near and one not in block.values:
                    votes[one] = votes.get(one, 0) + 1 + (noise * random.random() if noise else 0)
        if votes:
            block.add(max(votes, key=votes.get))
        else:
            constant = min(left)
            digits = _make_lower(block, constant)
            if digits is not None:
                block.add(digits)
        if time.process_time() > end:
            for constant in sorted(left):
                _make_anyhow(block, constant)
            left = set()
    return block


def _halves(constant, value):
    """Odd numbers that give the constant in one addition with the value."""
    halves = []
    shifted, shift = value, 0
    while shifted < 2 * LIMIT:
        for rest in (constant - shifted, constant + shifted, shifted - constant):
            if rest > 0:
                odd = rest & -rest
                if rest // odd < LIMIT and (shift == 0 or odd == 1 or shift < 17):
                    halves.append((rest // odd, shift))
        shifted, shift = shifted << 1, shift + 1
    return halves


def _make_lower(block, constant):
    """A value one addition away that is a good start for a constant of three or more additions."""
    options = [value for value in block.near if value not in block.values]
    return min(options, key=lambda value: min((constant ^ (value << s)).bit_count() for s in range(14)))


LADDER = (signed_digits, smallest_difference, ready_first, iterated)
