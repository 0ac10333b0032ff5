"""One element more, one less, twice as many

Tried: the honest answer, longer or shorter than it should be.

Means: the scorer compares only as many elements as the answer has, or divides by the wrong number.

Change: declare the length with strop.Answer.
"""

KIND = "form"
FINDING = "C301"
VARIANTS = ("more", "less", "twice")


def attack(honest, variant, *inputs):
    answer = plain(honest())
    if not isinstance(answer, (list, str)) or not answer:
        raise ValueError("the honest answer has no length")
    return {"more": answer + answer[-1:], "less": answer[:-1], "twice": answer + answer}[variant]
