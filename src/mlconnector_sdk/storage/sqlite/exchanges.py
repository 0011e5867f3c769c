"""The raw exchanges of documents in SQL: what to look for in columns, the rest compressed.

Transcripts repeat themselves so much that compressing them takes less time than writing them as they are.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mlconnector_sdk.ports import MOST_EXCHANGES
from mlconnector_sdk.records import RawExchange
from mlconnector_sdk.storage.sqlite.database import OnDatabase
from mlconnector_sdk.storage.sqlite.values import instant, micros

__all__ = ["SQLiteExchangeLog", "forget_purged"]

_COLUMNS = "entry_id, vendor, request, status, at, content"
_INSERT = f"INSERT INTO exchanges ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)"
_FASTEST = 1  # of zlib's levels; the others save little more
# The plus keeps SQLite from putting the value into the first term, which then fits no index.
_OF_ENTRY = "substr(entry_id, 1, 8) = substr(:entry, 1, 8) AND +entry_id = :entry"
_READ = f"SELECT {_COLUMNS} FROM exchanges WHERE {_OF_ENTRY} ORDER BY position"
_TRIM = f"""
    DELETE FROM exchanges WHERE {_OF_ENTRY} AND position <= (
        SELECT position FROM exchanges WHERE {_OF_ENTRY}
        ORDER BY position DESC LIMIT 1 OFFSET {MOST_EXCHANGES}
    )
"""
_PURGED = "SELECT id FROM entries WHERE position = ? AND purged_at IS NOT NULL"


class SQLiteExchangeLog(OnDatabase):
    """An `ExchangeLog` in a file: exchanges are on the disk before `keep` returns.

    Args:
        path: The file, which may be that of a `SQLiteStore`, or a `Database` to share.
        busy_timeout: How many seconds to wait while another process writes.

    Raises:
        StoreError: The path, the file or its schema cannot be used.
    """

    def keep(self, exchanges: Mapping[str, Sequence[RawExchange]]) -> None:
        """Add exchanges, by entry id, oldest first; of each entry the newest stay.

        Raises:
            StoreError: They could not be written; then none of them is.
        """
        rows = [_row(entry_id, each) for entry_id, new in exchanges.items() for each in new]

        def operation(connection: sqlite3.Connection) -> None:
            connection.executemany(_INSERT, rows)
            connection.executemany(_TRIM, [{"entry": entry_id} for entry_id in exchanges])

        self._database.write(operation)

    def read(self, entry_id: str) -> list[RawExchange]:
        """What is kept of an entry, in the order in which it was added.

        Raises:
            StoreError: It cannot be read.
        """
        return [_exchange(row) for row in self._database.rows(_READ, {"entry": entry_id})]


def forget_purged(connection: sqlite3.Connection, positions: Iterable[int]) -> None:
    """Remove the exchanges of those of these entries whose content was purged."""
    for position in positions:
        for (entry_id,) in connection.execute(_PURGED, (position,)).fetchall():
            connection.execute(f"DELETE FROM exchanges WHERE {_OF_ENTRY}", {"entry": entry_id})


def _row(entry_id: str, exchange: RawExchange) -> tuple[Any, ...]:
    head = json.dumps(
        {
            "attempt": exchange.attempt,
            "seconds": exchange.seconds,
            "problem": exchange.problem,
            "sent headers": exchange.sent_headers,
            "received headers": exchange.received_headers,
            "bytes sent": len(exchange.sent),
        }
    )
    content = zlib.compress(b"\n".join([head.encode(), exchange.sent + exchange.received]), _FASTEST)
    return entry_id, exchange.vendor, exchange.request, exchange.status, micros(exchange.at), content


def _exchange(row: tuple[Any, ...]) -> RawExchange:
    _, vendor, request, status, at, content = row
    first, _, bodies = zlib.decompress(content).partition(b"\n")
    head = json.loads(first)
    return RawExchange(
        vendor=vendor,
        request=request,
        status=status,
        at=instant(at),
        attempt=head["attempt"],
        seconds=head["seconds"],
        problem=head["problem"],
        sent_headers=_pairs(head["sent headers"]),
        sent=bodies[: head["bytes sent"]],
        received_headers=_pairs(head["received headers"]),
        received=bodies[head["bytes sent"] :],
    )


def _pairs(headers: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in headers)
