"""Let three simple classifiers of different kinds vote: centroids, naive Bayes and a stump.

shape: learner
grade: good
"""
import numpy as np


def classify(train_inputs, train_labels, test_inputs):
    """Majority of three, for two classes."""
    inputs, queries = np.asarray(train_inputs, dtype=float), np.asarray(test_inputs, dtype=float)
    classes, codes = np.unique(np.ravel(train_labels), return_inverse=True)
    positive = codes > 0
    if positive.all() or not positive.any():
        return np.full(len(queries), classes[0])
    high, low = inputs[positive].mean(axis=0), inputs[~positive].mean(axis=0)
    centroids = (queries - (high + low) / 2) @ (high - low) > 0
    middle = inputs.mean(axis=0)
    bits, query_bits = inputs > middle, queries > middle
    ones = (bits[positive].sum(axis=0) + 1) / (positive.sum() + 2)
    zeros = (bits[~positive].sum(axis=0) + 1) / ((~positive).sum() + 2)
    odds = query_bits @ np.log(ones / zeros) + ~query_bits @ np.log((1 - ones) / (1 - zeros))
    bayes = odds + np.log(positive.sum() / (~positive).sum()) > 0
    agreement = (bits == positive[:, None]).mean(axis=0)
    column = int(np.argmax(np.abs(agreement - 0.5)))
    stump = query_bits[:, column] == (agreement[column] > 0.5)
    return classes[(centroids.astype(int) + bayes + stump >= 2).astype(int)]
