"""String grid distance (Codeforces 1852D)."""
