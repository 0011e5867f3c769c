"""One SQLite file: written through group commit, read through a pool, and safe to fork."""

from __future__ import annotations

import os
import sqlite3
import weakref
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from mlconnector_sdk.errors import StoreError
from mlconnector_sdk.storage.sqlite.failure import UNBINDABLE, failure
from mlconnector_sdk.storage.sqlite.group_commit import GroupCommit
from mlconnector_sdk.storage.sqlite.opening import connect, open_database
from mlconnector_sdk.storage.sqlite.readers import ReaderPool
from mlconnector_sdk.storage.sqlite.turn import Turn

__all__ = ["Database", "OnDatabase"]

T = TypeVar("T")


class Database:
    """A file that any number of threads, and processes of the same machine, use at once.

    Args:
        path: The file; created if it is not there, readable by its owner alone.
        busy_timeout: How many seconds to wait while another process writes.

    Raises:
        StoreError: The path, the file or its schema cannot be used.
    """

    def __init__(self, path: str | os.PathLike[str], *, busy_timeout: float = 30.0) -> None:
        self.path = Path(path)
        self._busy_timeout = busy_timeout
        self._closed = False
        self.renew(_impatient(open_database(self.path, busy_timeout=busy_timeout)))
        _OPEN.add(self)

    def write(self, operation: Callable[[sqlite3.Connection], T]) -> T:
        """Run an operation as one commit, on the disk when this returns.

        Args:
            operation: May run twice, has no effect but in the database, and returns values, never a cursor.

        Raises:
            StoreError: It could not be written.
        """
        try:
            return self._writer.run(operation)
        except (sqlite3.Error, *UNBINDABLE) as error:
            raise failure(error, self.path) from error

    def change(self, statement: str, values: Sequence[object] | Mapping[str, object]) -> int:
        """Run one statement as one commit; how many rows it changed.

        Raises:
            StoreError: It could not be written.
        """
        return self.write(lambda connection: connection.execute(statement, values).rowcount)

    def rows(self, query: str, values: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """What one query finds.

        Raises:
            StoreError: It could not be read.
        """
        return self.read(lambda connection: connection.execute(query, values).fetchall())

    def read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Run a query on a connection of its own, which no writer makes wait.

        Raises:
            StoreError: It could not be read.
        """
        try:
            with self._readers.lend() as connection:
                return query(connection)
        except (sqlite3.Error, *UNBINDABLE) as error:
            raise failure(error, self.path) from error

    def close(self) -> None:
        """Close the connections of all threads, after what is under way."""
        self.pause()
        self._closed = True
        self.resume()
        _OPEN.discard(self)

    def pause(self) -> None:
        """Let go of the file until `resume`."""
        self._writer.pause()
        self._readers.pause()

    def resume(self) -> None:
        """Use the file again."""
        self._readers.resume()
        self._writer.resume()

    def renew(self, connection: sqlite3.Connection | None = None) -> None:
        """Begin with nothing locked and nothing queued, and no connection but perhaps this one."""
        turn = Turn(self.path.with_name(f"{self.path.name}-turn"))
        self._writer = GroupCommit(self._connect_to_write, connection, patience=self._busy_timeout, turn=turn)
        self._readers = ReaderPool(self._connect_to_read)

    def __repr__(self) -> str:
        return f"Database({str(self.path)!r})"

    def _connect_to_write(self) -> sqlite3.Connection:
        return _impatient(self._connect())

    def _connect_to_read(self) -> sqlite3.Connection:
        connection = self._connect()
        connection.execute("PRAGMA query_only = ON")
        return connection

    def _connect(self) -> sqlite3.Connection:
        if self._closed:
            raise StoreError(
                f"the database {self.path} was closed", remedy="open it anew", path=str(self.path)
            )
        return connect(self.path, busy_timeout=self._busy_timeout)


def _impatient(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Once it is open, group commit does the waiting: opening may have to wait for who opens or closes."""
    connection.execute("PRAGMA busy_timeout = 0")
    return connection


class OnDatabase:
    """A backend that lives in a database: one that it opens and closes, or one that it shares.

    Args:
        path: The file, or a `Database` to share.
        busy_timeout: How many seconds to wait while another process writes.
    """

    def __init__(self, path: str | os.PathLike[str] | Database, *, busy_timeout: float = 30.0) -> None:
        self._shares = isinstance(path, Database)
        self._database = path if isinstance(path, Database) else Database(path, busy_timeout=busy_timeout)

    def close(self) -> None:
        """Close the connections of all threads; a shared database is left open."""
        if not self._shares:
            self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self._database.path)!r})"


# SQLite's connections must not cross a fork: parent and child would share locks that only one of them
# holds. So every database lets go of its file before a fork, and both sides open it anew.
_OPEN: weakref.WeakSet[Database] = weakref.WeakSet()
_paused: list[Database] = []


def _before_fork() -> None:
    for database in list(_OPEN):
        database.pause()
        _paused.append(database)


def _after_fork_in_parent() -> None:
    while _paused:
        _paused.pop().resume()


def _after_fork_in_child() -> None:
    while _paused:
        _paused.pop().renew()


if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(
        before=_before_fork,
        after_in_parent=_after_fork_in_parent,
        after_in_child=_after_fork_in_child,
    )
