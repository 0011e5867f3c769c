"""Files that only their owner may read: keys, and what is encrypted with them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from mlconnector_sdk.errors import ConfigurationError

__all__ = ["check_private", "create_private"]

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def create_private(path: Path) -> int:
    """Create a file with mode 0600 from its first moment on; return its open descriptor.

    Raises:
        FileExistsError: It is there already.
        OSError: It cannot be created.
    """
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)


def check_private(path: Path) -> None:
    """Refuse a file that others than its owner may use. Windows has no such modes: nothing is checked.

    Raises:
        ConfigurationError: They may.
        OSError: It cannot be looked at.
    """
    if os.name != "posix":
        return
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & _OTHERS:
        raise ConfigurationError(
            f"the file {path} is open to others than its owner (mode {mode:04o})",
            remedy=f"chmod 600 {path}",
            path=str(path),
        )
