"""Select few columns: a regression with an absolute penalty, by coordinate descent (lasso).

shape: learner
grade: good
"""
import numpy as np


def classify(train_inputs, train_labels, test_inputs):
    """Lasso on centred columns and labels -1 and 1, ten sweeps."""
    inputs = np.asarray(train_inputs, dtype=float)
    classes, codes = np.unique(np.ravel(train_labels), return_inverse=True)
    signs = np.where(codes > 0, 1.0, -1.0)
    middle, level = inputs.mean(axis=0), signs.mean()
    centred = inputs - middle
    norms = np.maximum((centred**2).sum(axis=0), 1e-9)
    weights, residual = np.zeros(inputs.shape[1]), signs - level
    for _ in range(10):
        for column in range(inputs.shape[1]):
            pull = centred[:, column] @ residual + norms[column] * weights[column]
            new = np.sign(pull) * max(abs(pull) - 0.05 * len(signs), 0.0) / norms[column]
            residual -= (new - weights[column]) * centred[:, column]
            weights[column] = new
    positive = (np.asarray(test_inputs, dtype=float) - middle) @ weights + level > 0
    return classes[np.minimum(positive.astype(int), len(classes) - 1)]
