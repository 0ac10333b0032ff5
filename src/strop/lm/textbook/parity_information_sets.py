"""Guess which samples are free of noise: solve for a parity on random independent rows, many times, and keep the best.

shape: learner
grade: good
"""
import numpy as np


def solve(rows, columns):
    """The mask that fits independent rows (integers; the label is the bit above the columns), by elimination."""
    pivots = {}
    for row in rows:
        for column, pivot in pivots.items():
            if row >> column & 1:
                row ^= pivot
        low = row & ((1 << columns) - 1)
        if low == 0:
            continue
        column = low.bit_length() - 1
        for other in pivots:
            if pivots[other] >> column & 1:
                pivots[other] ^= row
        pivots[column] = row
        if len(pivots) == columns:
            break
    mask = np.zeros(columns, dtype=np.int64)
    for column, pivot in pivots.items():
        mask[column] = pivot >> columns & 1
    return mask


def classify(train_inputs, train_labels, test_inputs):
    """Information-set decoding of a noisy parity."""
    bits = np.asarray(train_inputs, dtype=np.int64)
    labels = np.asarray(train_labels, dtype=np.int64).ravel()
    columns = bits.shape[1]
    packed = [sum(int(bit) << place for place, bit in enumerate(row)) for row in np.column_stack([bits, labels])]
    generator = np.random.default_rng(0)
    best, fewest = np.zeros(columns, dtype=np.int64), len(labels) + 1
    for _ in range(25):
        order = generator.permutation(len(packed))[: 3 * columns]
        mask = solve([packed[index] for index in order], columns)
        wrong = int(((bits @ mask) % 2 != labels).sum())
        if wrong < fewest:
            best, fewest = mask, wrong
    return (np.asarray(test_inputs, dtype=np.int64) @ best) % 2
