import time
import itertools
import numpy as np

# The 112-cap is unique up to affine maps: the vectors +-v of Hill's 56-cap.  Find its center (by Fourier statistics of the
# points that are symmetric to it), then embed the cap with a randomized, vectorized backtracking search over a basis.


def cap(points):
    t0 = time.process_time()
    rng = np.random.default_rng(12345)
    pts = np.asarray(points).astype(np.int64)
    pw = 3 ** np.arange(6)
    codes = pts @ pw
    rowof = np.full(729, -1)
    rowof[codes] = np.arange(len(codes))
    inP = np.zeros(729, bool)
    inP[codes] = True
    dig = np.arange(729)[:, None] // pw % 3
    ADD = np.zeros((729, 729), np.int64)
    for i in range(6):
        d = dig[:, i]
        ADD += ((d[:, None] + d[None, :]) % 3) * int(pw[i])
    NEG = ((-dig) % 3) @ pw

    try:
        rows = embed(inP, rowof, dig, ADD, NEG, pw, rng, t0, 0.62)
    except Exception:
        rows = None
    if rows is not None:
        return [int(r) for r in rows]
    best = tabu(inP, ADD, NEG, rng, t0, 0.84)
    return [int(rowof[c]) for c in best]


def hill(pw):
    blocks = [(5, i, (i + 1) % 5) for i in range(5)] + [(i, (i + 1) % 5, (i + 3) % 5) for i in range(5)]
    vectors = []
    for block in blocks:
        for signs in itertools.product((1, 2), repeat=3):
            v = [0] * 6
            for p, s in zip(block, signs):
                v[p] = s
            vectors.append(v)
    for signs in itertools.product((1, 2), repeat=6):
        if signs.count(2) % 2 == 0:
            vectors.append(list(signs))
    return np.array(vectors) @ pw


def embed(inP, rowof, dig, ADD, NEG, pw, rng, t0, limit):
    H = hill(pw)
    inH = np.zeros(729, bool)
    inH[H] = True

    # a basis of points of the cap whose spans hold many points of the cap
    def extend(span, x):
        return np.concatenate([span, ADD[span, x], ADD[span, NEG[x]]])

    def counts(span):
        c = inH[ADD[np.ix_(span, H)]].sum(axis=0)
        c[np.isin(H, span)] = -1
        return c

    basis = [int(H[0])]
    span = np.array([0, H[0], NEG[H[0]]])
    x = None
    for h in H:
        if h in span:
            continue
        s2 = extend(span, h)
        if counts(s2).max() >= 2:
            x = int(h)
            break
    if x is None:
        x = int([h for h in H if h not in span][0])
    basis.append(x)
    span = extend(span, x)
    c = counts(span)
    best = (-1, None)
    for k in np.flatnonzero(c == c.max()):
        value = counts(extend(span, H[k])).max()
        if value > best[0]:
            best = (value, int(H[k]))
    basis.append(best[1])
    span = extend(span, best[1])
    for _ in range(3):
        c = counts(span)
        x = int(H[c.argmax()])
        basis.append(x)
        span = extend(span, x)

    layers = {}
    for k in range(2, 7):  # layer k: points of the cap with coefficient 1 at basis vector k
        coefs = np.array(list(itertools.product(range(3), repeat=k - 1)))
        offs = (coefs @ dig[basis[: k - 1]] % 3) @ pw
        good = inH[ADD[offs, basis[k - 1]]] & coefs.any(axis=1)
        layers[k] = coefs[good]
    allco = np.array(list(itertools.product(range(3), repeat=6)))
    Hco = allco[inH[(allco @ dig[basis] % 3) @ pw]]

    # rank the centers
    A = inP[ADD]
    M = A & A[:, NEG]
    M[:, 0] = False
    re = np.array([1.0, -0.5, -0.5], np.float32)[(dig @ dig.T) % 3]
    G = (M.astype(np.float32) @ re)[:, 1:]
    s = M.sum(axis=1) / 2.0
    N = int(inP.sum())
    d = min(max((N - 112) / 617.0, 0.02), 0.98)
    D = N / 729.0
    d2 = d * d
    v1 = 616 * d2 * (1 - d2) + 1
    m1 = (1 - d2) * 4 - d2
    m2 = (1 - d2) * -23 - d2
    l1 = np.log(0.846 * np.exp(-((G - m1) ** 2) / (2 * v1)) + 0.154 * np.exp(-((G - m2) ** 2) / (2 * v1)) + 1e-25) - 0.5 * np.log(v1)
    q = np.clip(s / 364, 0.01, 0.99)[:, None]
    v0 = 728 * q * (1 - q)
    l0 = -((G + 2 * s[:, None] / 728) ** 2) / (2 * v0) - 0.5 * np.log(v0)
    LL = 0.5 * (l1 - l0).sum(axis=1, dtype=np.float64)
    e1, w1 = 56 + 308 * d2, 308 * d2 * (1 - d2) + 1
    e0, w0 = 364 * D * D, 364 * D * D * (1 - D * D) + 1
    LL += -((s - e1) ** 2) / (2 * w1) + (s - e0) ** 2 / (2 * w0)
    LL[s < 56] = -1e9
    order = np.argsort(-LL)

    schedule = list(order[:4]) + list(order[:16]) + list(order[:64]) + list(order[:256]) + list(order) + list(order)
    for center in schedule:
        if time.process_time() - t0 > limit:
            return None
        if LL[center] < -1e8:
            continue
        img = attempt(M[center], layers, Hco, dig, ADD, pw, rng, t0, limit)
        if img is not None:
            rows = rowof[ADD[center, img]]
            if (rows >= 0).all() and len(np.unique(rows)) == 112:
                return rows
    return None


def attempt(inS, layers, Hco, dig, ADD, pw, rng, t0, limit):
    S = np.flatnonzero(inS)
    n2 = len(S)
    if n2 < 112:
        return None
    IN = inS[ADD]
    B = int(min(6000, 2.5 * n2**3 / 56000)) + 60
    p = S[rng.integers(0, n2, (B, 3))]
    for k in (2, 3):
        co = layers[k]
        if len(co) and len(p):
            offs = (np.matmul(co, dig[p[:, : k - 1]]) % 3) @ pw
            p = p[IN[offs, p[:, k - 1][:, None]].all(axis=1)]
    for k in (4, 5, 6):
        if len(p) == 0:
            return None
        most = max(1, 1200000 // n2)
        if len(p) > most:
            p = p[rng.permutation(len(p))[:most]]
        co = layers[k]
        if len(co) == 0:
            p = np.column_stack([p[rng.integers(0, len(p), 2000)], S[rng.integers(0, n2, 2000)]])
            continue
        if time.process_time() - t0 > limit + 0.05:
            return None
        offs = (np.matmul(co, dig[p]) % 3) @ pw
        ti, xi = np.nonzero(IN[offs[:, 0][:, None], S[None, :]])
        x = S[xi]
        for j in range(1, offs.shape[1]):
            if len(ti) == 0:
                return None
            keep = IN[offs[ti, j], x]
            ti, x = ti[keep], x[keep]
        p = np.column_stack([p[ti], x])
    for row in p[:50]:
        img = ((Hco @ dig[row]) % 3) @ pw
        if len(np.unique(img)) == 112 and inS[img].all():
            return img
    return None


def tabu(inP, ADD, NEG, rng, t0, limit):
    TH = NEG[ADD]
    cnt = np.zeros(729, np.int64)
    inc = np.zeros(729, bool)
    until = np.zeros(729, np.int64)
    best, size, it = [], 0, 0
    rand = rng.random
    while True:
        it += 1
        if it % 16 == 0 and time.process_time() - t0 > limit:
            break
        open_ = inP & ~inc
        can = open_ & (until < it)
        free = np.flatnonzero(open_ & (cnt == 0))
        if len(free):
            x = free[int(rand() * len(free))]
            cl = np.flatnonzero(inc)
            cnt[TH[x, cl]] += 1
            inc[x] = True
            size += 1
            if size > len(best):
                best = np.flatnonzero(inc).tolist()
            continue
        one = np.flatnonzero(can & (cnt == 1))
        cl = np.flatnonzero(inc)
        if len(one):
            x = one[int(rand() * len(one))]
            pair = cl[inc[TH[x, cl]]]
            y = pair[int(rand() * len(pair))]
        else:
            x = -1
            y = cl[int(rand() * len(cl))]
        inc[y] = False
        rest = np.flatnonzero(inc)
        cnt[TH[y, rest]] -= 1
        until[y] = it + 3 + int(rand() * 8)
        size -= 1
        if x >= 0:
            cnt[TH[x, rest]] += 1
            inc[x] = True
            size += 1
    if not best:
        best = np.flatnonzero(inP)[:2].tolist()
    return best
