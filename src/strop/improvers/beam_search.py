import math

from asking import ask, message_for, score

WIDTH = 3  # how many programs are expanded


def improve_algorithm(initial_solution, utility, language_model):
    """Keep every attempt with its utility, and expand the best few of them at each level."""
    scores = {}
    score(utility, [initial_solution], scores)
    while language_model.remaining and utility.remaining:
        ranked = sorted(scores, key=scores.get, reverse=True)
        beam = [program for program in ranked[:WIDTH] if scores[program] > 0] or ranked[:1]
        per_call = language_model.max_responses_per_call
        n_calls = min(math.ceil(len(beam) / per_call), language_model.remaining)
        n_messages = min(n_calls * per_call, utility.remaining)
        messages = [message_for(beam[i % len(beam)], utility) for i in range(n_messages)]
        score(utility, ask(language_model, messages), scores)
    return max(scores, key=scores.get, default=initial_solution)
