"""The raw exchanges of the built-in stores: the contract, and that they go when content is purged."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve

from mlconnector_sdk.records import Change, Collection, Feed, NewEntry, RawExchange, State
from mlconnector_sdk.storage.memory import MemoryStore
from mlconnector_sdk.storage.memory.exchanges import MemoryExchangeLog
from mlconnector_sdk.storage.sqlite import SQLiteStore
from mlconnector_sdk.storage.sqlite.exchanges import SQLiteExchangeLog, forget_purged
from mlconnector_sdk.testing.exchange_contract import ExchangeLogContract

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
EXCHANGE = RawExchange(vendor="Stedi", request="POST /", attempt=1, at=NOW, sent=b"what PO-1 says")


class Awaited:
    def __init__(self, log):
        self._log = log

    async def keep(self, exchanges):
        self._log.keep(exchanges)

    async def read(self, entry_id):
        return self._log.read(entry_id)


class TestMemoryExchangeLog(ExchangeLogContract):
    @pytest.fixture
    def log(self):
        return MemoryExchangeLog()


class TestAsyncExchangeLog(ExchangeLogContract):
    @pytest.fixture
    def log(self):
        return Awaited(MemoryExchangeLog())


class TestSQLiteExchangeLog(ExchangeLogContract):
    @pytest.fixture
    def log(self, path):
        with SQLiteExchangeLog(path) as log:
            yield log


class TestExchangeLogOfASQLiteStore(ExchangeLogContract):
    @pytest.fixture
    def log(self, path):
        with SQLiteStore(path) as store:
            yield store.exchanges


class TestExchangeLogOfAMemoryStore(ExchangeLogContract):
    @pytest.fixture
    def log(self):
        with MemoryStore() as store:
            yield store.exchanges


@pytest.fixture(params=["memory", "sqlite"])
def store(request, path):
    with MemoryStore() if request.param == "memory" else SQLiteStore(path) as made:
        yield made


def add(store, number, state):
    """An entry in a state, with an exchange; its id."""
    new = NewEntry(
        flow="orders",
        kind="850",
        feed=Feed.STATE,
        number=number,
        ordering_key=f"orders|{number}",
        fingerprint="a",
        record=b"x",
        observed_at=NOW,
    )
    [entry] = store.collect(Collection(entries=(new,))).added
    assert store.save([Change(entry=evolve(entry, state=state))]) == []
    store.exchanges.keep({entry.id: [EXCHANGE]})
    return entry.id


def test_a_purge_removes_the_exchanges_of_what_it_purges(store):
    sent, waiting = add(store, "PO-1", State.ACCEPTED), add(store, "PO-2", State.DEAD)
    assert store.purge(NOW).entries == 0
    assert store.exchanges.read(sent) == [EXCHANGE]
    assert store.purge(NOW + timedelta(days=1)).entries == 1
    assert store.exchanges.read(sent) == []
    assert store.exchanges.read(waiting) == [EXCHANGE]


def test_a_limited_purge_removes_no_more_exchanges(store):
    entries = [add(store, f"PO-{n}", State.ACCEPTED) for n in range(3)]
    left = []
    for _ in entries:
        store.purge(NOW + timedelta(days=1), limit=1)
        left.append([bool(store.exchanges.read(each)) for each in entries])
    assert left == [[False, True, True], [False, False, True], [False, False, False]]


def test_what_was_changed_while_a_purge_looked_for_old_entries_keeps_its_exchanges(path):
    with SQLiteStore(path) as store:
        entry = add(store, "PO-1", State.ACCEPTED)
        store._database.write(lambda connection: forget_purged(connection, [1]))
        assert store.exchanges.read(entry) == [EXCHANGE]


def test_nothing_purged_lingers_in_the_file(path):
    with SQLiteStore(path) as store:
        entry = add(store, "PO-1", State.ACCEPTED)
        store.purge(NOW + timedelta(days=1))
        assert store.exchanges.read(entry) == []
    with closing(sqlite3.connect(path)) as raw:
        assert raw.execute("SELECT count(*) FROM exchanges").fetchone() == (0,)


def test_reading_and_trimming_search_by_the_index(path):
    with closing(sqlite3.connect(path)) as raw:
        from mlconnector_sdk.storage.sqlite import exchanges

        for statement in (exchanges._READ, exchanges._TRIM):
            plan = " ".join(row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {statement}", {"entry": "e1"}))
            assert "exchanges_by_entry" in plan
            assert "SCAN" not in plan
