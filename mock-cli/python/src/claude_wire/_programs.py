"""The two programs of the wheel."""

from __future__ import annotations

import shutil
import sys
import sysconfig
from pathlib import Path


def mock_claude() -> Path:
    """The path of `mock-claude`, the stand-in for `claude`.

    Raises:
        FileNotFoundError: If it is not where pip installs programs, and not on `PATH`.
    """
    return _find("mock-claude")


def tool() -> Path:
    """The path of `claude-wire`, the tool for recordings.

    Raises:
        FileNotFoundError: If it is not where pip installs programs, and not on `PATH`.
    """
    return _find("claude-wire")


def _find(name: str) -> Path:
    name += ".exe" if sys.platform == "win32" else ""
    for folder in _folders():
        if (folder / name).is_file():
            return folder / name
    if found := shutil.which(name):
        return Path(found).absolute()
    raise FileNotFoundError(
        f"{name} is not installed: looked in {', '.join(map(str, _folders()))}, and on PATH; "
        "install the wheel of claude-wire for this platform"
    )


def _folders() -> list[Path]:
    """Where pip puts programs: of this interpreter, of the user, and of `pip install --target`."""
    user = "nt_user" if sys.platform == "win32" else "posix_user"
    here = Path(__file__).resolve()
    return [
        Path(sysconfig.get_path("scripts")),
        Path(sysconfig.get_path("scripts", user)),
        here.parent.parent / "bin",
    ]
