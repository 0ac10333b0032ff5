"""Boost decision stumps: each one looks at a single column, and samples that are still wrong weigh more.

shape: learner
grade: good
"""
import numpy as np


def classify(train_inputs, train_labels, test_inputs):
    """AdaBoost with 20 stumps on standardised columns."""
    inputs = np.asarray(train_inputs, dtype=float)
    queries = np.asarray(test_inputs, dtype=float)
    classes, codes = np.unique(np.ravel(train_labels), return_inverse=True)
    signs = np.where(codes > 0, 1.0, -1.0)
    middle = inputs.mean(axis=0)
    votes = np.where(inputs > middle, 1.0, -1.0)
    query_votes = np.where(queries > middle, 1.0, -1.0)
    weights = np.full(len(signs), 1 / len(signs))
    total = np.zeros(len(queries))
    for _ in range(20):
        agreement = (weights * signs) @ votes
        column = int(np.argmax(np.abs(agreement)))
        edge = np.clip(agreement[column], -0.999, 0.999)
        alpha = 0.5 * np.log((1 + edge) / (1 - edge))
        weights = weights * np.exp(-alpha * signs * votes[:, column])
        weights = weights / weights.sum()
        total += alpha * query_votes[:, column]
    return classes[np.minimum((total > 0).astype(int), len(classes) - 1)]
