"""A store as simple as it can be: what a backend is compared with.

It is written from the sentences of `ports.Store`, with lists and loops, and shares no code with a backend.
Positions are its own: a backend's may be any numbers that grow.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from attrs import evolve

from mlconnector_sdk.records import (
    Change,
    Checkpoint,
    Collection,
    Entry,
    Event,
    Feed,
    FlowStatus,
    NewEntry,
    State,
    digest,
)

__all__ = ["Model"]


class Model:
    """Inbox, outbox, checkpoints, claims and flow states in plain lists and dictionaries."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.events: list[Event] = []
        self.closed: set[tuple[str, str]] = set()
        self.checkpoints: dict[str, Checkpoint] = {}
        self.claims: dict[str, tuple[str, datetime]] = {}
        self.statuses: dict[str, FlowStatus] = {}

    def admit(self, event: Event) -> bool:
        """As `ports.Store.admit`."""
        new = all((event.source, event.event_id) != (old.source, old.event_id) for old in self.events)
        if new:
            self.events.append(event)
        return new

    def pending_events(self, source: str, limit: int) -> list[Event]:
        """As `ports.Store.pending_events`."""
        of_source = [event for event in self.events if event.source == source]
        return [event for event in of_source if (source, event.event_id) not in self.closed][:limit]

    def collect(self, collection: Collection) -> tuple[list[Entry], bool]:
        """As `ports.Store.collect`: the entries that are new, and whether the checkpoint moved."""
        added = [entry for new in collection.entries for entry in self._add(new)]
        admitted = {(event.source, event.event_id) for event in self.events}
        self.closed |= admitted & set(collection.closes)
        point = collection.checkpoint
        if point is None:
            return added, False
        stored = self.checkpoints.get(point.flow)
        moved = point.revision == (stored.revision if stored else 0)
        if moved:
            self.checkpoints[point.flow] = evolve(point, revision=point.revision + 1)
        return added, moved

    def lease(self, flow: str, now: datetime, until: datetime, limit: int) -> list[Entry]:
        """As `ports.Store.lease`."""
        leased: list[Entry] = []
        for index, entry in enumerate(self.entries):
            if len(leased) < limit and entry.flow == flow and self._free(entry, now):
                taken = evolve(entry, fence=entry.fence + 1, leased_until=until)
                self.entries[index] = taken
                leased.append(taken)
        return leased

    def save(self, changes: Sequence[Change]) -> list[str]:
        """As `ports.Store.save`."""
        refused = []
        for change in changes:
            entry = change.entry
            [index] = [n for n, stored in enumerate(self.entries) if stored.id == entry.id]
            stored = self.entries[index]
            if stored.fence != entry.fence:
                refused.append(entry.id)
                continue
            self.entries[index] = evolve(entry, position=stored.position, fence=entry.fence + 1)
            for new in change.follow_ons:
                self._add(new)
        return refused

    def history(self, ordering_key: str) -> list[Entry]:
        """As `ports.Store.history`."""
        line = [entry for entry in self.entries if entry.ordering_key == ordering_key]
        return sorted(line, key=lambda entry: entry.sequence)

    def find(self, flow: str, number: str, entry_id: str, states: Sequence[State], limit: int) -> list[Entry]:
        """As `ports.Store.find`."""
        found = self.entries
        if flow:
            found = [entry for entry in found if entry.flow == flow]
        if number:
            found = [entry for entry in found if entry.number == number]
        if entry_id:
            found = [entry for entry in found if entry.id == entry_id]
        if states:
            found = [entry for entry in found if entry.state in states]
        return found[:limit]

    def claim(self, name: str, owner: str, now: datetime, until: datetime) -> bool:
        """As `ports.Store.claim`."""
        holder, end = self.claims.get(name, ("", now))
        free = end <= now or holder == owner
        if free:
            self.claims[name] = (owner, until)
        return free

    def release(self, name: str, owner: str) -> None:
        """As `ports.Store.release`."""
        if self.claims.get(name, ("",))[0] == owner:
            del self.claims[name]

    def _add(self, new: NewEntry) -> list[Entry]:
        line = self.history(new.ordering_key)
        if new.feed is Feed.EVENT:
            key = f"{new.flow}|{new.event_id}"
            known = any((e.flow, e.event_id) == (new.flow, new.event_id) for e in self.entries)
        else:
            key = f"{new.ordering_key}|{len(line) + 1}"
            known = bool(line) and line[-1].fingerprint == new.fingerprint
        if known:
            return []
        entry = Entry(
            id=digest(key),
            position=len(self.entries) + 1,
            flow=new.flow,
            kind=new.kind,
            feed=new.feed,
            number=new.number,
            partner=new.partner,
            ordering_key=new.ordering_key,
            sequence=len(line) + 1,
            dedupe_key=key,
            event_id=new.event_id,
            fingerprint=new.fingerprint,
            record=new.record,
            state=new.state,
            observed_at=new.observed_at,
            changed_at=new.observed_at,
            reason=new.reason,
            remedy=new.remedy,
            parent=new.parent,
        )
        self.entries.append(entry)
        return [entry]

    def _free(self, entry: Entry, now: datetime) -> bool:
        unfinished = entry.state is State.PENDING or entry.state is State.IN_FLIGHT
        leased = entry.leased_until is not None and entry.leased_until > now
        due = entry.not_before is None or entry.not_before <= now
        line = self.history(entry.ordering_key)
        blocked = any(other.blocks for other in line if other.sequence < entry.sequence)
        line_is_held = any(
            other.state in (State.PENDING, State.IN_FLIGHT)
            and other.leased_until is not None
            and other.leased_until > now
            for other in line
        )
        return unfinished and due and not leased and not blocked and not line_is_held
