"""How long a webhook waits for its answer while documents are delivered from the same SQLite file.

Run by itself: ``python tests/bench/webhooks.py [SECONDS] [FOLDER]``. A thousand webhooks a second arrive at
their appointed times, nine of ten of them repeats, at the WSGI mount with the real receiver and pipeline,
served by eight threads as under a usual server. Meanwhile a process of its own collects, leases and saves
entries as fast as it can, and then a thread in this process. What is measured is the time from the
appointed arrival to the answer, so that a webhook that had to queue counts in full.
"""

from __future__ import annotations

import io
import json
import queue
import random
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from documents import NullSink, ThousandOrders, build
from ledger import BATCH, LATER, NOW, accepted, in_flight, observed

from mlconnector_sdk.adapters.stedi.webhooks import StediWebhook
from mlconnector_sdk.core.runtime import SystemClock
from mlconnector_sdk.records import Collection
from mlconnector_sdk.secret import Secret
from mlconnector_sdk.storage.sqlite import SQLiteStore
from mlconnector_sdk.webhooks import Receiver, wsgi_app

RATE, REPEATS, THREADS = 1_000, 0.9, 8
SOURCE = "stedi.transactions"


def body(event_id: str) -> bytes:
    """What Stedi posts about one inbound 855."""
    return json.dumps(
        {
            "event": {
                "version": "0",
                "id": event_id,
                "detail-type": "transaction.processed.v2",
                "detail": {
                    "transactionId": f"t-{event_id}",
                    "direction": "INBOUND",
                    "mode": "production",
                    "fileExecutionId": f"e-{event_id}",
                    "processedAt": "2026-03-03T10:00:00.000Z",
                    "artifacts": [{"artifactType": "application/json", "usage": "output", "sizeBytes": 812}],
                    "partnership": {"partnershipId": "me_acme", "partnershipType": "x12"},
                    "x12": {
                        "metadata": {
                            "interchange": {"controlNumber": 12},
                            "transaction": {"controlNumber": "0001", "transactionSetIdentifier": "855"},
                        }
                    },
                },
            }
        }
    ).encode()


def arrivals(count: int) -> list[str]:
    """Event ids: every tenth is new, the others repeat an earlier one, mostly a recent one."""
    chosen = random.Random(20260302)
    ids: list[str] = []
    fresh = 0
    for n in range(count):
        if n == 0 or chosen.random() >= REPEATS:
            fresh += 1
            ids.append(f"evt-{fresh}")
        else:
            ids.append(f"evt-{max(1, fresh - int(chosen.expovariate(0.02)))}")
    return ids


class Mount:
    """The WSGI application in the hands of a few threads; notes how long each answer took."""

    def __init__(self, store: SQLiteStore) -> None:
        pipeline = build(ThousandOrders(), NullSink(), store)
        hook = StediWebhook(secret=Secret("k-123"), header="x-api-key", sources={SOURCE: ("855",)})
        self._app = wsgi_app(Receiver(parser=hook, admit=pipeline.receive, clock=SystemClock()))
        self._waiting: queue.SimpleQueue[tuple[float, bytes] | None] = queue.SimpleQueue()
        self.waits: list[float] = []
        self.answers: Counter[str] = Counter()

    def serve(self, ids: list[str]) -> None:
        """Let them arrive at their times; returns when the last one is answered."""
        posts = [body(event_id) for event_id in ids]
        threads = [threading.Thread(target=self._serve) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        start = time.perf_counter()
        for n, post in enumerate(posts):
            appointed = start + n / RATE
            if (early := appointed - time.perf_counter()) > 0:
                time.sleep(early)
            self._waiting.put((appointed, post))
        for _ in threads:
            self._waiting.put(None)
        for thread in threads:
            thread.join()

    def _serve(self) -> None:
        while (arrived := self._waiting.get()) is not None:
            appointed, post = arrived
            environ = {
                "REQUEST_METHOD": "POST",
                "CONTENT_LENGTH": str(len(post)),
                "HTTP_X_API_KEY": "k-123",
                "wsgi.input": io.BytesIO(post),
            }
            [answer] = self._app(environ, lambda status, headers: None)
            self.waits.append(time.perf_counter() - appointed)
            self.answers[answer.decode()] += 1


def deliver(path: Path, stopped: Callable[[], bool]) -> int:
    """Collect, lease and save, batch by batch; how many entries."""
    first = 0
    with SQLiteStore(path) as store:
        while not stopped():
            store.collect(Collection(entries=tuple(observed(n) for n in range(first, first + BATCH))))
            sending = [in_flight(e) for e in store.lease("orders", now=NOW, until=LATER, limit=BATCH)]
            assert store.save(sending) == []
            assert store.save([accepted(change) for change in sending]) == []
            first += BATCH
    return first


@contextmanager
def delivering_process(path: Path) -> Iterator[None]:
    """The same file in another process."""
    command = [sys.executable, __file__, "deliver", str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == "ready\n"
        start = time.perf_counter()
        yield
        process.stdin.close()
        count = int(process.stdout.readline())
        print(f"  delivered meanwhile: {count / (time.perf_counter() - start):,.0f} entries/s in a process")


@contextmanager
def delivering_thread(path: Path) -> Iterator[None]:
    """The same file in another thread."""
    done = threading.Event()
    counts: list[int] = []
    thread = threading.Thread(target=lambda: counts.append(deliver(path, done.is_set)))
    start = time.perf_counter()
    thread.start()
    yield
    done.set()
    thread.join()
    print(f"  delivered meanwhile: {counts[0] / (time.perf_counter() - start):,.0f} entries/s in a thread")


def measure(path: Path, seconds: int, beside: Callable[[Path], object]) -> None:
    """Print how long the answers took, and check that there is one row for each event."""
    ids = arrivals(seconds * RATE)
    with SQLiteStore(path) as store:
        mount = Mount(store)
        with beside(path):  # type: ignore[attr-defined]  # one of the two context managers above
            mount.serve(ids)
    waits = sorted(mount.waits)
    p50, p99, most = (waits[min(int(len(waits) * share), len(waits) - 1)] * 1e3 for share in (0.5, 0.99, 1))
    print(
        f"webhooks at {RATE:,}/s for {seconds} s, {REPEATS:.0%} repeats: "
        f"answered in {p50:.1f} ms (median), {p99:.1f} ms (99 %), {most:.1f} ms (slowest)"
    )
    with closing(sqlite3.connect(path)) as raw:
        stored = [event_id for (event_id,) in raw.execute("SELECT event_id FROM inbox")]
    assert sorted(stored) == sorted(set(ids)), "not one row for each event"
    assert mount.answers == {"stored": len(stored), "known": len(ids) - len(stored)}


def main() -> None:
    if sys.argv[1:2] == ["deliver"]:
        ended = threading.Event()
        threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
        print("ready", flush=True)
        print(deliver(Path(sys.argv[2]), ended.is_set), flush=True)
        return
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    with tempfile.TemporaryDirectory(dir=sys.argv[2] if len(sys.argv) > 2 else None) as folder:
        for beside in (delivering_process, delivering_thread):
            measure(Path(folder) / f"{beside.__name__}.db", seconds, beside)


if __name__ == "__main__":
    main()
