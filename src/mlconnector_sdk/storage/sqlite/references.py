"""Finding entries by what a vendor called them.

An entry's references are JSON text in its row. Beside it, a table leads from a checksum of each name and
value to the rows that may have it: small, whatever the vendor's names look like, and written only when
an entry gets a reference that it did not have. Nothing is ever removed from it; the row decides.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from zlib import crc32

from mlconnector_sdk.storage.sqlite.values import from_json, json_pair

__all__ = ["BY_REFERENCE", "index_all_references", "index_references", "reference_values"]

BY_REFERENCE = """
    position IN (SELECT position FROM entries_by_reference WHERE reference = ?)
    AND instr(',' || substr(reference_names, 2), ?)
"""
"""The condition that an entry has a reference; `reference_values` gives its two values."""

_INSERT = "INSERT INTO entries_by_reference VALUES (?, ?) ON CONFLICT DO NOTHING"


def reference_values(name: str, value: str) -> tuple[int, str]:
    """The values of `BY_REFERENCE`: the checksum that leads to rows, and the text that decides."""
    return _checksum(name, value), f",{json_pair(name, value)}"


def index_references(connection: sqlite3.Connection, rows: Iterable[tuple[int, str, str]]) -> None:
    """Make entries known by references: position, name and value of each."""
    rows_of_index = ((_checksum(name, value), position) for position, name, value in rows)
    connection.executemany(_INSERT, rows_of_index)


def index_all_references(connection: sqlite3.Connection) -> None:
    """Make every entry of an older file known by its references."""
    rows = connection.execute("SELECT position, reference_names FROM entries WHERE reference_names <> '{}'")
    index_references(
        connection,
        ((position, name, value) for position, names in rows for name, value in from_json(names).items()),
    )


def _checksum(name: str, value: str) -> int:
    return crc32(json_pair(name, value).encode())
