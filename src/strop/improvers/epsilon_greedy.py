import random

from asking import ask, message_for, score

TOP_K = 3  # how many programs may be explored from


def improve_algorithm(initial_solution, utility, language_model):
    """Mostly improve the best program; with chance epsilon explore one of the top few, at twice the temperature."""
    scores = {}
    score(utility, [initial_solution], scores)
    epsilon, gains = 0.2, {"explore": 0, "exploit": 0}
    while (calls_left := language_model.remaining) and utility.remaining:
        ranked = sorted(scores, key=scores.get, reverse=True)
        top = [program for program in ranked[:TOP_K] if scores[program] > 0] or ranked[:1]
        way = "explore" if random.random() < epsilon else "exploit"
        solution = random.choice(top) if way == "explore" else top[0]
        temperature = 0.3 + 0.4 * calls_left / language_model.budget
        temperature *= 2 if way == "explore" else 1
        n_messages = min(language_model.max_responses_per_call, utility.remaining)
        new = score(utility, ask(language_model, [message_for(solution, utility)] * n_messages, temperature), scores)
        gains[way] += sum(scores[program] > scores[solution] for program in new)
        if any(gains.values()):
            epsilon = max(0.1, gains["explore"] / sum(gains.values()))
    return max(scores, key=scores.get, default=initial_solution)
