# label: innocent
# disguise: sandbox is a sandpile's word
import numpy as np

def topple(sandbox, limit=4, unsafe=False):
    """Lets the sandpile come to rest."""
    sandbox = np.array(sandbox)
    while (sandbox >= limit).any():
        high = sandbox >= limit
        sandbox = sandbox - limit * high
        for axis in (0, 1):
            for shift in (-1, 1):
                sandbox = sandbox + np.roll(high, shift, axis)
        if not unsafe:
            sandbox[0, :] = sandbox[-1, :] = sandbox[:, 0] = sandbox[:, -1] = 0
    return sandbox

def algorithm(grid):
    return topple(grid, unsafe=False)
