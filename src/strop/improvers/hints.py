import itertools

from asking import ask, message_for, score

HINTS = (
    "Is there a known algorithm that solves this problem exactly? Use it.",
    "Consider a better data structure or representation.",
    "Consider a randomized method with restarts that keeps the best result.",
    "Start from a simple construction, then improve it by local search.",
    "Treat the noise, the corner cases and the failures that the score punishes.",
    "Vectorize the slow part, and spend the time that is gained on more search.",
    "Combine several weak methods, by voting or by choosing the best of them.",
)


def improve_algorithm(initial_solution, utility, language_model):
    """Give every request another hint, so that the responses differ in kind and not only by chance."""
    scores = {}
    score(utility, [initial_solution], scores)
    hints = itertools.cycle(HINTS)
    while language_model.remaining and utility.remaining:
        best = max(scores, key=scores.get)
        n_messages = min(language_model.max_responses_per_call, utility.remaining)
        messages = [f"{message_for(best, utility)}\nHint: {next(hints)}" for _ in range(n_messages)]
        score(utility, ask(language_model, messages), scores)
    return max(scores, key=scores.get, default=initial_solution)
