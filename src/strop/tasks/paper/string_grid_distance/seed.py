def algorithm(t, dist):
    """Gives t itself, whatever distance is asked for."""
    return t
