from asking import ask, message_for, score

HOTTEST = 1.2  # the temperature of the first call


def improve_algorithm(initial_solution, utility, language_model):
    """Ask at a high temperature first, and the less of the budget is left, the more conservatively."""
    scores = {}
    score(utility, [initial_solution], scores)
    while (calls_left := language_model.remaining) and utility.remaining:
        best = max(scores, key=scores.get)
        temperature = HOTTEST * calls_left / language_model.budget
        n_messages = min(language_model.max_responses_per_call, utility.remaining)
        score(utility, ask(language_model, [message_for(best, utility)] * n_messages, temperature), scores)
    return max(scores, key=scores.get, default=initial_solution)
