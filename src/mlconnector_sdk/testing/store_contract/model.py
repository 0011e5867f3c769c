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
        self.statuses: dict[tuple[str, str], FlowStatus] = {}

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

    def lease(
        self, flow: str, now: datetime, until: datetime, limit: int, without: Sequence[str]
    ) -> list[Entry]:
        """As `ports.Store.lease`."""
        leased: list[Entry] = []
        for index, entry in enumerate(self.entries):
            left_out = entry.state is State.PENDING and entry.partner in without
            if len(leased) < limit and entry.flow == flow and not left_out and self._free(entry, now):
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

    def accepted(self, ordering_key: str) -> Entry | None:
        """As `ports.Store.accepted`."""
        line = self.history(ordering_key)
        taken = [entry for entry in line if entry.state.taken]
        known = [entry for entry in line if entry.state is State.KNOWN]
        candidates = taken or known
        return candidates[-1] if candidates else None

    def find(
        self,
        *,
        flow: str = "",
        number: str = "",
        partner: str = "",
        reference: tuple[str, str] | None = None,
        states: Sequence[State] = (),
        expected_before: datetime | None = None,
        limit: int,
    ) -> list[Entry]:
        """As `ports.Store.find`."""
        found = self.entries
        if flow:
            found = [entry for entry in found if entry.flow == flow]
        if number:
            found = [entry for entry in found if entry.number == number]
        if partner:
            found = [entry for entry in found if entry.partner == partner]
        if reference:
            name, value = reference
            found = [entry for entry in found if entry.references.get(name) == value]
        if expected_before:
            found = [entry for entry in found if entry.expected_by and entry.expected_by < expected_before]
        if states:
            found = [entry for entry in found if entry.state in states]
        return found[:limit]

    def purge(self, before: datetime) -> None:
        """As `ports.Store.purge`, without a limit."""
        for index, entry in enumerate(self.entries):
            kept = entry.state in (State.PENDING, State.IN_FLIGHT) or entry.state.waits_for_person
            if not kept and entry.changed_at < before and entry.purged_at is None:
                empty = evolve(entry, record=b"", payload=None, document=None, purged_at=before)
                self.entries[index] = evolve(empty, fence=entry.fence + 1)

    def status(self, flow: str, partner: str) -> FlowStatus:
        """As `ports.Store.flow_status`."""
        return self.statuses.get((flow, partner), FlowStatus(flow=flow, partner=partner))

    def paused_partners(self, flow: str) -> list[FlowStatus]:
        """As `ports.Store.paused_partners`."""
        of_flow = [status for status in self.statuses.values() if status.flow == flow and status.partner]
        paused = [status for status in of_flow if status.paused_until is not None]
        return sorted(paused, key=lambda status: status.partner)

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
        if new.deliberate:
            key = f"|again|{new.ordering_key}|{len(line) + 1}"
            known = False
        elif new.feed is Feed.EVENT:
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
            deliberate=new.deliberate,
            payload=new.payload,
            document=new.document,
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
