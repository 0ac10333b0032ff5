"""Run the report on a text drawn from a seed, print it, and check it: exit status 1 where it is wrong."""

import random
import re
import sys
from collections import Counter

from report import most_common_pairs

VOCABULARY = (
    "the a cat dog's house runs sleeps near under Old GREEN tree and then it sings of stone rain o'clock".split()
)


def text_of(seed):
    draw = random.Random(seed)
    pieces = []
    for _ in range(30000):
        pieces.append(draw.choice(VOCABULARY) + (str(draw.randrange(9)) if draw.random() < 0.05 else ""))
        pieces.append(draw.choice([" ", " ", " ", ", ", ".\n", " - "]))
    return "".join(pieces)


def expected(text, how_many):
    words = re.findall(r"[a-z']+", text.lower())
    counts = Counter(zip(words, words[1:]))
    return sorted(counts.items(), key=lambda each: (-each[1], each[0]))[:how_many]


text = text_of(int(sys.argv[1]))
found = [(tuple(pair), count) for pair, count in most_common_pairs(text, 20)]
if found != expected(text, 20):
    sys.exit(f"wrong: the first pairs are {found[:3]}, not {expected(text, 3)}")
print(found)
