print("score: 3")
print("score: 4")
