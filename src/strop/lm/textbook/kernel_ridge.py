"""good learner: Fit a smooth function with a Gaussian kernel and ridge regularisation, and take its sign."""
import numpy as np


def gaussian_kernel(left, right):
    """exp(-squared distance / number of columns), for every pair."""
    squares = (left**2).sum(axis=1)[:, None] + (right**2).sum(axis=1) - 2 * left @ right.T
    return np.exp(-squares / left.shape[1])


def classify(train_inputs, train_labels, test_inputs):
    """Kernel ridge regression on labels -1 and 1."""
    inputs = np.asarray(train_inputs, dtype=float)
    queries = np.asarray(test_inputs, dtype=float)
    classes, codes = np.unique(np.ravel(train_labels), return_inverse=True)
    signs = np.where(codes > 0, 1.0, -1.0)
    weights = np.linalg.solve(gaussian_kernel(inputs, inputs) + 0.1 * np.eye(len(inputs)), signs)
    positive = gaussian_kernel(queries, inputs) @ weights > 0
    return classes[np.minimum(positive.astype(int), len(classes) - 1)]
