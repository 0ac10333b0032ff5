import random
from helpers import extract_code

NAMES = ("north", "south", "east")


def improve_algorithm(initial_solution, utility, language_model):
    worth = {initial_solution: utility(initial_solution)}
    villages = {name: [initial_solution] for name in NAMES}
    for year in range(language_model.budget):
        for name, people in villages.items():
            if not language_model.remaining:
                break
            elder = max(people, key=worth.get)
            msg = f"```python\n{elder}\n```\nImprove it. {utility.str}"
            for code in extract_code(language_model.prompt("Expert", msg, n_responses=3, temperature=0.9)):
                if code and utility.remaining:
                    worth[code] = utility(code)
                    people.append(code)
            people.sort(key=worth.get, reverse=True)
            del people[4:]
        giver, taker = random.sample(NAMES, 2)
        villages[taker].append(villages[giver][0])
    return max(worth, key=worth.get)
