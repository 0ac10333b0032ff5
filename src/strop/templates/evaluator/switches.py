"""The program to improve: which switches are on, so that as many rules as possible hold."""


def choose(clauses):
    """One truth value for each switch; entry 0 stands for none. Here: everything is off.

    A rule such as [3, -7] holds where switch 3 is on or switch 7 is off.
    """
    switches = max(abs(number) for clause in clauses for number in clause)
    return [False] * (switches + 1)
