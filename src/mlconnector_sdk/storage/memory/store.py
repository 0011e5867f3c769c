"""Inbox, outbox and checkpoints in memory."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from types import TracebackType

from attrs import evolve

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
from mlconnector_sdk.storage.admission import aware
from mlconnector_sdk.storage.memory.audit import MemoryAuditLog
from mlconnector_sdk.storage.memory.claims import MemoryClaims
from mlconnector_sdk.storage.memory.exchanges import MemoryExchangeLog
from mlconnector_sdk.storage.memory.outbox import MemoryOutbox

__all__ = ["MemoryStore"]


class MemoryStore:
    """A `Store` that is gone when the process ends. Safe to use from several threads.

    Example:
        >>> with MemoryStore() as store:
        ...     store.checkpoint("orders") is None
        True
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._audit = MemoryAuditLog()
        self._exchanges = MemoryExchangeLog()
        self._claims = MemoryClaims()
        self._outbox = MemoryOutbox()
        self._events: dict[tuple[str, str], Event] = {}
        self._open: dict[tuple[str, str], Event] = {}
        self._checkpoints: dict[str, Checkpoint] = {}
        self._statuses: dict[tuple[str, str], FlowStatus] = {}

    @property
    def audit(self) -> MemoryAuditLog:
        """The audit log kept beside the documents."""
        return self._audit

    @property
    def exchanges(self) -> MemoryExchangeLog:
        """The raw exchanges kept beside the documents, removed with what their entries say."""
        return self._exchanges

    def admit(self, event: Event) -> bool:
        """Put a verified webhook into the inbox. False when its id (per source) is there, open or closed."""
        aware(event.received_at, "received_at")
        key = (event.source, event.event_id)
        with self._lock:
            if key in self._events:
                return False
            self._events[key] = self._open[key] = event
            return True

    def pending_events(self, source: str, *, limit: int = 100) -> list[Event]:
        """Inbox rows of a source that no commit has closed, in the order in which they were admitted."""
        with self._lock:
            events = (event for event in self._open.values() if event.source == source)
            return list(islice(events, max(limit, 0)))

    def collect(self, collection: Collection) -> Collected:
        """Add entries, close inbox rows and move the checkpoint: all of it, or none of it.

        Raises:
            StoreError: An observation lacks what its feed is deduplicated by.
        """
        with self._lock:
            added = self._outbox.add(collection.entries)
            for closed in collection.closes:
                self._open.pop(closed, None)
            return Collected(
                added=tuple(added),
                known=len(collection.entries) - len(added),
                checkpoint_moved=self._move(collection.checkpoint),
            )

    def checkpoint(self, flow: str) -> Checkpoint | None:
        """How far a flow has read, or None before its baseline."""
        with self._lock:
            return self._checkpoints.get(flow)

    def lease(
        self, flow: str, *, now: datetime, until: datetime, limit: int, without: Sequence[str] = ()
    ) -> list[Entry]:
        """Take entries for delivery until ``until``, oldest position first, each with a new fence."""
        with self._lock:
            return self._outbox.lease(flow, now=now, until=until, limit=limit, without=without)

    def due(self, flow: str, *, now: datetime, without: Sequence[str] = ()) -> bool:
        """Whether `lease` would give at least one entry now."""
        with self._lock:
            return self._outbox.due(flow, now=now, without=without)

    def save(self, changes: Sequence[Change]) -> list[str]:
        """Write entries back, with their follow-ons; return the ids that were refused.

        Raises:
            StoreError: A follow-on lacks what its feed is deduplicated by.
        """
        with self._lock:
            return self._outbox.save(changes)

    def history(self, ordering_key: str, *, content: bool = True) -> list[Entry]:
        """Every entry under an ordering key, by sequence; on request without what the documents say."""
        with self._lock:
            return self._outbox.history(ordering_key, content=content)

    def accepted(self, ordering_key: str) -> Entry | None:
        """What the partner has: the newest entry that was taken, or the newest known from before go-live."""
        with self._lock:
            return self._outbox.accepted(ordering_key)

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
        with self._lock:
            return self._outbox.find(
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

    def purge(self, before: datetime, *, limit: int = 1_000) -> Purged:
        """Remove what old documents and webhooks say, and keep that they were there."""
        aware(before, "before")
        with self._lock:
            closed = (key for key in self._events if key not in self._open)
            old = (key for key in closed if self._events[key].received_at < before and self._events[key].body)
            events = list(islice(old, max(limit, 0)))
            for key in events:
                self._events[key] = evolve(self._events[key], body=b"")
            purged = Purged(entries=self._outbox.purge(before, limit=limit), events=len(events))
        self._exchanges.forget(each.id for each in self.find(limit=sys.maxsize) if each.purged_at is not None)
        return purged

    def flow_status(self, flow: str, partner: str = "") -> FlowStatus:
        """Whether a flow, or what it sends to one partner, may run; what nobody paused may."""
        with self._lock:
            return self._statuses.get((flow, partner), FlowStatus(flow=flow, partner=partner))

    def set_flow_status(self, status: FlowStatus) -> None:
        """Pause a flow, or a partner in a flow, or let it run again."""
        with self._lock:
            self._statuses[status.flow, status.partner] = status

    def paused_partners(self, flow: str) -> list[FlowStatus]:
        """The partners of a flow that are paused, by name."""
        with self._lock:
            paused = (
                status
                for status in self._statuses.values()
                if status.flow == flow and status.partner and status.paused_until is not None
            )
            return sorted(paused, key=lambda status: status.partner)

    def claim(self, name: str, owner: str, *, now: datetime, until: datetime) -> bool:
        """Become the only owner of a name until then; again by the same owner extends. False: taken."""
        return self._claims.claim(name, owner, now=now, until=until)

    def release(self, name: str, owner: str) -> None:
        """Give a claim back; not ours or not there: nothing happens."""
        self._claims.release(name, owner)

    def close(self) -> None:
        """Nothing to release; here so that every store is closed the same way."""

    def __enter__(self) -> MemoryStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _move(self, checkpoint: Checkpoint | None) -> bool:
        if checkpoint is None:
            return False
        stored = self._checkpoints.get(checkpoint.flow)
        if checkpoint.revision != (stored.revision if stored else 0):
            return False
        self._checkpoints[checkpoint.flow] = evolve(checkpoint, revision=checkpoint.revision + 1)
        return True
