"""Which company of the register is meant? `link` matches names as people typed them with the names of a register."""

import strop

FIRST = "north south green blue silver golden first old new grand royal central alpine baltic coastal delta".split()
SECOND = "harbour valley river stone field bridge forest summit garden tower mill orchard meadow castle lake port".split()
THIRD = "logistics consulting textiles foods software motors chemicals trading energy media pharma optics".split()
FORMS = ["Ltd", "Limited", "GmbH", "Inc", "Incorporated", "Co", "Company", "AG"]
REGISTER, TYPED = 60, 30


def misspell(rng, word):
    """One slip of the fingers: two letters exchanged, one lost, one doubled or a wrong one."""
    at = int(rng.integers(0, len(word) - 1))
    kind = rng.integers(0, 4)
    if kind == 0:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == 1:
        return word[:at] + word[at + 1 :]
    if kind == 2:
        return word[:at] + word[at] + word[at:]
    return word[:at] + chr(97 + int(rng.integers(0, 26))) + word[at + 1 :]


def typed_as(rng, name):
    """A name as somebody in a hurry types it."""
    words = name.lower().split()
    if rng.random() < 0.5:
        words[-1] = str(rng.choice(FORMS)).lower()
    if rng.random() < 0.3:
        words = words[:-1]
    if rng.random() < 0.3:
        words[0], words[1] = words[1], words[0]
    if rng.random() < 0.35:
        short = int(rng.integers(0, 3))
        words[short] = words[short][: int(rng.integers(1, 5))] + "."
    words = [misspell(rng, word) if len(word) > 3 and rng.random() < 0.5 else word for word in words]
    return (" " if rng.random() < 0.8 else "").join(words)


def sample(rng):
    """A register of 60 companies and 30 typed names; hidden: which company each typed name means."""
    names = set()
    while len(names) < REGISTER:
        words = [str(rng.choice(part)).capitalize() for part in (FIRST, SECOND, THIRD)]
        names.add(" ".join([*words, str(rng.choice(FORMS))]))
    register = sorted(names)
    meant = [int(index) for index in rng.integers(0, REGISTER, TYPED)]
    return {"typed": [typed_as(rng, register[index]) for index in meant], "register": register}, meant


def score(instance, answer):
    """The share of the typed names that are matched with the right company."""
    right = sum(one == other for one, other in zip(answer, instance.hidden))
    strop.note(f"{right} of {TYPED} names matched correctly")
    return right / TYPED


answer = strop.Answer(int, shape=(TYPED,), low=0, high=REGISTER - 1)


@strop.improve_me(score=score, sample=sample, answer=answer, instances=12, test_instances=40)
def link(typed, register):
    """For each typed name the index of the name in the register that is meant."""
    matches = []
    for name in typed:
        best, best_similarity = 0, -1.0
        for index, known in enumerate(register):
            similarity = same_letters(name, known) / max(len(name), len(known))
            if similarity > best_similarity:
                best, best_similarity = index, similarity
        matches.append(best)
    return matches


def same_letters(one, other):
    """How many letters of `one` occur in `other`, each letter of `other` counted once."""
    left = list(other.lower())
    count = 0
    for letter in one.lower():
        if letter in left:
            left.remove(letter)
            count += 1
    return count
