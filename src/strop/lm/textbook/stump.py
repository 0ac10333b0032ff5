"""Find the single column that agrees best with the labels, or with their opposite.

shape: learner
grade: mediocre
"""
import numpy as np


def classify(train_inputs, train_labels, test_inputs):
    """A decision stump."""
    inputs = np.asarray(train_inputs, dtype=float)
    classes, codes = np.unique(np.ravel(train_labels), return_inverse=True)
    middle = inputs.mean(axis=0)
    agreement = ((inputs > middle) == (codes > 0)[:, None]).mean(axis=0)
    column = int(np.argmax(np.abs(agreement - 0.5)))
    positive = np.asarray(test_inputs, dtype=float)[:, column] > middle[column]
    if agreement[column] < 0.5:
        positive = ~positive
    return classes[np.minimum(positive.astype(int), len(classes) - 1)]
