"""Predict the most frequent label for everything.

shape: learner
grade: mediocre
"""
import numpy as np


def classify(train_inputs, train_labels, test_inputs):
    """The mode of the labels."""
    classes, counts = np.unique(np.ravel(train_labels), return_counts=True)
    return np.full(len(test_inputs), classes[np.argmax(counts)])
