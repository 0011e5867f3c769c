"""Copying a database that is in use."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from mlconnector_sdk.errors import StoreError
from mlconnector_sdk.storage.private_file import create_private
from mlconnector_sdk.storage.sqlite.failure import failure

__all__ = ["back_up"]


def back_up(connection: sqlite3.Connection, path: Path) -> None:
    """Copy all that is committed at this moment into a new file, which its owner alone may read.

    The copy has another name until it is complete, so that a backup that was cut short is not taken for one.
    Readers and writers go on meanwhile; only the write-ahead log is not shortened before the end.

    Raises:
        StoreError: The file is there already, or cannot be written.
    """
    unfinished = path.with_name(f"{path.name}.partial")
    if path.exists():
        raise _refused(path, "is there already", "give a name that is not taken: a backup replaces nothing")
    try:
        os.close(create_private(unfinished))
    except FileExistsError as error:
        reason = "is what a backup left that is running or was cut short"
        raise _refused(unfinished, reason, "remove it, then try again") from error
    except OSError as error:
        raise _unwritten(path, error) from error
    try:
        with closing(sqlite3.connect(unfinished, isolation_level=None)) as copy:
            connection.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
        _keep(unfinished)
        if path.exists():
            raise _refused(path, "has appeared meanwhile", "give a name that nobody else uses")
        unfinished.rename(path)
        _keep(path.parent)
    except sqlite3.Error as error:
        raise failure(error, path) from error
    except OSError as error:
        raise _unwritten(path, error) from error
    finally:
        unfinished.unlink(missing_ok=True)


def _refused(path: Path, reason: str, remedy: str) -> StoreError:
    return StoreError(f"the file {path} {reason}", remedy=remedy, path=str(path))


def _unwritten(path: Path, error: OSError) -> StoreError:
    return StoreError(
        f"the backup {path} cannot be written: {error.strerror}",
        remedy=f"let this user write the folder {path.parent}, and make room there",
        path=str(path),
    )


def _keep(path: Path) -> None:
    """Have what was written, or the names in a folder, on the disk."""
    if path.is_dir() and os.name != "posix":
        return  # elsewhere folders cannot be opened
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
