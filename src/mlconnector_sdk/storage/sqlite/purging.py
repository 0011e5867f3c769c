"""Removing what documents say, in SQL, and keeping that they were there."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from mlconnector_sdk.records import Purged, State
from mlconnector_sdk.storage.sqlite.values import micros

__all__ = ["old_entries", "purge"]

_KEPT = ", ".join(
    f"'{state.value}'"
    for state in State
    if state.waits_for_person or state in (State.PENDING, State.IN_FLIGHT)
)
_OLD = f"purged_at IS NULL AND changed_at < ? AND state NOT IN ({_KEPT})"
_OLD_ENTRIES = f"""
    SELECT position FROM entries
    WHERE position >= (SELECT min(position) FROM records) AND {_OLD}
    ORDER BY position LIMIT ?
"""
_EMPTY_EVENTS = """
    UPDATE inbox SET body = x'', closed = 2 WHERE position IN (
        SELECT position FROM inbox WHERE closed = 1 AND received_at < ? ORDER BY received_at LIMIT ?
    )
"""


def old_entries(connection: sqlite3.Connection, before: datetime, *, limit: int) -> list[int]:
    """Positions of entries to purge, for a connection that only reads.

    There is no index for it, so that nothing is paid for it whenever an entry changes: entries are looked
    through from the first that still has its record.
    """
    rows = connection.execute(_OLD_ENTRIES, (micros(before), max(limit, 0))).fetchall()
    return [position for (position,) in rows]


def purge(
    connection: sqlite3.Connection, before: datetime, *, positions: Sequence[int], limit: int
) -> Purged:
    """Empty entries, if they are still to be purged, and closed events."""
    instant = micros(before)
    update = f"UPDATE entries SET purged_at = ?, fence = fence + 1 WHERE position = ? AND {_OLD}"
    purged = [
        (position,)
        for position in positions
        if connection.execute(update, (instant, position, instant)).rowcount
    ]
    connection.executemany("DELETE FROM records WHERE position = ?", purged)
    connection.executemany("DELETE FROM payloads WHERE position = ?", purged)
    events = connection.execute(_EMPTY_EVENTS, (instant, max(limit, 0))).rowcount
    return Purged(entries=len(purged), events=events)
