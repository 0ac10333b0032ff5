"""Print 4 MiB where 16 KiB are kept.

Must be observed: no more than the limit is kept, and the host lives. Source: inspect_ai's output limits.
"""

NUMBERS = (89,)
ROLE = "solution"
CONTROL_LIMITS = {"output_bytes": 1073741824}


def attack(targets):
    try:
        for _ in range(1024):
            print("x" * 4096, flush=True)
    except OSError:
        return None
