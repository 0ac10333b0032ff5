"""good string: Compute backwards which distances the rest can still add, then choose letters that stay on course."""


def construct(target, distance):
    """Distance: mismatches plus the neighbouring changes of the new string and of the target."""
    letters = sorted(set(target)) if len(set(target)) > 1 else sorted({*target, *"AB"})
    rest = distance - sum(left != right for left, right in zip(target, target[1:]))
    reachable = [{letter: {0} for letter in letters}]
    for wanted in reversed(target[1:]):
        after = reachable[0]
        step = {
            last: {(a != wanted) + (a != last) + more for a in letters for more in after[a]} for last in letters
        }
        reachable.insert(0, step)
    built = ""
    for position, wanted in enumerate(target):
        def miss(letter):
            cost = (letter != wanted) + (built != "" and letter != built[-1])
            return min(abs(rest - cost - more) for more in reachable[position][letter]), cost

        letter = min(letters, key=miss)
        rest -= miss(letter)[1]
        built += letter
    return built
