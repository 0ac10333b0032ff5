import numpy as np


def algorithm(train_samples, train_parity, test_samples):
    """Guesses every parity by tossing a fair coin; it looks at nothing."""
    predictions = np.random.binomial(1, 0.5, len(test_samples))
    return predictions
