"""Run a kernel perceptron with a quadratic kernel and average its mistakes over several passes.

shape: learner
grade: good
"""
import numpy as np


def classify(train_inputs, train_labels, test_inputs):
    """Kernel perceptron, kernel (1 + x·y / columns)^2, five passes."""
    inputs = np.asarray(train_inputs, dtype=float)
    queries = np.asarray(test_inputs, dtype=float)
    classes, codes = np.unique(np.ravel(train_labels), return_inverse=True)
    signs = np.where(codes > 0, 1.0, -1.0)
    middle = inputs.mean(axis=0)
    inputs, queries = inputs - middle, queries - middle
    products = (1 + inputs @ inputs.T / inputs.shape[1]) ** 2
    scores = np.zeros(len(signs))
    mistakes = np.zeros(len(signs))
    for _ in range(5):
        for index in range(len(signs)):
            if scores[index] * signs[index] <= 0:
                mistakes[index] += signs[index]
                scores += signs[index] * products[index]
    positive = (1 + queries @ inputs.T / inputs.shape[1]) ** 2 @ mistakes > 0
    return classes[np.minimum(positive.astype(int), len(classes) - 1)]
