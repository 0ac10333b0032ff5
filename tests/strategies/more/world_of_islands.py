from helpers import extract_code


class Island:
    def __init__(self, seed, name):
        self.name = name
        self.people = {seed: 0.0}

    def fittest(self):
        return max(self.people, key=self.people.get)


def improve_algorithm(initial_solution, utility, language_model):
    world = [Island(initial_solution, n) for n in ("a", "b", "c")]
    for _ in range(language_model.budget):
        for island in world:
            for child in extract_code(language_model.prompt("E", f"Improve {island.fittest()}")):
                island.people[child] = utility(child)
        top = world[0].fittest()
        world[1].people[top] = world[0].people[top]
    return max((i.fittest() for i in world), key=utility)
