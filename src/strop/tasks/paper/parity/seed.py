import numpy as np


def algorithm(train_samples, train_parity, test_samples):
    """Tosses a fair coin for every parity, whatever the examples say."""
    return np.random.binomial(1, 0.5, len(test_samples))
