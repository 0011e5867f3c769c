"""The outbox in memory: entries by position, by id and by ordering key."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice

from attrs import evolve

from mlconnector_sdk.records import Change, Entry, Feed, NewEntry, State
from mlconnector_sdk.storage.admission import WRITTEN_BY_SAVE, admitted, aware, check

__all__ = ["MemoryOutbox"]

_UNFINISHED = (State.PENDING, State.IN_FLIGHT)


class MemoryOutbox:
    """Entries and the rules about them; its owner holds a lock around every call.

    Whatever may be refused is refused before anything is changed, so that each call happens entirely or
    not at all.
    """

    def __init__(self) -> None:
        self._entries: list[Entry] = []  # position 1 is at index 0
        self._positions: dict[str, int] = {}  # by id
        self._event_ids: set[tuple[str, str]] = set()  # with their flow
        self._lines: defaultdict[str, list[int]] = defaultdict(list)  # positions by ordering key
        self._unfinished: defaultdict[str, list[int]] = defaultdict(list)  # positions by flow, ascending

    def add(self, observations: Sequence[NewEntry]) -> list[Entry]:
        """Admit observations one after the other; return the entries that are new."""
        for new in observations:
            check(new)
        return [self._admit(new) for new in observations if self._is_news(new)]

    def lease(
        self, flow: str, *, now: datetime, until: datetime, limit: int, without: Sequence[str]
    ) -> list[Entry]:
        """Take what is due and whose turn it is, oldest position first."""
        leased = []
        for entry in islice(self._leasable(flow, now, without), max(limit, 0)):
            taken = evolve(entry, fence=entry.fence + 1, leased_until=until)
            self._entries[entry.position - 1] = taken
            leased.append(taken)
        return leased

    def due(self, flow: str, *, now: datetime, without: Sequence[str]) -> bool:
        """Whether there is anything to lease."""
        return next(self._leasable(flow, now, without), None) is not None

    def save(self, changes: Sequence[Change]) -> list[str]:
        """Write entries back, with their follow-ons; return the ids that were refused."""
        for change in changes:
            for new in change.follow_ons:
                check(new)
        refused = []
        for change in changes:
            position = self._positions.get(change.entry.id)
            if position is None or self._entries[position - 1].fence != change.entry.fence:
                refused.append(change.entry.id)
                continue
            self._write(self._entries[position - 1], change.entry)
            self.add(change.follow_ons)
        return refused

    def history(self, ordering_key: str, *, content: bool) -> list[Entry]:
        """Every entry under an ordering key, by sequence."""
        line = self._line(ordering_key)
        return list(line) if content else [_emptied(entry) for entry in line]

    def accepted(self, ordering_key: str) -> Entry | None:
        """What the partner has taken last, or else what is known from before go-live."""
        newest_first = list(self._line(ordering_key))[::-1]
        taken = (entry for entry in newest_first if entry.state.taken)
        known = (entry for entry in newest_first if entry.state is State.KNOWN)
        return next(taken, None) or next(known, None)

    def find(
        self,
        *,
        flow: str,
        number: str,
        partner: str,
        entry_id: str,
        reference: tuple[str, str] | None,
        states: Sequence[State],
        expected_before: datetime | None,
        after: int,
        limit: int,
    ) -> list[Entry]:
        """Entries that match everything given, oldest position first."""
        if expected_before is not None:
            aware(expected_before, "expected_before")
        matching = (
            entry
            for entry in islice(self._entries, max(after, 0), None)
            if (not flow or entry.flow == flow)
            and (not number or entry.number == number)
            and (not partner or entry.partner == partner)
            and (not entry_id or entry.id == entry_id)
            and (reference is None or reference in entry.references.items())
            and (not states or entry.state in states)
            and (expected_before is None or _expected(entry, expected_before))
        )
        return list(islice(matching, max(limit, 0)))

    def purge(self, before: datetime, *, limit: int) -> int:
        """Empty what was finished before an instant; how many entries."""
        old = (
            entry
            for entry in self._entries
            if entry.changed_at < before
            and entry.purged_at is None
            and entry.state not in _UNFINISHED
            and not entry.state.waits_for_person
        )
        purged = list(islice(old, max(limit, 0)))
        for entry in purged:
            emptied = evolve(_emptied(entry), purged_at=before, fence=entry.fence + 1)
            self._entries[entry.position - 1] = emptied
        return len(purged)

    def _line(self, ordering_key: str) -> Iterator[Entry]:
        return (self._entries[position - 1] for position in self._lines.get(ordering_key, ()))

    def _is_news(self, new: NewEntry) -> bool:
        if new.deliberate:
            return True
        if new.feed is Feed.EVENT:
            return (new.flow, new.event_id) not in self._event_ids
        line = self._lines.get(new.ordering_key)
        return not line or self._entries[line[-1] - 1].fingerprint != new.fingerprint

    def _admit(self, new: NewEntry) -> Entry:
        line = self._lines[new.ordering_key]
        entry = admitted(new, position=len(self._entries) + 1, sequence=len(line) + 1)
        self._entries.append(entry)
        self._positions[entry.id] = entry.position
        self._event_ids.add((entry.flow, entry.event_id))
        line.append(entry.position)
        if entry.state in _UNFINISHED:
            self._unfinished[entry.flow].append(entry.position)
        return entry

    def _write(self, stored: Entry, saved: Entry) -> None:
        written = {name: getattr(saved, name) for name in WRITTEN_BY_SAVE}
        entry = evolve(stored, **written, fence=stored.fence + 1)
        self._entries[entry.position - 1] = entry
        unfinished = self._unfinished[entry.flow]
        if stored.state in _UNFINISHED and entry.state not in _UNFINISHED:
            del unfinished[bisect_left(unfinished, entry.position)]
        elif stored.state not in _UNFINISHED and entry.state in _UNFINISHED:
            insort(unfinished, entry.position)

    def _leasable(self, flow: str, now: datetime, without: Sequence[str]) -> Iterator[Entry]:
        for position in self._unfinished.get(flow, ()):
            entry = self._entries[position - 1]
            if entry.state is State.PENDING and entry.partner in without:
                continue
            due = entry.not_before is None or entry.not_before <= now
            if due and not _held(entry, now) and self._has_its_turn(entry, now):
                yield entry

    def _has_its_turn(self, entry: Entry, now: datetime) -> bool:
        """Nothing earlier blocks it, and nothing later in the line is held.

        The second can happen when somebody made an older entry pending again while a worker holds a
        newer one.
        """
        for other in self._line(entry.ordering_key):
            if other.sequence < entry.sequence and other.blocks:
                return False
            if other.sequence > entry.sequence and _held(other, now):
                return False
        return True


def _held(entry: Entry, now: datetime) -> bool:
    return entry.state in _UNFINISHED and entry.leased_until is not None and entry.leased_until > now


def _emptied(entry: Entry) -> Entry:
    return evolve(entry, record=b"", payload=None, document=None)


def _expected(entry: Entry, before: datetime) -> bool:
    return entry.expected_by is not None and entry.expected_by < before
