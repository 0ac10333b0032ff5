"""Fit the labels by linear least squares and round the predictions.

shape: learner
grade: mediocre
"""
import numpy as np


def classify(train_inputs, train_labels, test_inputs):
    """Linear regression with an intercept, cut at one half."""
    features = np.column_stack([np.ones(len(train_inputs)), np.asarray(train_inputs, dtype=float)])
    classes, codes = np.unique(np.ravel(train_labels), return_inverse=True)
    weights = np.linalg.lstsq(features, (codes > 0).astype(float), rcond=None)[0]
    queries = np.column_stack([np.ones(len(test_inputs)), np.asarray(test_inputs, dtype=float)])
    return classes[np.minimum((queries @ weights > 0.5).astype(int), len(classes) - 1)]
