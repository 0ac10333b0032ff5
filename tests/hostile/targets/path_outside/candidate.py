=== file: program.py ===
print(3)
=== file: ../escaped.py ===
print(9)
