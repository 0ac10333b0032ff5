"""Circle packing: programs of `bench/ladder.py`."""

import time

import numpy as np


def grid(circles, nails):
    """circles in the cells of a square grid, smaller where a nail is near"""
    side = int(np.ceil(np.sqrt(circles)))
    x, y = np.divmod(np.arange(side**2), side)
    centers = (np.column_stack([x, y]) + 0.5) / side
    free = _free(centers, nails)
    best = np.argsort(-np.minimum(free, 0.5 / side))[:circles]
    return np.column_stack([centers, np.minimum(free, 0.5 / side)])[best]


def largest_next(circles, nails):
    """again and again the largest circle that fits, of at most a good size, at one of 5000 random points"""
    points, packing = np.random.random((5000, 2)), []
    free, size = _free(points, nails), 0.55 / np.sqrt(circles)
    for _ in range(circles):
        place = int(free.argmax())
        radius = max(0.0, min(free[place], size))
        packing.append([*points[place], radius])
        free = np.minimum(free, np.sqrt(((points - points[place]) ** 2).sum(axis=1)) - radius)
    return np.array(packing)


def climbing(circles, nails):
    """move one center of the grid at random, grow all circles one after another, and keep what is better"""
    end, rng = time.process_time() + 0.85, np.random.default_rng()
    best = grid(circles, nails)
    while (left := end - time.process_time()) > 0:
        centers = best[:, :2].copy()
        centers[rng.integers(circles)] += rng.normal(0, 0.02 + 0.1 * left, 2)
        packing = _grown(np.clip(centers, 0.001, 0.999), best[:, 2], nails)
        if packing is not None and packing[:, 2].sum() > best[:, 2].sum():
            best = packing
    return best


def repelled(circles, nails):
    """reference: gradient ascent of the sum of radii with a rising penalty for overlaps, from many starts; then a repair"""
    end, rng, best = time.process_time() + 0.85, np.random.default_rng(), grid(circles, nails)
    while time.process_time() < end:
        packing = _ascended(circles, nails, rng, end)
        if packing is not None and packing[:, 2].sum() > best[:, 2].sum():
            best = packing
    return best


def _ascended(circles, nails, rng, end, steps=1500):
    n = circles
    centers = rng.random((n, 2))
    x = np.column_stack([centers, np.full(n, 0.3 / np.sqrt(n))])
    mean, square = np.zeros_like(x), np.zeros_like(x)
    for step in range(1, steps + 1):
        if step % 64 == 0 and time.process_time() > end:
            return None
        share = step / steps
        penalty, rate = 10 * 300**share, 0.02 * (1 - share) ** 1.5 + 1e-5
        gaps = x[:, None, :2] - x[:, :2]
        distance = np.sqrt((gaps**2).sum(axis=2)) + 1e-12
        overlap = np.maximum(0, x[:, 2][:, None] + x[:, 2] - distance)
        np.fill_diagonal(overlap, 0)
        to_nails = x[:, None, :2] - nails
        nail_distance = np.sqrt((to_nails**2).sum(axis=2)) + 1e-12
        pressed = np.maximum(0, x[:, 2][:, None] - nail_distance)
        low, high = np.maximum(0, x[:, 2:] - x[:, :2]), np.maximum(0, x[:, :2] + x[:, 2:] - 1)
        slope = np.empty_like(x)
        push = (overlap / distance)[:, :, None] * gaps
        slope[:, :2] = push.sum(axis=1) + ((pressed / nail_distance)[:, :, None] * to_nails).sum(axis=1) + low - high
        slope[:, 2] = -overlap.sum(axis=1) - pressed.sum(axis=1) - (low + high).sum(axis=1) + 1 / penalty
        mean = 0.9 * mean + 0.1 * slope
        square = 0.99 * square + 0.01 * slope**2
        x += rate * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-9)
    return _grown(np.clip(x[:, :2], 0.001, 0.999), np.maximum(x[:, 2], 0), nails)


def _grown(centers, radii, nails):
    """Shrink circles until nothing overlaps, then grow each as far as its neighbours allow."""
    distance = np.sqrt(((centers[:, None] - centers) ** 2).sum(axis=2))
    np.fill_diagonal(distance, np.inf)
    free = _free(centers, nails)
    radii = np.minimum(radii, free)
    for _ in range(20):
        excess = (radii[:, None] + radii - distance).max(axis=1)
        if excess.max() <= 0:
            break
        radii = radii - np.maximum(excess, 0) / 2 * 1.000001
    radii = np.maximum(radii, 0)
    for circle in np.argsort(radii):
        radii[circle] = max(0, min(free[circle], (distance[circle] - radii).min()))
    if (radii[:, None] + radii > distance + 1e-10).any():
        return None
    return np.column_stack([centers, radii])


def _free(points, nails):
    """Distance to the nearest wall or nail."""
    walls = np.minimum(points, 1 - points).min(axis=1)
    return np.minimum(walls, np.sqrt(((points[:, None] - nails) ** 2).sum(axis=2)).min(axis=1))


LADDER = (grid, largest_next, climbing, repelled)
