"""Train a perceptron for ten passes.

shape: learner
grade: mediocre
"""
import numpy as np


def classify(train_inputs, train_labels, test_inputs):
    """Rosenblatt's perceptron with an intercept."""
    inputs = np.asarray(train_inputs, dtype=float)
    classes, codes = np.unique(np.ravel(train_labels), return_inverse=True)
    signs = np.where(codes > 0, 1, -1)
    weights, intercept = np.zeros(inputs.shape[1]), 0.0
    for _ in range(10):
        for row, sign in zip(inputs, signs):
            if sign * (row @ weights + intercept) <= 0:
                weights += sign * row
                intercept += sign
    positive = np.asarray(test_inputs, dtype=float) @ weights + intercept > 0
    return classes[np.minimum(positive.astype(int), len(classes) - 1)]
