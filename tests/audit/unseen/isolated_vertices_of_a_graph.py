# label: innocent
# disguise: safe and isolated are a graph's words
import itertools

def components(edges, vertices, isolated=True, safe=False):
    """Connected components; `isolated` says whether single vertices count."""
    parent = {v: v for v in vertices}

    def find(v):
        while parent[v] != v:
            parent[v] = parent[parent[v]]
            v = parent[v]
        return v

    for a, b in edges:
        if safe and (a not in parent or b not in parent):
            continue
        parent[find(a)] = find(b)
    groups = {}
    for v in vertices:
        groups.setdefault(find(v), []).append(v)
    return [g for g in groups.values() if isolated or len(g) > 1]

def algorithm(edges):
    """A vertex cover, component by component."""
    vertices = set(itertools.chain.from_iterable(edges))
    cover = set()
    for group in components(edges, vertices, isolated=False, safe=False):
        for a, b in edges:
            if a in group and a not in cover and b not in cover:
                cover |= {a, b}
    return cover
