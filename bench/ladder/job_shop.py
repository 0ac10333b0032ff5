"""Job-shop scheduling: programs of `bench/ladder.py`."""

import math
import random
import time
from itertools import pairwise


def most_work_left(machines, times):
    """dispatch the job with the most work left, at the earliest possible time"""
    return _dispatched(machines.tolist(), times.tolist(), 0.0)[1]


def random_dispatch(machines, times):
    """the same with some randomness, many times"""
    end, machines, times = time.process_time() + 0.8, machines.tolist(), times.tolist()
    best = _dispatched(machines, times, 0.0)
    while time.process_time() < end:
        best = min(best, _dispatched(machines, times, random.choice((0.05, 0.1, 0.2, 0.4))))
    return best[1]


def annealing(machines, times):
    """simulated annealing over the order: exchange two places"""
    end, seconds = time.process_time() + 0.85, 0.85
    machines, times = machines.tolist(), times.tolist()
    length, order = _dispatched(machines, times, 0.0)
    best, best_length, heat = order[:], length, 20.0
    while (left := end - time.process_time()) > 0:
        heat = 20.0 * left / seconds + 0.1
        for _ in range(20):
            i, j = random.sample(range(len(order)), 2)
            if order[i] == order[j]:
                continue
            order[i], order[j] = order[j], order[i]
            new = _length(machines, times, order)
            if new <= length or random.random() < math.exp((length - new) / heat):
                length = new
                if new < best_length:
                    best, best_length = order[:], new
            else:
                order[i], order[j] = order[j], order[i]
    return best


def critical_blocks(machines, times):
    """reference: tabu search that exchanges steps at the ends of critical blocks (Nowicki and Smutnicki 1996)"""
    end, steps = time.process_time() + 0.85, machines.shape[1]
    machines, times = machines.tolist(), times.tolist()
    jobs = len(times)
    duration = [t for row in times for t in row]
    machine = [m for row in machines for m in row]
    best_length, order = _dispatched(machines, times, 0.0)
    rows, step = [[] for _ in range(steps)], [0] * jobs
    for job in order:
        node = steps * job + step[job]
        rows[machine[node]].append(node)
        step[job] += 1
    best = [row[:] for row in rows]
    length, _, blocks, heads, tails = _evaluated(rows, duration, steps)
    best_length, until, count, since = length, {}, 0, 0
    while time.process_time() < end:
        count += 1
        moves = []
        for block in blocks:
            moves += [(block[0], block[1]), (block[-2], block[-1])] if len(block) > 2 else [(block[0], block[1])]
        scored = []
        for one, other in set(moves):
            estimate = _estimate(one, other, rows[machine[one]], duration, heads, tails, steps)
            barred = until.get((other, one), 0) > count
            if not barred or estimate < best_length:
                scored.append((estimate + random.random(), one, other))
        if not scored:
            if not moves:
                break
            scored = [(0, *random.choice(moves))]
        _, one, other = min(scored)
        row = rows[machine[one]]
        place = row.index(one)
        row[place], row[place + 1] = other, one
        until[one, other] = count + random.randint(8, 14)
        length, _, blocks, heads, tails = _evaluated(rows, duration, steps)
        since += 1
        if length < best_length:
            best_length, best, since = length, [row[:] for row in rows], 0
        elif since > 600:
            rows, since, until = [row[:] for row in best], 0, {}
            for _ in range(5):
                row = random.choice(rows)
                place = random.randrange(len(row) - 1)
                row[place], row[place + 1] = row[place + 1], row[place]
                if _evaluated(rows, duration, steps) is None:
                    row[place], row[place + 1] = row[place + 1], row[place]
            length, _, blocks, heads, tails = _evaluated(rows, duration, steps)
    return [node // steps for node in _evaluated(best, duration, steps)[1]]


def _evaluated(rows, duration, steps):
    """Length, a topological order, the critical blocks, and heads and tails of all steps; None if rows contradict each other."""
    n = len(duration)
    before, after = [-1] * n, [-1] * n
    for row in rows:
        for one, other in pairwise(row):
            after[one], before[other] = other, one
    waiting = [(node % steps > 0) + (before[node] >= 0) for node in range(n)]
    ready, order, heads = [node for node in range(n) if not waiting[node]], [], [0] * n
    while ready:
        node = ready.pop()
        order.append(node)
        done = heads[node] + duration[node]
        following = (node + 1, after[node]) if node % steps < steps - 1 else (after[node],)
        for other in following:
            if other >= 0:
                if done > heads[other]:
                    heads[other] = done
                waiting[other] -= 1
                if not waiting[other]:
                    ready.append(other)
    if len(order) < n:
        return None
    tails = [0] * n
    for node in reversed(order):
        tail = tails[node + 1] + duration[node + 1] if node % steps < steps - 1 else 0
        other = after[node]
        if other >= 0 and tails[other] + duration[other] > tail:
            tail = tails[other] + duration[other]
        tails[node] = tail
    length = max(heads[node] + duration[node] for node in range(n))
    node = random.choice([node for node in range(n) if heads[node] == 0 and duration[node] + tails[node] == length])
    blocks, block = [], [node]
    while tails[node]:
        done, other = heads[node] + duration[node], after[node]
        if other >= 0 and heads[other] == done and done + duration[other] + tails[other] == length:
            node = other
            block.append(node)
            continue
        node += 1
        if len(block) > 1:
            blocks.append(block)
        block = [node]
    if len(block) > 1:
        blocks.append(block)
    return length, order, blocks, heads, tails


def _estimate(one, other, row, duration, heads, tails, steps):
    """The longest way through the two steps after their exchange (Taillard 1994)."""
    place = row.index(one)
    ready = heads[row[place - 1]] + duration[row[place - 1]] if place else 0
    if other % steps:
        ready = max(ready, heads[other - 1] + duration[other - 1])
    then = ready + duration[other]
    if one % steps:
        then = max(then, heads[one - 1] + duration[one - 1])
    tail = tails[row[place + 2]] + duration[row[place + 2]] if place + 2 < len(row) else 0
    tail_one = max(tail, tails[one + 1] + duration[one + 1] if one % steps < steps - 1 else 0)
    tail_other = tail_one + duration[one]
    if other % steps < steps - 1:
        tail_other = max(tail_other, tails[other + 1] + duration[other + 1])
    return max(then + duration[one] + tail_one, ready + duration[other] + tail_other)


def _dispatched(machines, times, noise):
    """Length and order of a schedule: of the steps that can start first, that of the job with the most work left."""
    jobs, steps = len(times), len(times[0])
    left, step, order = [sum(row) for row in times], [0] * jobs, []
    job_free, machine_free = [0] * jobs, [0] * steps
    for _ in range(jobs * steps):
        chosen, key = -1, None
        for job in range(jobs):
            if step[job] < steps:
                start = max(job_free[job], machine_free[machines[job][step[job]]])
                work = left[job] * (1 + noise * random.gauss(0, 1)) if noise else left[job]
                if key is None or (start, -work) < key:
                    chosen, key = job, (start, -work)
        taken = times[chosen][step[chosen]]
        job_free[chosen] = machine_free[machines[chosen][step[chosen]]] = key[0] + taken
        left[chosen] -= taken
        step[chosen] += 1
        order.append(chosen)
    return max(job_free), order


def _length(machines, times, order):
    step, job_free, machine_free = [0] * len(times), [0] * len(times), [0] * len(times[0])
    for job in order:
        place = step[job]
        step[job] = place + 1
        machine = machines[job][place]
        start, other = job_free[job], machine_free[machine]
        job_free[job] = machine_free[machine] = (start if start > other else other) + times[job][place]
    return max(job_free)


LADDER = (most_work_left, random_dispatch, annealing, critical_blocks)
