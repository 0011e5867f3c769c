"""The outbox in SQL: each function runs inside one transaction of its caller."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar

from mlconnector_sdk.records import Change, Entry, Feed, NewEntry
from mlconnector_sdk.storage.admission import admitted, check
from mlconnector_sdk.storage.sqlite.entry_rows import (
    ADMITTED_COLUMNS,
    SAVED_COLUMNS,
    UNFINISHED,
    UNFINISHED_AGAIN,
    admitted_values,
    blocking,
    entry_from,
    saved_values,
    select,
)
from mlconnector_sdk.storage.sqlite.references import index_references
from mlconnector_sdk.storage.sqlite.values import from_json, micros

__all__ = ["add", "due", "lease", "save"]

T = TypeVar("T")

_PART = 500  # SQLite takes no more than some thousand values in one statement
_INSERT = f"""
    INSERT INTO entries ({", ".join(ADMITTED_COLUMNS)}) VALUES ({", ".join("?" * len(ADMITTED_COLUMNS))})
"""
_UPDATE = f"UPDATE entries SET fence = fence + 1, {', '.join(f'{name} = ?' for name in SAVED_COLUMNS)}"
_FREEZE = "INSERT OR REPLACE INTO payloads (position, payload, document) VALUES (?, ?, ?)"
_LEASABLE = f"""
    WHERE entries.flow = :flow AND entries.blocking >= {UNFINISHED}
      AND (entries.leased_until IS NULL OR entries.leased_until <= :now)
      AND (entries.not_before IS NULL OR entries.not_before <= :now)
      AND NOT EXISTS (
          SELECT 1 FROM entries AS earlier
          WHERE earlier.blocking > 0
            AND earlier.ordering_key = entries.ordering_key AND earlier.sequence < entries.sequence
      )
      -- What was finished once may have let a newer one go by, which is held now.
      AND (entries.blocking < {UNFINISHED_AGAIN} OR NOT EXISTS (
          SELECT 1 FROM entries AS newer
          WHERE newer.blocking > 0 AND newer.blocking >= {UNFINISHED}
            AND newer.ordering_key = entries.ordering_key AND newer.sequence > entries.sequence
            AND newer.leased_until > :now
      ))
"""
_LEASE = f"{select(fence='entries.fence + 1', leased_until=':until')} {_LEASABLE}"
_DUE = f"SELECT 1 FROM entries {_LEASABLE}"


def add(connection: sqlite3.Connection, observations: Sequence[NewEntry]) -> list[Entry]:
    """Admit observations one after the other; return the entries that are new."""
    for new in observations:
        check(new)
    [last] = connection.execute("SELECT coalesce(max(position), 0) FROM entries").fetchone()
    lines = _latest_of_lines(connection, observations)
    events = _known_events(connection, observations)
    added: list[Entry] = []
    for new in observations:
        sequence, fingerprint = lines.get(new.ordering_key, (0, ""))
        if new.deliberate:
            known = False
        elif new.feed is Feed.STATE:
            known = sequence > 0 and fingerprint == new.fingerprint
        else:
            known = (new.flow, new.event_id) in events
        if not known:
            entry = admitted(new, position=last + len(added) + 1, sequence=sequence + 1)
            lines[new.ordering_key] = entry.sequence, entry.fingerprint
            events.add((new.flow, new.event_id))
            added.append(entry)
    _insert(connection, added)
    return added


def lease(
    connection: sqlite3.Connection,
    flow: str,
    *,
    now: datetime,
    until: datetime,
    limit: int,
    without: Sequence[str],
) -> list[Entry]:
    """Take what is due and whose turn it is, oldest position first."""
    others, names = _others_than(without)
    values = {"flow": flow, "now": micros(now), "until": micros(until), "limit": max(limit, 0), **names}
    query = f"{_LEASE} {others} ORDER BY entries.position LIMIT :limit"
    entries = [entry_from(row) for row in connection.execute(query, values).fetchall()]
    positions = [entry.position for entry in entries]
    for part in _parts(positions):
        update = f"UPDATE entries SET fence = fence + 1, leased_until = ? WHERE position IN ({_marks(part)})"
        connection.execute(update, (values["until"], *part))
    return entries


def due(connection: sqlite3.Connection, flow: str, *, now: datetime, without: Sequence[str]) -> bool:
    """Whether there is anything to lease."""
    others, names = _others_than(without)
    values = {"flow": flow, "now": micros(now), **names}
    return connection.execute(f"{_DUE} {others} LIMIT 1", values).fetchone() is not None


def save(connection: sqlite3.Connection, changes: Sequence[Change]) -> list[str]:
    """Write entries back, with their follow-ons; return the ids that were refused."""
    refused: list[str] = []
    for batch in _batches(changes):
        stored = _stored(connection, [change.entry.position for change in batch])
        taken: list[tuple[Entry, _Stored]] = []
        follow_ons: list[NewEntry] = []
        for change in batch:
            entry, row = change.entry, stored.get(change.entry.position)
            if row is None or row.id != entry.id or row.fence != entry.fence:
                refused.append(entry.id)
            else:
                taken.append((entry, row))
                follow_ons += change.follow_ons
        _write(connection, taken)
        if follow_ons:
            add(connection, follow_ons)
    return refused


def _insert(connection: sqlite3.Connection, entries: Sequence[Entry]) -> None:
    connection.executemany(_INSERT, [admitted_values(entry) for entry in entries])
    records = [(entry.position, entry.record) for entry in entries]
    connection.executemany("INSERT INTO records (position, record) VALUES (?, ?)", records)
    _freeze(
        connection, [entry for entry in entries if entry.payload is not None or entry.document is not None]
    )


def _freeze(connection: sqlite3.Connection, entries: Sequence[Entry]) -> None:
    connection.executemany(_FREEZE, [(entry.position, entry.payload, entry.document) for entry in entries])


def _write(connection: sqlite3.Connection, entries: Sequence[tuple[Entry, _Stored]]) -> None:
    """Write what differs; above all no index entry that stays as it is, and no payload again."""
    same, moved, frozen, references = [], [], [], []
    for entry, stored in entries:
        values = saved_values(entry)
        stands = blocking(entry, stored.blocking)
        if stands == stored.blocking:
            same.append((*values, entry.position))
        else:
            moved.append((*values, stands, entry.position))
        if entry.payload != stored.payload or entry.document != stored.document:
            frozen.append(entry)
        if entry.references:
            known = from_json(stored.references).items()
            references += [(entry.position, *pair) for pair in entry.references.items() if pair not in known]
    connection.executemany(f"{_UPDATE} WHERE position = ?", same)
    connection.executemany(f"{_UPDATE}, blocking = ? WHERE position = ?", moved)
    _freeze(connection, frozen)
    index_references(connection, references)


class _Stored(NamedTuple):
    """What decides whether an entry is saved, and what of it has to be written."""

    position: int
    id: str
    fence: int
    blocking: int
    references: str
    payload: bytes | None
    document: bytes | None


def _stored(connection: sqlite3.Connection, positions: Sequence[int]) -> dict[int, _Stored]:
    query = f"""
        SELECT entries.position, id, fence, blocking, reference_names, payload, document
        FROM entries LEFT JOIN payloads ON payloads.position = entries.position
        WHERE entries.position IN ({_marks(positions)})
    """
    rows = map(_Stored._make, connection.execute(query, positions).fetchall())
    return {row.position: row for row in rows}


def _batches(changes: Sequence[Change]) -> Iterator[Sequence[Change]]:
    """Parts of which none has an entry twice: the second time, its fence is another."""
    batch: dict[int, Change] = {}
    for change in changes:
        if change.entry.position in batch or len(batch) == _PART:
            yield list(batch.values())
            batch = {}
        batch[change.entry.position] = change
    if batch:
        yield list(batch.values())


def _others_than(partners: Sequence[str]) -> tuple[str, dict[str, str]]:
    """The condition that leaves out what is pending for these partners, and its values."""
    if not partners:
        return "", {}
    values = {f"partner{n}": partner for n, partner in enumerate(partners)}
    names = ", ".join(f":{name}" for name in values)
    return f"AND (entries.state = 'in flight' OR entries.partner NOT IN ({names}))", values


def _latest_of_lines(
    connection: sqlite3.Connection, observations: Sequence[NewEntry]
) -> dict[str, tuple[int, str]]:
    """Sequence and fingerprint of the latest entry under each ordering key that has one."""
    lines: dict[str, tuple[int, str]] = {}
    for part in _parts(list({new.ordering_key for new in observations})):
        query = f"""
            WITH lines (key) AS (VALUES {_marks(part, "(?)")})
            SELECT key, sequence, fingerprint FROM lines JOIN entries ON position = (
                SELECT position FROM entries WHERE ordering_key = key ORDER BY sequence DESC LIMIT 1
            )
        """
        for key, sequence, fingerprint in connection.execute(query, part).fetchall():
            lines[key] = sequence, fingerprint
    return lines


def _known_events(connection: sqlite3.Connection, observations: Sequence[NewEntry]) -> set[tuple[str, str]]:
    """Flow and event id of those that are in the outbox already."""
    asked: dict[str, set[str]] = {}
    for new in observations:
        if new.feed is Feed.EVENT:
            asked.setdefault(new.flow, set()).add(new.event_id)
    known: set[tuple[str, str]] = set()
    for flow, ids in asked.items():
        for part in _parts(list(ids)):
            # The last condition lets SQLite use the index of the rows that have an event id.
            query = f"""
                SELECT event_id FROM entries
                WHERE flow = ? AND event_id IN ({_marks(part)}) AND event_id <> ''
            """
            known |= {(flow, found) for (found,) in connection.execute(query, (flow, *part)).fetchall()}
    return known


def _parts(values: Sequence[T]) -> Iterator[Sequence[T]]:
    return (values[first : first + _PART] for first in range(0, len(values), _PART))


def _marks(values: Sequence[object], mark: str = "?") -> str:
    return ", ".join([mark] * len(values))
