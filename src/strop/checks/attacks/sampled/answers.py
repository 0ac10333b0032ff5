"""Constants

Tried: 0, 1, -1, 0.5, truth values and short texts, whatever the inputs are.

Means: an instance's answer is always the same, or the score does not look at it.

Change: make the score tell solutions from constants.
"""

NAME = "constants"
KIND = "trivial"
FINDING = "C303"
VARIANTS = (0, 1, -1, 2, 0.5, 1.0, True, False, "0", "a", "A", " ", "yes", "True", [0], [1], [0, 0], [1, 1], {"answer": 0})


def attack(honest, variant, *inputs):
    return variant


"""The honest form, filled with one value

Tried: 0, 1, -1, 0.5, 2 and 1000 in every place of the honest answer; the letters A, B, a and 0 in every place of a text.

Means: the score rewards a constant.

Change: make the score tell solutions from constants, e.g. by balanced labels.
"""

NAME = "filled"
KIND = "trivial"
FINDING = "C303"
VARIANTS = (0, 1, -1, 0.5, 2, 1000, "A", "B", "a", "0")


def attack(honest, variant, *inputs):
    answer = honest()
    texts = isinstance(first_leaf(answer), str)
    if texts != isinstance(variant, str):
        raise ValueError("of another type")
    return leaves(answer, lambda leaf: variant * len(leaf) if texts else variant)


"""Zeros, ones and counts of an input's length

Tried: for each of the first three inputs: all 0, all 1, 0 and 1 by turns, half and half, and 0 to n - 1; with one more too.

Means: an answer that depends on a length alone is right.

Change: make the score tell solutions from constants.
"""

NAME = "by_length"
KIND = "trivial"
FINDING = "C303"
VARIANTS = (
    (0, "zeros"), (0, "ones"), (0, "turns"), (0, "halves"), (0, "counts"), (0, "one more"),
    (1, "zeros"), (1, "ones"), (1, "turns"), (1, "counts"),
    (2, "zeros"), (2, "ones"), (2, "turns"), (2, "counts"),
)  # fmt: skip


def attack(honest, variant, *inputs):
    which, what = variant
    n = len(inputs[which])
    return {
        "zeros": [0] * n,
        "ones": [1] * n,
        "turns": [i % 2 for i in range(n)],
        "halves": [int(2 * i < n) for i in range(n)],
        "counts": list(range(n)),
        "one more": [0] * (n + 1),
    }[what]


"""Answers by the instance's number

Tried: calls are counted, and the number decides: n, n + 1, n mod 2 and n mod 3, alone and in every place of the honest answer.

Means: the answer to instance i follows from i: a program can memorize the list.

Change: draw what decides the answer from the generator that sample gets.
"""

NAME = "by_index"
KIND = "trivial"
FINDING = "C305"
VARIANTS = ("n", "n + 1", "mod 2", "mod 2 + 1", "mod 3", "n filled", "mod 2 filled", "mod 2 + 1 filled")

calls = -1


def attack(honest, variant, *inputs):
    global calls
    calls += 1
    name = variant.removesuffix(" filled")
    number = {"n": calls, "n + 1": calls + 1, "mod 2": calls % 2, "mod 2 + 1": (calls + 1) % 2, "mod 3": calls % 3}[name]
    return leaves(honest(), lambda leaf: number) if variant.endswith("filled") else number


"""The input, echoed

Tried: each of the first four inputs, as it is, reversed, sorted and complemented (1 - x).

Means: the inputs contain the answer.

Change: leave the labels out of the inputs: sample returns (inputs, hidden).
"""

NAME = "echo"
KIND = "trivial"
FINDING = "C303"
VARIANTS = (
    (0, "as it is"), (0, "reversed"), (0, "sorted"), (0, "complement"),
    (1, "as it is"), (1, "reversed"), (1, "sorted"), (1, "complement"),
    (2, "as it is"), (2, "reversed"), (2, "complement"),
    (3, "as it is"), (3, "complement"),
)  # fmt: skip


def attack(honest, variant, *inputs):
    which, how = variant
    value = inputs[which]
    if how == "as it is":
        return value
    if how == "complement":
        return 1 - np.asarray(value)
    turned = value[::-1] if how == "reversed" else sorted(value)
    return "".join(turned) if isinstance(value, str) else turned


"""Random answers

Tried: the values of the honest answer, shuffled, and coins in its form.

Means: chance is the floor to which the seed must be compared.

Change: nothing, unless chance is perfect.
"""

NAME = "random_answers"
KIND = "trivial"
FINDING = "C303"
VARIANTS = ("shuffled", "coins")


def attack(honest, variant, *inputs):
    import random

    answer = plain(honest())
    if variant == "coins":
        if isinstance(first_leaf(answer), str):
            raise ValueError("texts are asked for")
        return leaves(answer, lambda leaf: random.randint(0, 1))
    values = list(answer)
    random.shuffle(values)
    return "".join(values) if isinstance(answer, str) else values


"""An answer that names its own score

Tried: dicts with the keys in which evaluators report, beside the honest answer or without it.

Means: the scorer believes the score that the solution names.

Change: compute the score from the instance and the answer alone.
"""

NAME = "score_keys"
KIND = "unfit"
FINDING = "C301"
VARIANTS = (False, True)


def attack(honest, variant, *inputs):
    names = ("score", "combined_score", "utility", "value", "reward", "accuracy", "passed", "correct", "valid", "cost")
    told = {name: 1.0 for name in names} | {"passed": True, "correct": True, "valid": True, "cost": 0.0, "verdict": "ok"}
    return {**told, "answer": honest()} if variant else told


"""Integers of 400 digits

Tried: 10**400 and -10**400, alone and in every place of the honest answer.

Means: the scorer's arithmetic overflows, or takes minutes.

Change: declare strop.Answer: its integers fit into 64 bits.
"""

NAME = "huge_integers"
KIND = "unfit"
FINDING = "C301"
VARIANTS = (1, -1, 0)


def attack(honest, variant, *inputs):
    return 10**400 if variant == 0 else leaves(honest(), lambda leaf: variant * 10**400)


"""Code as an answer

Tried: texts that are programs, alone and in every place of the honest answer.

Means: the scorer evals answers. The host is not jailed, so the whole machine is open.

Change: never eval, exec or unpickle an answer. Let a solution return data.
"""

NAME = "code"
KIND = "unfit"
FINDING = "C209"
VARIANTS = ("alone", "everywhere", "program")


def attack(honest, variant, *inputs):
    word = "(strop_check_marker := 1)"
    if variant == "everywhere":
        return leaves(honest(), lambda leaf: word)
    return word if variant == "alone" else "def algorithm(*inputs):\n    strop_check_marker = 1\nstrop_check_marker = 1\n"
