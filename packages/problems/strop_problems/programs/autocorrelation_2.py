import numpy as np
from scipy.optimize import minimize

STEPS, STARTS = 60, 6


def value_and_slopes(roots):
    """Of heights that are squares, so that they are at least 0; a high power stands for the maximum norm."""
    heights = roots**2
    sums = np.convolve(heights, heights)
    sums_next = np.append(sums[1:], 0)
    sums_before = np.append(0, sums[:-1])
    power = 400
    top = sums.max()
    shares = (sums / top) ** power
    norm = top * shares.sum() ** (1 / power)
    squares = (2 * sums**2 + sums * sums_next).sum()
    logarithm = np.log(squares) - np.log(sums.sum()) - np.log(norm)
    slopes = (
        (4 * sums + sums_next + sums_before) / squares
        - 1 / sums.sum()
        - shares / shares.sum() / np.maximum(sums, 1e-300)
    )
    return -logarithm, -4 * roots * np.correlate(slopes, heights, "valid")


def construct():
    """Ascent from random heights; the best of all starts."""
    rng = np.random.default_rng(0)
    best, least = None, np.inf
    for _ in range(STARTS):
        found = minimize(
            value_and_slopes, rng.random(STEPS), jac=True, method="L-BFGS-B", options={"maxiter": 4000, "maxfun": 8000}
        )
        if found.fun < least:
            best, least = found.x**2, found.fun
    return best.tolist()
