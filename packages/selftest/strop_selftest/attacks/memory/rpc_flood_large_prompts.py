"""Ask the model for ever, each time with a prompt of 0.9 MB, whatever the refusals say.

Must be observed: every request is refused and the flood ends the guest; no request beyond the limit reaches a handler.
Source: strop's own list of cases, `rpc_flood_large_prompts`.
"""

from strop.sandbox.base import GuestProgram, Limits, Refusal, Violated

NUMBERS = (95,)
ROLE = "host"
REQUESTS = 100
TEXT = """
def improve_algorithm(initial_solution, utility, language_model):
    prompt = "x" * 900_000
    while True:
        try:
            language_model.prompt("expertise", prompt)
        except Exception:
            pass
"""


def check(ground):
    asked = []

    def refuse(params):
        asked.append(len(params))
        raise Refusal("BudgetExceeded", "nothing is left")

    arguments = ["x = 1", {"str": "u", "budget": 0}, {"budget": 0, "max_responses_per_call": 6}]
    program = GuestProgram(TEXT, "improve_algorithm", "improver")
    limits = Limits(cpu_seconds=20.0, wall_seconds=30.0, requests=REQUESTS)
    with ground.sandbox.open(program, limits, {"lm": refuse}) as guest:
        outcome = guest.call(arguments, seed=0)
    found = [] if isinstance(outcome, Violated) else [f"the flood ended as {outcome}"]
    return found + ([f"{len(asked)} requests reached the host"] if len(asked) > REQUESTS else [])
