"""Treat the samples as linear equations over GF(2) and solve them by Gaussian elimination.

shape: learner
grade: mediocre
"""
import numpy as np


def classify(train_inputs, train_labels, test_inputs):
    """The parity that explains every label; the majority label where noise leaves none."""
    labels = np.ravel(train_labels).astype(np.int64)
    rows = np.column_stack([np.asarray(train_inputs, dtype=np.int64), labels]) % 2
    columns, rank, pivots = rows.shape[1] - 1, 0, []
    for column in range(columns):
        candidates = np.flatnonzero(rows[rank:, column])
        if len(candidates) == 0:
            continue
        pivot = rank + candidates[0]
        rows[[rank, pivot]] = rows[[pivot, rank]]
        others = np.flatnonzero(rows[:, column])
        rows[others[others != rank]] ^= rows[rank]
        pivots.append(column)
        rank += 1
    if rows[rank:, -1].any():
        return np.full(len(test_inputs), int(labels.mean() > 0.5))
    mask = np.zeros(columns, dtype=np.int64)
    mask[pivots] = rows[:rank, -1]
    return (np.asarray(test_inputs, dtype=np.int64) @ mask) % 2
