import time
import numpy as np

# Information set decoding (Lee and Brickell, up to two wrong labels), for 128 bases at once, bits packed in words of 64 samples.


def popcount_function():
    if hasattr(np, "bitwise_count"):
        return np.bitwise_count
    table = np.array([bin(i).count("1") for i in range(65536)], dtype=np.uint8)

    def count(x):
        x = np.ascontiguousarray(x)
        t = table[x.view(np.uint16)]
        return t.reshape(x.shape + (4,)).sum(axis=-1, dtype=np.uint8)

    return count


def solve(M, c):
    """The s with M s = c modulo 2, by Gaussian elimination (consistent rows)."""
    A = np.concatenate([M, c[:, None]], axis=1).astype(np.uint8)
    n = M.shape[1]
    row = 0
    pivots = []
    for col in range(n):
        nz = np.flatnonzero(A[row:, col])
        if len(nz) == 0:
            continue
        p = row + nz[0]
        if p != row:
            A[[row, p]] = A[[p, row]]
        m = A[:, col].astype(bool)
        m[row] = False
        A[m] ^= A[row]
        pivots.append(col)
        row += 1
        if row == len(A):
            break
    s = np.zeros(n, dtype=np.int64)
    for r, col in enumerate(pivots):
        s[col] = A[r, n]
    return s


def algorithm(train_samples, train_parity, test_samples):
    t0 = time.process_time()
    limit = 0.84
    rng = np.random.default_rng(99)
    train = np.asarray(train_samples).astype(np.int64) & 1
    label = np.asarray(train_parity).astype(np.int64) & 1
    test = np.asarray(test_samples).astype(np.int64) & 1
    N, n = train.shape
    popcount = popcount_function()
    W = max(1, min(4, N // 64))
    pool = rng.permutation(N)[: 64 * W]
    sub, suby = train[pool], label[pool]
    bits = np.concatenate([sub, suby[:, None]], axis=1).T.astype(np.uint8)  # n + 1 rows of 64 W samples
    words = np.packbits(np.ascontiguousarray(bits), axis=1, bitorder="little")
    words = np.ascontiguousarray(words).view("<u8").astype(np.uint64)  # (n + 1, W)
    B = 128
    R = n + 1
    G = np.ascontiguousarray(np.broadcast_to(words.T[:, None, :], (W, B, R)))
    ar = np.arange(B)
    zero = np.uint64(0)

    def exchange(rows):
        w = rng.integers(0, W, B)
        sh = rng.integers(0, 64, B).astype(np.uint64)
        v = G[w, ar, rows]
        t = (v >> sh) << sh
        t = np.where(t == zero, v, t)
        bit = t & (~t + np.uint64(1))
        col = (G[w, ar] & bit[:, None]) != 0
        col[ar, rows] = False
        mask = np.negative(col.astype(np.uint64))
        piv = G[:, ar, rows]
        np.bitwise_xor(G, piv[:, :, None] & mask[None], out=G)

    for i in range(n):
        exchange(np.full(B, i))

    best_s, best_err = np.zeros(n, dtype=np.int64), N + 1
    best_weight = 10**9
    offsets = R // 2
    threshold = 18
    total = 64 * W
    done = False
    rounds = 0
    while not done and time.process_time() - t0 < limit:
        rounds += 1
        X = G[0].copy()
        r = X[:, n].copy()
        X[:, n] = zero
        XX = np.concatenate([X, X], axis=1)
        win = np.lib.stride_tricks.sliding_window_view(XX, R, axis=1)[:, 1: offsets + 1]
        Z = (X ^ r[:, None])[:, None, :] ^ win
        flat = np.flatnonzero((popcount(Z) <= threshold).ravel())
        if len(flat):
            b, rest = np.divmod(flat, offsets * R)
            d, i = np.divmod(rest, R)
            j = (i + d + 1) % R
            first = G[:, b, i].copy()
            first[:, i == n] = zero
            second = G[:, b, j].copy()
            second[:, j == n] = zero
            full = G[:, b, n] ^ first ^ second
            weight = popcount(full).astype(np.int64).sum(axis=0)
            k = int(weight.argmin())
            if weight[k] < best_weight:
                best_weight = int(weight[k])
                e = np.unpackbits(np.ascontiguousarray(full[:, k]).astype("<u8").view(np.uint8), bitorder="little").astype(np.int64)
                s = solve(sub, suby ^ e)
                err = int((train @ s % 2 != label).sum())
                if err < best_err:
                    best_err, best_s = err, s
                if err < 0.3 * N:
                    done = True
                    break
        for _ in range(5):
            exchange(rng.integers(0, n, B))
    return [int(v) for v in test @ best_s % 2]
