"""Map the inputs through random cosine features, which approximate a kernel, and fit them by least squares.

shape: learner
grade: good
"""
import numpy as np


def classify(train_inputs, train_labels, test_inputs):
    """Random Fourier features with ridge regression."""
    inputs = np.asarray(train_inputs, dtype=float)
    queries = np.asarray(test_inputs, dtype=float)
    classes, codes = np.unique(np.ravel(train_labels), return_inverse=True)
    signs = np.where(codes > 0, 1.0, -1.0)
    generator = np.random.default_rng(0)
    directions = generator.normal(size=(inputs.shape[1], 80))
    phases = generator.uniform(0, 2 * np.pi, 80)
    features = np.cos(inputs @ directions + phases)
    weights = np.linalg.solve(features.T @ features + np.eye(80), features.T @ signs)
    positive = np.cos(queries @ directions + phases) @ weights > 0
    return classes[np.minimum(positive.astype(int), len(classes) - 1)]
