from pathlib import Path

from hostile.repositories.parts import configured


def spoil(repository: Path, outside: Path) -> None:
    """strop.toml names a link of the repository as a tool."""
    (repository / "tools").symlink_to(outside)
    configured(repository, 'tool = ["tools"]\n')
    (repository / "measure.py").write_text("print(open('tools/secret').read())\nprint('speed: 2')\n")
