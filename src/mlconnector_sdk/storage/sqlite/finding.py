"""Looking entries up in SQL: each function runs inside one transaction of its caller."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias

from mlconnector_sdk.records import Entry, State
from mlconnector_sdk.storage.sqlite.entry_rows import UNFINISHED, entry_from, select
from mlconnector_sdk.storage.sqlite.references import BY_REFERENCE, reference_values
from mlconnector_sdk.storage.sqlite.values import micros

__all__ = ["accepted", "find", "history"]

_Values: TypeAlias = tuple[str | int, ...]
_Criteria: TypeAlias = dict[str, _Values]

# Spelled as a list of rows: by itself, SQLite would rather look through the whole table in order.
_EXPECTED = "position IN (SELECT position FROM entries WHERE expected_by < ?)"
_TAKEN = ", ".join(f"'{state.value}'" for state in State if state.taken)


def history(connection: sqlite3.Connection, ordering_key: str, *, content: bool) -> list[Entry]:
    """Every entry under an ordering key, by sequence."""
    query = f"{select(content=content)} WHERE ordering_key = ? ORDER BY sequence"
    return [entry_from(row) for row in connection.execute(query, (ordering_key,)).fetchall()]


def accepted(connection: sqlite3.Connection, ordering_key: str) -> Entry | None:
    """What the partner has taken last, or else what is known from before go-live."""
    for states in (_TAKEN, f"'{State.KNOWN.value}'"):
        query = f"{select()} WHERE ordering_key = ? AND state IN ({states}) ORDER BY sequence DESC LIMIT 1"
        row = connection.execute(query, (ordering_key,)).fetchone()
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
    criteria: _Criteria = {
        f"{column} = ?": (value,)
        for column, value in {"flow": flow, "number": number, "partner": partner}.items()
        if value
    }
    if entry_id:
        # The plus keeps SQLite from putting the value for `id` in the first term, which then fits no index.
        criteria["substr(id, 1, 8) = substr(?, 1, 8) AND +id = ?"] = (entry_id, entry_id)
    if reference is not None:
        criteria[BY_REFERENCE] = reference_values(*reference)
    if expected_before is not None:
        criteria[_EXPECTED] = (micros(expected_before),)
    if after > 0:
        criteria["position > ?"] = (after,)
    # One branch per state: each walks an index in order, where IN (...) would gather all and sort them.
    branches = [criteria | _of(state, few=bool(number)) for state in dict.fromkeys(states)] or [criteria]
    positions = " UNION ALL ".join(_branch(branch) for branch in branches)
    query = f"{select()} WHERE entries.position IN ({positions}) ORDER BY entries.position LIMIT ?"
    values: list[str | int] = []
    for branch in branches:
        values += [*(value for given in branch.values() for value in given), max(limit, 0)]
    return [entry_from(row) for row in connection.execute(query, [*values, max(limit, 0)]).fetchall()]


def _of(state: State, *, few: bool) -> _Criteria:
    """The state, spelled out so that SQLite sees which index has it, and what follows from it.

    Where few rows are left anyway, the plus keeps SQLite from gathering all those of the state.
    """
    if few:
        return {f"+state = '{state.value}'": ()}
    criteria: _Criteria = {f"state = '{state.value}'": ()}
    if state in (State.PENDING, State.IN_FLIGHT):
        criteria[f"blocking >= {UNFINISHED}"] = ()
    return criteria


def _branch(criteria: _Criteria) -> str:
    where = " AND ".join(criteria) or "TRUE"
    return f"SELECT * FROM (SELECT position FROM entries WHERE {where} ORDER BY position LIMIT ?)"
