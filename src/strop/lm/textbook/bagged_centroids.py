"""Train many simple classifiers on random columns and random samples, and let them vote.

shape: learner
grade: good
"""
import numpy as np


def classify(train_inputs, train_labels, test_inputs):
    """Bagging of nearest-centroid classifiers, each on half of the columns."""
    inputs = np.asarray(train_inputs, dtype=float)
    queries = np.asarray(test_inputs, dtype=float)
    classes, codes = np.unique(np.ravel(train_labels), return_inverse=True)
    positive = codes > 0
    if positive.all() or not positive.any():
        return np.full(len(queries), classes[0])
    generator = np.random.default_rng(0)
    votes = np.zeros(len(queries))
    for _ in range(25):
        columns = generator.permutation(inputs.shape[1])[: (inputs.shape[1] + 1) // 2]
        ones = generator.choice(np.flatnonzero(positive), positive.sum())
        zeros = generator.choice(np.flatnonzero(~positive), (~positive).sum())
        high = inputs[ones][:, columns].mean(axis=0)
        low = inputs[zeros][:, columns].mean(axis=0)
        votes += np.sign((queries[:, columns] - (high + low) / 2) @ (high - low))
    return classes[(votes > 0).astype(int)]
