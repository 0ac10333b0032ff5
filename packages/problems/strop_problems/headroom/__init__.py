"""Tasks that leave room: the seed, simple heuristics, a strong reference and the bound lie far apart."""
