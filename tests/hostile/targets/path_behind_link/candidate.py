=== file: program.py ===
print(3)
=== file: elsewhere/escaped.py ===
print(9)
