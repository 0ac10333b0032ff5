import numpy as np
from scipy.optimize import minimize
from scipy.spatial.distance import pdist

POINTS, DIMENSION, STARTS = 14, 3, 60
FIRST, SECOND = np.triu_indices(POINTS, 1)


def distances(x):
    points = x[:-1].reshape(POINTS, DIMENSION)
    return ((points[FIRST] - points[SECOND]) ** 2).sum(axis=1)


def slopes(x):
    points = x[:-1].reshape(POINTS, DIMENSION)
    result = np.zeros((len(FIRST), POINTS, DIMENSION))
    pairs = np.arange(len(FIRST))
    result[pairs, FIRST] = 2 * (points[FIRST] - points[SECOND])
    result[pairs, SECOND] = -result[pairs, FIRST]
    return result.reshape(len(FIRST), -1)


def improved(start):
    """Minimize the largest squared distance t with all squared distances between 1 and t."""
    points = start / pdist(start).min()
    x = np.append(points.ravel(), pdist(points).max() ** 2)
    rules = {
        "type": "ineq",
        "fun": lambda x: np.concatenate([distances(x) - 1, x[-1] - distances(x)]),
        "jac": lambda x: np.block([[slopes(x), np.zeros((len(FIRST), 1))], [-slopes(x), np.ones((len(FIRST), 1))]]),
    }
    goal = np.append(np.zeros(POINTS * DIMENSION), 1.0)
    found = minimize(
        lambda x: x[-1],
        x,
        jac=lambda x: goal,
        constraints=rules,
        method="SLSQP",
        options={"maxiter": 300, "ftol": 1e-15},
    )
    return found.x[:-1].reshape(POINTS, DIMENSION)


def construct():
    """Random points, improved by sequential quadratic programming; the best of all starts."""
    rng = np.random.default_rng(0)
    best, ratio = None, np.inf
    for _ in range(STARTS):
        points = improved(rng.normal(size=(POINTS, DIMENSION)))
        if pdist(points).min() > 0 and pdist(points).max() / pdist(points).min() < ratio:
            best, ratio = points, pdist(points).max() / pdist(points).min()
    return best.tolist()
