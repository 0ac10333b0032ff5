"""Learning parity with noise: programs of `bench/ladder.py`."""

import random
import time

import numpy as np


def nearest(train_samples, train_parity, test_samples):
    """the labels of the nearest examples"""
    near = np.argsort((test_samples[:, None] != train_samples).sum(axis=2), axis=1)[:, :5]
    return (train_parity[near].mean(axis=1) > 0.5).astype(int)


def elimination(train_samples, train_parity, test_samples):
    """Gaussian elimination over as many random examples as bits, many times; the parity that fits best"""
    end, n = time.process_time() + 0.8, train_samples.shape[1]
    rows = [int("".join(map(str, row)), 2) for row in np.column_stack([train_samples, train_parity]).tolist()]
    best, fewest = np.zeros(n, dtype=np.int64), len(rows)
    while time.process_time() < end:
        mask = _solution(random.sample(rows, n), n)
        if mask is not None:
            wrong = np.count_nonzero(train_samples @ mask % 2 != train_parity)
            if wrong < fewest:
                best, fewest = mask, wrong
    return test_samples @ best % 2


def exchanged(train_samples, train_parity, test_samples):
    """the same, but only one example is exchanged at a time"""
    return _information_sets(train_samples, train_parity, test_samples, errors=0)


def two_errors(train_samples, train_parity, test_samples):
    """reference: the same, and up to two of the chosen labels may be wrong (Lee and Brickell 1988)"""
    return _information_sets(train_samples, train_parity, test_samples, errors=2)


def _solution(rows, n):
    """The bits that give all labels (the lowest bit of each row), or None where rows depend on each other."""
    solved = []
    for row in rows:
        for high, other in solved:
            if row & high:
                row ^= other
        if row < 2:
            return None
        high = 1 << (row.bit_length() - 1)
        solved = [(bit, other ^ row if other & high else other) for bit, other in solved]
        solved.append((high, row))
    mask = np.zeros(n, dtype=np.int64)
    for high, row in solved:
        mask[n + 1 - high.bit_length()] = row & 1
    return mask


def _information_sets(train_samples, train_parity, test_samples, errors):
    """Columns are whole numbers with one bit a row, training rows first. The columns are combined so that each has the only
    1 of one chosen row; then the last column holds what the parity through the chosen rows gets wrong."""
    end, (m, n) = time.process_time() + 0.8, train_samples.shape
    samples = np.vstack([train_samples, test_samples])
    labels = np.concatenate([train_parity, np.zeros(len(test_samples), dtype=train_parity.dtype)])
    columns = [int("".join(map(str, bits[::-1])), 2) for bits in np.column_stack([samples, labels]).T.tolist()]
    rows, free = random.sample(range(m), m), set(range(n))
    for row in rows:
        column = next((column for column in free if columns[column] >> row & 1), None)
        if column is not None:
            _pivot(columns, column, row)
            free.discard(column)
    training, size = (1 << m) - 1, 8 * (m // 64)
    best, fewest = columns[n], (columns[n] & training).bit_count()
    while time.process_time() < end and fewest > 0.3 * m:
        for _ in range(1 if errors == 0 else 4):
            row = random.randrange(m)
            column = random.choice([c for c in range(n) if columns[c] >> row & 1] or [None])
            if column is not None:
                _pivot(columns, column, row)
        candidates = [columns[n]]
        if errors:
            data = b"".join((column & training).to_bytes(size + 8, "little")[:32] for column in columns)
            words = np.frombuffer(data, dtype=np.uint64).reshape(n + 1, -1)
            one = words[:-1] ^ words[-1]
            wrong = np.bitwise_count(one[:, None] ^ words[:-1]).sum(axis=2, dtype=np.int64)
            limit = 0.3 * min(m, 256)
            candidates += [
                columns[n] ^ columns[i] ^ columns[j] for i, j in np.argwhere(wrong < limit).tolist() if i != j
            ]
            single = np.bitwise_count(one).sum(axis=1, dtype=np.int64)
            candidates += [columns[n] ^ columns[i] for i in np.flatnonzero(single < limit)]
        for candidate in candidates:
            wrong = (candidate & training).bit_count()
            if wrong < fewest:
                best, fewest = candidate, wrong
    return [best >> (m + row) & 1 for row in range(len(test_samples))]


def _pivot(columns, column, row):
    """Give all columns but this one a 0 in this row."""
    bit, pivot = 1 << row, columns[column]
    for other, value in enumerate(columns):
        if value & bit and other != column:
            columns[other] = value ^ pivot


LADDER = (nearest, elimination, exchanged, two_errors)
