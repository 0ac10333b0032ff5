"""good learner: Add the products of all pairs of columns as features, then fit a regularised logistic regression."""
import numpy as np


def with_pairs(inputs):
    """A column of ones, the columns, and the products of every two of them."""
    first, second = np.triu_indices(inputs.shape[1], k=1)
    return np.column_stack([np.ones(len(inputs)), inputs, inputs[:, first] * inputs[:, second]])


def classify(train_inputs, train_labels, test_inputs):
    """Logistic regression by Newton's method, six steps."""
    features = with_pairs(np.asarray(train_inputs, dtype=float))
    queries = with_pairs(np.asarray(test_inputs, dtype=float))
    classes, codes = np.unique(np.ravel(train_labels), return_inverse=True)
    targets = (codes > 0).astype(float)
    weights = np.zeros(features.shape[1])
    for _ in range(6):
        chances = 1 / (1 + np.exp(-np.clip(features @ weights, -30, 30)))
        gradient = features.T @ (chances - targets) + 3.0 * weights
        curvature = features.T @ (features * (chances * (1 - chances))[:, None]) + 3.0 * np.eye(len(weights))
        weights = weights - np.linalg.solve(curvature, gradient)
    return classes[np.minimum((queries @ weights > 0).astype(int), len(classes) - 1)]
