# label: innocent
# disguise: an interpreter of its own with the word eval
import operator
import numpy as np

OPERATORS = {"xor": operator.xor, "and": operator.and_}

class Node:
    def __init__(self, op, left, right):
        self.op, self.left, self.right = op, left, right

    def eval(self, x):
        pick = lambda side: side.eval(x) if isinstance(side, Node) else x[:, side]
        return OPERATORS[self.op](pick(self.left), pick(self.right))

def algorithm(train_samples, train_parity, test_samples):
    x, t = train_samples.astype(int), test_samples.astype(int)
    trees = [Node("xor", i, Node("xor", j, k)) for i in range(4) for j in range(i) for k in range(j)]
    best = max(trees, key=lambda tree: np.mean(tree.eval(x) == train_parity))
    return best.eval(t)
