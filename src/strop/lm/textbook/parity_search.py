"""Compare the labels with the parity of every subset of the columns and keep the subset that disagrees least.

shape: learner
grade: good
"""
import numpy as np


def sparse_masks(columns, most):
    """Every mask with at most `most` ones."""
    masks = [np.zeros(columns, dtype=np.int64)]
    frontier = [(-1, masks[0])]
    for _ in range(most):
        larger = []
        for last, mask in frontier:
            for column in range(last + 1, columns):
                mask_with = mask.copy()
                mask_with[column] = 1
                larger.append((column, mask_with))
        masks += [mask for _, mask in larger]
        frontier = larger
    return np.array(masks)


def classify(train_inputs, train_labels, test_inputs):
    """Least disagreement over all parities; with more than 16 columns, over those of at most 3 of them."""
    bits = np.asarray(train_inputs, dtype=np.int64)
    labels = np.asarray(train_labels, dtype=np.int64).ravel()
    columns = bits.shape[1]
    if columns <= 16:
        numbers = np.arange(2**columns)
        masks = (numbers[:, None] >> np.arange(columns)) & 1
    else:
        masks = sparse_masks(columns, 3)
    disagreements = ((masks @ bits.T) % 2 != labels).sum(axis=1)
    best = masks[np.argmin(disagreements)]
    return (np.asarray(test_inputs, dtype=np.int64) @ best) % 2
