import itertools
import random


def blocks(rng):
    """Sets of four coordinates, any two of which share at most two: greedy, with exchanges."""
    quadruples = list(itertools.combinations(range(11), 4))
    clash = {one: {two for two in quadruples if two != one and len(set(one) & set(two)) > 2} for one in quadruples}
    chosen, best, since = set(), set(), dict.fromkeys(quadruples, 0)
    for step in range(60000):
        fewest = min(
            (len(clash[one] & chosen), since[one], rng.random(), one)
            for one in rng.sample(quadruples, 40)
            if one not in chosen
        )
        removed = clash[fewest[3]] & chosen
        chosen = (chosen - removed) | {fewest[3]}
        for one in removed:
            since[one] = step
        if len(chosen) > len(best):
            best = set(chosen)
        if len(best) == 35:
            break
    return best


def construct():
    """Four coordinates 1 or -1 on every block, and 2 or -2 in one coordinate."""
    points = [[sign * 2 * (place == axis) for place in range(11)] for axis in range(11) for sign in (-1, 1)]
    for block in blocks(random.Random(0)):
        for signs in itertools.product((-1, 1), repeat=4):
            point = [0] * 11
            for place, sign in zip(block, signs, strict=True):
                point[place] = sign
            points.append(point)
    return points
