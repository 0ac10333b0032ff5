"""Evaluations: programs run on the instances of a task, in worker processes or on a cluster, and their answers are scored."""
