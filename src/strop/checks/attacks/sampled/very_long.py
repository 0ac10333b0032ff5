"""Extremely long answers

Tried: the honest answer again and again up to 20,000 elements, as many zeros, and a text of a million characters.

Means: the scorer counts by the answer's length, or takes time that grows with its square.

Change: declare the length with strop.Answer.
"""

KIND = "value"
FINDING = "C301"
VARIANTS = ("honest", "zeros", "text")


def attack(honest, variant, *inputs):
    if variant != "honest":
        return {"zeros": [0] * 20_000, "text": "A" * 1_000_000}[variant]
    answer = plain(honest())
    return answer * (20_000 // max(len(answer), 1)) if isinstance(answer, (list, str)) else [answer] * 20_000
