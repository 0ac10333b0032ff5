"""Writes references.txt and summaries.txt: 200 pairs of texts, a summary shares half of its words with the reference."""

import random

rng = random.Random(0)
vowels, consonants = "aeiou", "bcdfgklmnprst"
words = ["".join(rng.choice(consonants) + rng.choice(vowels) for _ in range(rng.randint(1, 4))) for _ in range(2000)]
with open("references.txt", "w") as references, open("summaries.txt", "w") as summaries:
    for _ in range(200):
        reference = rng.choices(words, k=rng.randint(60, 240))
        summary = [word if rng.random() < 0.5 else rng.choice(words) for word in reference if rng.random() < 0.8]
        print(*reference, file=references)
        print(*summary, file=summaries)
