"""Many callers, one writer, few commits - and no thread of our own.

A caller queues its operation. If nobody is writing it leads: it runs all that is queued in one transaction
and commits once. If somebody is, it waits until its operation is done by another leader, or nobody writes.
So one thread has one commit per call, and sixteen threads share the wait for the disk.

An operation that fails takes no other with it: the transaction is undone, and each operation gets one of
its own. (Savepoints would do without the second run, but SQLite copies every page that changes under one,
which costs a third of the speed of those that succeed.) So an operation may run twice, and has no effect
but in the database. It returns values and never a cursor: when its thread let go of one, SQLite would end
the statement that the next leader may be using.
"""

from __future__ import annotations

import sqlite3
import threading
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
        self._queue: list[_Ticket[Any]] = []
        self._writing = False
        self._changed = threading.Condition()

    def run(self, operation: Callable[[sqlite3.Connection], T]) -> T:
        """Run an operation inside a transaction and return its result when that is on the disk.

        Raises:
            Exception: What the operation raised; then nothing of it remains.
            sqlite3.Error: The transaction failed as a whole.
        """
        ticket = _Ticket(operation)
        batch: list[_Ticket[Any]] = []
        try:
            with self._changed:
                self._queue.append(ticket)
                self._wait_for(ticket)
                if not ticket.done:
                    batch, self._queue, self._writing = self._queue, [], True
            if batch:
                self._commit_all(batch)
        finally:
            if batch:
                # Ctrl-C in the leading thread is not the other callers' own.
                _decide(batch, sqlite3.OperationalError("the commit was interrupted"))
                self.resume()
        return ticket.outcome()

    def pause(self) -> None:
        """Let the running transaction end, close the connection and begin none until `resume`."""
        with self._changed:
            while self._writing:
                self._changed.wait()
            self._writing = True
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def resume(self) -> None:
        """Let the next one write."""
        with self._changed:
            self._writing = False
            self._changed.notify_all()

    def _wait_for(self, ticket: _Ticket[Any]) -> None:
        try:
            while self._writing and not ticket.done:
                self._changed.wait()
        except BaseException:  # Ctrl-C: what nobody waits for any more shall not happen later
            if ticket in self._queue:
                self._queue.remove(ticket)
            raise

    def _commit_all(self, batch: list[_Ticket[Any]]) -> None:
        try:
            if not self._commit(batch) and len(batch) > 1:
                for ticket in batch:
                    self._commit([ticket])
        except Exception as error:  # noqa: BLE001 - each caller raises it for itself
            _decide(batch, error)

    def _commit(self, batch: list[_Ticket[Any]]) -> bool:
        """Run operations in one transaction; False when one of them failed, and all are undone."""
        if self._connection is None:
            self._connection = self._connect()
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            if not all(ticket.run(connection) for ticket in batch):
                return False
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        for ticket in batch:
            ticket.committed = True
        return True


class _Ticket(Generic[T]):
    """An operation that waits for its turn, and what became of it."""

    __slots__ = ("_operation", "_result", "committed", "done", "failure")

    def __init__(self, operation: Callable[[sqlite3.Connection], T]) -> None:
        self._operation = operation
        self._result: T
        self.failure: Exception | None = None
        self.committed = False
        self.done = False  # what is above is final

    def run(self, connection: sqlite3.Connection) -> bool:
        """Whether the operation ended well."""
        self.failure = None
        try:
            self._result = self._operation(connection)
            if isinstance(self._result, sqlite3.Cursor):
                raise TypeError("an operation returns values, not a cursor that outlives it")
        except Exception as error:  # noqa: BLE001 - the caller raises it, see outcome()
            self.failure = error
        return self.failure is None

    def outcome(self) -> T:
        if self.failure is not None:
            raise self.failure
        return self._result


def _decide(batch: list[_Ticket[Any]], error: Exception) -> None:
    """Make it final what became of each; one of which nothing is known has failed with the error."""
    for ticket in batch:
        if not ticket.committed and ticket.failure is None:
            ticket.failure = error
        ticket.done = True
