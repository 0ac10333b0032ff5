import numpy as np
from scipy.optimize import minimize

POINTS, STARTS = 11, 300
TRIPLES = np.array([(a, b, c) for a in range(POINTS) for b in range(a) for c in range(b)])
ROWS = np.arange(len(TRIPLES))


def areas(v):
    """Twice the signed areas of all triangles."""
    a, b, c = (v.reshape(POINTS, 2)[TRIPLES[:, corner]] for corner in range(3))
    return (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]


def slopes(v):
    points, result = v.reshape(POINTS, 2), np.zeros((len(TRIPLES), POINTS, 2))
    for corner in range(3):
        after, before = points[TRIPLES[:, (corner + 1) % 3]], points[TRIPLES[:, (corner + 2) % 3]]
        result[ROWS, TRIPLES[:, corner], 0] = after[:, 1] - before[:, 1]
        result[ROWS, TRIPLES[:, corner], 1] = before[:, 0] - after[:, 0]
    return result.reshape(len(TRIPLES), -1)


def construct():
    """From random starts: every triangle keeps its side and has at least the area t, all points stay in the triangle."""
    rng, best, found = np.random.default_rng(0), 0.0, None
    gradient = np.append(np.zeros(2 * POINTS), -1.0)
    inside = np.column_stack([-np.repeat(np.eye(POINTS), 2, axis=1), np.zeros(POINTS)])
    bounds = [(0.0, 1.0)] * (2 * POINTS) + [(-1.0, 1.0)]
    for _ in range(STARTS):
        points = rng.dirichlet([1, 1, 1], size=POINTS)[:, :2]
        side = np.sign(areas(points.ravel()))
        rules = [
            {"type": "ineq", "fun": lambda v: side * areas(v[:-1]) - v[-1],
             "jac": lambda v: np.column_stack([side[:, None] * slopes(v[:-1]), -np.ones(len(TRIPLES))])},
            {"type": "ineq", "fun": lambda v: 1 - v[:-1:2] - v[1:-1:2], "jac": lambda v: inside},
        ]
        v = minimize(lambda v: -v[-1], np.append(points.ravel(), 0.0), jac=lambda v: gradient, constraints=rules,
                     bounds=bounds, method="SLSQP", options={"maxiter": 200, "ftol": 1e-15}).x
        points = np.clip(v[:-1].reshape(POINTS, 2), 0, 1)
        points /= np.maximum(points.sum(axis=1) * (1 + 1e-15), 1)[:, None]
        value = np.abs(areas(points.ravel())).min()
        if value > best:
            best, found = value, points
    return found.tolist()
