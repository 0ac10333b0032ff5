from pathlib import Path

from support.trees import written


def spoil(repository: Path, outside: Path) -> None:
    """strop.toml takes the folder above as its tree."""
    text = (repository / "strop.toml").read_text()
    written(
        repository,
        {
            "strop.toml": 'root = ".."\n' + text.replace('"prog.py"', '"repository/prog.py"'),
            "measure.py": "print(open('../outside/secret').read())\nprint('speed: 2')\n",
        },
    )
