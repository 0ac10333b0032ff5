import numpy as np
from scipy.optimize import linprog

STEPS, ROUNDS = 100, 150


def value(heights):
    return np.correlate(heights, 1 - heights, "full").max() * 2 / STEPS


def construct():
    """Repeated linear programs: the best change of the heights while the overlap is linear in it."""
    rng = np.random.default_rng(1)
    x = (np.arange(STEPS) + 0.5) / STEPS
    heights = np.clip(0.5 - 0.45 * np.cos(2 * np.pi * x) + 0.2 * (rng.random(STEPS) - 0.5), 0, 1)
    heights *= STEPS / 2 / heights.sum()
    heights = np.clip(heights, 0, 1)
    heights += 0.5 - heights.mean()
    reach = 0.3
    shifts = np.arange(-STEPS + 1, STEPS)
    for _ in range(ROUNDS):
        rows = np.zeros((len(shifts), STEPS))
        limits = np.zeros(len(shifts))
        for row, shift in enumerate(shifts):
            first = np.arange(max(0, -shift), min(STEPS, STEPS - shift))
            rows[row, first] += 1 - heights[first + shift]
            rows[row, first + shift] -= heights[first]
            limits[row] = -(heights[first] * (1 - heights[first + shift])).sum()
        rules = np.column_stack([rows, -np.ones(len(rows))])
        bounds = [(max(0, height - reach) - height, min(1 - 1e-9, height + reach) - height) for height in heights] + [
            (None, None)
        ]
        goal = np.append(np.zeros(STEPS), 1.0)
        found = linprog(goal, rules, limits, np.append(np.ones(STEPS), 0.0)[None], [0.0], bounds, method="highs")
        tried = np.clip(heights + found.x[:-1], 0, 1 - 1e-10) if found.x is not None else heights
        if value(tried) < value(heights):
            heights, reach = tried, 1.3 * reach
        else:
            reach /= 2
    return heights.tolist()
