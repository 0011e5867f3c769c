"""Opening a database file: found fit for use, or refused with the reason and the remedy."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from mlconnector_sdk.errors import StoreError
from mlconnector_sdk.storage.private_file import create_private
from mlconnector_sdk.storage.sqlite.failure import failure
from mlconnector_sdk.storage.sqlite.schema import APPLICATION_ID, MIGRATIONS, migrate, version

__all__ = ["connect", "open_database"]

_OLDEST = (3, 37, 0)  # the first with STRICT tables
_ATTEMPTS = 100


def open_database(path: Path, *, busy_timeout: float) -> sqlite3.Connection:
    """Create the file, or check that it is ours, bring it to the present schema, and connect.

    A new file is readable by its owner alone (mode 0600); SQLite gives its journals the same mode.

    Raises:
        StoreError: The path, the file or its schema cannot be used.
    """
    _check_library()
    _check_path(path)
    _create(path)
    try:
        connection = connect(path, busy_timeout=busy_timeout)
    except sqlite3.Error as error:
        raise failure(error, path) from error
    try:
        _check_ownership(connection, path)
        _write_ahead(connection)
        if version(connection) < len(MIGRATIONS):
            migrate(connection)
    except sqlite3.Error as error:
        connection.close()
        raise failure(error, path) from error
    except BaseException:
        connection.close()
        raise
    return connection


def connect(path: Path, *, busy_timeout: float) -> sqlite3.Connection:
    """A connection that leaves transactions to us, and that any thread may use, one at a time.

    Each commit is on the disk before it returns (``synchronous=FULL``), and what is deleted or replaced is
    overwritten with zeros (``secure_delete``): a payload or a secret does not linger in free pages.
    """
    connection = sqlite3.connect(path, timeout=busy_timeout, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _create(path: Path) -> None:
    try:
        os.close(create_private(path))
    except FileExistsError:
        return  # it is opened as it is
    except OSError as error:
        raise StoreError(
            f"the database {path} cannot be created: {error.strerror}",
            remedy=f"let this user write the folder {path.parent}",
            path=str(path),
        ) from error


def _check_library() -> None:
    if sqlite3.sqlite_version_info < _OLDEST:
        raise StoreError(
            f"this Python comes with SQLite {sqlite3.sqlite_version}, which is too old",
            remedy="use a Python with SQLite 3.37 or later (those of python.org and uv have it)",
        )


def _check_path(path: Path) -> None:
    if str(path) in (".", ":memory:"):
        raise StoreError(
            f"{str(path)!r} names no file that several connections can share",
            remedy="give the path of a file, or use MemoryStore",
        )
    if path.is_dir():
        raise StoreError(
            f"the database {path} is a folder", remedy="give the path of a file in it", path=str(path)
        )
    if not path.parent.is_dir():
        raise StoreError(
            f"the folder {path.parent} of the database does not exist",
            remedy=f"create it, or correct the path {path}",
            path=str(path),
        )


def _check_ownership(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("BEGIN")  # one look: another process may be creating the schema just now
    try:
        owner = connection.execute("PRAGMA application_id").fetchone()[0]
        tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        schema = version(connection)
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    if owner != APPLICATION_ID and (owner or tables):
        raise StoreError(
            f"the database {path} belongs to another program",
            remedy="give the path of the store's own file, or of one that does not exist yet",
            path=str(path),
        )
    if schema > len(MIGRATIONS):
        raise StoreError(
            f"the database {path} was written by a newer version of mlconnector-sdk "
            f"(schema {schema}, this one knows {len(MIGRATIONS)})",
            remedy="upgrade mlconnector-sdk here, or open another file",
            path=str(path),
        )


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch to write-ahead logging, which the file then remembers: readers never wait for writers.

    SQLite answers "busy" at once, without waiting, when two processes switch at the same time; waiting
    for the writer's lock waits for the other to be done.
    """
    for attempt in range(_ATTEMPTS):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or attempt == _ATTEMPTS - 1:
                raise
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("COMMIT")
        else:
            return
