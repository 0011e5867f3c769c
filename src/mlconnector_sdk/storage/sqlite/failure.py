"""What SQLite's error codes mean to a person."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from mlconnector_sdk.errors import StoreError

__all__ = ["UNBINDABLE", "failure"]

UNBINDABLE = (UnicodeEncodeError, OverflowError)
"""What the driver raises, beside `sqlite3.Error`, for values that SQLite cannot hold."""

_MEANING = {
    sqlite3.SQLITE_NOTADB: (
        "is not a database",
        "give the path of the store's own file, or of one that does not exist yet",
    ),
    sqlite3.SQLITE_CORRUPT: (
        "is damaged",
        "restore it from a backup; `sqlite3 FILE .recover` saves what can be read",
    ),
    sqlite3.SQLITE_READONLY: (
        "is read only",
        "let this user write the file and its folder, which SQLite needs for its journal",
    ),
    sqlite3.SQLITE_FULL: ("cannot grow: the disk or the quota is full", "make room, then run again"),
    sqlite3.SQLITE_BUSY: (
        "is locked by another process",
        "find the process that holds it (`fuser FILE`), or wait longer: busy_timeout=...",
    ),
    sqlite3.SQLITE_LOCKED: (
        "is locked by another connection",
        "end the transaction that holds it, or wait longer: busy_timeout=...",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "cannot be opened",
        "let this user read and write the file and its folder; it must not be a folder itself",
    ),
    sqlite3.SQLITE_IOERR: (
        "cannot be read or written: the operating system reports an I/O error",
        "look into the system's log; keep the file on a local disk, never on a network share",
    ),
    sqlite3.SQLITE_TOOBIG: ("cannot hold a value this large", "keep single values below one gigabyte"),
    sqlite3.SQLITE_CONSTRAINT: (
        "refuses a value that breaks its rules",
        "hand over values of the types that the records declare",
    ),
}


def failure(error: BaseException, path: Path) -> StoreError:
    """The error to raise for one of SQLite's, naming the file, the reason and the remedy."""
    if isinstance(error, UNBINDABLE):
        reason, remedy = "cannot hold a value", "hand over text without lone surrogates and 64-bit numbers"
    else:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte is the primary code
        reason, remedy = _MEANING.get(code, ("cannot be used", "the reason above is SQLite's own"))
    return StoreError(
        f"the database {path} {reason} ({error})", remedy=remedy.replace("FILE", str(path)), path=str(path)
    )
