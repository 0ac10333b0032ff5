import program

print("score:", program.VALUE)
