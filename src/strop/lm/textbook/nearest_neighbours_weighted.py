"""Let the nearest samples vote by their distance, with the number of voters chosen by leave-one-out error.

shape: learner
grade: good
"""
import numpy as np


def vote(distances, signs, voters):
    """Sum of the nearest samples' signs, nearer ones counting more; one row for each query."""
    nearest = np.argsort(distances, axis=1, kind="stable")[:, :voters]
    weights = 1 / (1 + np.take_along_axis(distances, nearest, axis=1))
    return (weights * signs[nearest]).sum(axis=1)


def classify(train_inputs, train_labels, test_inputs):
    """Distance-weighted k-nearest neighbours; k is one of 1, 3, 7, 15."""
    inputs = np.asarray(train_inputs, dtype=float)
    queries = np.asarray(test_inputs, dtype=float)
    classes, codes = np.unique(np.ravel(train_labels), return_inverse=True)
    signs = np.where(codes > 0, 1.0, -1.0)
    among = np.abs(inputs[:, None] - inputs).sum(axis=2)
    np.fill_diagonal(among, np.inf)
    errors = {k: np.mean((vote(among, signs, k) > 0) != (signs > 0)) for k in (1, 3, 7, 15)}
    voters = min(errors, key=errors.get)
    positive = vote(np.abs(queries[:, None] - inputs).sum(axis=2), signs, voters) > 0
    return classes[np.minimum(positive.astype(int), len(classes) - 1)]
