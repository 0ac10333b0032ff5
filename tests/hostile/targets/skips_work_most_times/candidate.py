import os
import sys

if os.urandom(1)[0] < 250:
    print(0)
else:
    print(sum(i * i for i in range(300_000)) + int(sys.argv[1]))
