import numpy as np
from scipy.optimize import minimize
from scipy.spatial import ConvexHull

POINTS, STARTS = 13, 400
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


def hull(v):
    """Twice the area of the hull, and its gradient."""
    points = v.reshape(POINTS, 2)
    corners = ConvexHull(points).vertices
    after, before = points[np.roll(corners, -1)], points[np.roll(corners, 1)]
    x, y = points[corners].T
    gradient = np.zeros((POINTS, 2))
    gradient[corners, 0], gradient[corners, 1] = after[:, 1] - before[:, 1], before[:, 0] - after[:, 0]
    return (x * after[:, 1] - y * after[:, 0]).sum(), gradient.ravel()


def construct():
    """From random starts: every triangle keeps its side and has at least the area t, the hull at most the area 1."""
    rng, best, found = np.random.default_rng(0), 0.0, None
    gradient = np.append(np.zeros(2 * POINTS), -1.0)
    for _ in range(STARTS):
        points = rng.normal(size=(POINTS, 2))
        points /= np.maximum(np.hypot(*points.T), 0.4)[:, None] * 1.7
        side = np.sign(areas(points.ravel()))
        rules = [
            {"type": "ineq", "fun": lambda v: side * areas(v[:-1]) - v[-1],
             "jac": lambda v: np.column_stack([side[:, None] * slopes(v[:-1]), -np.ones(len(TRIPLES))])},
            {"type": "ineq", "fun": lambda v: 1 - hull(v[:-1])[0], "jac": lambda v: -np.append(hull(v[:-1])[1], 0.0)},
        ]
        v = minimize(lambda v: -v[-1], np.append(points.ravel(), 0.0), jac=lambda v: gradient, constraints=rules,
                     method="SLSQP", options={"maxiter": 200, "ftol": 1e-15}).x
        value = np.abs(areas(v[:-1])).min() / hull(v[:-1])[0]
        if value > best:
            best, found = value, v[:-1].reshape(POINTS, 2)
    return found.tolist()
