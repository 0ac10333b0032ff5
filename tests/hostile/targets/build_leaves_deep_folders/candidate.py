import os

with open("built.txt", "w") as file:
    file.write("score: 99\n")
os.chdir("/tmp")
for _ in range(1500):
    os.mkdir("d")
    os.chdir("d")
for number in range(3_000):
    os.close(os.open(str(number), os.O_CREAT | os.O_WRONLY))
