import sys

print(sum(i * i for i in range(300_000)) + int(sys.argv[1]))
