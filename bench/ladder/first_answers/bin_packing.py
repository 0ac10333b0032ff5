import random
import time

# The items of one third are big (at least 2280), the others at most 2220: each bin holds one big item and two small ones and
# is exactly full.  Exact cover by bit sets: fewest options per failure weight first, least conflicting option first, restarts.


class Stop(Exception):
    pass


def fill(values, idx, capacity, noise, rng):
    """Fullest bin: the largest item with the one or two that fill its bin best."""
    left = sorted(idx, key=lambda i: -values[i])
    out = []
    while left:
        top = left.pop(0)
        room = capacity - values[top]
        best, pick = 0, ()
        k = len(left)
        if noise and k and rng.random() < noise:
            room_target = room - rng.randint(0, 3)
        else:
            room_target = room
        lo, hi = 0, k - 1
        while lo < hi:  # left is in decreasing order
            total = values[left[lo]] + values[left[hi]]
            if total > room_target:
                lo += 1
            else:
                if total > best:
                    best, pick = total, (lo, hi)
                    if best == room:
                        break
                hi -= 1
        for j in range(k):
            if values[left[j]] <= room:
                if values[left[j]] > best:
                    best, pick = values[left[j]], (j,)
                break
        group = [top] + [left[j] for j in pick]
        for j in sorted(pick, reverse=True):
            left.pop(j)
        out.append(group)
    return out


def pack(items, capacity):
    t0 = time.process_time()
    rng = random.Random(7)
    items = [int(v) for v in items]
    n = len(items)
    by_size = sorted(range(n), key=lambda i: -items[i])
    best = fill(items, by_size, capacity, 0, rng)
    nb = n // 3
    lower = -(-sum(items) // capacity)
    deepest = []

    def answer(groups):
        bins = [0] * n
        for k, group in enumerate(groups):
            for i in group:
                bins[i] = k
        return bins

    if len(best) <= lower:
        return answer(best)

    if n == 3 * nb and sum(items) == nb * capacity:
        vals = [items[i] for i in by_size]
        opts = []
        for b in range(nb):
            need = capacity - vals[b]
            where = {}
            for j in range(nb, n):
                other = need - vals[j]
                for i in where.get(other, ()):
                    opts.append((b, i, j))
                where.setdefault(vals[j], []).append(j)
        mask = [0] * n
        for o, opt in enumerate(opts):
            for e in opt:
                mask[e] |= 1 << o
        full = (1 << len(opts)) - 1
        conf = [mask[b] | mask[i] | mask[j] for b, i, j in opts]
        inv = [full ^ c for c in conf]
        weight = [1.0] * n
        chosen = []
        state = {"nodes": 0, "limit": 0}
        rand = rng.random
        clock = time.process_time

        def rec(avail, unc):
            if not unc:
                return True
            state["nodes"] += 1
            if state["nodes"] > state["limit"]:
                raise Stop
            if not state["nodes"] & 15 and clock() - t0 > 0.82:
                raise Stop
            least, pick = 1e18, -1
            for e in unc:
                c = (avail & mask[e]).bit_count()
                if c < 2:
                    if c == 0:
                        weight[e] += 1.0
                        return False
                    if least > 0:
                        least, pick = 0, e
                elif c < least * weight[e]:
                    least, pick = c / weight[e], e
            m = avail & mask[pick]
            order = []
            while m:
                low = m & -m
                o = low.bit_length() - 1
                order.append(((avail & conf[o]).bit_count() + 4 * rand(), o))
                m ^= low
            order.sort()
            for _, o in order:
                b, i, j = opts[o]
                chosen.append(o)
                if len(chosen) > len(deepest):
                    deepest[:] = chosen
                if rec(avail & inv[o], [e for e in unc if e != b and e != i and e != j]):
                    return True
                chosen.pop()
                avail &= ~(1 << o)
            weight[pick] += 0.5
            return False

        limit = 150
        solved = False
        while clock() - t0 < 0.82:
            chosen.clear()
            state["nodes"], state["limit"] = 0, int(limit)
            unc = list(range(n))
            rng.shuffle(unc)
            try:
                solved = rec(full, unc)
                break
            except Stop:
                limit *= 1.12
                top = max(weight)
                if top > 60:
                    weight[:] = [1 + (w - 1) * 0.5 for w in weight]
        if solved:
            return answer([[by_size[e] for e in opts[o]] for o in chosen])
        groups = [[by_size[e] for e in opts[o]] for o in deepest]
        used = {i for group in groups for i in group}
        other = groups + fill(items, [i for i in range(n) if i not in used], capacity, 0, rng)
        if len(other) < len(best):
            best = other
    tries = 0
    while len(best) > lower + 1 and time.process_time() - t0 < 0.88:
        tries += 1
        other = fill(items, by_size, capacity, 0.2, rng)
        if len(other) < len(best):
            best = other
    return answer(best)
