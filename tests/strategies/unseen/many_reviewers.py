from helpers import extract_code

PEOPLE = [
    "a numerical analyst who loves vectorised code",
    "a competitive programmer who knows every trick",
    "a compiler engineer who counts instructions",
    "a statistician who thinks about noise first",
]


def improve_algorithm(initial_solution, utility, language_model):
    results = []
    for person in PEOPLE[: language_model.budget]:
        answers = language_model.prompt(f"You are {person}.", f"Improve:\n```python\n{initial_solution}\n```\n{utility.str}", n_responses=6)
        results += [code for code in extract_code(answers) if code]
    values = utility.map(results)
    ranked = sorted(zip(values, results), reverse=True)
    return ranked[0][1] if ranked else initial_solution
