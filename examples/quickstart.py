"""The whole loop on your own machine: Plex → 850 → Stedi → supplier → 855 → Plex.

Plex, Stedi and the suppliers are played by local servers on real sockets; everything else is what you
would run: the clients, the pipeline, a SQLite file and a webhook endpoint.

    python examples/quickstart.py                     # with the orders in examples/orders.json
    python examples/quickstart.py my-orders.json      # with your own, as Plex returns them
"""

from __future__ import annotations

import json
import sys
import tempfile
import threading
from collections.abc import Iterator
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
    Secret,
    SQLiteStore,
    Stedi,
    StediSettings,
    StediWebhook,
    wsgi_app,
)
from mlconnector_sdk.pipelines import plex_stedi
from mlconnector_sdk.simulators import PlexSimulator, StediSimulator, VirtualTime

HERE = Path(__file__).parent
WEBHOOK_KEY = "demo-webhook-key"


def main(orders_file: Path) -> None:
    time = VirtualTime(follow=True)  # one clock for all: the vendors' and ours
    with (
        PlexSimulator(time=time) as erp,
        StediSimulator(time=time) as network,
        tempfile.TemporaryDirectory() as folder,
    ):
        orders = json.loads(orders_file.read_text("utf-8"), parse_float=Decimal)
        partners = introduce_suppliers(orders, network, Path(folder))
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
            sync = plex_stedi.pipeline(plex, stedi, store=store, partners=partners)

            title("1. Go live: what exists now is known, nothing is sent")
            print(sync.baseline())

            title(f"2. Buyers save orders in Plex ({orders_file.name}); the next run finds and sends them")
            numbers = erp.load(orders)
            number = numbers[0]
            before = erp.order(number)
            with webhook_endpoint(sync) as url:
                network.webhook(url, header=("x-api-key", WEBHOOK_KEY))
                time.advance(600)
                print(sync.run())

                title(f"3. The 850 that the supplier received for {number}")
                show_x12(network.sent[0].x12)

                title("4. The suppliers answer; Stedi posts each 855 to our webhook, which only stores it")
                time.advance(600)
                answers = network.deliver_webhooks()  # Stedi also tells us of the 850s that we sent
                print(f"webhook answers: {answers}")
            answer = next(each for each in network.transactions if each.set_id == "855")
            show_x12(answer.input.decode())

            title("5. The next run writes the acknowledgments to Plex")
            print(sync.run())

            title(f"6. {number} in Plex, before and after")
            show_difference(before, erp.order(number))

            title("7. Ten minutes later: nothing is new, nothing is sent")
            time.advance(600)
            print(sync.run())

            title(f"8. The whole story of {number}")
            print(sync.trail(number))


def introduce_suppliers(orders: list[dict[str, Any]], network: StediSimulator, folder: Path) -> Path:
    """Give every supplier in the file a Stedi partnership, and write the partner file that says so."""
    toml = ['units = "as_is"', 'parts = "as_is_with_revision"', ""]
    codes = (release["supplierCode"] for order in orders for release in order["releases"])
    for code in dict.fromkeys(codes):
        partnership = network.add_partnership(f"us_{code.lower()}", sender="us", receiver=code.lower())
        network.supplier(partnership.id).answers("accept", delay=300)
        toml += [
            f'[partners."{code}"]',
            f'supplier = "{code}"',
            'buyer = { id = "US", qualifier = "92" }',
            f'account = {{ id = "{code}", qualifier = "92" }}',
            f'[partners."{code}".stedi]',
            f'partnership = "{partnership.id}"',
            f'settings = {{ 850 = "{partnership.settings["850"]}" }}',
            "",
        ]
    path = folder / "partners.toml"
    path.write_text("\n".join(toml), "utf-8")
    return path


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


def show_x12(text: str) -> None:
    print(text.replace("~", "~\n").strip())


def show_difference(before: dict[str, Any], after: dict[str, Any]) -> None:
    for key in sorted({*before, *after}):
        old, new = before.get(key), after.get(key)
        if old != new:
            print(f"  {key}:")
            print(f"    before: {json.dumps(old, default=str)}")
            print(f"    after:  {json.dumps(new, default=str, indent=2)}".replace("\n", "\n    "))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "orders.json")
