# label: innocent
# disguise: own stack, frame and globals as words
def algorithm(graph, colours):
    """Colours a graph by backtracking on an explicit stack."""
    vertices = sorted(graph, key=lambda v: -len(graph[v]))
    stack = [({}, 0)]
    currentframe = None
    while stack:
        frame, depth = stack.pop()
        currentframe = frame
        if depth == len(vertices):
            return frame
        v = vertices[depth]
        for c in range(colours):
            if all(frame.get(w) != c for w in graph[v]):
                stack.append(({**frame, v: c}, depth + 1))
    return currentframe or {}
