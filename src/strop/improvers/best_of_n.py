from asking import ask, message_for, score


def improve_algorithm(initial_solution, utility, language_model):
    """Spend the whole budget on independent improvements of the initial solution, and return the best of all."""
    scores = {}
    score(utility, [initial_solution], scores)
    n_messages = min(language_model.remaining * language_model.max_responses_per_call, utility.remaining)
    score(utility, ask(language_model, [message_for(initial_solution, utility)] * n_messages), scores)
    return max(scores, key=scores.get, default=initial_solution)
