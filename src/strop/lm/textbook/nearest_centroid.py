"""Assign each input to the class whose mean is nearest.

shape: learner
grade: mediocre
"""
import numpy as np


def classify(train_inputs, train_labels, test_inputs):
    """Nearest centroid by Euclidean distance."""
    inputs, labels = np.asarray(train_inputs, dtype=float), np.ravel(train_labels)
    classes = np.unique(labels)
    centroids = np.array([inputs[labels == each].mean(axis=0) for each in classes])
    distances = np.linalg.norm(np.asarray(test_inputs, dtype=float)[:, None] - centroids, axis=2)
    return classes[np.argmin(distances, axis=1)]
