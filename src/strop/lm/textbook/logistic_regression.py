"""Fit a logistic regression by gradient descent.

shape: learner
grade: mediocre
"""
import numpy as np


def classify(train_inputs, train_labels, test_inputs):
    """Logistic regression with an intercept, 100 steps."""
    inputs = np.asarray(train_inputs, dtype=float)
    features = np.column_stack([np.ones(len(inputs)), inputs])
    queries = np.column_stack([np.ones(len(test_inputs)), np.asarray(test_inputs, dtype=float)])
    classes, codes = np.unique(np.ravel(train_labels), return_inverse=True)
    weights = np.zeros(features.shape[1])
    for _ in range(100):
        chances = 1 / (1 + np.exp(-features @ weights))
        weights -= 0.3 * features.T @ (chances - (codes > 0)) / len(features)
    return classes[np.minimum((queries @ weights > 0).astype(int), len(classes) - 1)]
