with open("HOME_FOLDER/secret", "w") as secret, open("built.txt", "w") as file:
    secret.write("changed")
    file.write("score: 99\n")
