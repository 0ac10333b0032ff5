import math

from asking import ask, message_for

CURIOSITY = 0.1  # how much a program that was seldom scored is preferred


def improve_algorithm(initial_solution, utility, language_model):
    """Treat programs as the arms of a bandit: improve, and score again, the one that may be the best (UCB)."""
    draws = {}

    def mean(program):
        return sum(draws[program]) / len(draws[program])

    def upper_bound(program):
        total = sum(map(len, draws.values()))
        return mean(program) + CURIOSITY * math.sqrt(math.log(total) / len(draws[program]))

    def draw(programs):
        programs = programs[: utility.remaining]
        for program, value in zip(programs, utility.map(programs), strict=True):
            draws.setdefault(program, []).append(value)

    draw([initial_solution])
    while (calls_left := language_model.remaining) and utility.remaining:
        arm = max(draws, key=upper_bound)
        share = utility.remaining // calls_left  # the evaluations of this call; one is a second look
        n_messages = max(1, min(language_model.max_responses_per_call, share - 1))
        programs = ask(language_model, [message_for(arm, utility)] * n_messages)
        draw([program for program in dict.fromkeys(programs) if program and program not in draws] + [arm])
    for _ in range(min(utility.remaining, len(draws))):
        draw([max(draws, key=upper_bound)])
    return max(draws, key=mean, default=initial_solution)
