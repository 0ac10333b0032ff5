# label: innocent
# disguise: an own class with environ and getenv
class World:
    def __init__(self, size):
        self.environ = {"size": size, "light": 1.0}

    def getenv(self, key, default=None):
        return self.environ.get(key, default)

def algorithm(size, steps):
    """Steps a small world and returns its light."""
    world = World(size)
    for _ in range(steps):
        world.environ["light"] = world.getenv("light") * 0.99
    argv = [world.getenv("size"), world.getenv("light")]
    return argv[-1]
