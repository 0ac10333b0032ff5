with open("built.txt", "w") as file:
    file.write("score: 1\n")
