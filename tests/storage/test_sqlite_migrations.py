"""Files of older schemas open, and keep everything."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from mlconnector_sdk.records import (
    AuditEvent,
    Checkpoint,
    Collection,
    Entry,
    Feed,
    FlowStatus,
    Purged,
    State,
    digest,
)
from mlconnector_sdk.storage.sqlite import SQLiteStore, schema
from mlconnector_sdk.testing.store_contract.samples import LATER, MINUTE, NOW, change, event, order, scan

MICROS = 1_772_438_400_000_000  # NOW
COLUMNS_1 = (
    "position, id, flow, kind, feed, number, partner, ordering_key, sequence, dedupe_key, event_id,"
    " fingerprint, state, blocks, observed_at, changed_at, attempts, not_before, fence, leased_until,"
    " idempotency_key, first_sent_at, reference_names, reason, remedy, outcome_unknown, parent"
)


def order_row(position, number, sequence, fingerprint, state, **changes):
    """A row of `COLUMNS_1`, as the first version wrote it."""
    key = f"orders|{number}"
    row = {
        "position": position,
        "id": digest(f"{key}|{sequence}"),
        "flow": "orders",
        "kind": "850",
        "feed": "state",
        "number": number,
        "partner": "ACME",
        "ordering_key": key,
        "sequence": sequence,
        "dedupe_key": f"{key}|{sequence}",
        "event_id": "",
        "fingerprint": fingerprint,
        "state": state,
        "blocks": int(state in ("pending", "in flight")),
        "observed_at": MICROS,
        "changed_at": MICROS,
        "attempts": 0,
        "not_before": None,
        "fence": 0,
        "leased_until": None,
        "idempotency_key": "",
        "first_sent_at": None,
        "reference_names": "{}",
        "reason": "",
        "remedy": "",
        "outcome_unknown": 0,
        "parent": "",
    }
    return row | changes


ROWS = [
    order_row(
        1,
        "PO-1",
        1,
        "A",
        "accepted",
        attempts=1,
        fence=3,
        idempotency_key="k1",
        first_sent_at=MICROS,
        reference_names='{"execution":"x-1","file":"für \\"alle\\""}',
    ),
    order_row(2, "PO-2", 1, "A", "in flight", attempts=1, fence=2, leased_until=MICROS + 300_000_000),
    order_row(3, "PO-1", 2, "B", "pending", not_before=MICROS + 60_000_000),
    order_row(4, "PO-3", 1, "A", "dead", outcome_unknown=1, blocks=1, reason="cut off", remedy="settle"),
    order_row(5, "PO-3", 2, "B", "pending"),
    order_row(
        6,
        "1Z",
        1,
        "",
        "dead",
        flow="scans",
        kind="tracking",
        feed="event",
        blocks=1,
        ordering_key="scans|1Z",
        dedupe_key="scans|e1",
        id=digest("scans|e1"),
        event_id="e1",
        parent="p1",
    ),
]


@pytest.fixture
def older(tmp_path):
    """A file of schema 1 with rows in every table."""
    path = tmp_path / "older.db"
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA journal_mode = WAL")
        for statement in schema.MIGRATIONS[0]:
            raw.execute(statement)
        marks = ", ".join("?" * len(ROWS[0]))
        for row in ROWS:
            raw.execute(f"INSERT INTO entries ({COLUMNS_1}) VALUES ({marks})", tuple(row.values()))
            raw.execute(
                "INSERT INTO records VALUES (?, ?)", (row["position"], b"record %d" % row["position"])
            )
        raw.executemany("INSERT INTO payloads VALUES (?, ?)", [(1, b"ISA*00*"), (2, b"")])
        raw.execute(f"INSERT INTO inbox VALUES (1, 'stedi.transactions', 'e1', {MICROS}, 0, x'7b7d')")
        raw.execute(f"INSERT INTO inbox VALUES (2, 'stedi.transactions', 'e2', {MICROS}, 1, x'7b7d')")
        raw.execute("INSERT INTO checkpoints VALUES ('orders', '{\"orders\":\"mark\"}', 3)")
        raw.execute(f"INSERT INTO flow_status VALUES ('orders', {MICROS}, 'no role', 'ask for it')")
        raw.execute(f"INSERT INTO claims VALUES ('store', 'run', 'a', {MICROS + 300_000_000})")
        line = (1, "a1", MICROS, "orders", "sent", "sent", "x", "PO-1", "ACME", "{}")
        raw.execute("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", line)
        raw.execute("INSERT INTO sealed VALUES ('secret', 'plex', x'01')")
        raw.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        raw.execute("PRAGMA user_version = 1")
        raw.commit()
    return path


def accepted_entry() -> Entry:
    return Entry(
        id=digest("orders|PO-1|1"),
        position=1,
        flow="orders",
        kind="850",
        feed=Feed.STATE,
        number="PO-1",
        partner="ACME",
        ordering_key="orders|PO-1",
        sequence=1,
        dedupe_key="orders|PO-1|1",
        fingerprint="A",
        record=b"record 1",
        state=State.ACCEPTED,
        observed_at=NOW,
        changed_at=NOW,
        attempts=1,
        fence=3,
        payload=b"ISA*00*",
        idempotency_key="k1",
        first_sent_at=NOW,
        references={"execution": "x-1", "file": 'für "alle"'},
    )


def test_entries_of_schema_1(older):
    with SQLiteStore(older) as store:
        first, in_flight, later, uncertain, _, happened = store.find()
        assert first == accepted_entry()
        assert (in_flight.payload, in_flight.leased_until) == (b"", LATER)
        assert later.not_before == NOW + MINUTE
        assert (uncertain.outcome_unknown, uncertain.reason) == (True, "cut off")
        assert (happened.feed, happened.dedupe_key, happened.parent) == (Feed.EVENT, "scans|e1", "p1")
        assert [entry.record for entry in store.find()] == [b"record %d" % n for n in range(1, 7)]


def test_lookups_in_a_file_of_schema_1(older):
    with SQLiteStore(older) as store:
        first = accepted_entry()
        assert (
            store.find(reference=("execution", "x-1"))
            == store.find(reference=("file", 'für "alle"'))
            == [first]
        )
        assert store.find(entry_id=first.id) == [first]
        assert store.accepted("orders|PO-1") == first
        assert [entry.position for entry in store.find(states=[State.DEAD])] == [4, 6]
        assert [entry.position for entry in store.find(flow="orders", states=[State.PENDING])] == [3, 5]


def test_rules_in_a_file_of_schema_1(older):
    with SQLiteStore(older) as store:
        # PO-3 waits for the letter of which nobody knows whether it arrived; PO-1 is not due yet.
        assert [entry.position for entry in store.lease("orders", now=NOW, until=LATER, limit=9)] == []
        leased = store.lease("orders", now=LATER, until=LATER + MINUTE, limit=9)
        assert [entry.position for entry in leased] == [2, 3]
        assert store.collect(Collection(entries=(order("PO-1", "B"), scan("e1")))).known == 2
        [added] = store.collect(Collection(entries=(order("PO-1", "A"),))).added
        assert (added.position, added.sequence) == (7, 3)
        document = change(accepted_entry(), document=b"{}", expected_by=LATER, accepted_at=NOW)
        assert store.save([document]) == []
        assert store.find(expected_before=LATER + MINUTE)[0].document == b"{}"
        assert store.purge(NOW + timedelta(days=1)) == Purged(entries=1, events=1)


def test_everything_else_of_schema_1(older):
    paused = FlowStatus(flow="orders", paused_until=NOW, reason="no role", remedy="ask for it")
    with SQLiteStore(older) as store:
        assert store.pending_events("stedi.transactions") == [event("e1")]
        assert not store.admit(event("e2"))
        assert store.checkpoint("orders") == Checkpoint(flow="orders", cursors={"orders": "mark"}, revision=3)
        assert store.flow_status("orders") == paused
        assert store.flow_status("orders", "ACME").paused_until is None
        assert not store.claim("run", "b", now=NOW, until=LATER)
        [line] = store.audit.read(number="PO-1")
        assert line == AuditEvent(
            id="a1",
            at=NOW,
            flow="orders",
            kind="sent",
            text="sent",
            entry_id="x",
            number="PO-1",
            partner="ACME",
        )
    with closing(sqlite3.connect(older)) as raw:
        assert raw.execute("SELECT * FROM sealed").fetchall() == [("secret", "plex", b"\x01")]
        assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_file_of_schema_1_becomes_as_a_new_one(older, path):
    """The same tables and indexes, whatever the way to them."""

    def shape(file):
        with closing(sqlite3.connect(file)) as raw:
            return set(raw.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema"))

    SQLiteStore(older).close()
    assert shape(older) == shape(path)


def test_what_was_released_is_not_edited():
    """Files out there have seen it as it is."""
    released = "\n".join(schema.MIGRATIONS[0])
    assert hashlib.sha256(released.encode()).hexdigest() == (
        "63ea96004f0673be05166f79042fc29dc29bb4237e4ec21f63d77228d5e0d1f8"
    )
