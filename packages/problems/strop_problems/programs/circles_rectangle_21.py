import numpy as np
from scipy.optimize import minimize

CIRCLES, STARTS = 21, 100
FIRST, SECOND = np.triu_indices(CIRCLES, 1)
PAIRS = np.arange(len(FIRST))


def room(v):
    """What must be at least 0: distances less radii, and the distances to the four walls. The last number is the width."""
    x, y, r = v[:-1].reshape(3, CIRCLES)
    apart = np.hypot(x[FIRST] - x[SECOND], y[FIRST] - y[SECOND]) - r[FIRST] - r[SECOND]
    return np.concatenate([apart, x - r, y - r, v[-1] - x - r, 2 - v[-1] - y - r])


def slopes(v):
    x, y, r = v[:-1].reshape(3, CIRCLES)
    dx, dy = x[FIRST] - x[SECOND], y[FIRST] - y[SECOND]
    distance = np.maximum(np.hypot(dx, dy), 1e-12)
    pairs = np.zeros((len(FIRST), 3, CIRCLES))
    pairs[PAIRS, 0, FIRST], pairs[PAIRS, 0, SECOND] = dx / distance, -dx / distance
    pairs[PAIRS, 1, FIRST], pairs[PAIRS, 1, SECOND] = dy / distance, -dy / distance
    pairs[PAIRS, 2, FIRST] = pairs[PAIRS, 2, SECOND] = -1
    one, none = np.eye(CIRCLES), np.zeros((CIRCLES, CIRCLES))
    walls = [[one, none, -one], [none, one, -one], [-one, none, -one], [none, -one, -one]]
    by_width = np.repeat([0.0, 0.0, 0.0, 1.0, -1.0], [len(FIRST)] + [CIRCLES] * 4)
    rows = np.vstack([pairs.reshape(len(FIRST), -1), *(np.hstack(wall) for wall in walls)])
    return np.column_stack([rows, by_width])


def construct():
    """Sequential quadratic programming from random starts; then all radii shrink by what is broken."""
    rng, best, found = np.random.default_rng(0), 0.0, None
    gradient = np.append(np.repeat([0.0, 0.0, -1.0], CIRCLES), 0.0)
    rules = {"type": "ineq", "fun": room, "jac": slopes}
    for _ in range(STARTS):
        start = np.concatenate([rng.random(2 * CIRCLES), np.full(CIRCLES, 0.05), [0.9 + 0.1 * rng.random()]])
        v = minimize(lambda v: -v[2 * CIRCLES : -1].sum(), start, jac=lambda v: gradient, constraints=rules, method="SLSQP",
                     options={"maxiter": 300, "ftol": 1e-15}).x
        x, y, r = v[:-1].reshape(3, CIRCLES)
        r = r - max(0.0, -room(v).min()) - 1e-15
        if r.min() > 0 and r.sum() > best:
            best, found = r.sum(), [float(v[-1]), np.column_stack([x, y, r]).tolist()]
    return found
