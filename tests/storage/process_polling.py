"""One of two processes that poll the same source and deliver: run by test_sqlite_processes.py.

Usage: process_polling.py DATABASE NAME. Says "ready", waits for a line, then works and prints what it did.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta

from attrs import evolve

from mlconnector_sdk.records import Change, Checkpoint, Collection, State
from mlconnector_sdk.storage.sqlite import SQLiteStore
from mlconnector_sdk.testing.store_contract.samples import order, scan

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


def work(store: SQLiteStore, name: str) -> dict[str, list[str]]:
    added, moved, delivered = [], [], []
    for batch in range(20):
        states = tuple(order(f"PO-{batch}-{n}", "A") for n in range(5))
        events = tuple(scan(f"{batch}-{n}", f"parcel {n}") for n in range(5))
        point = Checkpoint(flow="orders", cursors={"batch": str(batch)}, revision=batch)
        collected = store.collect(Collection(entries=states + events, checkpoint=point))
        added += [entry.id for entry in collected.added]
        moved += [str(batch)] if collected.checkpoint_moved else []
        for flow in ("orders", "scans"):
            leased = store.lease(flow, now=NOW, until=NOW + timedelta(minutes=5), limit=3)
            done = [evolve(entry, state=State.ACCEPTED, leased_until=None, reason=name) for entry in leased]
            assert store.save([Change(entry=entry) for entry in done]) == []
            delivered += [entry.id for entry in leased]
    return {"added": added, "moved": moved, "delivered": delivered}


if __name__ == "__main__":
    with SQLiteStore(sys.argv[1]) as opened:
        print("ready", flush=True)
        sys.stdin.readline()
        print(json.dumps(work(opened, sys.argv[2])))
