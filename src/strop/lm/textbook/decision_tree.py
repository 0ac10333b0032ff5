"""Grow a decision tree that splits on the column with the least impurity, and stop at small leaves.

shape: learner
grade: good
"""
import numpy as np


def grow(inputs, codes, depth):
    """A leaf (a class number), or (column, threshold, low branch, high branch)."""
    majority = int(np.argmax(np.bincount(codes)))
    if depth == 0 or len(codes) < 6 or codes.min() == codes.max():
        return majority
    middle = inputs.mean(axis=0)
    high = inputs > middle
    share = codes > 0
    counts = high.sum(axis=0)
    positives = share @ high
    rest, rest_positives = len(codes) - counts, share.sum() - positives
    with np.errstate(divide="ignore", invalid="ignore"):
        impurity = positives * (1 - positives / counts) + rest_positives * (1 - rest_positives / rest)
    column = int(np.argmin(np.where((counts == 0) | (rest == 0), np.inf, impurity)))
    side = high[:, column]
    if side.all() or not side.any():
        return majority
    low_branch = grow(inputs[~side], codes[~side], depth - 1)
    return column, middle[column], low_branch, grow(inputs[side], codes[side], depth - 1)


def descend(tree, row):
    """The class number of one row."""
    while isinstance(tree, tuple):
        column, threshold, low, high = tree
        tree = high if row[column] > threshold else low
    return tree


def classify(train_inputs, train_labels, test_inputs):
    """A tree of depth 4."""
    classes, codes = np.unique(np.ravel(train_labels), return_inverse=True)
    tree = grow(np.asarray(train_inputs, dtype=float), codes, 4)
    return classes[[descend(tree, row) for row in np.asarray(test_inputs, dtype=float)]]
