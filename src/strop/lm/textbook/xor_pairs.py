"""Look for the pair of columns whose exclusive or agrees best with the labels.

shape: learner
grade: mediocre
"""
import numpy as np


def classify(train_inputs, train_labels, test_inputs):
    """The best single column or exclusive or of two, by agreement with the labels."""
    bits = np.asarray(train_inputs, dtype=np.int64)
    labels = np.ravel(train_labels).astype(np.int64)
    best, most = (0, 0), -1
    for first in range(bits.shape[1]):
        for second in range(first, bits.shape[1]):
            guess = bits[:, first] if first == second else bits[:, first] ^ bits[:, second]
            agreement = int((guess == labels).sum())
            if agreement > most:
                best, most = (first, second), agreement
    queries = np.asarray(test_inputs, dtype=np.int64)
    first, second = best
    return queries[:, first] if first == second else queries[:, first] ^ queries[:, second]
