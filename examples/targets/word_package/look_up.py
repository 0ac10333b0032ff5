"""Look misspelled words up, drawn from a seed, and print what was found."""

import random
import sys

from spelling import nearest

draw = random.Random(int(sys.argv[1]))
syllables = ["ba", "ko", "ri", "mon", "tel", "sha", "un", "per", "gra", "lo", "vi", "ste"]
dictionary = sorted({"".join(draw.choice(syllables) for _ in range(draw.randrange(2, 5))) for _ in range(400)})
for _ in range(40):
    word = list(draw.choice(dictionary))
    word[draw.randrange(len(word))] = draw.choice("abcdefgh")
    print(nearest("".join(word), dictionary))
