"""Queries stay fast as the file grows: each goes through an index, in order, without sorting."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from mlconnector_sdk.records import Collection, State
from mlconnector_sdk.storage.sqlite import SQLiteStore
from mlconnector_sdk.testing.store_contract.samples import LATER, NOW, change, event, order, scan

CALLS = {
    "lease": lambda store: store.lease("orders", now=NOW, until=LATER, limit=100),
    "lease for some": lambda store: store.lease("orders", now=NOW, until=LATER, limit=9, without=["A", "B"]),
    "due": lambda store: store.due("orders", now=NOW),
    "history": lambda store: store.history("orders|PO-1"),
    "history without content": lambda store: store.history("orders|PO-1", content=False),
    "accepted": lambda store: store.accepted("orders|PO-1"),
    "find by reference": lambda store: store.find(reference=("execution", "x-1")),
    "find by reference and flow": lambda store: store.find(reference=("execution", "x-1"), flow="orders"),
    "find the next page": lambda store: store.find(flow="orders", after=1),
    "find by number": lambda store: store.find(number="PO-1"),
    "find by id": lambda store: store.find(entry_id="x"),
    "find by states": lambda store: store.find(states=[State.DEAD, State.HELD]),
    "find by flow and states": lambda store: store.find(flow="orders", states=[State.DEAD, State.HELD]),
    "find by number and states": lambda store: store.find(number="PO-1", states=[State.DEAD, State.HELD]),
    "find overdue": lambda store: store.find(
        flow="orders", states=[State.ACCEPTED, State.DELIVERED], expected_before=NOW, after=1
    ),
    "find pending": lambda store: store.find(flow="orders", partner="ACME", states=[State.PENDING]),
    "pending events": lambda store: store.pending_events("stedi.transactions"),
    "admit": lambda store: store.admit(event("e1")),
    "flow status": lambda store: store.flow_status("orders", "ACME"),
    "paused partners": lambda store: store.paused_partners("orders"),
    "purge": lambda store: store.purge(NOW),
    "checkpoint": lambda store: store.checkpoint("orders"),
    "audit by number": lambda store: store.audit.read(number="PO-1"),
    "audit by entry": lambda store: store.audit.read(entry_id="x"),
    "audit of flows": lambda store: store.audit.read(),
    "claim": lambda store: store.claim("x", "y", now=NOW, until=LATER),
}


def collect(store, *entries):
    return store.collect(Collection(entries=entries, closes=(("stedi.transactions", "e1"),)))


def save(store, *_):
    [entry] = collect(store, order("PO-1", "A")).added
    return store.save([change(entry, payload=b"850", references={"execution": "x-1"}, expected_by=LATER)])


CALLS["collect states"] = lambda store: collect(store, order("PO-1", "A"))
CALLS["collect events"] = lambda store: collect(store, scan("e1"))
CALLS["save"] = save


STATEMENTS = ("SELECT", "WITH", "UPDATE", "DELETE", "INSERT")
FEW = ("SCAN (subquery", "SCAN CONST", "SCAN lines")  # rows that the statement brings with it


@pytest.fixture
def plan(path, monkeypatch):
    """Each step that SQLite plans for the statements of a call, with the statement."""

    def planned(call):
        statements = []

        class Watched(sqlite3.Connection):
            def execute(self, sql, parameters=()):
                statements.append((sql, parameters))
                return super().execute(sql, parameters)

            def executemany(self, sql, rows):
                rows = list(rows)
                statements.extend((sql, row) for row in rows[:1])
                return super().executemany(sql, rows)

        connect = sqlite3.connect
        with monkeypatch.context() as patch:
            patch.setattr(sqlite3, "connect", lambda *a, **k: connect(*a, **k, factory=Watched))
            with SQLiteStore(path) as store:
                statements.clear()
                CALLS[call](store)
        assert statements
        with closing(connect(path)) as connection:
            return [
                (detail, sql)
                for sql, parameters in statements
                if sql.split()[0] in STATEMENTS
                for *_, detail in connection.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)
            ]

    return planned


@pytest.mark.parametrize("call", CALLS)
def test_each_call_goes_through_an_index(plan, call):
    steps = plan(call)
    for detail, sql in steps:
        assert "TEMP B-TREE" not in detail, sql
        assert detail.startswith(FEW) or not detail.startswith("SCAN"), (detail, sql)
    assert steps or call == "claim"


@pytest.mark.parametrize(
    ("call", "index"),
    [
        ("lease", "entries_unfinished"),
        ("due", "entries_unfinished"),
        ("find by number and states", "entries_by_number"),
        ("find by states", "entries_before_person"),
        ("find overdue", "entries_expected"),
        ("find by id", "entries_by_id"),
    ],
)
def test_the_index_that_leads_to_the_fewest_rows(plan, call, index):
    assert any(index in detail for detail, _ in plan(call))
