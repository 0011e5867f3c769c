"""SIGKILL before and after every effect of receive, collect and deliver; then a second process goes on.

Real processes are really killed; the vendors are the simulators, on real sockets; the store is SQLite.
After the second process: the supplier has the order once, Plex has the acknowledgment, and the audit trail
tells the whole story, each line once.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from mlconnector_sdk.records import State
from mlconnector_sdk.simulators import PlexSimulator, StediSimulator, VirtualTime
from mlconnector_sdk.storage.sqlite import SQLiteStore

pytestmark = pytest.mark.crash

RUNS = int(os.environ.get("CRASH_RUNS", "50"))
KEY = "webhook-key"
PARTNERS = """
units = "as_is"
parts = "as_is"
[partners.ACME]
supplier = "ACME"
buyer = { id = "US", qualifier = "92" }
account = { id = "4711", qualifier = "92" }
[partners.ACME.stedi]
partnership = "us_acme"
settings = { 850 = "us_acme-850" }
"""
STORY = ["observed", "mapped", "sending", "accepted"]


@contextmanager
def postbox(stedi: StediSimulator) -> Iterator[list[str]]:
    """A receiver that keeps what Stedi posts, so that a child can be handed it."""
    posted: list[str] = []

    class Keep(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Keep) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        stedi.webhook(f"http://127.0.0.1:{server.server_port}/", header=("x-api-key", KEY))
        try:
            yield posted
        finally:
            server.shutdown()
            thread.join()


class Driver:
    """The process that forks the children."""

    def __enter__(self) -> Driver:
        command = [sys.executable, "-m", "tests.crash.driver"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def start(self, act: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(act) + "\n")
        self.process.stdin.flush()

    def result(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        ended: dict[str, Any] = json.loads(self.process.stdout.readline())
        return ended

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.communicate()


class World:
    """Both vendors, the driver, and one order after the other."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self.time = VirtualTime()
        self.plex = stack.enter_context(PlexSimulator(time=self.time))
        self.stedi = stack.enter_context(StediSimulator(time=self.time))
        self.stedi.add_partnership("us_acme", sender="us", receiver="acme")
        self.stedi.supplier("us_acme").answers("accept", delay=7_200)
        self.posted = stack.enter_context(postbox(self.stedi))
        self.folder = folder
        self.count = 0
        self.driver = stack.enter_context(Driver())
        self.new_order().act(fork=False)

    def new_order(self) -> Order:
        """An order that nobody has seen, a day after the last one, with a store of its own."""
        self.time.advance(86_400)
        self.count += 1
        order = Order(self, f"PO-{self.count:05}", self.folder / str(self.count))
        order.folder.mkdir()
        (order.folder / "partners.toml").write_text(PARTNERS)
        self.plex.add_purchase_order(
            order.number,
            supplier="ACME",
            lines=[{"part": "WB-100", "quantity": 24, "price": "3.15"}, {"part": "RR-52", "quantity": 500}],
        )
        return order


class Order:
    def __init__(self, world: World, number: str, folder: Path) -> None:
        self.world = world
        self.number = number
        self.folder = folder
        self.since = world.time.now() - timedelta(hours=1)

    def act(self, *, webhook: str | None = None, kill_at: str = "", fork: bool = True) -> dict[str, Any]:
        self.world.driver.start(self.instructions(webhook=webhook, kill_at=kill_at, fork=fork))
        return self.world.driver.result()

    def instructions(
        self, *, webhook: str | None = None, kill_at: str = "", fork: bool = True
    ) -> dict[str, Any]:
        world = self.world
        return {
            "folder": str(self.folder),
            "plex": dict(world.plex.connection),
            "stedi": dict(world.stedi.connection),
            "now": world.time.now().isoformat(),
            "since": self.since.isoformat(),
            "webhook": webhook,
            "webhook_key": KEY,
            "kill_at": kill_at,
            "fork": fork,
        }

    def answer(self) -> str:
        """The webhook body of the supplier's 855."""
        self.world.time.advance(7_300)
        self.world.stedi.deliver_webhooks()
        [body] = [body for body in self.world.posted if self.number in body and '"INBOUND"' in body]
        return body

    def check(self) -> None:
        sent = [each for each in self.world.stedi.sent if each.number == self.number]
        assert len(sent) == 1, f"the supplier received {self.number} {len(sent)} times"
        assert self.number in sent[0].x12
        fields = self.world.plex.order(self.number)["customFields"]
        assert any("accepted" in str(value) for value in fields.values()), fields
        with SQLiteStore(self.folder / "sync.db") as store:
            entries = store.find()
            assert [entry.state for entry in entries] == [State.ACCEPTED, State.ACCEPTED], entries
            lines = store.audit.read(number=self.number)
            told = {
                entry.flow: [line.kind for line in lines if line.entry_id == entry.id] for entry in entries
            }
            for flow, kinds in told.items():
                assert [kind for kind in dict.fromkeys(kinds) if kind in STORY] == STORY, (flow, kinds)
                count = Counter(kinds)
                assert count["observed"] == 1, (flow, kinds)
                assert count["accepted"] <= count["sending"] <= 2, (flow, kinds)
            assert not list(store.pending_events("stedi.transactions"))


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # a SIGKILL does not ask the disk
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="crash-", dir=memory))
        yield World(stack, Path(folder))


def story(world: World, sending: str = "", receiving: str = "") -> tuple[list[str], list[str]]:
    """An order goes out, is acknowledged, and comes back; each half may be killed once, and goes on."""
    order = world.new_order()
    first = order.act(kill_at=sending)
    if sending:
        assert first["signal"] == 9, f"{sending}: not reached"
        world.time.advance(3600)  # leases run out
        assert order.act()["status"] == 0
    body = order.answer()
    second = order.act(webhook=body, kill_at=receiving)
    if receiving:
        assert second["signal"] == 9, f"{receiving}: not reached"
        world.time.advance(3600)
        assert order.act(webhook=body)["status"] == 0  # the sender had no answer, so it tries again
    if world.count % 10 == 0:
        assert order.act()["status"] == 0  # once more: nothing may change
    order.check()
    return first["points"], second["points"]


@pytest.mark.parametrize("part", range(4))
def test_killed_at_every_effect(world: World, part: int) -> None:
    """Each story is killed twice: on its way out at one point, on its way back at another."""
    sending, receiving = story(world)
    assert len(sending) + len(receiving) >= 24
    # Points come in another order every time, so that each is paired with many others.
    pairs = [
        (out, receiving[(index + run) % len(receiving)])
        for run in range(RUNS)
        for index, out in enumerate(sending)
    ]
    spare = [(sending[run % len(sending)], back) for run in range(RUNS) for back in receiving[len(sending) :]]
    for out, back in (pairs + spare)[part::4]:
        story(world, out, back)


def test_two_processes_at_once_create_one_entry(world: World) -> None:
    with Driver() as other:
        for _ in range(10):
            order = world.new_order()
            act = order.instructions()
            for driver in (world.driver, other):
                driver.start(act)
            assert [driver.result()["status"] for driver in (world.driver, other)] == [0, 0]
            body = order.answer()
            act = order.instructions(webhook=body)
            for driver in (world.driver, other):
                driver.start(act)
            assert [driver.result()["status"] for driver in (world.driver, other)] == [0, 0]
            order.check()
