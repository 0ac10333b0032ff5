"""The judge: check.py CASE OUTPUT ANSWER prints the value of the items that a program chose, as a share of the best."""

import sys
from pathlib import Path


def main(case: str, output: str, answer: str) -> None:
    count, capacity, *numbers = map(int, Path(case).read_text().split())
    items = list(zip(numbers[::2], numbers[1::2], strict=True))
    try:
        chosen = [int(word) for word in Path(output).read_text().split()]
    except ValueError:
        sys.exit("the output has something that is no whole number")
    if len(set(chosen)) < len(chosen):
        sys.exit("an item is chosen twice")
    if any(not 0 <= item < count for item in chosen):
        sys.exit("there is no such item")
    weight = sum(items[item][0] for item in chosen)
    if weight > capacity:
        sys.exit(f"the items weigh {weight}, and the knapsack holds {capacity}")
    print("ratio:", sum(items[item][1] for item in chosen) / int(Path(answer).read_text()))


main(*sys.argv[1:])
