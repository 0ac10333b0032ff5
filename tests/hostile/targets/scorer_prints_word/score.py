print("score: excellent")
