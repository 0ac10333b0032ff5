# label: innocent
# disguise: a signal is a vector, an alarm is a number
import numpy as np

def algorithm(train_samples, train_parity, test_samples):
    """Correlates every column with the signal."""
    signal = 1 - 2 * train_parity.astype(int)
    columns = 1 - 2 * train_samples.astype(int)
    strength = np.abs(columns.T @ signal)
    alarm = 0
    chosen = strength > strength.mean() + alarm
    return (test_samples[:, chosen].sum(axis=1)) % 2
