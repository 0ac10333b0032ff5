import os

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import time

import numpy as np

LIMIT = 0.85


def assign(flows, distances):
    begin = time.process_time()
    clock = time.process_time
    flows = np.asarray(flows).astype(np.int64)
    distances = np.asarray(distances).astype(np.int64)
    n = len(flows)
    rng = np.random.default_rng(7)

    # Take the constant off: what is left are triangles w (d_ij + d_jk - d_ik) >= 0, all 0 at the optimum.
    values, counts = np.unique(flows[~np.eye(n, dtype=bool)], return_counts=True)
    signed = flows - values[counts.argmax()]
    np.fill_diagonal(signed, 0)
    G = signed.astype(np.float64)
    D = distances.astype(np.float64)
    G4 = G.astype(np.float32)
    D4 = D.astype(np.float32)
    G4x2 = 2 * G4
    diagonal = np.arange(n)

    best = [np.inf, np.arange(n)]

    def tabu_search(p, patience):
        """Robust tabu search from p until `patience` moves bring nothing; updates best."""
        p = np.array(p)
        Dp = np.ascontiguousarray(D4[np.ix_(p, p)])
        R = np.ascontiguousarray((G4 @ Dp).T)  # R[s, i]: the cost of facility i at the location of s
        H = G4x2 * Dp
        T = np.zeros((n, n), dtype=np.int32)  # T[s, i]: facility i may not return to the location of s until then
        X = np.zeros((n, n), dtype=np.int32)
        X[diagonal, diagonal] = 2**30
        cost = float((G * D[np.ix_(p, p)]).sum()) / 2
        local, local_p = cost, p.copy()
        buffer = np.empty((n, n), dtype=np.float32)
        delta = np.empty((n, n), dtype=np.float32)
        mask = np.empty((n, n), dtype=bool)
        low, high = max(2, int(0.4 * n)), int(1.1 * n) + 1
        tenures = rng.integers(low, high, (2, 4096)).tolist()
        it, found = 0, 0
        while it - found <= patience and local > 0:
            if clock() - begin > LIMIT:
                break
            it += 1
            m = R.diagonal().copy()
            np.add(R, R.T, out=delta)
            delta += H
            delta -= m
            delta -= m[:, None]
            k = int(delta.argmin())
            u, v = divmod(k, n)
            change = float(delta[u, v])
            if u == v or (X[u, v] > it and not cost + change < local):
                np.greater(X, it, out=mask)
                np.copyto(delta, np.float32(1e9), where=mask)
                k = int(delta.argmin())
                u, v = divmod(k, n)
                if u == v or delta[u, v] > 1e8:
                    u, v = rng.choice(n, 2, replace=False).tolist()
                    change = float(R[u, v] + R[v, u] - m[u] - m[v] + H[u, v])
                else:
                    change = float(delta[u, v])
            cost += change
            p[u], p[v] = int(p[v]), int(p[u])
            row = Dp[u].copy()
            Dp[u] = Dp[v]
            Dp[v] = row
            column = Dp[:, u].copy()
            Dp[:, u] = Dp[:, v]
            Dp[:, v] = column
            row = R[u].copy()
            R[u] = R[v]
            R[v] = row
            np.multiply((Dp[u] - Dp[v])[:, None], G4[u] - G4[v], out=buffer)
            R += buffer
            H[u] = G4x2[u] * Dp[u]
            H[v] = G4x2[v] * Dp[v]
            H[:, u] = H[u]
            H[:, v] = H[v]
            row = T[u].copy()
            T[u] = T[v]
            T[v] = row
            T[v, u] = it + tenures[0][it & 4095]  # u was where v is now
            T[u, v] = it + tenures[1][it & 4095]
            for w in (u, v):
                both = np.minimum(T[w], T[:, w])
                both[w] = 2**30
                X[w] = both
                X[:, w] = both
            if cost < local:
                local, local_p, found = cost, p.copy(), it
        if local < best[0]:
            best[0], best[1] = local, local_p.copy()
        return local

    # mean-field annealing
    eigen = np.linalg.eigvalsh(G)
    top, bottom = max(float(eigen[-1]), 1e-9), abs(float(eigen[0]))
    center = np.eye(n) - 1.0 / n
    spread = float(np.linalg.eigvalsh(-center @ D @ center)[-1])

    def anneal(P, shift, first, last, rate):
        """From the soft assignment P, at rising inverse temperatures; returns a permutation."""
        A = G + shift * bottom * np.eye(n)
        critical = n / ((top + shift * bottom) * spread)
        beta, end = first * critical, last * critical
        b = np.zeros(n)
        while beta < end:
            if clock() - begin > LIMIT - 0.02:
                break
            E = (A @ P) @ D
            E *= -beta
            E += b
            E -= E.max(axis=1, keepdims=True)
            np.maximum(E, -200.0, out=E)
            np.exp(E, out=E)
            v = np.ones(n)
            for _ in range(12):
                u = 1.0 / (E @ v)
                v = 1.0 / (u @ E)
            u = 1.0 / (E @ v)
            E *= u[:, None]
            E *= v
            b += np.log(v)
            b -= b.mean()
            np.clip(b, -1e4, 1e4, out=b)
            P = 0.5 * P + 0.5 * E
            beta *= rate
            if (P * P).sum() > 0.985 * n:
                break
        left = P.copy()
        p = np.zeros(n, dtype=np.int64)
        for _ in range(n):
            i, l = divmod(int(left.argmax()), n)
            p[i] = l
            left[i] = -1.0
            left[:, l] = -1.0
        return p

    def soft_start():
        P = np.full((n, n), 1.0 / n) * (1 + 0.1 * rng.random((n, n)))
        for _ in range(5):
            P /= P.sum(axis=1, keepdims=True)
            P /= P.sum(axis=0)
        return P

    run = 0
    while best[0] > 0 and clock() - begin < LIMIT - 0.03:
        if run in (0, 1, 3) or (run > 3 and run % 4 == 3):
            shift = (0.3, 0.1, 0.0, 0.5)[run] if run < 4 else float(rng.uniform(0, 0.6))
            p = anneal(soft_start(), shift, 0.5, 200.0, 1.05)
        else:  # warm the best one up
            P = np.full((n, n), 0.3 / n)
            P[diagonal, best[1]] += 0.7
            first = float(np.exp(rng.uniform(np.log(2.5), np.log(25.0))))
            p = anneal(P, float(rng.uniform(0, 0.5)), first, 200.0, 1.06)
        tabu_search(p, 400)
        if run >= 4 and run % 4 == 0 and best[0] > 0:
            tabu_search(best[1], 800)
        run += 1
    return [int(x) for x in best[1]]
