import math

from asking import ask, message_for, score

CURIOSITY = 0.2  # how much a request that was seldom made is preferred
REQUESTS = (
    "Replace the algorithm by a fundamentally different one.",
    "Keep the algorithm, and remove its greatest weakness.",
    "Combine two known methods that have complementary strengths.",
    "Use the time limit: search longer, restart, and keep the best that was found.",
    "Look closely at how the score is computed, and optimize exactly that.",
    "Simplify: write the shortest program that is sure to work, then make one thing better.",
)


def upper_bound(request, pulls, rewards):
    """How good a request may be: its mean reward, and more the less often it was made."""
    if not pulls[request]:
        return math.inf
    return rewards[request] / pulls[request] + CURIOSITY * math.sqrt(math.log(sum(pulls.values())) / pulls[request])


def improve_algorithm(initial_solution, utility, language_model):
    """Treat prompts as the arms of a bandit: what is asked most is what has led to the best programs so far."""
    scores = {}
    score(utility, [initial_solution], scores)
    pulls, rewards = dict.fromkeys(REQUESTS, 0), dict.fromkeys(REQUESTS, 0.0)
    while language_model.remaining and utility.remaining:
        best = max(scores, key=scores.get)
        requests = []
        for _ in range(min(language_model.max_responses_per_call, utility.remaining)):
            requests.append(max(REQUESTS, key=lambda request: upper_bound(request, pulls, rewards)))
            pulls[requests[-1]] += 1  # worth nothing until it is answered, so that one call tries several
        programs = ask(language_model, [f"{message_for(best, utility)}\n{request}" for request in requests])
        score(utility, programs, scores)
        for request, program in zip(requests, programs, strict=True):
            rewards[request] += scores.get(program, 0.0)
    return max(scores, key=scores.get, default=initial_solution)
