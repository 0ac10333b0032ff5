with open("HOME_FOLDER/secret") as secret, open("built.txt", "w") as file:
    file.write("score: 99\n" + secret.read())
