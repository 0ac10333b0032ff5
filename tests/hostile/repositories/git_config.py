import os
from pathlib import Path

from hostile.repositories.parts import git, mark


def spoil(repository: Path, outside: Path) -> None:
    """Every setting of git that names a program."""
    run = f"sh -c '{mark(outside)}'"
    for key in (
        "core.fsmonitor",
        "core.pager",
        "core.editor",
        "core.sshCommand",
        "core.askPass",
        "core.alternateRefsCommand",
        "diff.external",
        "diff.x.textconv",
        "diff.x.command",
        "filter.x.clean",
        "filter.x.smudge",
        "filter.x.process",
        "merge.x.driver",
        "credential.helper",
        "gpg.program",
        "alias.ls-files",
        "alias.status",
        "pager.status",
        "pager.ls-files",
        "trace2.eventTarget",
        "uploadpack.packObjectsHook",
        "init.templateDir",
    ):
        git(repository, "config", key, run)
    git(repository, "config", "core.hooksPath", str(repository))
    (repository / ".git/info/attributes").write_text("* filter=x diff=x merge=x\n")
    (repository / "prog.py").touch()
    os.utime(repository / "prog.py", (1, 1))
