"""Many callers, one writer, few commits - and no thread of our own.

A caller queues its operation. If nobody is writing it leads: it waits for the file, runs all that is queued
by then in one transaction and commits once. If somebody is, it waits until its operation is done by another
leader, or nobody writes. So one thread has one commit per call, and sixteen threads share the wait for the
disk and for other processes.

An operation that fails takes no other with it: the transaction is undone, and each operation gets one of
its own. (Savepoints would do without the second run, but SQLite copies every page that changes under one,
which costs a third of the speed of those that succeed.) So an operation may run twice, and has no effect
but in the database. It returns values and never a cursor: when its thread let go of one, SQLite would end
the statement that the next leader may be using.

While another process writes, the leader asks for the file every millisecond (SQLite itself would ask ever
more seldom, up to ten times a second), and keeps the turn, so that the other cannot come first again.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from mlconnector_sdk.storage.sqlite.turn import Turn

__all__ = ["GroupCommit"]

T = TypeVar("T")

_PAUSE = 0.001  # seconds


class GroupCommit:
    """The one connection that writes.

    Args:
        connect: Opens it, when it is needed again after `pause`. It has a busy timeout of zero.
        connection: The first one, if it is open already.
        patience: How many seconds to wait while another process writes.
        turn: Makes processes take turns; None where only one process writes.
    """

    def __init__(
        self,
        connect: Callable[[], sqlite3.Connection],
        connection: sqlite3.Connection | None = None,
        *,
        patience: float = 0.0,
        turn: Turn | None = None,
    ) -> None:
        self._connect = connect
        self._connection = connection
        self._tries = max(1, round(patience / _PAUSE))
        self._turn = turn or Turn(None)
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
        leads = False
        try:
            with self._changed:
                self._queue.append(ticket)
                while self._writing and not ticket.done:
                    self._changed.wait()
                leads = not ticket.done
                self._writing = self._writing or leads
            if leads:
                self._lead()
        finally:
            if not ticket.done:  # Ctrl-C, wherever it came
                self._give_up(ticket)
            if leads:
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
        self._turn.close()

    def resume(self) -> None:
        """Let the next one write."""
        with self._changed:
            self._writing = False
            self._changed.notify_all()

    def _give_up(self, ticket: _Ticket[Any]) -> None:
        """After Ctrl-C: what nobody waits for any more shall not happen later."""
        with self._changed:
            if ticket in self._queue:
                self._queue.remove(ticket)

    def _lead(self) -> None:
        """Have the file, and then run and commit whatever is queued."""
        batch: list[_Ticket[Any]] = []
        try:
            connection = self._begun()  # Ctrl-C until here leaves the others to the next leader
            batch = self._taken()
            if not _commit(connection, batch) and len(batch) > 1:
                for ticket in batch:
                    _commit(self._begun(), [ticket])
        except Exception as error:  # noqa: BLE001 - each caller raises it for itself
            _decide(batch or self._taken(), error)
        finally:
            if self._connection is not None and self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            # Ctrl-C in the leading thread is not the other callers' own.
            _decide(batch, sqlite3.OperationalError("the commit was interrupted"))

    def _taken(self) -> list[_Ticket[Any]]:
        with self._changed:
            batch, self._queue = self._queue, []
        return batch

    def _begun(self) -> sqlite3.Connection:
        """The connection, in a transaction that no other process can disturb."""
        if self._connection is None:
            self._connection = self._connect()
        try:
            for tries_left in reversed(range(self._tries)):
                if (self._turn.taken() or not tries_left) and _begins(self._connection, not tries_left):
                    break
                threading.Event().wait(_PAUSE)
        finally:
            self._turn.give_up()
        return self._connection


def _begins(connection: sqlite3.Connection, last_try: bool) -> bool:
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if last_try or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True


def _commit(connection: sqlite3.Connection, batch: list[_Ticket[Any]]) -> bool:
    """Run operations in the transaction; False when one of them failed, and all are undone."""
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
