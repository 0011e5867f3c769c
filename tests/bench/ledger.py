"""Entries per second that the SQLite store records and acknowledges, next to sqlite3 alone.

Run by itself: ``python tests/bench/ledger.py [ENTRIES] [FOLDER]``. No source, no mapping and no vendor: for
each batch of 100 entries there are four commits, each on the disk before the next begins (synchronous
FULL). They are collected, leased, saved with their payload as in flight, and saved as accepted.

The other side is a loop over sqlite3 with the least that could do the same: one table with a unique key,
prepared statements, the same bytes in the same four commits. Both take turns in one run, because machines
differ, and so do the minutes of one machine.
"""

from __future__ import annotations

import sqlite3
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from attrs import evolve

from mlconnector_sdk.records import Change, Collection, Entry, Feed, NewEntry, State, digest
from mlconnector_sdk.storage.sqlite import SQLiteStore

BATCH = 100
RECORD = b"x" * 1_000
PAYLOAD = b"ISA*00*          *00*"
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)


class Stopwatch:
    """Seconds by the name of what took them: by the clock, and of the processor."""

    def __init__(self) -> None:
        self.clock: Counter[str] = Counter()
        self.processor: Counter[str] = Counter()

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        clock, processor = time.perf_counter(), time.process_time()
        yield
        self.clock[name] += time.perf_counter() - clock
        self.processor[name] += time.process_time() - processor


def observed(number: int) -> NewEntry:
    """One order, as a flow would put it."""
    return NewEntry(
        flow="orders",
        kind="850",
        feed=Feed.STATE,
        number=f"PO-{number}",
        partner="ACME",
        ordering_key=f"orders|1234|test|ACME|PO-{number}",
        fingerprint=digest(str(number)),
        record=RECORD,
        observed_at=NOW,
    )


def in_flight(entry: Entry) -> Change:
    """Mapped, and about to be sent."""
    key = digest(entry.ordering_key, PAYLOAD)
    return Change(
        entry=evolve(
            entry,
            state=State.IN_FLIGHT,
            payload=PAYLOAD,
            idempotency_key=key,
            attempts=1,
            first_sent_at=NOW,
            changed_at=NOW,
        )
    )


def accepted(change: Change) -> Change:
    """The vendor took it."""
    entry = change.entry
    return Change(
        entry=evolve(
            entry,
            state=State.ACCEPTED,
            fence=entry.fence + 1,
            leased_until=None,
            references={"execution": entry.id},
            accepted_at=NOW,
            changed_at=NOW,
        )
    )


def ledger(path: Path, entries: int) -> Stopwatch:
    """Seconds that the store takes; making the values for it is not its work."""
    watch = Stopwatch()
    with SQLiteStore(path) as store:
        for first in range(0, entries, BATCH):
            collection = Collection(entries=tuple(observed(n) for n in range(first, first + BATCH)))
            with watch.of("collect"):
                added = store.collect(collection).added
            with watch.of("lease"):
                leased = store.lease("orders", now=NOW, until=LATER, limit=BATCH)
            sending = [in_flight(entry) for entry in leased]
            with watch.of("in flight"):
                refused = list(store.save(sending))
            sent = [accepted(change) for change in sending]
            with watch.of("accepted"):
                refused += store.save(sent)
            assert len(added) == len(leased) == BATCH
            assert refused == []
        assert not store.due("orders", now=LATER)
    return watch


def raw(path: Path, entries: int) -> Stopwatch:
    """Seconds that sqlite3 takes for the least that could do the same."""
    watch = Stopwatch()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(
            "CREATE TABLE ledger (position INTEGER PRIMARY KEY, key TEXT UNIQUE, state TEXT, fence INTEGER,"
            " leased_until INTEGER, payload BLOB, name TEXT)"
        )
        connection.execute("CREATE INDEX waiting ON ledger (position) WHERE state = 'pending'")
        connection.execute("CREATE TABLE records (position INTEGER PRIMARY KEY, record BLOB)")

        def commit(name: str, statements: dict[str, list[tuple[object, ...]]]) -> None:
            with watch.of(name):
                connection.execute("BEGIN IMMEDIATE")
                for statement, rows in statements.items():
                    connection.executemany(statement, rows)
                connection.execute("COMMIT")

        change = "UPDATE ledger SET fence = fence + 1, {} WHERE position = ? AND fence = ?"
        for first in range(0, entries, BATCH):
            numbers = range(first + 1, first + BATCH + 1)
            keys = [(n, f"orders|1234|test|ACME|PO-{n}|1") for n in numbers]
            inserts = {
                "INSERT INTO ledger VALUES (?, ?, 'pending', 0, NULL, NULL, '')": keys,
                "INSERT INTO records VALUES (?, ?)": [(n, RECORD) for n in numbers],
            }
            commit("collect", inserts)
            with watch.of("lease"):
                waiting = connection.execute(
                    "SELECT ledger.*, record FROM ledger JOIN records USING (position)"
                    " WHERE state = 'pending' ORDER BY position LIMIT 100"
                ).fetchall()
            assert len(waiting) == BATCH
            commit("lease", {change.format("leased_until = ?"): [(1, n, 0) for n in numbers]})
            sending = [("in flight", PAYLOAD, n, 1) for n in numbers]
            commit("in flight", {change.format("state = ?, payload = ?"): sending})
            sent = [("accepted", digest(str(n)), n, 2) for n in numbers]
            commit("accepted", {change.format("state = ?, name = ?"): sent})
    return watch


def measure(folder: Path, entries: int, rounds: int) -> None:
    """Print the medians, and the steps of the last round."""
    results: dict[Callable[[Path, int], Stopwatch], list[Stopwatch]] = {ledger: [], raw: []}
    for round_ in range(rounds):
        for side, watches in results.items():
            watches.append(side(folder / f"{side.__name__}-{round_}.db", entries))
    rates = {side: [entries / watch.clock.total() for watch in watches] for side, watches in results.items()}
    ours, theirs = (statistics.median(rates[side]) for side in (ledger, raw))
    ratio = statistics.median(a / b for a, b in zip(rates[ledger], rates[raw], strict=True))
    print(
        f"ledger on SQLite (synchronous FULL, batches of {BATCH}, four commits each): {ours:,.0f} entries/s; "
        f"sqlite3 alone: {theirs:,.0f}; ratio {ratio:.2f}"
    )
    for side, watches in results.items():
        processor = statistics.median(entries / watch.processor.total() for watch in watches)
        steps = ", ".join(
            f"{name} {seconds / entries * 1e6:.1f}" for name, seconds in watches[-1].clock.items()
        )
        print(f"  {side.__name__}: {processor:,.0f} entries per second of processor; microseconds: {steps}")


def main() -> None:
    entries = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    with tempfile.TemporaryDirectory(dir=sys.argv[2] if len(sys.argv) > 2 else None) as folder:
        measure(Path(folder), entries, rounds=3)


if __name__ == "__main__":
    main()
