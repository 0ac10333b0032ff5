"""Draw each label at random, as often as it occurs among the training labels.

shape: learner
grade: mediocre
"""
import random


def classify(train_inputs, train_labels, test_inputs):
    """Labels drawn from the training labels."""
    labels = [int(label) for label in train_labels]
    return [random.choice(labels) for _ in test_inputs]
