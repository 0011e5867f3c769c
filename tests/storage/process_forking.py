"""Forks while other threads write: run by test_sqlite_processes.py. Usage: process_forking.py DATABASE."""

from __future__ import annotations

import os
import sys
import threading

from mlconnector_sdk.records import Collection
from mlconnector_sdk.storage.sqlite import SQLiteStore
from mlconnector_sdk.testing.store_contract.samples import order, scan

CHILDREN = 6
THREADS = 3


def child_works(store: SQLiteStore, n: int) -> int:
    """As a web worker that was forked from a server that had the store open."""
    try:
        for m in range(5):
            store.collect(Collection(entries=(scan(f"child {n} {m}"),)))
            assert any(entry.event_id == f"child {n} {m}" for entry in store.history("scans|1Z"))
        store.close()
    except BaseException as error:  # noqa: BLE001 - a child has to end here, and say why
        print(f"child {n}: {error!r}", file=sys.stderr, flush=True)
        return 1
    return 0


def main(path: str) -> None:
    written = [0] * THREADS
    with SQLiteStore(path) as store:
        stop = threading.Event()

        def write(n: int) -> None:
            while not stop.is_set():
                store.collect(Collection(entries=(order(f"PO-{n}", str(written[n])),)))
                assert len(store.history(f"orders|PO-{n}")) == written[n] + 1
                written[n] += 1

        threads = [threading.Thread(target=write, args=(n,)) for n in range(THREADS)]
        for thread in threads:
            thread.start()
        children = []
        for n in range(CHILDREN):
            child = os.fork()
            if not child:
                os._exit(child_works(store, n))
            children.append(child)
        codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        stop.set()
        for thread in threads:
            thread.join()
        assert codes == [0] * CHILDREN, codes
        events = {entry.event_id for entry in store.history("scans|1Z")}
        assert events == {f"child {n} {m}" for n in range(CHILDREN) for m in range(5)}
        # What a thread of the parent had queued was written by the parent, and by it alone.
        assert [len(store.history(f"orders|PO-{n}")) for n in range(THREADS)] == written
    print(f"{sum(written)} commits of {THREADS} threads beside {CHILDREN} children")


if __name__ == "__main__":
    main(sys.argv[1])
