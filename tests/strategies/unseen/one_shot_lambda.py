import heapq
from helpers import extract_code as code_of

improve_algorithm = lambda s, u, lm: (heapq.nlargest(1, [c for c in code_of(lm.batch_prompt("Expert", [f"Improve\n```python\n{s}\n```\n{u.str}"] * 6)) if c], key=u) or [s])[0]
