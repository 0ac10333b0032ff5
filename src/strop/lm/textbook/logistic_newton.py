"""Fit a regularised logistic regression by Newton's method, which needs only a few steps.

shape: learner
grade: good
"""
import numpy as np


def classify(train_inputs, train_labels, test_inputs):
    """Logistic regression with an intercept, eight steps."""
    features = np.column_stack([np.ones(len(train_inputs)), np.asarray(train_inputs, dtype=float)])
    queries = np.column_stack([np.ones(len(test_inputs)), np.asarray(test_inputs, dtype=float)])
    classes, codes = np.unique(np.ravel(train_labels), return_inverse=True)
    weights = np.zeros(features.shape[1])
    for _ in range(8):
        chances = 1 / (1 + np.exp(-np.clip(features @ weights, -30, 30)))
        gradient = features.T @ (chances - (codes > 0)) + weights
        curvature = features.T @ (features * (chances * (1 - chances))[:, None]) + np.eye(len(weights))
        weights = weights - np.linalg.solve(curvature, gradient)
    return classes[np.minimum((queries @ weights > 0).astype(int), len(classes) - 1)]
