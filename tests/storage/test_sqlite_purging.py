"""A purge in a file: what it leaves on the disk, and what happens between its look and its commit."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from mlconnector_sdk.records import Collection, Purged, State
from mlconnector_sdk.storage.sqlite import SQLiteStore, purging
from mlconnector_sdk.testing.store_contract.samples import LATER, change, event, order


@pytest.fixture
def store(path):
    with SQLiteStore(path) as store:
        yield store


def sent(store, number, **changes):
    [entry] = store.collect(Collection(entries=(order(number, "A", record=b"canary record"),))).added
    everything = {"payload": b"canary payload", "document": b"canary document", "state": State.ACCEPTED}
    store.save([change(entry, **everything | changes)])
    return store.find(entry_id=entry.id)[0]


def test_nothing_lingers_on_the_disk(store, path, tmp_path):
    sent(store, "PO-1")
    store.admit(event("e1", body=b"canary webhook"))
    store.collect(Collection(closes=(("stedi.transactions", "e1"),)))
    store.close()  # moves everything from the log to the file
    assert path.read_bytes().count(b"canary") == 4
    with SQLiteStore(path) as again:
        assert again.purge(LATER) == Purged(entries=1, events=1)
    assert b"canary" not in b"".join(file.read_bytes() for file in tmp_path.iterdir())


def test_what_changed_since_it_was_looked_at_is_left_alone(store, monkeypatch):
    entries = [sent(store, f"PO-{n}") for n in range(3)]
    look = purging.old_entries

    def look_and_lose_time(connection, before, *, limit):
        found = look(connection, before, limit=limit)
        store.save([change(entries[0], state=State.PENDING), change(entries[1], changed_at=LATER)])
        return found

    monkeypatch.setattr(purging, "old_entries", look_and_lose_time)
    assert store.purge(LATER) == Purged(entries=1)
    assert [entry.record for entry in store.find()] == [b"canary record", b"canary record", b""]
    assert [entry.payload for entry in store.find()] == [b"canary payload", b"canary payload", None]


def test_two_purges_at_once_count_each_entry_once(store, path, monkeypatch):
    sent(store, "PO-1")
    look = purging.old_entries

    def look_and_be_overtaken(connection, before, *, limit):
        found = look(connection, before, limit=limit)
        monkeypatch.setattr(purging, "old_entries", look)
        assert store.purge(before) == Purged(entries=1)
        return found

    monkeypatch.setattr(purging, "old_entries", look_and_be_overtaken)
    assert store.purge(LATER) == Purged()
    with closing(sqlite3.connect(path)) as raw:
        assert raw.execute("SELECT count(*) FROM records").fetchone() == (0,)
