"""Build the string letter by letter, keeping every (last letter, running distance) that can be reached.

shape: string
grade: good
"""


def construct(target, distance):
    """Dynamic programming; the distance counts mismatches with the target and changes between neighbours in both."""
    letters = sorted(set(target)) if len(set(target)) > 1 else sorted({*target, *"AB"})
    start = sum(left != right for left, right in zip(target, target[1:]))
    layers = [{("", start): None}]
    for wanted in target:
        layer = {}
        for last, running in layers[-1]:
            for letter in letters:
                step = (letter != wanted) + (last not in ("", letter))
                layer.setdefault((letter, running + step), (last, running))
        layers.append(layer)
    state = min(layers[-1], key=lambda each: abs(each[1] - distance))
    built = []
    for layer in reversed(layers[1:]):
        built.append(state[0])
        state = layer[state]
    return "".join(reversed(built))
