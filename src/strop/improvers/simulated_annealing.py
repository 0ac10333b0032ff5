import math
import random

from asking import ask, message_for, score

HOTTEST = 0.1  # the loss of utility that the first move accepts with a chance of 1 in e


def improve_algorithm(initial_solution, utility, language_model):
    """Move to a better program always, and to a worse one with a chance that falls as the search cools down."""
    scores = {}
    score(utility, [initial_solution], scores)
    current = initial_solution
    while (calls_left := language_model.remaining) and utility.remaining:
        tolerance = HOTTEST * calls_left / language_model.budget
        n_messages = min(language_model.max_responses_per_call, utility.remaining)
        new = score(utility, ask(language_model, [message_for(current, utility)] * n_messages), scores)
        neighbor = max(new, key=scores.get, default=current)
        loss = scores[current] - scores[neighbor]
        if loss <= 0 or random.random() < math.exp(-loss / tolerance):
            current = neighbor
    return max(scores, key=scores.get, default=initial_solution)
