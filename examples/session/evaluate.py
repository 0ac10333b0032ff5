from rouge_score.rouge_scorer import RougeScorer

scorer = RougeScorer(["rougeL"])
for reference, summary in zip(open("references.txt"), open("summaries.txt")):
    print(scorer.score(reference, summary)["rougeL"].fmeasure)
