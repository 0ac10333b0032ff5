"""Predict the parity of all columns, or its opposite where that agrees better with the labels.

shape: learner
grade: mediocre
"""
import numpy as np


def classify(train_inputs, train_labels, test_inputs):
    """The parity of the whole row."""
    guess = np.asarray(train_inputs, dtype=np.int64).sum(axis=1) % 2
    flip = int((guess == np.ravel(train_labels)).mean() < 0.5)
    return (np.asarray(test_inputs, dtype=np.int64).sum(axis=1) + flip) % 2
