import os

with open("built.txt", "w") as file:
    file.write("score: 99\n")
os.chdir("/tmp")
for number in range(100_000):
    os.close(os.open(str(number), os.O_CREAT | os.O_WRONLY))
