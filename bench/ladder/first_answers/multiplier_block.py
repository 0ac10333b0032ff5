import random
import time
import numpy as np

# The state is a set of helpers.  Which values can be made from 1 follows from all one-addition relations among the values.
# While a constant is missing, add the helper (one addition away) that brings most missing constants within one addition.
# Large neighborhood search: drop some helpers, complete, drop useless ones, accept if not longer.

TOP = 65535
KS = np.arange(17)


def relations(values):
    """All (x, u, v, form, k): value x is (u << k) + v, (u << k) - v or v - (u << k), by index."""
    arr = np.array(values, dtype=np.int64)
    m = len(arr)
    index = np.full(TOP + 2, -1, dtype=np.int64)
    index[arr] = np.arange(m)
    sh = arr[:, None] << KS[None, :]
    plus = sh[:, :, None] + arr[None, None, :]
    minus = sh[:, :, None] - arr[None, None, :]
    out = []
    x = index[np.minimum(plus, TOP + 1)]
    u, k, v = np.nonzero(x >= 0)
    x = x[u, k, v]
    keep = (x != u) & (x != v)
    out += list(zip(x[keep].tolist(), u[keep].tolist(), v[keep].tolist(), [0] * int(keep.sum()), k[keep].tolist()))
    size = np.abs(minus)
    x = index[np.where(size == 0, TOP + 1, np.minimum(size, TOP + 1))]
    u, k, v = np.nonzero(x >= 0)
    x = x[u, k, v]
    form = np.where(minus[u, k, v] > 0, 1, 2)
    keep = (x != u) & (x != v)
    out += list(zip(x[keep].tolist(), u[keep].tolist(), v[keep].tolist(), form[keep].tolist(), k[keep].tolist()))
    return out, plus, size


def closure(rel, m, banned=-1):
    """Which values can be made from value 0, without value banned; and how, in order."""
    ready = [False] * m
    ready[0] = True
    made = []
    todo = rel
    while True:
        rest = []
        changed = False
        for r in todo:
            x, u, v = r[0], r[1], r[2]
            if ready[x] or x == banned:
                continue
            if ready[u] and ready[v]:
                ready[x] = True
                made.append(r)
                changed = True
            else:
                rest.append(r)
        if not changed:
            return ready, made
        todo = rest


def odd(x):
    return x // (x & -x)


def helper(values, ready, missing, plus, size, rng, noise):
    """The value one addition away that brings most of the missing constants one addition away."""
    mask = np.array(ready)
    idx = np.flatnonzero(mask)
    arr = np.array(values, dtype=np.int64)[idx]
    near = np.zeros(TOP + 2, dtype=bool)
    grid = np.ix_(idx, np.arange(17), idx)
    near[np.minimum(plus[grid], TOP + 1)] = True
    near[np.minimum(size[grid], TOP + 1)] = True
    near[0::2] = False
    near[arr] = False
    t = np.array(missing, dtype=np.int64)
    T = len(t)
    a = odd(np.abs(t[:, None] - arr[None, :]))
    b = odd(t[:, None] + arr[None, :])
    sh = (arr[:, None] << KS[None, 1:]).ravel()
    c = np.abs(t[:, None] - sh[None, :])
    e = t[:, None] + sh[None, :]
    selfs = []
    for k in range(1, 16):
        for f in ((1 << k) - 1, (1 << k) + 1):
            if f > 1:
                selfs.append(f)
    f = np.array(selfs)
    g = np.where(t[:, None] % f == 0, t[:, None] // f, TOP + 1)
    h = np.minimum(np.concatenate([a, b, c, e, g], axis=1), TOP + 1)
    hit = np.zeros((T, TOP + 2), dtype=bool)
    hit[np.arange(T)[:, None], h] = True
    count = hit.sum(axis=0, dtype=np.int16)
    count[~near] = 0
    count[TOP + 1] = 0
    good = np.flatnonzero(count)
    if len(good) == 0:
        return None
    if noise == 0:
        top = count[good].max()
        good = good[count[good] == top]
        return int(good[int(rng.random() * len(good))])
    level = count[good] + noise * np.random.random(len(good))
    return int(good[level.argmax()])


def nonzero_digits(x):
    n = 0
    while x:
        if x & 1:
            n += 1
            x -= 2 - (x & 3)
        x >>= 1
    return n


def block(constants):
    t0 = time.process_time()
    limit = 0.84
    rng = random.Random(5)
    np.random.seed(5)
    targets = [int(c) for c in dict.fromkeys(constants) if c != 1]
    nt = len(targets)

    def finish(helpers, most, noise):
        """Complete a set of helpers; None if that takes more than most helpers or too long."""
        helpers = list(helpers)
        while True:
            values = [1] + targets + helpers
            rel, plus, size = relations(values)
            ready, _ = closure(rel, len(values))
            missing = [targets[i] for i in range(nt) if not ready[1 + i]]
            if not missing:
                break
            useful = sum(ready[1 + nt:])
            if useful >= most or time.process_time() - t0 > limit:
                return None
            # helpers that are not ready also want to be made; a constant counts first
            h = helper(values, ready, missing, plus, size, rng, noise)
            if h is None:
                wish = min(missing, key=lambda t: nonzero_digits(t) + rng.random())
                have = set(values)
                while True:
                    options = [x // (x & -x) for x in (wish - 1, wish + 1)]
                    options = [x for x in options if x not in have]
                    if not options:
                        break
                    wish = min(options, key=lambda x: nonzero_digits(x) + 0.5 * rng.random())
                    helpers.append(wish)
                    have.add(wish)
                    if nonzero_digits(wish) <= 2:
                        break
            else:
                helpers.append(h)
        # drop helpers that are not made or not needed
        order = list(range(len(helpers)))
        rng.shuffle(order)
        live = [ready[1 + nt + i] for i in range(len(helpers))]
        rel = [r for r in rel if ready[r[0]] and ready[r[1]] and ready[r[2]]]
        for i in order:
            if not live[i]:
                continue
            x = 1 + nt + i
            sub = [r for r in rel if r[0] != x and r[1] != x and r[2] != x]
            r2, _ = closure(sub, len(values))
            if all(r2[1:1 + nt]):
                rel = sub
                for j in range(len(helpers)):
                    live[j] = live[j] and r2[1 + nt + j]
        return [helpers[i] for i in range(len(helpers)) if live[i]]

    best = None
    for attempt in range(4):
        if best is not None and time.process_time() - t0 > 0.2:
            break
        got = finish([], 10**9 if best is None else len(best), 0 if attempt == 0 else 0.6)
        if got is not None and (best is None or len(got) < len(best)):
            best = got
    if best is None:  # out of time: signed digits
        best = []
        have = set(targets) | {1}
        for t in targets:
            x = t
            while x != 1:
                x = min(((x - 1) // ((x - 1) & -(x - 1)), (x + 1) // ((x + 1) & -(x + 1))), key=nonzero_digits)
                if x not in have:
                    have.add(x)
                    best.append(x)
    cur = best
    while time.process_time() - t0 < limit and cur:
        k = min(len(cur), rng.choice((1, 2, 2, 2, 3, 3, 4)))
        keep = list(cur)
        rng.shuffle(keep)
        keep = keep[k:]
        got = finish(keep, len(cur), rng.choice((0, 0, 0.9, 1.2)))
        if got is None:
            continue
        if len(got) <= len(cur):
            cur = got
            if len(cur) < len(best):
                best = cur

    values = [1] + targets + best
    rel, _, _ = relations(values)
    _, made = closure(rel, len(values))
    place = {0: 0}
    out = []
    for x, u, v, form, k in made:
        a, b = place[u], place[v]
        if form == 0:
            out.append([a, k, b, 0, 1])
        elif form == 1:
            out.append([a, k, b, 0, -1])
        else:
            out.append([b, 0, a, k, -1])
        place[x] = len(out)
    return out
