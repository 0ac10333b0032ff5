"""Well-formed requests whose parameters are of the wrong number, type or value.

Must be observed: each is refused as an error of the improver's own, nothing is charged, and the host goes on.
Source: our own find.
"""

from channel import Channel

NUMBERS = ()
ROLE = "improver"
CONTROL = "architecture"
OBSERVED = {"solution": "10 refused, 4 calls left"}


def improve_algorithm(initial_solution, utility, language_model):
    link = next(value for value in vars(utility).values() if isinstance(value, Channel))
    refused = 0
    for method, params in (
        ("lm", []),
        ("lm", ["e", "m", 0.7]),
        ("lm", ["e", [1], 0.7]),
        ("lm", [None, ["m"], 0.7]),
        ("lm", ["e", ["m"], True]),
        ("lm", ["e", ["m"], -1.0]),
        ("lm", ["e", ["m"], "0.7"]),
        ("utility.map", ["x"]),
        ("utility", []),
        ("lm.remaining", [1]),
    ):
        try:
            link.ask(method, params)
        except (TypeError, ValueError):
            refused += 1
    return f"{refused} refused, {language_model.remaining} calls left"
