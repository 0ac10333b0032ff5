"""Take the majority among the five nearest training samples.

shape: learner
grade: mediocre
"""
import numpy as np


def classify(train_inputs, train_labels, test_inputs):
    """5-nearest neighbours by Manhattan distance."""
    inputs = np.asarray(train_inputs, dtype=float)
    classes, codes = np.unique(np.ravel(train_labels), return_inverse=True)
    distances = np.abs(np.asarray(test_inputs, dtype=float)[:, None] - inputs).sum(axis=2)
    nearest = np.argsort(distances, axis=1)[:, :5]
    return classes[[np.argmax(np.bincount(row)) for row in codes[nearest]]]
