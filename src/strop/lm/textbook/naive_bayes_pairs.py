"""Estimate the chance of each class from every pair of columns and multiply the evidence (averaged naive Bayes).

shape: learner
grade: good
"""
import numpy as np


def classify(train_inputs, train_labels, test_inputs):
    """Log-odds of the four cells of each pair of columns, smoothed and averaged."""
    inputs = np.asarray(train_inputs, dtype=float)
    queries = np.asarray(test_inputs, dtype=float)
    classes, codes = np.unique(np.ravel(train_labels), return_inverse=True)
    positive = (codes > 0).astype(float)
    middle = inputs.mean(axis=0)
    high, query_high = inputs > middle, queries > middle
    evidence = np.zeros(len(queries))
    for first in range(inputs.shape[1]):
        for second in range(first + 1, inputs.shape[1]):
            cells = 2 * high[:, first] + high[:, second]
            total = np.bincount(cells, minlength=4)
            ones = np.bincount(cells, weights=positive, minlength=4)
            odds = np.log((ones + 2) / (total - ones + 2))
            evidence += odds[2 * query_high[:, first] + query_high[:, second]]
    return classes[np.minimum((evidence > 0).astype(int), len(classes) - 1)]
