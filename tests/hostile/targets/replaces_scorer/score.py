import subprocess
import sys

answer = subprocess.run([sys.executable, "program.py"], stdout=subprocess.PIPE, text=True, check=True).stdout
print("score:", float(answer))
