"""Train a small neural network with one hidden layer by gradient descent with momentum.

shape: learner
grade: good
"""
import numpy as np


def classify(train_inputs, train_labels, test_inputs):
    """Twelve tanh units, 60 steps on the whole batch."""
    inputs = np.asarray(train_inputs, dtype=float)
    queries = np.asarray(test_inputs, dtype=float)
    classes, codes = np.unique(np.ravel(train_labels), return_inverse=True)
    targets = np.where(codes > 0, 1.0, -1.0)
    middle = inputs.mean(axis=0)
    inputs, queries = inputs - middle, queries - middle
    generator = np.random.default_rng(0)
    first = generator.normal(size=(inputs.shape[1], 12))
    second = generator.normal(size=12) / 4
    speed_first, speed_second = np.zeros_like(first), np.zeros_like(second)
    for _ in range(60):
        hidden = np.tanh(inputs @ first)
        error = (hidden @ second - targets) / len(targets)
        back = np.outer(error, second) * (1 - hidden**2)
        speed_first = 0.9 * speed_first - 0.5 * (inputs.T @ back)
        speed_second = 0.9 * speed_second - 0.1 * (hidden.T @ error)
        first, second = first + speed_first, second + speed_second
    positive = np.tanh(queries @ first) @ second > 0
    return classes[np.minimum(positive.astype(int), len(classes) - 1)]
