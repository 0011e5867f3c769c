"""The tables, and how an older file becomes a present one.

Times are microseconds since 1970 in UTC, so that they compare as numbers and lose nothing. Mappings are
JSON text. States are spelled out: the file is meant to be read with the ``sqlite3`` shell, too. An index
ends with the row's position without saying so, so its rows come out in the order of admission.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TypeAlias

from mlconnector_sdk.storage.sqlite.references import index_all_references

__all__ = ["APPLICATION_ID", "MIGRATIONS", "Step", "migrate", "version"]

Step: TypeAlias = str | Callable[[sqlite3.Connection], None]
"""One statement, or what no single statement can do."""

APPLICATION_ID = 0x4D4C434E
"""``MLCN``, bytes 68 to 71 of the file: tells our files from those of other programs."""

_FIRST: tuple[Step, ...] = (
    """
    CREATE TABLE inbox (
        position INTEGER PRIMARY KEY,
        source TEXT NOT NULL,
        event_id TEXT NOT NULL,
        received_at INTEGER NOT NULL,
        closed INTEGER NOT NULL DEFAULT 0,
        body BLOB NOT NULL,
        UNIQUE (source, event_id)
    ) STRICT
    """,
    "CREATE INDEX inbox_open ON inbox (source, position) WHERE closed = 0",
    """
    CREATE TABLE entries (
        position INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        flow TEXT NOT NULL,
        kind TEXT NOT NULL,
        feed TEXT NOT NULL,
        number TEXT NOT NULL,
        partner TEXT NOT NULL,
        ordering_key TEXT NOT NULL,
        sequence INTEGER NOT NULL,
        dedupe_key TEXT NOT NULL,
        event_id TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        state TEXT NOT NULL,
        blocks INTEGER NOT NULL,
        observed_at INTEGER NOT NULL,
        changed_at INTEGER NOT NULL,
        attempts INTEGER NOT NULL,
        not_before INTEGER,
        fence INTEGER NOT NULL,
        leased_until INTEGER,
        idempotency_key TEXT NOT NULL,
        first_sent_at INTEGER,
        reference_names TEXT NOT NULL,
        reason TEXT NOT NULL,
        remedy TEXT NOT NULL,
        outcome_unknown INTEGER NOT NULL,
        parent TEXT NOT NULL,
        UNIQUE (ordering_key, sequence)
    ) STRICT
    """,
    # SQLite writes a whole row when one of its columns changes: what is large and seldom changes lies apart.
    "CREATE TABLE records (position INTEGER PRIMARY KEY, record BLOB NOT NULL) STRICT",
    "CREATE TABLE payloads (position INTEGER PRIMARY KEY, payload BLOB NOT NULL) STRICT",
    "CREATE INDEX entries_by_event ON entries (flow, event_id) WHERE event_id <> ''",
    "CREATE INDEX entries_by_number ON entries (number)",
    "CREATE INDEX entries_by_state ON entries (state)",
    # The next three hold only what is unfinished, so they stay small however long the history grows.
    "CREATE INDEX entries_waiting ON entries (flow) WHERE state IN ('pending', 'in flight')",
    "CREATE INDEX entries_blocking ON entries (ordering_key, sequence) WHERE blocks = 1",
    """
    CREATE INDEX entries_leased ON entries (ordering_key)
    WHERE leased_until IS NOT NULL AND state IN ('pending', 'in flight')
    """,
    """
    CREATE TABLE checkpoints (
        flow TEXT PRIMARY KEY,
        cursors TEXT NOT NULL,
        revision INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE flow_status (
        flow TEXT PRIMARY KEY,
        paused_until INTEGER,
        reason TEXT NOT NULL,
        remedy TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE claims (
        purpose TEXT NOT NULL,
        name TEXT NOT NULL,
        owner TEXT NOT NULL,
        until INTEGER NOT NULL,
        PRIMARY KEY (purpose, name)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE audit (
        position INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        at INTEGER NOT NULL,
        flow TEXT NOT NULL,
        kind TEXT NOT NULL,
        text TEXT NOT NULL,
        entry_id TEXT NOT NULL,
        number TEXT NOT NULL,
        partner TEXT NOT NULL,
        data TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX audit_by_number ON audit (number, at)",
    "CREATE INDEX audit_by_entry ON audit (entry_id, at)",
    """
    CREATE TABLE sealed (
        purpose TEXT NOT NULL,
        name TEXT NOT NULL,
        content BLOB NOT NULL,
        PRIMARY KEY (purpose, name)
    ) STRICT, WITHOUT ROWID
    """,
)

_SECOND: tuple[Step, ...] = (
    # Entries move to a table that costs less to write: fewer and smaller indexes, of which none changes
    # while an entry is leased and sent; and without the dedupe key, which `entry_rows` makes of the rest.
    """
    CREATE TABLE new_entries (
        position INTEGER PRIMARY KEY,
        flow TEXT NOT NULL,
        state TEXT NOT NULL,
        blocking INTEGER NOT NULL,  -- 0: no, 1: a dead letter, 2: unfinished so far, 3: unfinished again
        fence INTEGER NOT NULL DEFAULT 0,
        leased_until INTEGER,
        not_before INTEGER,
        changed_at INTEGER NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        id TEXT NOT NULL,
        feed TEXT NOT NULL,
        kind TEXT NOT NULL,
        number TEXT NOT NULL,
        partner TEXT NOT NULL,
        ordering_key TEXT NOT NULL,
        sequence INTEGER NOT NULL,
        event_id TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        observed_at INTEGER NOT NULL,
        parent TEXT NOT NULL,
        deliberate INTEGER NOT NULL,
        idempotency_key TEXT NOT NULL DEFAULT '',
        first_sent_at INTEGER,
        reference_names TEXT NOT NULL DEFAULT '{}',
        reason TEXT NOT NULL,
        remedy TEXT NOT NULL,
        outcome_unknown INTEGER NOT NULL DEFAULT 0,
        accepted_at INTEGER,
        expected_by INTEGER,
        purged_at INTEGER,
        UNIQUE (ordering_key, sequence)
    ) STRICT
    """,
    """
    INSERT INTO new_entries
    SELECT position, flow, state, CASE WHEN state IN ('pending', 'in flight') THEN 3 ELSE blocks END,
        fence, leased_until, not_before, changed_at, attempts, id, feed, kind, number, partner, ordering_key,
        sequence, event_id, fingerprint, observed_at, parent, 0, idempotency_key, first_sent_at,
        reference_names, reason, remedy, outcome_unknown, NULL, NULL, NULL
    FROM entries ORDER BY position
    """,
    "DROP TABLE entries",
    "ALTER TABLE new_entries RENAME TO entries",
    # Ids are hashes, so their order is none, and each index entry is written to a page of its own: short
    # ones keep those pages few. What begins like another id is told from it by the row.
    "CREATE INDEX entries_by_id ON entries (substr(id, 1, 8))",
    "CREATE INDEX entries_by_number ON entries (number)",
    "CREATE INDEX entries_by_event ON entries (flow, event_id) WHERE event_id <> ''",
    # The next four stay small however long the history grows.
    "CREATE INDEX entries_unfinished ON entries (flow) WHERE blocking >= 2",
    "CREATE INDEX entries_blocking ON entries (ordering_key, sequence) WHERE blocking > 0",
    # (Comparisons, because SQLite builds a table for a list of three each time it looks at a row.)
    """
    CREATE INDEX entries_before_person ON entries (state)
    WHERE state = 'held' OR state = 'dead' OR state = 'rejected'
    """,
    "CREATE INDEX entries_expected ON entries (expected_by) WHERE expected_by IS NOT NULL",
    # What the vendor calls an entry, as checksums (`references`): a way to rows that may have the name.
    """
    CREATE TABLE entries_by_reference (
        reference INTEGER NOT NULL,
        position INTEGER NOT NULL,
        PRIMARY KEY (reference, position)
    ) STRICT, WITHOUT ROWID
    """,
    index_all_references,
    # What the partner has lies beside what was sent, and either may be missing.
    "CREATE TABLE new_payloads (position INTEGER PRIMARY KEY, payload BLOB, document BLOB) STRICT",
    "INSERT INTO new_payloads SELECT position, payload, NULL FROM payloads ORDER BY position",
    "DROP TABLE payloads",
    "ALTER TABLE new_payloads RENAME TO payloads",
    # A row with an empty partner is about the whole flow.
    """
    CREATE TABLE new_flow_status (
        flow TEXT NOT NULL,
        partner TEXT NOT NULL,
        paused_until INTEGER,
        reason TEXT NOT NULL,
        remedy TEXT NOT NULL,
        PRIMARY KEY (flow, partner)
    ) STRICT, WITHOUT ROWID
    """,
    "INSERT INTO new_flow_status SELECT flow, '', paused_until, reason, remedy FROM flow_status",
    "DROP TABLE flow_status",
    "ALTER TABLE new_flow_status RENAME TO flow_status",
    # Closed events whose body is still there; 2 in the column says that it was purged.
    "CREATE INDEX inbox_closed ON inbox (received_at) WHERE closed = 1",
    # What went over the wire about an entry.
    """
    CREATE TABLE exchanges (
        position INTEGER PRIMARY KEY,
        entry_id TEXT NOT NULL,
        vendor TEXT NOT NULL,
        request TEXT NOT NULL,
        status INTEGER,
        at INTEGER NOT NULL,
        content BLOB NOT NULL
    ) STRICT
    """,
    "CREATE INDEX exchanges_by_entry ON exchanges (substr(entry_id, 1, 8))",
)

MIGRATIONS: tuple[tuple[Step, ...], ...] = (_FIRST, _SECOND)
"""What leads from schema n to schema n + 1, step by step. Never edited, only added to."""


def version(connection: sqlite3.Connection) -> int:
    """The schema of a file: how many migrations it has seen."""
    number: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return number


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a file to the present schema, in one transaction.

    The version is read again under the writer's lock: another process may have been faster.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        for migration in MIGRATIONS[version(connection) :]:
            for step in migration:
                if isinstance(step, str):
                    connection.execute(step)
                else:
                    step(connection)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
