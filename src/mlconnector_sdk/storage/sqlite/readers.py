"""The connections that only read."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["ReaderPool"]


class ReaderPool:
    """Connections lent to one query at a time; there are never more than queries at once.

    Args:
        connect: Opens one more.
    """

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._idle: list[sqlite3.Connection] = []
        self._lent = 0
        self._returned = threading.Condition()

    @contextmanager
    def lend(self) -> Iterator[sqlite3.Connection]:
        """A connection for the time of a query."""
        with self._returned:
            connection = self._idle.pop() if self._idle else None
            self._lent += 1
        try:
            if connection is None:
                connection = self._connect()
            yield connection
        finally:
            with self._returned:
                self._lent -= 1
                if connection is not None:
                    self._idle.append(connection)
                self._returned.notify_all()

    def pause(self) -> None:
        """Let the running queries end, close every connection and lend none until `resume`."""
        self._returned.acquire()
        while self._lent:
            self._returned.wait()
        while self._idle:
            self._idle.pop().close()

    def resume(self) -> None:
        """Lend again."""
        self._returned.release()
