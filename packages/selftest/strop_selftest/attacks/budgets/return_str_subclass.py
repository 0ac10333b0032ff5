"""Return a text whose methods lie.

Must be observed: the plain characters arrive.
Source: strop's own list of cases.
"""

NUMBERS = (20,)
ROLE = "improver"
CONTROL = "architecture"
OBSERVED = {"solution": "plain"}


class Text(str):
    def __str__(self):
        return "forged"

    def encode(self, *args):
        return b"forged"


def improve_algorithm(initial_solution, utility, language_model):
    return Text("plain")
