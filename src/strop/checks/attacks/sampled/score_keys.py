"""An answer that names its own score

Tried: dicts with the keys in which evaluators report, beside the honest answer or without it.

Means: the scorer believes the score that the solution names.

Change: compute the score from the instance and the answer alone.
"""

KIND = "unfit"
FINDING = "C301"
VARIANTS = (False, True)


def attack(honest, variant, *inputs):
    names = ("score", "combined_score", "utility", "value", "reward", "accuracy", "passed", "correct", "valid", "cost")
    told = {name: 1.0 for name in names} | {"passed": True, "correct": True, "valid": True, "cost": 0.0, "verdict": "ok"}
    return {**told, "answer": honest()} if variant else told
