"""The whole loop on your own machine, and what becomes of it when things go wrong.

Plex, Stedi and the suppliers are played by local servers on real sockets; everything else is what you
would run: the clients, the pipeline, a SQLite file and a webhook endpoint.

    python examples/quickstart.py                     # with the orders in examples/orders.json
    python examples/quickstart.py my-orders.json      # with your own, as Plex returns them
"""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from mlconnector_sdk import (
    Pipeline,
    Plex,
    PlexSettings,
    Receiver,
    RunReport,
    Secret,
    SQLiteStore,
    Stedi,
    StediSettings,
    StediWebhook,
    wsgi_app,
)
from mlconnector_sdk.pipelines import plex_stedi
from mlconnector_sdk.simulators import PlexSimulator, StediSimulator, VirtualTime
from mlconnector_sdk.simulators.plex.edits import SetDueDate, SetQuantity

HERE = Path(__file__).parent
WEBHOOK_KEY = "demo-webhook-key"


class Demo:
    """A company on Plex, its suppliers on Stedi, and the pipeline between them."""

    def __init__(self, orders_file: Path, erp: PlexSimulator, network: StediSimulator, folder: Path) -> None:
        self.orders_file, self.erp, self.network, self.folder = orders_file, erp, network, folder
        self.time = erp.time
        self.orders = json.loads(orders_file.read_text("utf-8"), parse_float=Decimal)
        self.partners = introduce_suppliers(self.orders, network, folder)
        self.supplier_code = supplier_codes(self.orders)[0]
        self.supplier = network.supplier(partnership_id(self.supplier_code))

    def story(self, sync: Pipeline) -> None:
        title("1. Go live: what exists now is known, nothing is sent")
        sync.baseline()
        print(f"{len(sync.flows)} flows have their starting point: {', '.join(sync.flows)}")

        with webhook_endpoint(sync) as url:
            self.network.webhook(url, header=("x-api-key", WEBHOOK_KEY))
            title(f"2. Buyers save orders in Plex ({self.orders_file.name}); the next run sends them as 850")
            self.erp.load(self.orders)
            self.run(sync)
            number = self.network.sent[0].number
            print()
            show_x12(self.network.sent[0].x12)

            title(f"3. The supplier of {number} confirms less than was ordered; Stedi posts its 855 to us")
            before = self.erp.order(number)["customFields"]
            self.time.advance(600)
            answers = self.network.deliver_webhooks()
            print(f"{len(answers)} webhooks, each stored and answered, no more: {answers}\n")
            answer = next(each for each in self.network.transactions if each.set_id == "855")
            show_x12(answer.input.decode())
            print()
            self.run(sync)
            print(f"\nwritten into {number} in Plex; the flags say what is not as ordered:")
            show_new(before, self.erp.order(number)["customFields"])

            title("4. A buyer edits that order: the supplier is told what changed (860), and nothing else")
            self.edit(sync, number)

        title("5. A process that sends is killed (SIGKILL) before it can note the answer")
        self.kill_and_recover(sync)

        title("6. An order in a unit that no table knows: a dead letter, mended in the table")
        self.mend(sync)

        title("7. When the last reports are in, nothing is new, nothing is sent, nobody is needed")
        self.run(sync)
        print("\nten minutes later:\n")
        self.run(sync)
        print(f"\n{sync.health()}")

        title(f"8. The whole story of {number}")
        print(sync.trail(number))

    def edit(self, sync: Pipeline, number: str) -> None:
        wanted = self.erp.wanted(number)
        if not wanted.lines:
            print(f"(left out: {number} has no open line to edit)")
            return
        line, first = next(iter(wanted.lines.items()))
        more = SetQuantity(line=int(line), quantity=first.schedules[0].quantity * 2)
        self.erp.change_order(number, more, SetDueDate(line=int(line), due="2026-04-20"))
        print(f"line {line} of {number}: twice the quantity, due on 2026-04-20\n")
        self.run(sync)
        print()
        show_x12(self.network.sent[-1].x12)
        theirs = [
            (line.number, *schedules(line, "date")) for line in self.supplier.orders[number].lines.values()
        ]
        ours = [(key, *schedules(line, "due")) for key, line in self.erp.wanted(number).lines.items()]
        print(f"\nwhat the supplier has now: {theirs}")
        print(f"what Plex has now:         {ours}")

    def kill_and_recover(self, sync: Pipeline) -> None:
        if sys.platform == "win32":
            print("(left out on Windows, which has no SIGKILL)")
            return
        number = "KILLED-1"
        self.order(number, unit=self.a_unit())
        told = {
            "now": self.time.now().isoformat(),
            "plex": dict(self.erp.connection),
            "stedi": dict(self.network.connection),
            "store": str(self.folder / "sync.db"),
            "partners": str(self.partners),
        }
        worker = [sys.executable, str(HERE / "killed_worker.py")]
        ended = subprocess.run(worker, input=json.dumps(told), text=True, check=False)
        print(f"the process ended with {ended.returncode}; what it left behind:\n")
        print(sync.trail(number))
        print("\nten minutes later another run finds out what became of it:\n")
        self.run(sync)
        times = sum(each.number == number for each in self.network.sent)
        print(f"\n{number} reached the supplier {times} time{'' if times == 1 else 's'}")

    def mend(self, sync: Pipeline) -> None:
        number = "BARREL-1"
        self.order(number, unit="Barrel")
        self.run(sync)
        table = self.folder / "units.toml"
        table.write_text(table.read_text("utf-8") + 'Barrel = "BA"\n', "utf-8")
        print(f"\nsomebody adds the row to {table.name}; nothing is restarted:\n\n  {sync.reload()}\n")
        for remapped in sync.remap(number):
            print(remapped)
        self.run(sync)
        print(f"\ndead letters: {len(sync.dead_letters())}")

    def run(self, sync: Pipeline) -> None:
        """What a schedule does every ten minutes."""
        self.time.advance(600)
        show_report(sync.run())

    def order(self, number: str, *, unit: str) -> None:
        line = {"part": "DEMO-PART", "quantity": 10, "price": "7.50", "unit": unit}
        self.erp.add_purchase_order(number, supplier=self.supplier_code, lines=[line])

    def a_unit(self) -> str:
        return next(iter(units(self.orders)), "EA")


def main(orders_file: Path) -> None:
    time = VirtualTime(follow=True)  # one clock for all: the vendors' and ours
    with (
        PlexSimulator(time=time) as erp,
        StediSimulator(time=time) as network,
        tempfile.TemporaryDirectory() as folder,
    ):
        demo = Demo(orders_file, erp, network, Path(folder))
        plex = Plex(
            PlexSettings(
                client_id=erp.client_id,
                client_secret=Secret(erp.client_secret),
                pcn=erp.pcn,
                base_url=erp.url,
                token_url=erp.token_url,
            ),
            clock=time,
        )
        stedi = Stedi(StediSettings(api_key=Secret(network.api_key), base_url=network.url), clock=time)
        with plex, stedi, SQLiteStore(Path(folder) / "sync.db") as store:
            demo.story(plex_stedi.pipeline(plex, stedi, store=store, partners=demo.partners))


def introduce_suppliers(orders: Sequence[Mapping[str, Any]], network: StediSimulator, folder: Path) -> Path:
    """Give every supplier in the file a Stedi partnership, and write the partner files that say so.

    The first one confirms three quarters of a first line and ships the others later; the rest accept.
    """
    toml = ['units = "units.toml"', 'parts = "as_is_with_revision"', ""]
    for place, code in enumerate(supplier_codes(orders)):
        partnership = network.add_partnership(partnership_id(code), sender="us", receiver=plain(code))
        supplier = network.supplier(partnership.id)
        supplier.answers("accept" if place else "change", delay=300)
        supplier.translator.acknowledges(delay=120)  # its 997s
        settings = ", ".join(f'{name} = "{partnership.settings[name]}"' for name in ("850", "860"))
        toml += [
            f'[partners."{code}"]',
            f'supplier = "{code}"',
            'buyer = { id = "US", qualifier = "92" }',
            f'account = {{ id = "{code}", qualifier = "92" }}',
            f'[partners."{code}".stedi]',
            f'partnership = "{partnership.id}"',
            f"settings = {{ {settings} }}",
            "",
        ]
    (folder / "units.toml").write_text("".join(f'"{unit}" = "{unit}"\n' for unit in units(orders)), "utf-8")
    path = folder / "partners.toml"
    path.write_text("\n".join(toml), "utf-8")
    return path


def partnership_id(code: str) -> str:
    return f"us_{plain(code)}"


def plain(code: str) -> str:
    return re.sub("[^a-z0-9]+", "-", code.lower())


def supplier_codes(orders: Sequence[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(release["supplierCode"] for order in orders for release in order["releases"]))


def units(orders: Sequence[Mapping[str, Any]]) -> list[str]:
    lines = (line for order in orders for line in order["lineItems"])
    found = (line.get("orderUnit") or line.get("unit") for line in lines)
    return list(dict.fromkeys(unit for unit in found if unit))


@contextmanager
def webhook_endpoint(sync: Pipeline) -> Iterator[str]:
    """A real HTTP endpoint for the webhooks, in a thread; in your application it is a mount."""
    receiver = Receiver(
        parser=StediWebhook(secret=Secret(WEBHOOK_KEY), header="x-api-key"),
        admit=sync.receive,
        clock=sync.clock,
    )

    class Quiet(WSGIRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as the base class has it
            pass

    with make_server("127.0.0.1", 0, wsgi_app(receiver), handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def title(text: str) -> None:
    print(f"\n== {text}\n")


def show_report(report: RunReport) -> None:
    """What a run reports, without the flows in which nothing happened."""
    busy = [flow for flow in report.flows if flow.progress or flow.letters or flow.problem]
    print("\n".join(map(str, busy)) or "nothing is new")


def show_x12(text: str) -> None:
    print(text.replace("~", "~\n").strip())


def show_new(before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    for key, value in after.items():
        if before.get(key) != value and value is not None and not key.endswith("As_Of"):
            print(f"  {key:<32} {value}")


def schedules(line: Any, day: str) -> list[str]:
    return [f"{each.quantity.normalize():f} on {getattr(each, day)}" for each in line.schedules]


if __name__ == "__main__":
    logging.getLogger("mlconnector_sdk").addHandler(logging.NullHandler())  # the reports say the same
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "orders.json")
