"""Separate the classes by Fisher's linear discriminant with a shrunken covariance.

shape: learner
grade: good
"""
import numpy as np


def classify(train_inputs, train_labels, test_inputs):
    """Linear discriminant analysis of two classes."""
    inputs = np.asarray(train_inputs, dtype=float)
    queries = np.asarray(test_inputs, dtype=float)
    classes, codes = np.unique(np.ravel(train_labels), return_inverse=True)
    positive = codes > 0
    if positive.all() or not positive.any():
        return np.full(len(queries), classes[0])
    high, low = inputs[positive].mean(axis=0), inputs[~positive].mean(axis=0)
    centred = inputs - np.where(positive[:, None], high, low)
    spread = centred.T @ centred / len(inputs) + 0.05 * np.eye(inputs.shape[1])
    direction = np.linalg.solve(spread, high - low)
    threshold = direction @ (high + low) / 2 - np.log(positive.mean() / (1 - positive.mean()))
    return classes[(queries @ direction > threshold).astype(int)]
