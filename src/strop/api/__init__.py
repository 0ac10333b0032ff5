"""What the commands do, from Python: `improve`, `check`, `score`, `train` (`strop run`), `compare` (`strop eval --against`).

Options are keyword-only and called as the command's flags. Nothing is printed unless `progress=True`; failures are raised as
`strop.StropError`. Every function may be called from any thread. Results are frozen dataclasses that a terminal (`rich.print`)
and a notebook show as the command prints them (strop.api.conventions).
"""
