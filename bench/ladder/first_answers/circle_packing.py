import os
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
import time
import numpy as np

# A primal-dual interior point method for the sum of radii.  Distances are convex, so a step that is feasible for the linearized
# constraints is feasible: all iterates are packings.  Many starts in a batch, then perturbations of the best packings.


def safe_radii(X, Y, nails, factor):
    n = X.shape[1]
    dx = X[:, :, None] - X[:, None, :]
    dy = Y[:, :, None] - Y[:, None, :]
    d = np.sqrt(dx * dx + dy * dy) + 9 * np.eye(n)
    near = d.min(axis=2) / 2
    dn = np.sqrt((X[:, :, None] - nails[:, 0]) ** 2 + (Y[:, :, None] - nails[:, 1]) ** 2).min(axis=2)
    wall = np.minimum(np.minimum(X, 1 - X), np.minimum(Y, 1 - Y))
    return factor * np.minimum(np.minimum(near, dn), wall)


def optimize(X, Y, nails, mu, steps, rate, t0, limit):
    B, n = X.shape
    X, Y = X.copy(), Y.copy()
    R = safe_radii(X, Y, nails, 0.9)
    eye = np.eye(n)
    off = 1 - eye
    nx, ny = nails[:, 0], nails[:, 1]
    k = len(nails)
    GX = np.zeros((B, n, k + 5))
    GY = np.zeros((B, n, k + 5))
    GR = np.full((B, n, k + 5), -1.0)
    GX[:, :, k], GX[:, :, k + 1] = 1, -1
    GY[:, :, k + 2], GY[:, :, k + 3] = 1, -1
    GR[:, :, k + 4] = 1
    U = np.empty((B, n, k + 5))
    L = LU = None
    H = np.empty((B, 3 * n, 3 * n))
    di = np.arange(n)
    for step in range(steps):
        if time.process_time() - t0 > limit:
            break
        dx = X[:, :, None] - X[:, None, :]
        dy = Y[:, :, None] - Y[:, None, :]
        d = np.sqrt(dx * dx + dy * dy) + eye
        ux, uy = dx / d, dy / d
        s = d - R[:, :, None] - R[:, None, :]
        s[:, di, di] = 1.0
        ex = X[:, :, None] - nx
        ey = Y[:, :, None] - ny
        dn = np.sqrt(ex * ex + ey * ey) + 1e-300
        GX[:, :, :k] = ex / dn
        GY[:, :, :k] = ey / dn
        U[:, :, :k] = dn - R[:, :, None]
        U[:, :, k] = X - R
        U[:, :, k + 1] = 1 - X - R
        U[:, :, k + 2] = Y - R
        U[:, :, k + 3] = 1 - Y - R
        U[:, :, k + 4] = R
        if s.min() <= 0 or U.min() <= 0:
            s = np.maximum(s, 1e-14)
            U = np.maximum(U, 1e-14)
        if L is None:
            L = mu / s
            LU = mu / U
        W = L / s * off
        WU = LU / U
        Q = mu / s * off
        QU = mu / U
        Wx, Wy = W * ux, W * uy
        Wxx, Wxy, Wyy = Wx * ux, Wx * uy, Wy * uy
        Ax, Ay = WU * GX, WU * GY
        H[:, :n, :n] = -Wxx
        H[:, :n, n:2 * n] = -Wxy
        H[:, n:2 * n, :n] = -Wxy
        H[:, n:2 * n, n:2 * n] = -Wyy
        H[:, :n, 2 * n:] = -Wx
        H[:, n:2 * n, 2 * n:] = -Wy
        H[:, 2 * n:, :n] = Wx
        H[:, 2 * n:, n:2 * n] = Wy
        H[:, 2 * n:, 2 * n:] = W
        hxx = Wxx.sum(2) + (Ax * GX).sum(2) + 1e-9
        hxy = Wxy.sum(2) + (Ax * GY).sum(2)
        hyy = Wyy.sum(2) + (Ay * GY).sum(2) + 1e-9
        hxr = -Wx.sum(2) + (Ax * GR).sum(2)
        hyr = -Wy.sum(2) + (Ay * GR).sum(2)
        hrr = W.sum(2) + WU.sum(2) + 1e-9
        H[:, di, di] += hxx
        H[:, di, n + di] += hxy
        H[:, n + di, di] += hxy
        H[:, n + di, n + di] += hyy
        H[:, di, 2 * n + di] += hxr
        H[:, 2 * n + di, di] += hxr
        H[:, n + di, 2 * n + di] += hyr
        H[:, 2 * n + di, n + di] += hyr
        H[:, 2 * n + di, 2 * n + di] += hrr
        g = np.concatenate([
            (Q * ux).sum(2) + (QU * GX).sum(2),
            (Q * uy).sum(2) + (QU * GY).sum(2),
            1 - Q.sum(2) + (QU * GR).sum(2)], axis=1)
        try:
            delta = np.linalg.solve(H, g[:, :, None])[:, :, 0]
        except np.linalg.LinAlgError:
            break
        if not np.isfinite(delta).all():
            break
        a, b, c = delta[:, :n], delta[:, n:2 * n], delta[:, 2 * n:]
        ds = ux * (a[:, :, None] - a[:, None, :]) + uy * (b[:, :, None] - b[:, None, :]) - c[:, :, None] - c[:, None, :]
        rs = ds / s * off
        ru = (GX * a[:, :, None] + GY * b[:, :, None] + GR * c[:, :, None]) / U
        worst = np.maximum(-rs.min(axis=(1, 2)), -ru.min(axis=(1, 2)))
        alpha = np.minimum(1.0, 0.95 / np.maximum(worst, 1e-9))
        # dual steps, relative to the multipliers
        tl = (mu / (s * L) - 1 - rs) * off
        tu = mu / (U * LU) - 1 - ru
        worst = np.maximum(-tl.min(axis=(1, 2)), -tu.min(axis=(1, 2)))
        beta = np.minimum(1.0, 0.95 / np.maximum(worst, 1e-9))
        X += alpha[:, None] * a
        Y += alpha[:, None] * b
        R += alpha[:, None] * c
        L *= 1 + beta[:, None, None] * tl
        LU *= 1 + beta[:, None, None] * tu
        mu *= rate
    # guard: shrink whatever rounding has broken
    dx = X[:, :, None] - X[:, None, :]
    dy = Y[:, :, None] - Y[:, None, :]
    d = np.sqrt(dx * dx + dy * dy) + 9 * eye
    R = np.minimum(R, np.minimum(np.minimum(X, 1 - X), np.minimum(Y, 1 - Y)))
    R = np.minimum(R, np.sqrt((X[:, :, None] - nx) ** 2 + (Y[:, :, None] - ny) ** 2).min(axis=2))
    for _ in range(3):
        over = (R[:, :, None] + R[:, None, :] - d).max(axis=2)
        R = R - np.maximum(over, 0)
    R = np.maximum(R, 0)
    return X, Y, R


def spread(rng, n, nails, tries):
    """Points far from each other, from nails and from walls."""
    out = np.empty((n, 2))
    for i in range(n):
        c = 0.02 + 0.96 * rng.random((tries, 2))
        r = np.minimum(c, 1 - c).min(axis=1)
        r = np.minimum(r, np.sqrt(((c[:, None] - nails) ** 2).sum(axis=2)).min(axis=1)) * 1.6
        if i:
            r = np.minimum(r, np.sqrt(((c[:, None] - out[:i]) ** 2).sum(axis=2)).min(axis=1))
        out[i] = c[r.argmax()]
    return out


def pack(circles, nails):
    t0 = time.process_time()
    limit = 0.83
    rng = np.random.default_rng(2024)
    n = int(circles)
    nails = np.asarray(nails, dtype=float).reshape(-1, 2)
    pool = []
    B = 8
    batch = 0
    while time.process_time() - t0 < limit - 0.03 or not pool:
        begun = time.process_time()
        if batch < 2 or (batch < 3 and begun - t0 < 0.4):
            P = np.array([spread(rng, n, nails, int(rng.integers(4, 16))) for _ in range(B)])
            mu, steps, rate = 4e-3, 44, 0.71
        else:
            P = np.empty((B, n, 2))
            top = min(3, len(pool))
            for i in range(B):
                _, px, py, pr = pool[0 if i < B // 2 else int(rng.integers(top))]
                p = np.column_stack([px, py])
                p += rng.normal(0, rng.choice([0.003, 0.01, 0.02]), p.shape)
                moves = int(rng.integers(0, 4)) if i else 1
                for _ in range(moves):
                    w = (1.2 * pr.max() - pr) ** 2 + 1e-12
                    j = int(rng.choice(n, p=w / w.sum()))
                    c = 0.02 + 0.96 * rng.random((12, 2))
                    room = np.minimum(c, 1 - c).min(axis=1)
                    room = np.minimum(room, np.sqrt(((c[:, None] - nails) ** 2).sum(axis=2)).min(axis=1))
                    others = np.delete(np.arange(n), j)
                    gap = np.sqrt(((c[:, None] - p[others]) ** 2).sum(axis=2)) - 0.6 * pr[others]
                    room = np.minimum(room, gap.min(axis=1))
                    p[j] = c[room.argmax()]
                P[i] = p
            mu, steps, rate = 1e-3, 36, 0.68
        P = np.clip(P, 0.01, 0.99)
        P = np.clip(P + rng.normal(0, 1e-6, P.shape), 0.005, 0.995)
        X, Y, R = optimize(P[:, :, 0], P[:, :, 1], nails, mu, steps, rate, t0, limit)
        for i in range(B):
            value = R[i].sum()
            if np.isfinite(value):
                if all(abs(value - q[0]) > 1e-6 for q in pool):
                    pool.append((value, X[i].copy(), Y[i].copy(), R[i].copy()))
        pool.sort(key=lambda q: -q[0])
        del pool[6:]
        batch += 1
        if batch > 200:
            break
    _, x, y, r = pool[0]
    return np.column_stack([x, y, np.maximum(r, 0)])
