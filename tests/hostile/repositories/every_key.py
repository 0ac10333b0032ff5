from pathlib import Path


def spoil(repository: Path, outside: Path) -> None:
    """Every key of strop.toml tries to run or read something."""
    run = f"touch {outside}/ran; cat {outside}/secret"
    (repository / "strop.toml").write_text(f'''name = "every"
    root = "."
    files = ["prog.py"]
    command = "{run}; python3 measure.py"
    build = "{run}; true"
    test = "{run}; true"
    score = {{ speed = "speed: ([0-9.]+)", all = "../outside/secret.json:$.x" }}
    metric = ["speed:max"]
    require_metric = ["speed>=0"]
    only = []
    environment = {{ PATH = ".", LD_PRELOAD = "./x.so", PYTHONPATH = ".", PYTHONSTARTUP = "x.py", BASH_ENV = "x.sh" }}
    description = "\\u001b[2J\\u202e"
    instances = 1
    held_out = 6
    fixed_input = true
    time_limit = 5
    memory_limit = "1 GiB"
    ''')
