import random
import time

import numpy as np

LIMIT = 0.86


def dispatch(machines, times, tails, loads, rng, alpha, gamma, sigma):
    """Many greedy schedules at once; returns makespans and job orders."""
    jobs, steps = machines.shape
    size = len(alpha)
    rows = np.arange(size)
    padded = np.concatenate([machines, np.zeros((jobs, 1), dtype=machines.dtype)], axis=1)
    offset = rows[:, None] * steps
    now = np.broadcast_to(machines[:, 0], (size, jobs)) + offset
    now = np.ascontiguousarray(now)
    noise = alpha[:, None] * (1 + sigma[:, None] * rng.standard_normal((size, jobs)))
    bias = gamma[:, None] * loads[None, :]
    prio = noise * tails[:, 0][None, :] + bias[:, machines[:, 0]]
    step = np.zeros((size, jobs), dtype=np.int64)
    job_free = np.zeros((size, jobs))
    machine_free = np.zeros(size * steps)
    tails_padded = np.concatenate([tails, np.zeros((jobs, 1))], axis=1)
    orders = np.empty((jobs * steps, size), dtype=np.int64)
    base = rows * steps
    for t in range(jobs * steps):
        start = np.maximum(machine_free[now], job_free)
        pick = (start - prio).argmin(axis=1)
        orders[t] = pick
        k = step[rows, pick]
        end = start[rows, pick] + times[pick, k]
        machine_free[now[rows, pick]] = end
        k = k + 1
        step[rows, pick] = k
        m = padded[pick, k]
        now[rows, pick] = base + m
        job_free[rows, pick] = end
        prio[rows, pick] = np.where(k < steps, noise[rows, pick] * tails_padded[pick, k] + bias[rows, m], -1e9)
    return machine_free.reshape(size, steps).max(axis=1), orders


def schedule(machines, times):
    begin = time.process_time()
    clock = time.process_time
    machines = np.asarray(machines).astype(np.int64)
    times = np.asarray(times).astype(np.int64)
    jobs, steps = machines.shape
    n = jobs * steps
    rng = np.random.default_rng(1)
    rand = random.Random(1).random

    heads = np.cumsum(times, axis=1) - times
    total = times.sum(axis=1, keepdims=True)
    after = total - heads - times
    lower = int(total.max())
    loads = np.zeros(steps)
    for m in range(steps):
        chosen = machines == m
        if chosen.any():
            loads[m] = times[chosen].sum()
            lower = max(lower, int(heads[chosen].min() + times[chosen].sum() + after[chosen].min()))
    tails = (total - heads).astype(float)
    loads = loads - loads.mean()

    # start: the best of many greedy schedules, twice
    size = 64
    alpha = np.exp(rng.uniform(np.log(0.03), np.log(1.5), size))
    gamma = rng.uniform(0, 0.3, size)
    sigma = np.where(np.arange(size) % 2 == 0, 0.0, 0.1)
    spans, orders = dispatch(machines, times, tails, loads, rng, alpha, gamma, sigma)
    w = int(spans.argmin())
    span, order = spans[w], orders[:, w].tolist()
    if clock() - begin < 0.12:
        top = np.argsort(spans)[:8]
        choice = np.resize(top, size)
        alpha2 = alpha[choice] * np.exp(0.15 * rng.standard_normal(size))
        gamma2 = np.clip(gamma[choice] + 0.05 * rng.standard_normal(size), 0, None)
        sigma2 = rng.uniform(0, 0.12, size)
        spans, orders = dispatch(machines, times, tails, loads, rng, alpha2, gamma2, sigma2)
        w = int(spans.argmin())
        if spans[w] < span:
            order = orders[:, w].tolist()

    # graph
    N = n
    P = times.ravel().tolist() + [0]
    M = machines.ravel().tolist() + [-1]
    JP = [N if o % steps == 0 else o - 1 for o in range(n)] + [N]
    JS = [N if o % steps == steps - 1 else o + 1 for o in range(n)] + [N]
    mp = [N] * (n + 1)
    ms = [N] * (n + 1)
    count = [0] * jobs
    last = [N] * steps
    seq = []
    for j in order:
        o = j * steps + count[j]
        count[j] += 1
        seq.append(o)
        m = M[o]
        if last[m] != N:
            mp[o] = last[m]
            ms[last[m]] = o
        last[m] = o
    pos = [0] * (n + 1)
    for i, o in enumerate(seq):
        pos[o] = i
    c = [0] * (n + 1)  # completion
    q = [0] * (n + 1)  # tail with the own time
    ends = [j * steps + steps - 1 for j in range(jobs)]

    def forward(part):
        for o in part:
            a = c[JP[o]]
            b = c[mp[o]]
            c[o] = (a if a > b else b) + P[o]

    def backward(part):
        for o in part:
            a = q[JS[o]]
            b = q[ms[o]]
            q[o] = (a if a > b else b) + P[o]

    def estimate(Y, before, behind):
        prev = c[before]
        hs = []
        for x in Y:
            a = c[JP[x]]
            if prev > a:
                a = prev
            hs.append(a)
            prev = a + P[x]
        t = q[behind]
        est = 0
        for i in range(len(Y) - 1, -1, -1):
            x = Y[i]
            b = q[JS[x]]
            t = (t if t > b else b) + P[x]
            e = hs[i] + t
            if e > est:
                est = e
        return est

    forward(seq)
    backward(reversed(seq))
    span = max([c[o] for o in ends])
    best = span
    best_state = (seq[:], mp[:], ms[:])
    tabu = {}
    it = 0
    stale = 0
    patience = 700
    CAP = 6
    while best > lower:
        if clock() - begin > LIMIT:
            break
        it += 1
        stale += 1
        if stale > patience:
            seq, mp, ms = best_state[0][:], best_state[1][:], best_state[2][:]
            for i, o in enumerate(seq):
                pos[o] = i
            forward(seq)
            backward(reversed(seq))
            span = best
            tabu = {}
            stale = 0
        # a critical path
        tops = [o for o in ends if c[o] == span]
        o = tops[int(rand() * len(tops))]
        path = [o]
        s = c[o] - P[o]
        while s > 0:
            a = mp[o]
            b = JP[o]
            if c[a] == s:
                if c[b] == s and rand() < 0.5:
                    o = b
                else:
                    o = a
            else:
                o = b
            path.append(o)
            s = c[o] - P[o]
        path.reverse()
        blocks = []
        cur = [path[0]]
        m = M[path[0]]
        for o in path[1:]:
            if M[o] == m:
                cur.append(o)
            else:
                blocks.append(cur)
                cur = [o]
                m = M[o]
        blocks.append(cur)
        final = len(blocks) - 1
        chosen = None
        chosen_est = 1e18
        every = []
        for index, B in enumerate(blocks):
            L = len(B)
            if L < 2:
                continue
            moves = []
            if index > 0:
                u = B[0]
                start = c[u] - P[u]
                far = [(c[JP[B[i]]], i) for i in range(2, L) if c[JP[B[i]]] < start]
                if len(far) > CAP:
                    far.sort()
                    half = far[:CAP // 2]
                    rest = sorted(far[CAP // 2:], key=lambda z: z[1])
                    far = half + rest[:CAP - CAP // 2]
                moves.append((B[:2], [B[1], u], False))
                for _, i in far:
                    moves.append((B[:i + 1], [B[i]] + B[:i], False))
            if index < final:
                v = B[-1]
                behind = q[v] - P[v]
                far = [(q[JS[B[i]]], i) for i in range(L - 2) if q[JS[B[i]]] < behind]
                if len(far) > CAP:
                    far.sort()
                    half = far[:CAP // 2]
                    rest = sorted(far[CAP // 2:], key=lambda z: -z[1])
                    far = half + rest[:CAP - CAP // 2]
                if L > 2 or index == 0:
                    moves.append((B[-2:], [v, B[-2]], True))
                for _, i in far:
                    moves.append((B[i:], B[i + 1:] + [B[i]], True))
            for move in moves:
                X, Y, ahead = move
                est = estimate(Y, mp[X[0]], ms[X[-1]])
                every.append(move)
                est += rand() * 0.5
                if est >= chosen_est:
                    continue
                if est >= best:
                    bad = False
                    if ahead:  # the moved one is put behind the others
                        u = X[0]
                        for x in X[1:]:
                            if tabu.get(x * n + u, 0) > it:
                                bad = True
                                break
                    else:
                        v = X[-1]
                        for x in X[:-1]:
                            if tabu.get(v * n + x, 0) > it:
                                bad = True
                                break
                    if bad:
                        continue
                chosen = move
                chosen_est = est
        if not every:
            break
        if chosen is None:
            chosen = every[int(rand() * len(every))]
        X, Y, ahead = chosen
        until = it + 12 + int(rand() * 8)
        a, b = mp[X[0]], ms[X[-1]]
        prev = a
        for x in Y:
            mp[x] = prev
            ms[prev] = x
            prev = x
        ms[prev] = b
        mp[b] = prev
        mp[N] = ms[N] = N
        i0, i1 = pos[X[0]], pos[X[-1]]
        segment = seq[i0:i1 + 1]
        if ahead:
            u = X[0]
            for x in X[1:]:
                tabu[u * n + x] = until
            marked = {u}
            kept = []
            late = [u]
            for x in segment[1:]:
                if JP[x] in marked or mp[x] in marked:
                    marked.add(x)
                    late.append(x)
                else:
                    kept.append(x)
            segment = kept + late
        else:
            v = X[-1]
            for x in X[:-1]:
                tabu[x * n + v] = until
            marked = {v}
            early = [v]
            kept = []
            for x in reversed(segment[:-1]):
                if JS[x] in marked or ms[x] in marked:
                    marked.add(x)
                    early.append(x)
                else:
                    kept.append(x)
            early.reverse()
            kept.reverse()
            segment = early + kept
        seq[i0:i1 + 1] = segment
        i = i0
        for x in segment:
            pos[x] = i
            i += 1
        for o in seq[i0:]:
            a = c[JP[o]]
            b = c[mp[o]]
            c[o] = (a if a > b else b) + P[o]
        for o in seq[i1::-1]:
            a = q[JS[o]]
            b = q[ms[o]]
            q[o] = (a if a > b else b) + P[o]
        span = max([c[o] for o in ends])
        if span < best:
            best = span
            best_state = (seq[:], mp[:], ms[:])
            stale = 0
    return [o // steps for o in best_state[0]]
