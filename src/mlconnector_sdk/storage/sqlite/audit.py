"""The audit trail in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mlconnector_sdk.records import AuditEvent
from mlconnector_sdk.storage.sqlite.database import OnDatabase
from mlconnector_sdk.storage.sqlite.values import from_json, instant, micros, to_json

__all__ = ["SQLiteAuditLog"]

_COLUMNS = "id, at, flow, kind, text, entry_id, number, partner, data"
_INSERT = f"INSERT INTO audit ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING"


class SQLiteAuditLog(OnDatabase):
    """An `AuditLog` in a file: each line is on the disk before `write` returns.

    Args:
        path: The file, which may be that of a `SQLiteStore`, or a `Database` to share.
        busy_timeout: How many seconds to wait while another process writes.

    Raises:
        StoreError: The path, the file or its schema cannot be used.
    """

    def write(self, events: Sequence[AuditEvent]) -> None:
        """Keep these lines; one whose id is known already is left as it is.

        Raises:
            StoreError: They could not be written; then none of them is.
        """
        rows = [_row(event) for event in events]
        self._database.write(lambda connection: connection.executemany(_INSERT, rows).rowcount)

    def read(self, *, number: str = "", entry_id: str = "") -> list[AuditEvent]:
        """The lines about a business number or an entry, oldest first (both empty: about no document).

        Raises:
            StoreError: They cannot be read.
        """
        given = {"number": number, "entry_id": entry_id}
        criteria = {column: value for column, value in given.items() if value} or given
        where = " AND ".join(f"{column} = ?" for column in criteria)
        query = f"SELECT {_COLUMNS} FROM audit WHERE {where} ORDER BY at, position"
        return [_event(row) for row in self._database.rows(query, tuple(criteria.values()))]


def _row(event: AuditEvent) -> tuple[Any, ...]:
    return (
        event.id,
        micros(event.at),
        event.flow,
        event.kind,
        event.text,
        event.entry_id,
        event.number,
        event.partner,
        to_json(event.data),
    )


def _event(row: tuple[Any, ...]) -> AuditEvent:
    id_, at, flow, kind, text, entry_id, number, partner, data = row
    return AuditEvent(
        id=id_,
        at=instant(at),
        flow=flow,
        kind=kind,
        text=text,
        entry_id=entry_id,
        number=number,
        partner=partner,
        data=from_json(data),
    )
