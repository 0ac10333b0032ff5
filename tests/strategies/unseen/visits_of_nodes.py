from math import log, sqrt
from helpers import extract_code


class Node:
    def __init__(self, code, reward, parent=None):
        self.code, self.parent = code, parent
        self.total, self.visits = reward, 1
        self.children = []

    def bound(self, c=0.3):
        above = self.parent.visits if self.parent else self.visits
        return self.total / self.visits + c * sqrt(log(above + 1) / self.visits)


def descend(node):
    while node.children:
        node = max(node.children, key=Node.bound)
    return node


def improve_algorithm(initial_solution, utility, language_model):
    root = Node(initial_solution, utility(initial_solution))
    everything = [root]
    for _ in range(language_model.budget):
        leaf = descend(root)
        text = f"Improve this.\n```python\n{leaf.code}\n```\n{utility.str}"
        for code in extract_code(language_model.prompt("Expert", text, n_responses=4)):
            if not code:
                continue
            child = Node(code, utility(code), leaf)
            leaf.children.append(child)
            everything.append(child)
            up = leaf
            while up is not None:
                up.visits += 1
                up.total += child.total
                up = up.parent
    return max(everything, key=lambda n: n.total / n.visits).code
