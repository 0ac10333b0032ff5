import numpy as np
from numpy.polynomial import polynomial
from scipy.optimize import minimize
from scipy.special import gammaln


def last_change(roots):
    """The last sign change of the polynomial with these double roots and nothing of the Laguerre polynomials of odd degree."""
    most = 4 * len(roots) + 2
    square = polynomial.polyfromroots(np.repeat(roots, 2))
    degree, power = np.arange(1, most, 2)[:, None], np.arange(most + 1)
    logarithms = (
        gammaln(power + 1)
        + gammaln(power + 0.5)
        - gammaln(np.maximum(power - degree, 0) + 1)
        - gammaln(degree + 1)
        - gammaln(degree + 0.5)
    )
    shares = np.where(power >= degree, np.exp(logarithms), 0)
    rows = np.array([shares[:, start : start + len(square)] @ square for start in range(1, 2 * len(roots) + 3)]).T
    scale = 1 / np.abs(rows).max(axis=0)
    rows = rows * scale
    rows /= np.abs(rows).max(axis=1)[:, None]
    solution = np.linalg.svd(rows)[2][-1] * scale
    found = np.roots(solution[::-1])
    real = found.real[(abs(found.imag) < 1e-7 * abs(found)) & (found.real > 0)]
    return real.max() if len(real) else 1000.0


def cost(roots):
    if min(roots) < 0.5 or max(roots) > 1000 or np.diff(np.sort(roots), prepend=0).min() < 1e-3:
        return 1000.0
    return last_change(np.sort(roots))


def construct():
    """One double root after another: each new one is tried at many places, then all are moved by Nelder and Mead's method."""
    roots = []
    for _ in range(5):
        best = None
        for place in np.linspace(1.5, 60, 30):
            start = np.append(roots, place)
            found = minimize(
                cost, start, method="Nelder-Mead", options={"maxiter": 80 * len(start), "xatol": 1e-9, "fatol": 1e-12}
            )
            if best is None or found.fun < best.fun:
                best = found
        if roots and best.fun >= cost(np.array(roots)):
            break
        roots = np.sort(best.x).tolist()
    return roots
