import random

from asking import ask, fenced, message_for, score

POPULATION = 6  # how many programs survive a generation
CROSSOVER_RATE = 0.5  # the share of children that have two parents


def crossover_of(parent, other, utility):
    """The prompt that has the model combine two programs."""
    return f"""{message_for(parent, utility)}

Combine the strengths of the solution above with those of this one:
{fenced(other, utility.language)}"""


def improve_algorithm(initial_solution, utility, language_model):
    """Evolve a population: the model mutates and crosses over the fitter programs, and the fittest survive."""
    scores = {}
    score(utility, [initial_solution], scores)
    while language_model.remaining and utility.remaining:
        ranked = sorted(scores, key=scores.get, reverse=True)
        population = [program for program in ranked[:POPULATION] if scores[program] > 0] or ranked[:1]
        messages = []
        for _ in range(min(language_model.max_responses_per_call, utility.remaining)):
            parents = sorted(random.sample(range(len(population)), min(2, len(population))))
            parent, other = population[parents[0]], population[parents[-1]]  # the fitter of two, and the other
            crossed = parent != other and random.random() < CROSSOVER_RATE
            messages.append(crossover_of(parent, other, utility) if crossed else message_for(parent, utility))
        score(utility, ask(language_model, messages), scores)
    return max(scores, key=scores.get, default=initial_solution)
