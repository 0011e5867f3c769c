"""Kills writers in the middle of their commits, 30 times: run by test_sqlite_processes.py.

Usage: process_killing.py FOLDER. Each child says on a pipe which calls have returned; when enough have, it
is killed at a random moment of the next one. Then the file has to hold all of the calls that returned, and
each call entirely or not at all.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

from mlconnector_sdk.records import Checkpoint, Collection
from mlconnector_sdk.storage.sqlite import SQLiteStore
from mlconnector_sdk.testing.store_contract.samples import event, order, scan

KILLS = 30
ENTRIES = 7


def write_on_and_on(path: Path, first: int, pipe: int) -> None:
    with SQLiteStore(path) as store:
        call = first
        while True:
            store.admit(event(f"e{call}"))
            entries = [order(f"PO-{n}", str(call), record=bytes(2000)) for n in range(ENTRIES - 1)]
            store.collect(
                Collection(
                    entries=(*entries, scan(f"s{call}")),
                    closes=(("stedi.transactions", f"e{call}"),),
                    checkpoint=Checkpoint(flow="orders", cursors={"call": str(call)}, revision=call),
                )
            )
            os.write(pipe, b".")
            call += 1


def killed_while_writing(path: Path, first: int, returns: int, *, within: float) -> int:
    """Start a writer, let some calls return, kill it within so many seconds; how many calls returned."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        write_on_and_on(path, first, writing)
    os.close(writing)
    for _ in range(returns):
        assert os.read(reading, 1) == b".", "the writer ended by itself"
    moment = time.perf_counter() + random.uniform(0, within)
    while time.perf_counter() < moment:
        pass
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while os.read(reading, 1):
        returns += 1
    os.close(reading)
    return returns


def whole_calls(path: Path) -> int:
    """How many calls the file holds; each of them is there entirely."""
    with closing(sqlite3.connect(path)) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    with SQLiteStore(path) as store:
        checkpoint = store.checkpoint("orders")
        calls = checkpoint.revision if checkpoint else 0
        lines = [store.history(f"orders|PO-{n}") for n in range(ENTRIES - 1)] + [store.history("scans|1Z")]
        assert [len(line) for line in lines] == [calls] * ENTRIES
        for line in lines[:-1]:
            assert [entry.fingerprint for entry in line] == [str(call) for call in range(calls)]
        open_events = [each.event_id for each in store.pending_events("stedi.transactions")]
        assert open_events in ([], [f"e{calls}"])  # admitted, and killed before the collect
        return calls


def kill_writers(folder: Path) -> None:
    path, calls = folder / "sync.db", 0
    for kill in range(KILLS):
        returned = killed_while_writing(path, calls, returns=1 + kill % 4, within=0.003)
        stored = whole_calls(path)
        assert calls + returned <= stored <= calls + returned + 1, (calls, returned, stored)
        calls = stored
    print(f"{KILLS} kills, {calls} calls")


def kill_creators(folder: Path) -> None:
    """A file whose making was interrupted at any moment is made complete by the next."""
    for kill in range(KILLS):
        path = folder / f"new-{kill}.db"
        returned = killed_while_writing(path, 0, returns=0, within=0.03)
        assert returned <= whole_calls(path) <= returned + 1
    print(f"{KILLS} kills of creators")


if __name__ == "__main__":
    random.seed(20260302)
    kill_writers(Path(sys.argv[1]))
    kill_creators(Path(sys.argv[1]))
