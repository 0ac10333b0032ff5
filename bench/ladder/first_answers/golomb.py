import random
import time
import numpy as np

# Windows of Singer, Bose and Ruzsa rulers (prime powers too) under all multipliers; marks with forbidden distances are dropped,
# missing marks are added where they fit; then marks of the best rulers are removed and put elsewhere.

SHORTEST = {20: 283, 21: 333, 22: 356, 23: 372, 24: 425, 25: 480, 26: 492, 27: 553}


def field(q):
    """Addition and multiplication tables of GF(q)."""
    special = {25: (5, [2, 0]), 27: (3, [1, 1, 0]), 32: (2, [1, 0, 1, 0, 0])}
    if q not in special:
        return ([[(a + b) % q for b in range(q)] for a in range(q)], [[a * b % q for b in range(q)] for a in range(q)])
    p, red = special[q]
    k = len(red)

    def digits(a):
        out = []
        for _ in range(k):
            out.append(a % p)
            a //= p
        return out

    def number(d):
        a = 0
        for x in reversed(d):
            a = a * p + x % p
        return a

    digs = [digits(a) for a in range(q)]
    add = [[number([x + y for x, y in zip(digs[a], digs[b])]) for b in range(q)] for a in range(q)]
    # multiplication by x, then Horner
    timesx = []
    for a in range(q):
        d = digs[a]
        top = d[-1]
        timesx.append(number([(([0] + d[:-1])[i] + top * red[i]) for i in range(k)]))
    scal = [[number([c * x for x in digs[a]]) for a in range(q)] for c in range(p)]
    mul = [[0] * q for _ in range(q)]
    for b in range(q):
        powers = [b]
        for _ in range(k - 1):
            powers.append(timesx[powers[-1]])
        for a in range(q):
            total = 0
            for c, pb in zip(digs[a], powers):
                total = add[total][scal[c][pb]]
            mul[a][b] = total
    return add, mul


def singer(q, tables, rng):
    add, mul = tables
    v = q * q + q + 1
    for _ in range(300):
        g0, g1, g2 = rng.randrange(1, q), rng.randrange(q), rng.randrange(q)
        m0 = [mul[c][g0] for c in range(q)]
        m1 = [mul[c][g1] for c in range(q)]
        m2 = [mul[c][g2] for c in range(q)]
        a, b, c = 1, 0, 0
        places = []
        for i in range(v):
            if c == 0:
                if b == 0 and i > 0:
                    break
                places.append(i)
            a, b, c = m0[c], add[a][m1[c]], add[b][m2[c]]
        else:
            if b == 0 and c == 0 and len(places) == q + 1:
                return places, v
    return None


def bose(q, tables, rng):
    add, mul = tables
    v = q * q - 1
    for _ in range(300):
        g0, g1 = rng.randrange(1, q), rng.randrange(q)
        m0 = [mul[c][g0] for c in range(q)]
        m1 = [mul[c][g1] for c in range(q)]
        a, b = 1, 0
        places = []
        for i in range(v):
            if b == 0 and a == 1 and i > 0:
                break
            if b == 1:
                places.append(i)
            a, b = m0[b], add[a][m1[b]]
        else:
            if a == 1 and b == 0 and len(places) == q:
                return places, v
    return None


def ruzsa(p):
    v = p * (p - 1)
    for g in range(2, p):
        x, order = g, 1
        while x != 1:
            x = x * g % p
            order += 1
        if order == p - 1:
            break
    return [(p * i + (p - 1) * pow(g, i, p)) % v for i in range(1, p)], v


def units(v, p):
    """Multipliers that are different up to sign and powers of p."""
    seen, out = set(), []
    for u in range(1, v):
        if u in seen or np.gcd(u, v) != 1:
            continue
        out.append(u)
        x = u
        while x not in seen:
            seen.add(x)
            seen.add(v - x)
            x = x * p % v
    return out


def ruler(marks, forbidden):
    t0 = time.process_time()
    clock = time.process_time
    limit = 0.84
    rng = random.Random(3)
    m = int(marks)
    forbidden = [int(f) for f in forbidden]
    size = 6000
    base_used = np.zeros(size, dtype=bool)
    base_used[0] = True
    base_used[forbidden] = True
    forb = base_used.copy()
    forb[0] = False
    forbset = set(forbidden)
    opt = SHORTEST.get(m, m * m)

    best = [None, 10**9]
    pool = []

    def valid(r):
        seen = set(forbset)
        for i in range(len(r)):
            for j in range(i):
                d = abs(r[i] - r[j])
                if d == 0 or d in seen:
                    return False
                seen.add(d)
        return True

    def record(r):
        r = sorted(int(x) for x in r)
        lo = r[0]
        r = [x - lo for x in r]
        if r[-1] <= best[1] and len(r) == m and valid(r):
            if r[-1] < best[1] or best[0] is None:
                best[1] = r[-1]
            best[0] = r
            if r not in pool:
                pool.append(r)
                pool.sort(key=lambda x: x[-1])
                del pool[8:]

    # greedy, for safety
    r, used, x = [0], set(forbset), 0
    while len(r) < m:
        x += 1
        ds = [x - y for y in r]
        if not any(d in used for d in ds):
            used.update(ds)
            r.append(x)
    record(r)

    powers = [(19, 19), (23, 23), (25, 5), (27, 3), (29, 29), (31, 31), (32, 2), (37, 37)]
    tables = {}

    def table(q):
        if q not in tables:
            tables[q] = field(q)
        return tables[q]

    bases = []
    jobs = [("s", q, p) for q, p in powers if q + 1 >= m - 1][:4]
    jobs += [("b", q, p) for q, p in powers if q >= m - 1][:3]
    jobs += [("r", q, p) for q, p in powers if q == p and q - 1 >= m - 1][:2]
    jobs.sort(key=lambda j: j[1])
    widths = range(m - 2, m + 4)
    found = {w: [] for w in widths}
    for kind, q, p in jobs:
        if clock() - t0 > 0.35:
            break
        if kind == "s":
            got, mult = singer(q, table(q), rng), p
        elif kind == "b":
            got, mult = bose(q, table(q), rng), p
        else:
            got, mult = ruzsa(q), 1
        if got is None:
            continue
        D, v = got
        us = np.array(units(v, mult))
        arr = np.sort(us[:, None] * np.array(D)[None, :] % v, axis=1)
        k = arr.shape[1]
        ext = np.concatenate([arr, arr + v], axis=1)
        for w in widths:
            if w > k:
                continue
            lengths = ext[:, w - 1: w - 1 + k] - ext[:, :k]
            flat = lengths.ravel()
            cut = min(len(flat), 900)
            sel = np.argpartition(flat, cut - 1)[:cut]
            sel = sel[flat[sel] < 1.6 * opt + 10]
            if len(sel) == 0:
                continue
            ui, si = np.divmod(sel, k)
            win = ext[ui[:, None], si[:, None] + np.arange(w)]
            found[w].append(win - win[:, :1])

    entries = []
    step = 0.8 * opt / m
    for w in widths:
        if not found[w]:
            continue
        win = np.concatenate(found[w])
        length = win[:, -1]
        order = np.argsort(length, kind="stable")[:3500]
        win, length = win[order], length[order]
        i, j = np.triu_indices(w, 1)
        hits = forb[win[:, j] - win[:, i]].sum(axis=1)
        missing = np.maximum(0, m - (w - hits))
        estimate = length + step * missing
        keep = np.argsort(estimate, kind="stable")[:700]
        for e in keep:
            if missing[e] <= 3:
                entries.append((float(estimate[e]), int(missing[e]), win[e]))
        exact = np.flatnonzero((hits == 0) & (w >= m))
        if len(exact):
            record(win[exact[0]][:m])
    entries.sort(key=lambda e: e[0])

    def clean(win):
        """Drop marks until no forbidden distance is left."""
        r = [int(x) for x in win]
        while True:
            s = set(r)
            deg = {}
            for f in forbidden:
                for x in r:
                    if x + f in s:
                        deg[x] = deg.get(x, 0) + 1
                        deg[x + f] = deg.get(x + f, 0) + 1
            if not deg:
                return r
            lo, hi = r[0], r[-1]
            drop = max(deg, key=lambda x: deg[x] + (0.5 if x in (lo, hi) else 0) + 0.3 * rng.random())
            r.remove(drop)

    def complete(r, need, maxlen, width):
        """Add marks so that the length is less than maxlen."""
        a = np.array(sorted(r))
        lo, hi = int(a[0]), int(a[-1])
        if hi - lo >= maxlen:
            return None
        used = base_used.copy()
        i, j = np.triu_indices(len(a), 1)
        used[a[j] - a[i]] = True
        xs = np.arange(hi - maxlen + 1, lo + maxlen)
        dist = np.abs(xs[:, None] - a[None, :])
        ok = ~used[dist].any(axis=1)
        xs, dist = xs[ok], dist[ok]
        if len(xs) < need:
            return None
        dist = np.sort(dist, axis=1)
        ok = (dist[:, 1:] != dist[:, :-1]).all(axis=1)
        xs = xs[ok]
        if len(xs) < need:
            return None
        length = np.maximum(hi, xs) - np.minimum(lo, xs)
        order = np.argsort(length + 0.5 * np.random.random(len(xs)))
        if need == 1:
            return list(r) + [int(xs[order[0]])]
        for o in order[:width]:
            if clock() - t0 > limit:
                return None
            got = complete(list(r) + [int(xs[o])], need - 1, maxlen, max(2, width // 2))
            if got is not None:
                return got
        return None

    np.random.seed(11)
    for estimate, missing, win in entries:
        if clock() - t0 > 0.62:
            break
        if estimate - step * missing >= best[1] + 60:
            continue
        r = clean(win)
        if len(r) >= m:
            k = len(r)
            s = min(range(k - m + 1), key=lambda s: r[s + m - 1] - r[s])
            if r[s + m - 1] - r[s] < best[1]:
                record(r[s: s + m])
            # one mark less at an end, one more elsewhere
            if k == m:
                for part in (r[1:], r[:-1]):
                    if part[-1] - part[0] < best[1]:
                        got = complete(part, 1, best[1], 1)
                        if got is not None:
                            record(got)
        elif m - len(r) <= 3 and r[-1] - r[0] < best[1]:
            got = complete(r, m - len(r), best[1], 8)
            if got is not None:
                record(got)
        # shorter cuts of the same ruler
        for cut in (1, 2):
            if len(r) > m - 2 + cut:
                for part in (r[cut:], r[:-cut]):
                    need = m - len(part)
                    if 0 < need <= 2 and part[-1] - part[0] < best[1] - 8 * need:
                        got = complete(part, need, best[1], 5)
                        if got is not None:
                            record(got)

    while clock() - t0 < limit:
        r = list(best[0] if rng.random() < 0.6 else rng.choice(pool))
        if rng.random() < 0.5:
            r = r[1:]
        else:
            r = r[:-1]
        for _ in range(rng.choice((0, 1, 1, 2, 2))):
            r.pop(rng.randrange(len(r)))
        got = complete(r, m - len(r), best[1] + (1 if rng.random() < 0.3 else 0), 10)
        if got is not None:
            record(got)
    return best[0]
