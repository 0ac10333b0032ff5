"""The program to improve: which feature flags to switch on, so that as many customers as possible get a wish."""


def choose(clauses):
    """One truth value for each flag; entry 0 stands for none. Here: what more wishes ask for than against, flag by flag.

    A customer's wishes are a list such as [3, -7]: flag 3 on, or flag 7 off; one of them is enough.
    """
    flags = max(abs(wish) for wishes in clauses for wish in wishes)
    votes = [0] * (flags + 1)
    for wishes in clauses:
        votes[abs(wishes[0])] += 1 if wishes[0] > 0 else -1
    return [vote > 0 for vote in votes]
