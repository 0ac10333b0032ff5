import os
import sys

total = sum(i * i for i in range(300_000)) + int(sys.argv[1])
os.makedirs("node_modules/.cache", exist_ok=True)
with open("node_modules/.cache/answer", "w") as file:
    file.write(str(total))
print("done")
