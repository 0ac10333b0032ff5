"""Pack four tracks drawn from a seed, check that they come back, and print the bytes that they take."""

import random
import sys

from trackpack import pack, unpack


def track(draw):
    """800 points of a vehicle that drives, turns, stops and starts, one every ten seconds or so."""
    second, x, y, state = 1_700_000_000 + draw.randrange(10**6), draw.randrange(10**5), draw.randrange(10**5), 0
    dx = dy = 0
    points = []
    for _ in range(800):
        if draw.random() < 0.02:
            state = draw.randrange(4)
        speed = (0, 30, 90, 140)[state]
        if state == 0:
            dx = dy = 0
        elif draw.random() < 0.06 or dx == dy == 0:
            dx, dy = draw.choice([(speed, 0), (-speed, 0), (0, speed), (0, -speed)])
        second += 10 + (draw.random() < 0.1) * draw.randrange(1, 4)
        x += dx + (round(draw.gauss(0, 3)) if state else 0)
        y += dy + (round(draw.gauss(0, 3)) if state else 0)
        points.append((second, x, y, state))
    return points


draw = random.Random(int(sys.argv[1]))
total = 0
for number in range(4):
    points = track(draw)
    data = pack(list(points))
    if [tuple(point) for point in unpack(data)] != points:
        sys.exit(f"track {number} does not come back")
    total += len(data)
print(f"packed bytes: {total}")
