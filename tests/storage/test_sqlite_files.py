"""Which files a SQLite backend opens, and what it says about those that it does not."""

from __future__ import annotations

import gc
import os
import sqlite3
import stat
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from attrs import evolve

from mlconnector_sdk.errors import Scope, StoreError
from mlconnector_sdk.records import Collection, Event
from mlconnector_sdk.storage import KeyRing
from mlconnector_sdk.storage.sqlite import (
    Database,
    SQLiteAuditLog,
    SQLiteSecretStore,
    SQLiteStore,
    SQLiteTokenStore,
    opening,
    schema,
)
from mlconnector_sdk.testing.contract import at_once
from mlconnector_sdk.testing.store_contract.samples import NOW, change, event, order


def descriptors(path):
    """Open files at or below a path; empty where the system has no list of them."""
    return [link for link in Path("/proc/self/fd").glob("*") if str(path) in os.path.realpath(link)]


def refused(path, *reasons, **options):
    """Opening the path fails with an error that names it, the reason, and what to do."""
    with pytest.raises(StoreError) as caught:
        SQLiteStore(path, **options)
    error = caught.value
    assert str(path) in str(error)
    assert error.remedy
    assert error.scope is Scope.FLOW
    for reason in reasons:
        assert reason in str(error)
    assert descriptors(path) == []  # though the traceback still holds everything that is not closed
    return error


def test_a_file_is_opened_again_with_all_it_holds(tmp_path):
    path = tmp_path / "sync.db"
    with SQLiteStore(path) as store:
        [entry] = store.collect(Collection(entries=(order("PO-1", "A"),))).added
        store.admit(event("e1"))
    with SQLiteStore(str(path)) as store:
        assert store.find() == [entry]
        assert store.pending_events("stedi.transactions") == [event("e1")]
        assert not store.admit(event("e1"))
        assert store.collect(Collection(entries=(order("PO-1", "A"),))).known == 1


def test_what_another_store_wrote_is_seen_at_once(path):
    with SQLiteStore(path) as one, SQLiteStore(path) as other:
        for n in range(3):
            one.admit(event(f"e{n}"))
            assert len(other.pending_events("stedi.transactions")) == n + 1


def test_four_stores_share_a_file_or_a_database(path):
    keys = KeyRing.generate()
    with (
        SQLiteStore(path) as store,
        SQLiteAuditLog(path) as log,
        SQLiteTokenStore(path, keys=keys) as tokens,
        SQLiteSecretStore(path, keys=keys) as secrets,
    ):
        assert (store.find(), log.read(), tokens.get("x"), secrets.names()) == ([], [], None, [])
    with closing(Database(path)) as database:
        with SQLiteStore(database) as store:
            store.admit(event("e1"))
        with SQLiteStore(database) as store:  # closing a store leaves a shared database open
            assert store.pending_events("stedi.transactions") == [event("e1")]


def test_a_garbage_file(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_bytes(b"number,quantity\n" * 1000)
    error = refused(path, "is not a database")
    assert isinstance(error.__cause__, sqlite3.Error)
    assert path.read_bytes() == b"number,quantity\n" * 1000


def test_a_file_that_was_cut_short(path):
    with SQLiteStore(path) as store:
        store.collect(Collection(entries=tuple(order(f"PO-{n}", "A") for n in range(100))))
    with path.open("r+b") as file:
        file.truncate(20_000)
    with pytest.raises(StoreError, match="is damaged") as caught, SQLiteStore(path) as store:
        store.find()
    assert str(path) in str(caught.value)


def test_a_database_of_another_program(tmp_path):
    path = tmp_path / "places.sqlite"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE places (name TEXT)")
    refused(path, "belongs to another program")
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT name FROM sqlite_schema").fetchall() == [("places",)]
        assert other.execute("PRAGMA journal_mode").fetchall() == [("delete",)]


def test_a_newer_schema(path):
    with closing(sqlite3.connect(path)) as newer:
        newer.execute("PRAGMA user_version = 7")
    refused(path, "newer version", "schema 7, this one knows 2", "upgrade mlconnector-sdk")


def test_an_older_schema_is_brought_up_to_date(path, monkeypatch):
    with SQLiteStore(path) as store:
        store.admit(event("e1"))
    second = ("CREATE TABLE second (x TEXT) STRICT", "UPDATE inbox SET source = 'moved'")
    for module in (schema, opening):
        monkeypatch.setattr(module, "MIGRATIONS", (*schema.MIGRATIONS, second), raising=True)
    with SQLiteStore(path) as store:
        assert store.pending_events("moved") == [evolve(event("e1"), source="moved")]
    with SQLiteStore(path) as store:  # and only once
        assert len(store.pending_events("moved")) == 1


def test_a_migration_that_fails_leaves_everything_as_it_was(path, monkeypatch):
    with SQLiteStore(path) as store:
        store.admit(event("e1"))
    broken = ("CREATE TABLE second (x TEXT) STRICT", "CREATE TABLE inbox (x TEXT)")
    with monkeypatch.context() as patch:
        for module in (schema, opening):
            patch.setattr(module, "MIGRATIONS", (*schema.MIGRATIONS, broken))
        refused(path, "table inbox already exists")
    with SQLiteStore(path) as store:
        assert len(store.pending_events("stedi.transactions")) == 1
    with closing(sqlite3.connect(path)) as raw:
        assert raw.execute("PRAGMA user_version").fetchone() == (2,)


def test_a_folder_that_is_not_there(tmp_path):
    refused(tmp_path / "missing" / "sync.db", "folder", "does not exist", "create it")
    assert not (tmp_path / "missing").exists()


def test_a_folder_instead_of_a_file(tmp_path):
    refused(tmp_path, "is a folder", "give the path of a file in it")


def test_a_file_instead_of_a_folder(tmp_path):
    (tmp_path / "file").write_text("")
    refused(tmp_path / "file" / "sync.db", "folder", "does not exist")


@pytest.mark.parametrize("path", [":memory:", ""])
def test_names_that_are_no_files(path):
    with pytest.raises(StoreError, match="names no file") as caught:
        SQLiteStore(path)
    assert "MemoryStore" in caught.value.remedy


def test_a_file_that_cannot_be_created(tmp_path, monkeypatch):
    def deny(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(opening, "create_private", deny)  # root may write anywhere
    refused(tmp_path / "sync.db", "cannot be created: Permission denied", f"write the folder {tmp_path}")


def test_a_file_that_may_only_be_read(path):
    with SQLiteStore(path) as store:
        store._database.write(lambda connection: connection.execute("PRAGMA query_only = ON").fetchone())
        with pytest.raises(StoreError, match="is read only") as caught:
            store.admit(event("e1"))
        assert str(path) in str(caught.value)
        assert store.pending_events("stedi.transactions") == []


def test_a_file_that_another_process_locks(path):
    with SQLiteStore(path, busy_timeout=0.05) as store:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreError, match="is locked") as caught:
                store.admit(event("e1"))
            assert "busy_timeout" in caught.value.remedy
            assert store.pending_events("stedi.transactions") == []  # readers never wait
            refused_nothing = SQLiteStore(path, busy_timeout=0.05)  # nor does opening
            refused_nothing.close()
        assert store.admit(event("e1"))


def test_a_full_disk(path):
    with SQLiteStore(path) as store:
        store.admit(event("e1"))
        pages = store._database.read(lambda c: c.execute("PRAGMA page_count").fetchone()[0])
        store._database.write(lambda c: c.execute(f"PRAGMA max_page_count = {pages + 2}").fetchone())
        before = store.find()
        many = tuple(order(f"PO-{n}", "A", record=bytes(1000)) for n in range(100))
        with pytest.raises(StoreError, match="disk or the quota is full") as caught:
            store.collect(Collection(entries=many, closes=(("stedi.transactions", "e1"),)))
        assert "make room" in caught.value.remedy
        assert store.find() == before
        assert len(store.pending_events("stedi.transactions")) == 1
        store._database.write(lambda c: c.execute("PRAGMA max_page_count = 1000000").fetchone())
        assert len(store.collect(Collection(entries=many)).added) == 100


def test_values_that_sqlite_cannot_hold(path):
    with SQLiteStore(path) as store:
        for spoiled in (
            order("PO-1", "A", partner="\ud800"),  # half of a surrogate pair
            order("PO-1", "A", record="text"),  # not bytes
            order("PO-1", "A", observed_at=NOW.replace(tzinfo=None)),
        ):
            with pytest.raises(StoreError) as caught:
                store.collect(Collection(entries=(order("PO-0", "A"), spoiled)))
            assert caught.value.remedy
        [entry] = store.collect(Collection(entries=(order("PO-0", "A"),))).added
        assert store.find() == [entry]


def test_times_of_other_zones_come_back_in_utc(path):
    there = datetime.fromisoformat("2026-03-02T08:00:00.000001-08:00")
    with SQLiteStore(path) as store:
        store.admit(Event(source="s", event_id="e", body=b"", received_at=there))
        [admitted] = store.pending_events("s")
    assert admitted.received_at == there
    assert admitted.received_at.tzinfo is UTC


def test_a_closed_store_says_so(path):
    store = SQLiteStore(path)
    store.close()
    for call in (store.find, lambda: store.admit(event("e1")), lambda: store.audit.read(number="x")):
        with pytest.raises(StoreError, match="was closed") as caught:
            call()
        assert str(path) in str(caught.value)


def test_sqlite_that_is_too_old(tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 1))
    with pytest.raises(StoreError, match="too old") as caught:
        SQLiteStore(tmp_path / "sync.db")
    assert "3.37" in caught.value.remedy


def test_the_owner_alone_may_read_a_new_file(tmp_path):
    path = tmp_path / "sync.db"
    mask = os.umask(0)
    try:
        with SQLiteStore(path) as store:
            store.admit(event("e1"))
            modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    finally:
        os.umask(mask)
    names = ["sync.db", "sync.db-shm", "sync.db-turn", "sync.db-wal"]
    assert modes == dict.fromkeys(names, 0o600)


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="there is no list of open files to look at")
def test_closing_closes_the_connections_of_all_threads(path):
    store = SQLiteStore(path)
    at_once(8, lambda n: (store.find(), store.admit(event(str(n)))))
    assert descriptors(path)
    store.close()
    assert descriptors(path) == []
    with pytest.raises(StoreError):
        SQLiteStore(path.parent)
    gc.collect()
    assert descriptors(path.parent) == []


def test_what_reads_cannot_write(path):
    with SQLiteStore(path) as store, pytest.raises(StoreError, match="is read only"):
        store._database.read(lambda connection: connection.execute("DELETE FROM inbox").rowcount)


def test_what_is_replaced_does_not_linger(path):
    with SQLiteStore(path) as store:
        [entry] = store.collect(Collection(entries=(order("PO-1", "A"),))).added
        store.save([change(entry, payload=b"canary" * 3_000)])
        [entry] = store.find()
        store.save([change(entry, payload=b"850")])
    assert b"canary" not in path.read_bytes()


def test_commits_are_on_the_disk_before_they_return(path):
    with SQLiteStore(path) as store:
        synchronous = store._database.write(lambda c: c.execute("PRAGMA synchronous").fetchone()[0])
        journal = store._database.read(lambda c: c.execute("PRAGMA journal_mode").fetchone()[0])
    assert (synchronous, journal) == (2, "wal")  # 2 is FULL
