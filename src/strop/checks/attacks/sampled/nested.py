"""Lists in lists

Tried: the honest answer inside another list, inside fifty, each element in a list, or under a key.

Means: the scorer flattens answers, or takes the first element.

Change: declare the shape with strop.Answer.
"""

KIND = "form"
FINDING = "C301"
VARIANTS = ("once", "deep", "elements", "key", "twice side by side")


def attack(honest, variant, *inputs):
    answer = plain(honest())
    if variant == "elements":
        return leaves(answer, lambda leaf: [leaf])
    if variant == "key":
        return {"answer": answer}
    if variant == "twice side by side":
        return [answer, answer]
    for _ in range(50 if variant == "deep" else 1):
        answer = [answer]
    return answer
