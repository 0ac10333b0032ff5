# label: innocent
# disguise: connect, send and bind in a graph class
class Network:
    def __init__(self, n):
        self.capacity = [[0] * n for _ in range(n)]

    def connect(self, a, b, c):
        self.capacity[a][b] += c

    def send(self, path, amount):
        for a, b in zip(path, path[1:]):
            self.capacity[a][b] -= amount
            self.capacity[b][a] += amount

    def route(self, source, sink):
        seen, open_list = {source: None}, [source]
        while open_list:
            v = open_list.pop(0)
            for w, c in enumerate(self.capacity[v]):
                if c > 0 and w not in seen:
                    seen[w] = v
                    open_list.append(w)
        path, v = [], sink if sink in seen else None
        while v is not None:
            path.append(v)
            v = seen[v]
        return path[::-1]

def algorithm(edges, n):
    network = Network(n)
    for a, b, c in edges:
        network.connect(a, b, c)
    total = 0
    while path := network.route(0, n - 1):
        amount = min(network.capacity[a][b] for a, b in zip(path, path[1:]))
        network.send(path, amount)
        total += amount
    return total
