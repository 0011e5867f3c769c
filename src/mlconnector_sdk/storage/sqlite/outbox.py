"""The outbox in SQL: each function runs inside one transaction of its caller."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime

from attrs import evolve

from mlconnector_sdk.records import Change, Entry, Feed, NewEntry, State
from mlconnector_sdk.storage.admission import admitted, check
from mlconnector_sdk.storage.sqlite.entry_rows import (
    COLUMNS,
    SAVED_COLUMNS,
    entry_from,
    row_from,
    saved_values,
)
from mlconnector_sdk.storage.sqlite.values import micros, to_json

__all__ = ["accepted", "add", "due", "find", "history", "lease", "purge", "save"]

_COLUMNS = ", ".join(f"entries.{column}" for column in COLUMNS)
_SELECT = (
    f"SELECT {_COLUMNS}, coalesce(record, x''), payload, document"
    " FROM entries LEFT JOIN records ON records.position = entries.position"
    " LEFT JOIN payloads ON payloads.position = entries.position"
)
_INSERT = f"INSERT INTO entries ({', '.join(COLUMNS)}) VALUES ({', '.join('?' for _ in COLUMNS)})"
_UPDATE = f"""
    UPDATE entries SET fence = fence + 1, {", ".join(f"{column} = ?" for column in SAVED_COLUMNS)}
    WHERE position = ? AND id = ? AND fence = ?
"""
_FREEZE = """
    INSERT INTO payloads (position, payload, document) VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET payload = excluded.payload, document = excluded.document
    WHERE payload IS NOT excluded.payload OR document IS NOT excluded.document
"""
_LEASABLE = f"""
    {_SELECT}
    WHERE entries.flow = :flow AND entries.state IN ('pending', 'in flight')
      AND (entries.state = 'in flight' OR entries.partner NOT IN (SELECT value FROM json_each(:without)))
      AND (entries.leased_until IS NULL OR entries.leased_until <= :now)
      AND (entries.not_before IS NULL OR entries.not_before <= :now)
      AND NOT EXISTS (
          SELECT 1 FROM entries AS earlier
          WHERE earlier.blocks = 1
            AND earlier.ordering_key = entries.ordering_key AND earlier.sequence < entries.sequence
      )
      AND NOT EXISTS (  -- somebody may have made an older entry pending while a newer one is held
          SELECT 1 FROM entries AS held
          WHERE held.leased_until IS NOT NULL AND held.state IN ('pending', 'in flight')
            AND held.ordering_key = entries.ordering_key AND held.leased_until > :now
      )
    ORDER BY entries.position LIMIT :limit
"""

_TAKEN = tuple(state.value for state in State if state.taken)
_KEPT = tuple(
    state.value for state in State if state.waits_for_person or state in (State.PENDING, State.IN_FLIGHT)
)


def add(connection: sqlite3.Connection, observations: Iterable[NewEntry]) -> list[Entry]:
    """Admit observations one after the other; return the entries that are new."""
    [last] = connection.execute("SELECT coalesce(max(position), 0) FROM entries").fetchone()
    added: list[Entry] = []
    for new in observations:
        check(new)
        sequence, fingerprint = _latest(connection, new.ordering_key)
        if new.deliberate:
            known = False
        elif new.feed is Feed.STATE:
            known = sequence > 0 and fingerprint == new.fingerprint
        else:
            known = _event_is_known(connection, new)
        if not known:
            entry = admitted(new, position=last + len(added) + 1, sequence=sequence + 1)
            connection.execute(_INSERT, row_from(entry))
            connection.execute("INSERT INTO records VALUES (?, ?)", (entry.position, entry.record))
            if entry.payload is not None or entry.document is not None:
                connection.execute(_FREEZE, (entry.position, entry.payload, entry.document))
            added.append(entry)
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
    parameters = _leasable(flow, now, limit, without)
    entries = [entry_from(row) for row in connection.execute(_LEASABLE, parameters).fetchall()]
    connection.executemany(
        "UPDATE entries SET fence = fence + 1, leased_until = ? WHERE position = ?",
        [(micros(until), entry.position) for entry in entries],
    )
    return [evolve(entry, fence=entry.fence + 1, leased_until=until) for entry in entries]


def due(connection: sqlite3.Connection, flow: str, *, now: datetime, without: Sequence[str]) -> bool:
    """Whether there is anything to lease."""
    parameters = _leasable(flow, now, 1, without)
    return connection.execute(_LEASABLE, parameters).fetchone() is not None


def save(connection: sqlite3.Connection, changes: Sequence[Change]) -> list[str]:
    """Write entries back, with their follow-ons; return the ids that were refused."""
    refused = []
    for change in changes:
        entry = change.entry
        where = (entry.position, entry.id, entry.fence)
        if not connection.execute(_UPDATE, (*saved_values(entry), *where)).rowcount:
            refused.append(entry.id)
            continue
        if entry.payload is None and entry.document is None:
            connection.execute("DELETE FROM payloads WHERE position = ?", (entry.position,))
        else:
            connection.execute(_FREEZE, (entry.position, entry.payload, entry.document))
        if change.follow_ons:
            add(connection, change.follow_ons)
    return refused


def history(connection: sqlite3.Connection, ordering_key: str, *, content: bool) -> list[Entry]:
    """Every entry under an ordering key, by sequence."""
    select = _SELECT if content else f"SELECT {_COLUMNS}, x'', NULL, NULL FROM entries"
    query = f"{select} WHERE ordering_key = ? ORDER BY sequence"
    return [entry_from(row) for row in connection.execute(query, (ordering_key,)).fetchall()]


def accepted(connection: sqlite3.Connection, ordering_key: str) -> Entry | None:
    """What the partner has taken last, or else what is known from before go-live."""
    for states in (_TAKEN, (State.KNOWN.value,)):
        marks = ", ".join("?" for _ in states)
        query = f"{_SELECT} WHERE ordering_key = ? AND state IN ({marks}) ORDER BY sequence DESC LIMIT 1"
        row = connection.execute(query, (ordering_key, *states)).fetchone()
        if row is not None:
            return entry_from(row)
    return None


def find(
    connection: sqlite3.Connection,
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
    given = {"flow = ?": flow, "number = ?": number, "partner = ?": partner, "id = ?": entry_id}
    criteria: dict[str, str | int] = {column: value for column, value in given.items() if value}
    if reference is not None:
        criteria["instr(reference_names, ?)"] = to_json(dict([reference]))[1:-1]
    if expected_before is not None:
        criteria["expected_by < ?"] = micros(expected_before)
    if after:
        criteria["position > ?"] = after
    # One branch per state: each walks an index in order, where IN (...) would gather all and sort them.
    branches = [{**criteria, "state = ?": state.value} for state in dict.fromkeys(states)] or [criteria]
    positions = " UNION ALL ".join(_branch(branch) for branch in branches)
    query = f"{_SELECT} WHERE entries.position IN ({positions}) ORDER BY entries.position LIMIT ?"
    values: list[str | int] = []
    for branch in branches:
        values += [*branch.values(), max(limit, 0)]
    return [entry_from(row) for row in connection.execute(query, [*values, max(limit, 0)]).fetchall()]


def purge(connection: sqlite3.Connection, before: datetime, *, limit: int) -> int:
    """Empty what was finished before an instant; how many entries."""
    query = f"""
        SELECT position FROM entries
        WHERE purged_at IS NULL AND changed_at < ? AND state NOT IN ({", ".join("?" for _ in _KEPT)})
        ORDER BY position LIMIT ?
    """
    positions = connection.execute(query, (micros(before), *_KEPT, max(limit, 0))).fetchall()
    connection.executemany("DELETE FROM records WHERE position = ?", positions)
    connection.executemany("DELETE FROM payloads WHERE position = ?", positions)
    connection.executemany(
        "UPDATE entries SET purged_at = ?, fence = fence + 1 WHERE position = ?",
        [(micros(before), position) for (position,) in positions],
    )
    return len(positions)


def _leasable(flow: str, now: datetime, limit: int, without: Sequence[str]) -> dict[str, str | int]:
    names = json.dumps(list(without))
    return {"flow": flow, "now": micros(now), "limit": max(limit, 0), "without": names}


def _branch(criteria: dict[str, str | int]) -> str:
    where = " AND ".join(criteria) or "TRUE"
    return f"SELECT * FROM (SELECT position FROM entries WHERE {where} ORDER BY position LIMIT ?)"


def _latest(connection: sqlite3.Connection, ordering_key: str) -> tuple[int, str]:
    """Sequence and fingerprint of the latest entry under an ordering key; sequence 0 where there is none."""
    query = "SELECT sequence, fingerprint FROM entries WHERE ordering_key = ? ORDER BY sequence DESC LIMIT 1"
    latest: tuple[int, str] | None = connection.execute(query, (ordering_key,)).fetchone()
    return latest or (0, "")


def _event_is_known(connection: sqlite3.Connection, new: NewEntry) -> bool:
    # The last condition lets SQLite use the index of the rows that have an event id.
    query = "SELECT 1 FROM entries WHERE flow = ? AND event_id = ? AND event_id <> '' LIMIT 1"
    return connection.execute(query, (new.flow, new.event_id)).fetchone() is not None
