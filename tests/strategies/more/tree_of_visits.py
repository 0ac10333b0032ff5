import math

from helpers import extract_code


class Node:
    def __init__(self, code, parent=None):
        self.code, self.parent, self.children, self.visits, self.value = code, parent, [], 0, 0.0


def uct(node, c=1.4):
    return node.value / node.visits + c * math.sqrt(math.log(node.parent.visits) / node.visits)


def improve_algorithm(initial_solution, utility, language_model):
    root = Node(initial_solution)
    root.visits = 1
    root.value = utility(initial_solution)
    for _ in range(language_model.budget):
        node = root
        while node.children:
            node = max(node.children, key=uct)
        for code in extract_code(language_model.prompt("E", f"Improve\n{node.code}", n_responses=3)):
            child = Node(code, node)
            child.visits = 1
            child.value = utility(code)
            node.children.append(child)
        while node:
            node.visits += 1
            node = node.parent
    best = root
    stack = [root]
    while stack:
        n = stack.pop()
        if n.value > best.value:
            best = n
        stack += n.children
    return best.code
