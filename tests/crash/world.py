"""What the stories happen in: both vendors on real sockets, a receiver of webhooks, and the processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from mlconnector_sdk import SQLiteStore
from mlconnector_sdk.simulators import PlexSimulator, StediSimulator, VirtualTime
from mlconnector_sdk.simulators.webhooks import Subscription
from tests.crash.driver import Act, Ended

__all__ = ["ANSWERED_AFTER", "Driver", "Order", "World"]

ANSWERED_AFTER = 7_200
"""Seconds until the supplier answers an order or a change of it."""

_KEY = "webhook-key"
_PARTNERS = """
units = "as_is"
parts = "as_is"
[partners.ACME]
supplier = "ACME"
buyer = { id = "US", qualifier = "92" }
account = { id = "4711", qualifier = "92" }
[partners.ACME.stedi]
partnership = "us_acme"
settings = { 850 = "us_acme-850", 860 = "us_acme-860" }
"""


@contextmanager
def _postbox() -> Iterator[tuple[str, list[str]]]:
    """A receiver that keeps what Stedi posts, so that a child can be handed it; its URL."""
    posted: list[str] = []

    class Keep(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's own name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Keep) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/", posted
        finally:
            server.shutdown()
            thread.join()


class Driver:
    """The process that forks the children."""

    def __enter__(self) -> Driver:
        command = [sys.executable, "-m", "tests.crash.driver"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def start(self, act: Act) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(act) + "\n")
        self.process.stdin.flush()

    def result(self) -> Ended:
        assert self.process.stdout is not None
        ended: Ended = json.loads(self.process.stdout.readline())
        return ended

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.communicate()


class World:
    """Plex, Stedi, and one order after the other.

    Args:
        driver: Runs the processes; may serve several worlds, one after the other.
    """

    def __init__(self, stack: ExitStack, driver: Driver) -> None:
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # a SIGKILL does not ask the disk
        self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="crash-", dir=memory)))
        self.partners = self.folder / "partners.toml"
        self.partners.write_text(_PARTNERS)
        self.template = self.folder / "template.db"
        SQLiteStore(self.template).close()
        self.driver = driver
        self.time = VirtualTime()
        self.plex = stack.enter_context(PlexSimulator(time=self.time, admin=True))
        self.stedi = stack.enter_context(StediSimulator(time=self.time))
        self.stedi.rules.key_required = False  # also for the sink that knows none
        self.stedi.add_partnership("us_acme", sender="us", receiver="acme")
        self.supplier = self.stedi.supplier("us_acme")
        self.supplier.answers("accept", delay=ANSWERED_AFTER, to=("850", "860"))
        self.supplier.translator.acknowledges(delay=600)
        self._url, self.posted = stack.enter_context(_postbox())
        self.subscription = self._subscribe()
        self._count = 0

    def new_order(self, number: str = "") -> Order:
        """An order that nobody has seen, a day after the last one, with a store of its own."""
        self.time.advance(86_400)
        self.posted.clear()
        self.subscription.lose(1_000_000)  # what the last story planned for its webhooks ends with it
        self.subscription = self._subscribe()
        self._count += 1
        order = Order(self, number or f"PO-{self._count:05}")
        self.plex.add_purchase_order(
            order.number,
            supplier="ACME",
            lines=[{"part": "WB-100", "quantity": 24, "price": "3.15"}, {"part": "RR-52", "quantity": 500}],
        )
        return order

    def heal(self) -> None:
        """Let nothing go wrong any more."""
        for simulator in (self.plex, self.stedi):
            simulator.faults.clear()
        self.plex.rules.repeat_records = False

    def _subscribe(self) -> Subscription:
        kinds = ("transaction.processed.v2", "file.delivered.v2")
        return self.stedi.webhook(self._url, header=("x-api-key", _KEY), kinds=kinds)


class Order:
    """One order and the program that looks after it."""

    def __init__(self, world: World, number: str) -> None:
        self.world = world
        self.number = number
        self.began: datetime = world.time.now()
        self.database = world.folder / f"{number}.db"
        self.keyless = False

    def act(self, flows: Sequence[str] = (), **how: object) -> Ended:
        """Have a process do it, and wait for its end; for ``how`` see `Act`."""
        self.world.driver.start(self.instructions(flows, **how))
        return self.world.driver.result()

    def instructions(self, flows: Sequence[str] = (), **how: object) -> Act:
        world = self.world
        act: Act = {
            "database": str(self.database),
            "template": str(world.template),
            "partners": str(world.partners),
            "plex": dict(world.plex.connection),
            "stedi": dict(world.stedi.connection),
            "now": world.time.now().isoformat(),
            "advance": f"{world.plex.origin}/_sim/advance",
            "since": (self.began - timedelta(hours=1)).isoformat(),
            "timeout": 0.0,
            "webhooks": [],
            "webhook_key": _KEY,
            "settled": [],
            "flows": list(flows),
            "kill_at": "",
            "keyless": self.keyless,
            "healthy": False,
            "fork": True,
        }
        act.update(how)  # type: ignore[typeddict-item]
        return act

    def webhooks(self, about: str) -> list[str]:
        """The bodies of what Stedi has posted: ``file.delivered.v2``, or the number of a transaction set."""
        self.world.stedi.deliver_webhooks()
        return [body for body in self.world.posted if _topic(body) == about]


def _topic(body: str) -> str:
    event = json.loads(body)["event"]
    if event["detail-type"] != "transaction.processed.v2":
        return str(event["detail-type"])
    detail = event["detail"]
    if detail["direction"] == "OUTBOUND":
        return "outbound"
    return str(detail["x12"]["metadata"]["transaction"]["transactionSetIdentifier"])
