"""The tables, and how an older file becomes a present one.

Times are microseconds since 1970 in UTC, so that they compare as numbers and lose nothing. Mappings are
JSON text. States are spelled out: the file is meant to be read with the ``sqlite3`` shell, too. An index
ends with the row's position without saying so, so its rows come out in the order of admission.
"""

from __future__ import annotations

import sqlite3

__all__ = ["APPLICATION_ID", "MIGRATIONS", "migrate", "version"]

APPLICATION_ID = 0x4D4C434E
"""``MLCN``, bytes 68 to 71 of the file: tells our files from those of other programs."""

_FIRST = (
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

_SECOND = (
    "ALTER TABLE entries ADD COLUMN deliberate INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE entries ADD COLUMN accepted_at INTEGER",
    "ALTER TABLE entries ADD COLUMN expected_by INTEGER",
    "ALTER TABLE entries ADD COLUMN purged_at INTEGER",
    "CREATE INDEX entries_expected ON entries (expected_by) WHERE expected_by IS NOT NULL",
    "CREATE TABLE contents (position INTEGER PRIMARY KEY, payload BLOB, document BLOB) STRICT",
    "INSERT INTO contents (position, payload) SELECT position, payload FROM payloads",
    "DROP TABLE payloads",
    "ALTER TABLE contents RENAME TO payloads",
    """
    CREATE TABLE statuses (
        flow TEXT NOT NULL,
        partner TEXT NOT NULL,
        paused_until INTEGER,
        reason TEXT NOT NULL,
        remedy TEXT NOT NULL,
        PRIMARY KEY (flow, partner)
    ) STRICT
    """,
    "INSERT INTO statuses SELECT flow, '', paused_until, reason, remedy FROM flow_status",
    "DROP TABLE flow_status",
    "ALTER TABLE statuses RENAME TO flow_status",
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (_FIRST, _SECOND)
"""What leads from schema n to schema n + 1, statement by statement. Never edited, only added to."""


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
            for statement in migration:
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
