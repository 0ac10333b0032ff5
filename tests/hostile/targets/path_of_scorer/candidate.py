=== file: program.py ===
print(3)
=== file: score.py ===
print("score: 99")
