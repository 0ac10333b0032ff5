"""Fit a ridge regression whose penalty is chosen by its exact leave-one-out error.

shape: learner
grade: good
"""
import numpy as np


def classify(train_inputs, train_labels, test_inputs):
    """Ridge regression on labels -1 and 1."""
    features = np.column_stack([np.ones(len(train_inputs)), np.asarray(train_inputs, dtype=float)])
    queries = np.column_stack([np.ones(len(test_inputs)), np.asarray(test_inputs, dtype=float)])
    classes, codes = np.unique(np.ravel(train_labels), return_inverse=True)
    signs = np.where(codes > 0, 1.0, -1.0)
    best, lowest = np.zeros(features.shape[1]), np.inf
    for penalty in (0.1, 1.0, 10.0, 100.0):
        inverse = np.linalg.inv(features.T @ features + penalty * np.eye(features.shape[1]))
        weights = inverse @ features.T @ signs
        leverage = np.einsum("ij,jk,ik->i", features, inverse, features)
        error = (((signs - features @ weights) / (1 - leverage)) ** 2).sum()
        if error < lowest:
            best, lowest = weights, error
    return classes[np.minimum((queries @ best > 0).astype(int), len(classes) - 1)]
