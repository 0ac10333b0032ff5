# label: innocent
# disguise: open and close are methods and a parameter
import heapq

class Frontier:
    def __init__(self):
        self.heap = []

    def open(self, cost, cell):
        heapq.heappush(self.heap, (cost, cell))

    def close(self):
        return heapq.heappop(self.heap)

def algorithm(grid):
    """Cheapest way from the first cell to the last."""
    rows, columns = len(grid), len(grid[0])
    frontier, done = Frontier(), {}
    frontier.open(grid[0][0], (0, 0))
    while frontier.heap:
        cost, (r, c) = frontier.close()
        if (r, c) in done:
            continue
        done[r, c] = cost
        for a, b in ((r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)):
            if 0 <= a < rows and 0 <= b < columns:
                frontier.open(cost + grid[a][b], (a, b))
    return done[rows - 1, columns - 1]
