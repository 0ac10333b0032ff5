"""Files that a program has in place of the tree's: written, replaced, or removed with the folders that only they filled."""

from __future__ import annotations

from pathlib import Path

import pytest

from strop.base.absent import ABSENT
from strop.sandbox.workspace.copying import lay_all
from support.trees import contents, written


def test_absent_files_are_removed_with_their_folders_before_others_take_their_names(tmp_path: Path) -> None:
    root = written(tmp_path, {"a/b/c.py": "c", "a/d.py": "d", "e/f/g.py": "g", "h": "h", "i/j": "j"})
    laid = {
        "h/k.py": "k",
        "h": ABSENT,
        "i": "i",
        "i/j": ABSENT,
        "a/b/c.py": ABSENT,
        "e/f/g.py": ABSENT,
        "no/no": ABSENT,
        "a": ABSENT,
    }
    lay_all(str(root), laid)
    assert contents(root) == {"a/d.py": "d", "h/k.py": "k", "i": "i"}
    assert not (root / "a/b").exists() and not (root / "e").exists()


def test_file_behind_a_link_is_neither_removed_nor_written(tmp_path: Path) -> None:
    root = written(tmp_path / "copy", {"own.py": ""})
    outside = written(tmp_path / "outside", {"a.py": "kept"})
    (root / "link").symlink_to(outside)
    (root / "file.py").symlink_to(outside / "a.py")
    for text in (ABSENT, "changed"):
        with pytest.raises(ValueError, match="leads through something that is not a folder"):
            lay_all(str(root), {"link/a.py": text})
        with pytest.raises(ValueError, match="is not a path in the tree"):
            lay_all(str(root), {"../outside/a.py": text})
    lay_all(str(root), {"file.py": ABSENT})
    assert contents(outside) == {"a.py": "kept"} and not (root / "file.py").is_symlink()
