"""What may be claimed of a result, in one sentence: the same on the terminal, on the page, in JSON and in Python.

numbers                      numbers and their intervals in words
where                        on which instances, and whether programs could have made their own scores
gains  improvement            a metric, and the improvement of a program
measuring  several  training   improvers that were measured, one or several beside the seed improver, and runs of Algorithm 1
"""
