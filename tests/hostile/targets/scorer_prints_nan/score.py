print("score: nan")
