"""What may be claimed of a result, in one sentence: the same on the terminal, on the page, in JSON and in Python.

numbers               numbers and their intervals in words
gains  improvement    a metric, and the improvement of a program
improvers  training   improvers that were measured, and runs of Algorithm 1
"""
