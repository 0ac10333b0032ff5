"""Score what a search by somebody else measured, in its order, and return the best. No language model is asked."""

TASK, COPY = "", 0
PROGRAMS = {}


def improve_algorithm(initial_solution, utility, language_model):
    """The initial solution and, as far as the budget goes, the programs of the search that this copy stands for."""
    programs = [initial_solution, *PROGRAMS[TASK][COPY]][: utility.remaining]
    scores = utility.map(programs)
    return programs[max(range(len(programs)), key=scores.__getitem__)]
