"""Many callers, one writer, few commits - and no thread of our own.

A caller queues its operation and then asks for the writer's lock. Whoever gets it leads: it runs all that
is queued in one transaction, each operation under a savepoint of its own so that one that fails takes no
other with it, and commits once. The others find their operation done when the lock reaches them. So one
thread has one commit per call, and sixteen threads share the wait for the disk.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Generic, TypeVar

__all__ = ["GroupCommit"]

T = TypeVar("T")


class GroupCommit:
    """The one connection that writes.

    Args:
        connect: Opens it, when it is needed again after `pause`.
        connection: The first one, if it is open already.
    """

    def __init__(
        self, connect: Callable[[], sqlite3.Connection], connection: sqlite3.Connection | None = None
    ) -> None:
        self._connect = connect
        self._connection = connection
        self._queue: deque[_Ticket[Any]] = deque()
        self._writing = threading.Lock()

    def run(self, operation: Callable[[sqlite3.Connection], T]) -> T:
        """Run an operation inside a transaction and return its result when that is on the disk.

        Raises:
            Exception: What the operation raised; then nothing of it remains.
            sqlite3.Error: The transaction failed as a whole.
        """
        ticket = _Ticket(operation)
        self._queue.append(ticket)
        with self._writing:
            if not ticket.done:
                self._commit_queued()
        return ticket.outcome()

    def pause(self) -> None:
        """Let the running transaction end, close the connection and begin none until `resume`."""
        self._writing.acquire()
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def resume(self) -> None:
        """Write again."""
        self._writing.release()

    def _commit_queued(self) -> None:
        batch = []
        while self._queue:
            batch.append(self._queue.popleft())
        try:
            if self._connection is None:
                self._connection = self._connect()
            self._connection.execute("BEGIN IMMEDIATE")
            for ticket in batch:
                ticket.run(self._connection)
            self._connection.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - each caller raises it for itself
            self._give_up(batch, error)
        except BaseException:  # Ctrl-C in the leading thread is not the other callers' own
            self._give_up(batch, sqlite3.OperationalError("the commit was interrupted"))
            raise
        finally:
            for ticket in batch:
                ticket.done = True

    def _give_up(self, batch: list[_Ticket[Any]], error: Exception) -> None:
        if self._connection is not None and self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        for ticket in batch:
            if ticket.failed is None:
                ticket.failed = error


class _Ticket(Generic[T]):
    """An operation that waits for its turn, and what became of it."""

    __slots__ = ("_operation", "_result", "done", "failed")

    def __init__(self, operation: Callable[[sqlite3.Connection], T]) -> None:
        self._operation = operation
        self._result: T
        self.failed: Exception | None = None
        self.done = False

    def run(self, connection: sqlite3.Connection) -> None:
        connection.execute("SAVEPOINT operation")
        try:
            self._result = self._operation(connection)
        except Exception as error:
            if not connection.in_transaction:
                raise  # a full disk or an I/O error: SQLite has undone the whole transaction
            self.failed = error
            connection.execute("ROLLBACK TO operation")
        connection.execute("RELEASE operation")

    def outcome(self) -> T:
        if self.failed is not None:
            raise self.failed
        return self._result
