"""The outbox in memory: entries by position, by id and by ordering key."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice

from attrs import evolve

from mlconnector_sdk.records import Change, Entry, Feed, NewEntry, State
from mlconnector_sdk.storage.admission import WRITTEN_BY_SAVE, admitted, check

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

    def lease(self, flow: str, *, now: datetime, until: datetime, limit: int) -> list[Entry]:
        """Take what is due and whose turn it is, oldest position first."""
        leased = []
        for entry in islice(self._leasable(flow, now), max(limit, 0)):
            taken = evolve(entry, fence=entry.fence + 1, leased_until=until)
            self._entries[entry.position - 1] = taken
            leased.append(taken)
        return leased

    def due(self, flow: str, *, now: datetime) -> bool:
        """Whether there is anything to lease."""
        return next(self._leasable(flow, now), None) is not None

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

    def history(self, ordering_key: str) -> list[Entry]:
        """Every entry under an ordering key, by sequence."""
        return list(self._line(ordering_key))

    def find(
        self, *, flow: str, number: str, entry_id: str, states: Sequence[State], limit: int
    ) -> list[Entry]:
        """Entries that match everything given, oldest position first."""
        matching = (
            entry
            for entry in self._entries
            if (not flow or entry.flow == flow)
            and (not number or entry.number == number)
            and (not entry_id or entry.id == entry_id)
            and (not states or entry.state in states)
        )
        return list(islice(matching, max(limit, 0)))

    def _line(self, ordering_key: str) -> Iterator[Entry]:
        return (self._entries[position - 1] for position in self._lines.get(ordering_key, ()))

    def _is_news(self, new: NewEntry) -> bool:
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

    def _leasable(self, flow: str, now: datetime) -> Iterator[Entry]:
        for position in self._unfinished.get(flow, ()):
            entry = self._entries[position - 1]
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
