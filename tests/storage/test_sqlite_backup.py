"""A backup is whole, private and never overwrites anything."""

from __future__ import annotations

import sqlite3
import stat
import threading
from contextlib import closing

import pytest

from mlconnector_sdk.errors import StoreError
from mlconnector_sdk.records import AuditEvent, Checkpoint, Collection
from mlconnector_sdk.storage import KeyRing
from mlconnector_sdk.storage.sqlite import SQLiteSecretStore, SQLiteStore, backup
from mlconnector_sdk.testing.store_contract.samples import NOW, change, event, order


def names(folder):
    return sorted(file.name for file in folder.iterdir())


def test_a_backup_holds_everything(path, tmp_path):
    copy = tmp_path / "copy.db"
    with SQLiteStore(path) as store:
        point = Checkpoint(flow="orders", cursors={"orders": "a"})
        [entry] = store.collect(Collection(entries=(order("PO-1", "A"),), checkpoint=point)).added
        store.save([change(entry, payload=b"ISA*00*", references={"execution": "x-1"})])
        store.admit(event("e1"))
        store.audit.write(
            [AuditEvent(id="1", at=NOW, flow="orders", kind="sent", text="sent", number="PO-1")]
        )
        assert store.backup(copy) is None
        store.admit(event("e2"))
        with SQLiteStore(copy) as restored:
            assert restored.find(reference=("execution", "x-1")) == store.find()
            assert restored.pending_events("stedi.transactions") == [event("e1")]
            assert restored.checkpoint("orders") == store.checkpoint("orders")
            assert restored.audit.read(number="PO-1") == store.audit.read(number="PO-1")
            assert restored.collect(Collection(entries=(order("PO-1", "A"),))).known == 1


def test_a_backup_is_one_private_file(path, tmp_path):
    copy = tmp_path / "copy.db"
    with SQLiteStore(path) as store:
        store.admit(event("e1"))
        store.backup(str(copy))
        assert names(tmp_path) == ["copy.db", "sync.db", "sync.db-shm", "sync.db-turn", "sync.db-wal"]
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with SQLiteSecretStore(copy, keys=KeyRing.generate()) as secrets:  # which insists on that
        assert secrets.names() == []


def test_a_backup_of_a_store_in_use_is_consistent(path, tmp_path):
    """Every commit adds two entries, and each copy has both of each or none."""
    written = threading.Event()
    done = threading.Event()

    def write():
        with SQLiteStore(path) as store:
            n = 0
            while not done.is_set():
                pair = (
                    order(f"PO-{n}", "A", record=bytes(20_000)),
                    order(f"PO-{n}", "B", record=bytes(20_000)),
                )
                store.collect(Collection(entries=pair))
                n += 1
                if n == 20:
                    written.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        with SQLiteStore(path) as store:
            assert written.wait(30)
            counts = []
            for n in range(5):
                copy = tmp_path / f"copy-{n}.db"
                store.backup(copy)
                with closing(sqlite3.connect(copy)) as raw:
                    assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
                    counts.append(raw.execute("SELECT count(*) FROM entries").fetchone()[0])
    finally:
        done.set()
        writer.join()
    assert counts == sorted(counts)
    assert counts[0] >= 40
    assert [count % 2 for count in counts] == [0] * 5


@pytest.mark.parametrize("there", ["copy.db", "copy.db.partial"])
def test_a_backup_overwrites_nothing(path, tmp_path, there):
    taken = tmp_path / there
    taken.write_bytes(b"precious")
    with SQLiteStore(path) as store, pytest.raises(StoreError) as caught:
        store.backup(tmp_path / "copy.db")
    assert str(taken) in str(caught.value)
    assert caught.value.remedy
    assert taken.read_bytes() == b"precious"
    assert names(tmp_path) == sorted([there, "sync.db"])


def test_a_name_that_is_taken_meanwhile(path, tmp_path, monkeypatch):
    copy = tmp_path / "copy.db"
    monkeypatch.setattr(backup, "_keep", lambda path: copy.write_bytes(b"precious"))
    with SQLiteStore(path) as store, pytest.raises(StoreError, match="has appeared meanwhile"):
        store.backup(copy)
    assert copy.read_bytes() == b"precious"
    assert names(tmp_path) == ["copy.db", "sync.db"]


def test_a_folder_that_is_not_there(path, tmp_path):
    with SQLiteStore(path) as store, pytest.raises(StoreError, match="cannot be written") as caught:
        store.backup(tmp_path / "missing" / "copy.db")
    assert "let this user write the folder" in caught.value.remedy


def test_a_disk_that_is_too_small(path, tmp_path, monkeypatch):
    connect = sqlite3.connect

    def small(*arguments, **options):
        connection = connect(*arguments, **options)
        connection.execute("PRAGMA max_page_count = 3")
        return connection

    with SQLiteStore(path) as store:
        store.admit(event("e1"))
        monkeypatch.setattr(backup.sqlite3, "connect", small)
        with pytest.raises(StoreError, match="disk or the quota is full") as caught:
            store.backup(tmp_path / "copy.db")
        assert str(tmp_path / "copy.db") in str(caught.value)
        assert store.pending_events("stedi.transactions") == [event("e1")]
    assert names(tmp_path) == ["sync.db", "sync.db-turn"]


def test_a_closed_store_makes_no_backup(path, tmp_path):
    store = SQLiteStore(path)
    store.close()
    with pytest.raises(StoreError, match="was closed"):
        store.backup(tmp_path / "copy.db")
    assert names(tmp_path) == ["sync.db"]
