"""`nox -s bench`: speed as ratios within one run, because machines differ and ratios travel.

Each figure is the median of several rounds in which the two sides take turns.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
PAGES, ITEMS = 100, 1_000


def turns(ours: Callable[[], float], theirs: Callable[[], float], rounds: int) -> tuple[float, float, float]:
    """Medians of both, and of their ratio round by round."""
    pairs = [(ours(), theirs()) for _ in range(rounds)]
    mine, other = (statistics.median(side) for side in zip(*pairs, strict=True))
    return mine, other, statistics.median(a / b for a, b in pairs)


@contextmanager
def page_server() -> Iterator[str]:
    command = [sys.executable, str(HERE / "server.py"), str(PAGES), str(ITEMS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        finally:
            server.terminate()


def paginated_read() -> None:
    import httpx

    from mlconnector_sdk.adapters.plex.models import PurchaseOrder
    from mlconnector_sdk.core.auth import ApiKey
    from mlconnector_sdk.core.call import Call
    from mlconnector_sdk.core.client import Client
    from mlconnector_sdk.core.paging import Cursor
    from mlconnector_sdk.core.profile import Profile
    from mlconnector_sdk.core.runtime import BlockingRuntime
    from mlconnector_sdk.secret import Secret

    with page_server() as url:

        def typed() -> float:
            profile = Profile(vendor="Bench", name="bench", origins={"api": url})
            client = Client(profile, ApiKey("Authorization", Secret("k")), BlockingRuntime())
            call = Call(method="GET", path="orders", answer=object)
            start = time.process_time()
            count = 0
            walk = client.pages(
                call, Cursor(param="pageToken", at=("nextPageToken",), items="items"), PurchaseOrder
            )
            for order in walk:
                count += order.number is not None
            took = time.process_time() - start
            assert count == PAGES * ITEMS
            return took

        def raw() -> float:
            start = time.process_time()
            count, token = 0, ""
            with httpx.Client() as client:
                while True:
                    params = {"pageToken": token} if token else {}
                    content = client.get(
                        f"{url}/orders", params=params, headers={"Authorization": "k"}
                    ).json()
                    for order in content["items"]:
                        count += order["poNumber"] is not None
                    token = content.get("nextPageToken", "")
                    if not token:
                        break
            took = time.process_time() - start
            assert count == PAGES * ITEMS
            return took

        typed()
        ours, theirs, ratio = turns(typed, raw, 5)
    print(
        f"typed paginated read, {PAGES * ITEMS:,} orders of 1 kB: {ours:.2f} s CPU; "
        f"raw httpx loop with response.json(): {theirs:.2f} s; ratio {ratio:.2f}"
    )


def import_time() -> None:
    def importing(statement: str) -> Callable[[], float]:
        def once() -> float:
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", statement], check=True)
            return time.perf_counter() - start

        return once

    bare = statistics.median(importing("pass")() for _ in range(15))
    for statement in ("import mlconnector_sdk", "from mlconnector_sdk import Plex"):
        ours, theirs, _ = turns(importing(statement), importing("import httpx"), 15)
        ratio = (ours - bare) / (theirs - bare)
        print(
            f"{statement}: {(ours - bare) * 1e3:.0f} ms above the bare interpreter; "
            f"import httpx: {(theirs - bare) * 1e3:.0f} ms; ratio {ratio:.2f}"
        )


def pipeline_speed() -> None:
    from documents import NullSink, ThousandOrders, build

    from mlconnector_sdk.storage.memory import MemoryStore
    from mlconnector_sdk.storage.sqlite import SQLiteStore

    def documents_per_second(store: object) -> float:
        source, sink = ThousandOrders(), NullSink()
        sync = build(source, sink, store)
        sync.baseline()
        source.appear()
        start = time.perf_counter()
        sync.run()
        took = time.perf_counter() - start
        assert sink.count == source.count
        return source.count / took

    with tempfile.TemporaryDirectory() as folder:
        rates = []
        for round_ in range(3):
            with SQLiteStore(Path(folder) / f"{round_}.db") as store:
                rates.append(documents_per_second(store))
    in_memory = statistics.median(documents_per_second(MemoryStore()) for _ in range(3))
    rate = statistics.median(rates)
    print(
        f"pipeline with an in-process sink: {rate:,.0f} documents/s on SQLite (synchronous FULL); "
        f"{in_memory:,.0f} in memory; ratio {rate / in_memory:.2f}"
    )


def main() -> None:
    import_time()
    paginated_read()
    pipeline_speed()


if __name__ == "__main__":
    main()
