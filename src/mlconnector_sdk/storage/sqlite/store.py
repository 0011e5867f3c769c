"""Inbox, outbox and checkpoints in one SQLite file."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from mlconnector_sdk.records import (
    Change,
    Checkpoint,
    Collected,
    Collection,
    Entry,
    Event,
    FlowStatus,
    Purged,
    State,
)
from mlconnector_sdk.storage.sqlite import finding, outbox, purging
from mlconnector_sdk.storage.sqlite.audit import SQLiteAuditLog
from mlconnector_sdk.storage.sqlite.backup import back_up
from mlconnector_sdk.storage.sqlite.claims import Claims
from mlconnector_sdk.storage.sqlite.database import Database, OnDatabase
from mlconnector_sdk.storage.sqlite.exchanges import SQLiteExchangeLog, forget_purged
from mlconnector_sdk.storage.sqlite.values import (
    from_json,
    instant,
    instant_or_none,
    micros,
    micros_or_none,
    to_json,
)

__all__ = ["SQLiteStore"]

_ADMIT = "INSERT INTO inbox (source, event_id, received_at, body) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
_ADMITTED = "SELECT 1 FROM inbox WHERE source = ? AND event_id = ?"
_PENDING = """
    SELECT source, event_id, received_at, body FROM inbox
    WHERE source = ? AND closed = 0 ORDER BY position LIMIT ?
"""
_CLOSE = "UPDATE inbox SET closed = 1 WHERE source = ? AND event_id = ? AND closed = 0"
_STATUS = "SELECT flow, partner, paused_until, reason, remedy FROM flow_status"
_SET_STATUS = "INSERT OR REPLACE INTO flow_status VALUES (?, ?, ?, ?, ?)"


class SQLiteStore(OnDatabase):
    """A `Store` in a file, for the threads and processes of one machine.

    Every call is one commit that is on the disk before it returns; calls of several threads share commits.
    Reading never waits for writing. The file needs a local disk: write-ahead logging does not work over
    a network share.

    Args:
        path: The file (created if it is not there, readable by its owner alone), or a `Database` to share.
        busy_timeout: How many seconds to wait while another process writes.

    Raises:
        StoreError: The path, the file or its schema cannot be used.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder, SQLiteStore(f"{folder}/sync.db") as store:
        ...     store.checkpoint("orders") is None
        True
    """

    def __init__(self, path: str | os.PathLike[str] | Database, *, busy_timeout: float = 30.0) -> None:
        super().__init__(path, busy_timeout=busy_timeout)
        self._audit = SQLiteAuditLog(self._database)
        self._exchanges = SQLiteExchangeLog(self._database)
        self._claims = Claims(self._database, "store")

    @property
    def audit(self) -> SQLiteAuditLog:
        """The audit log in the same file."""
        return self._audit

    @property
    def exchanges(self) -> SQLiteExchangeLog:
        """The raw exchanges in the same file, removed with what their entries say."""
        return self._exchanges

    def admit(self, event: Event) -> bool:
        """Put a verified webhook into the inbox. False when its id (per source) is there, open or closed."""
        # Vendors repeat themselves: most events are known, which a reader can tell without waiting for the
        # writer. What a reader sees is on the disk.
        row = (event.source, event.event_id, micros(event.received_at), event.body)
        if self._database.rows(_ADMITTED, row[:2]):
            return False
        return self._database.change(_ADMIT, row) == 1

    def pending_events(self, source: str, *, limit: int = 100) -> list[Event]:
        """Inbox rows of a source that no commit has closed, in the order in which they were admitted."""
        rows = self._database.rows(_PENDING, (source, max(limit, 0)))
        return [
            Event(source=source, event_id=event_id, received_at=instant(received_at), body=body)
            for source, event_id, received_at, body in rows
        ]

    def collect(self, collection: Collection) -> Collected:
        """Add entries, close inbox rows and move the checkpoint: all of it, or none of it.

        Raises:
            StoreError: An observation lacks what its feed is deduplicated by, or nothing can be written.
        """

        def operation(connection: sqlite3.Connection) -> Collected:
            added = outbox.add(connection, collection.entries)
            connection.executemany(_CLOSE, collection.closes)
            return Collected(
                added=tuple(added),
                known=len(collection.entries) - len(added),
                checkpoint_moved=_move(connection, collection.checkpoint),
            )

        return self._database.write(operation)

    def checkpoint(self, flow: str) -> Checkpoint | None:
        """How far a flow has read, or None before its baseline."""
        query = "SELECT cursors, revision FROM checkpoints WHERE flow = ?"
        for cursors, revision in self._database.rows(query, (flow,)):
            return Checkpoint(flow=flow, cursors=from_json(cursors), revision=revision)
        return None

    def lease(
        self, flow: str, *, now: datetime, until: datetime, limit: int, without: Sequence[str] = ()
    ) -> list[Entry]:
        """Take entries for delivery until ``until``, oldest position first, each with a new fence."""
        return self._database.write(
            lambda connection: outbox.lease(
                connection, flow, now=now, until=until, limit=limit, without=without
            )
        )

    def due(self, flow: str, *, now: datetime, without: Sequence[str] = ()) -> bool:
        """Whether `lease` would give at least one entry now."""
        return self._database.read(lambda connection: outbox.due(connection, flow, now=now, without=without))

    def save(self, changes: Sequence[Change]) -> list[str]:
        """Write entries back, with their follow-ons; return the ids that were refused.

        Raises:
            StoreError: A follow-on lacks what its feed is deduplicated by, or nothing can be written.
        """
        return self._database.write(lambda connection: outbox.save(connection, changes))

    def history(self, ordering_key: str, *, content: bool = True) -> list[Entry]:
        """Every entry under an ordering key, by sequence; on request without what the documents say."""
        return self._database.read(
            lambda connection: finding.history(connection, ordering_key, content=content)
        )

    def accepted(self, ordering_key: str) -> Entry | None:
        """What the partner has: the newest entry that was taken, or the newest known from before go-live."""
        return self._database.read(lambda connection: finding.accepted(connection, ordering_key))

    def find(
        self,
        *,
        flow: str = "",
        number: str = "",
        partner: str = "",
        entry_id: str = "",
        reference: tuple[str, str] | None = None,
        states: Sequence[State] = (),
        expected_before: datetime | None = None,
        after: int = 0,
        limit: int = 100,
    ) -> list[Entry]:
        """Entries that match everything given, oldest position first."""
        return self._database.read(
            lambda connection: finding.find(
                connection,
                flow=flow,
                number=number,
                partner=partner,
                entry_id=entry_id,
                reference=reference,
                states=states,
                expected_before=expected_before,
                after=after,
                limit=limit,
            )
        )

    def purge(self, before: datetime, *, limit: int = 1_000) -> Purged:
        """Remove what old documents and webhooks say, and keep that they were there."""
        positions = self._database.read(
            lambda connection: purging.old_entries(connection, before, limit=limit)
        )

        def operation(connection: sqlite3.Connection) -> Purged:
            purged = purging.purge(connection, before, positions=positions, limit=limit)
            forget_purged(connection, positions)
            return purged

        return self._database.write(operation)

    def flow_status(self, flow: str, partner: str = "") -> FlowStatus:
        """Whether a flow, or what it sends to one partner, may run; what nobody paused may."""
        for row in self._database.rows(f"{_STATUS} WHERE flow = ? AND partner = ?", (flow, partner)):
            return _status(row)
        return FlowStatus(flow=flow, partner=partner)

    def set_flow_status(self, status: FlowStatus) -> None:
        """Pause a flow, or a partner in a flow, or let it run again."""
        until = micros_or_none(status.paused_until)
        self._database.change(_SET_STATUS, (status.flow, status.partner, until, status.reason, status.remedy))

    def paused_partners(self, flow: str) -> list[FlowStatus]:
        """The partners of a flow that are paused, by name."""
        paused = "flow = ? AND partner <> '' AND paused_until IS NOT NULL"
        return [
            _status(row) for row in self._database.rows(f"{_STATUS} WHERE {paused} ORDER BY partner", (flow,))
        ]

    def claim(self, name: str, owner: str, *, now: datetime, until: datetime) -> bool:
        """Become the only owner of a name until then; again by the same owner extends. False: taken."""
        return self._claims.claim(name, owner, now=now, until=until)

    def release(self, name: str, owner: str) -> None:
        """Give a claim back; not ours or not there: nothing happens."""
        self._claims.release(name, owner)

    def backup(self, path: str | os.PathLike[str]) -> None:
        """Copy the file, with all that is committed at this moment, while it is in use.

        The copy opens as any other file, with whatever else lies in this one (audit trail, tokens, secrets).
        It is made for the day on which this file is lost. What was sent after the copy was made is not
        known in it: a run on it might send that again. So before one, pause its flows, collect, and have the
        vendor asked about everything that is pending (docs: when something goes wrong).

        Args:
            path: A name that is not taken; its owner alone may read the copy (mode 0600).

        Raises:
            StoreError: There is such a file already, or it cannot be written.

        Example:
            >>> import tempfile
            >>> with tempfile.TemporaryDirectory() as folder, SQLiteStore(f"{folder}/sync.db") as store:
            ...     store.backup(f"{folder}/sync-2026-03-02.db")
            ...     with SQLiteStore(f"{folder}/sync-2026-03-02.db") as copy:
            ...         copy.find()
            []
        """
        self._database.read(lambda connection: back_up(connection, Path(path)))


def _move(connection: sqlite3.Connection, checkpoint: Checkpoint | None) -> bool:
    """Move a checkpoint from the revision at which it was read, and only from that."""
    if checkpoint is None:
        return False
    cursors = to_json(checkpoint.cursors)
    if checkpoint.revision == 0:
        insert = "INSERT INTO checkpoints (flow, cursors, revision) VALUES (?, ?, 1) ON CONFLICT DO NOTHING"
        return connection.execute(insert, (checkpoint.flow, cursors)).rowcount == 1
    update = "UPDATE checkpoints SET cursors = ?, revision = revision + 1 WHERE flow = ? AND revision = ?"
    return connection.execute(update, (cursors, checkpoint.flow, checkpoint.revision)).rowcount == 1


def _status(row: tuple[Any, ...]) -> FlowStatus:
    flow, partner, until, reason, remedy = row
    return FlowStatus(
        flow=flow, partner=partner, paused_until=instant_or_none(until), reason=reason, remedy=remedy
    )
