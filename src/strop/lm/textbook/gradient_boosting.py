"""Fit stumps to the gradient of the logistic loss, one after the other, with a small learning rate.

shape: learner
grade: good
"""
import numpy as np


def classify(train_inputs, train_labels, test_inputs):
    """Gradient boosting, 30 stumps, learning rate 0.3."""
    inputs = np.asarray(train_inputs, dtype=float)
    queries = np.asarray(test_inputs, dtype=float)
    classes, codes = np.unique(np.ravel(train_labels), return_inverse=True)
    targets = (codes > 0).astype(float)
    middle = inputs.mean(axis=0)
    high, query_high = inputs > middle, queries > middle
    counts = np.maximum(high.sum(axis=0), 1)
    rest = np.maximum(len(targets) - counts, 1)
    scores, query_scores = np.zeros(len(targets)), np.zeros(len(queries))
    for _ in range(30):
        residual = targets - 1 / (1 + np.exp(-scores))
        above = residual @ high
        below = residual.sum() - above
        column = int(np.argmax(above**2 / counts + below**2 / rest))
        up, down = 1.2 * above[column] / counts[column], 1.2 * below[column] / rest[column]
        scores += np.where(high[:, column], up, down)
        query_scores += np.where(query_high[:, column], up, down)
    return classes[np.minimum((query_scores > 0).astype(int), len(classes) - 1)]
