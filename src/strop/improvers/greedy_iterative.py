from asking import ask, message_for, score


def improve_algorithm(initial_solution, utility, language_model):
    """Ask for as many improvements of the best program as one call gives, keep the best, and repeat."""
    scores = {}
    score(utility, [initial_solution], scores)
    while language_model.remaining and utility.remaining:
        best = max(scores, key=scores.get)
        n_messages = min(language_model.max_responses_per_call, utility.remaining)
        score(utility, ask(language_model, [message_for(best, utility)] * n_messages), scores)
    return max(scores, key=scores.get, default=initial_solution)
