import sys

sum(i * i for i in range(300_000))
for i in range(3):
    print("row", int(sys.argv[1]) + i)
