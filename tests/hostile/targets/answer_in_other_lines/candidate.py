import sys

print("\x1c".join(f"row {int(sys.argv[1]) + i}" for i in range(3)), end="")
