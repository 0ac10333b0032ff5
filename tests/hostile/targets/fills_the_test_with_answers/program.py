with open("answers", "w") as file:
    file.write("score: 3\n")
