"""mediocre learner: Copy the label of the nearest training sample."""
import numpy as np


def classify(train_inputs, train_labels, test_inputs):
    """1-nearest neighbour by Manhattan distance."""
    inputs = np.asarray(train_inputs, dtype=float)
    labels = np.ravel(train_labels)
    return np.array([labels[np.argmin(np.abs(inputs - row).sum(axis=1))] for row in np.asarray(test_inputs)])
