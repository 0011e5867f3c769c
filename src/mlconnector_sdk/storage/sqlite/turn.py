"""Whose turn it is to write next, among the processes that share a file.

SQLite lets in whoever asks at the right moment: a process that commits again and again keeps all others out
for as long as they are unlucky. So whoever wants to write first takes the turn, keeps it until the file is
free, and gives it up when the transaction has begun. Who wrote last has to take the turn again, behind the
one who waits.

It is a matter of fairness alone: without a turn (where the system has no such locks, or nobody is left to
give it up) writing is as safe as ever.
"""

from __future__ import annotations

import os
from pathlib import Path

from mlconnector_sdk.errors import StoreError

try:
    import fcntl
except ImportError:  # on Windows
    fcntl = None  # type: ignore[assignment]  # looked at before each use

__all__ = ["Turn"]


class Turn:
    """A lock of the operating system, which ends with the process that holds it.

    Args:
        path: An empty file beside the database, which stays; None: it is always our turn.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._descriptor: int | None = None

    def taken(self) -> bool:
        """Take it, if nobody has it; whether it is ours now. Never waits.

        Raises:
            StoreError: The file cannot be created or locked.
        """
        if self._path is None or fcntl is None:
            return True
        try:
            if self._descriptor is None:
                self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:
            raise StoreError(
                f"the file {self._path}, by which processes take turns, cannot be used: {error.strerror}",
                remedy=f"let this user write it and the folder {self._path.parent}",
                path=str(self._path),
            ) from error
        return True

    def give_up(self) -> None:
        """Let another have it; not ours: nothing happens."""
        if self._descriptor is not None and fcntl is not None:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        """Give it up, and close the file until it is needed again."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
