"""A company with one supplier on EDI, its pipeline, and a webhook endpoint, all over real HTTP."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

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
    asgi_app,
    wsgi_app,
)
from mlconnector_sdk.pipelines import plex_stedi
from mlconnector_sdk.simulators import PlexSimulator, StediSimulator, VirtualTime
from mlconnector_sdk.simulators.server import LocalServer

KEY = "webhook-key"
PARTNERS = """
units = "units.toml"
parts = "parts.csv"

[partners.ACME]
supplier = "ACME"
buyer = { id = "US", qualifier = "92" }
account = { id = "4711", qualifier = "92" }

[partners.ACME.stedi]
partnership = "us_acme"
settings = { 850 = "us_acme-850", 860 = "us_acme-860" }
"""
UNITS = 'EA = "EA"\nPieces = "PC"\n'
PARTS = "number,revision,buyer_part,vendor_part\nWB-100,*,WB-100,B-2207\nRR-52,*,RR-52,\n"


class Company:
    """Both vendors, both clients, and what a test does with them."""

    def __init__(self, time: VirtualTime, erp: PlexSimulator, network: StediSimulator, folder: Path) -> None:
        self.time, self.erp, self.network, self.folder = time, erp, network, folder
        (folder / "partners.toml").write_text(PARTNERS)
        (folder / "units.toml").write_text(UNITS)
        (folder / "parts.csv").write_text(PARTS)
        network.add_partnership("us_acme", sender="us", receiver="acme")
        self.plex = Plex(self.plex_settings(), clock=time)
        self.stedi = Stedi(self.stedi_settings(), clock=time)
        self.store = SQLiteStore(folder / "sync.db")
        self.sync = self.pipeline()

    def plex_settings(self, **other: Any) -> PlexSettings:
        erp = self.erp
        usual: dict[str, Any] = {
            "client_id": erp.client_id,
            "client_secret": Secret(erp.client_secret),
            "pcn": erp.pcn,
            "base_url": erp.url,
            "token_url": erp.token_url,
        }
        return PlexSettings(**{**usual, **other})

    def stedi_settings(self) -> StediSettings:
        return StediSettings(api_key=Secret(self.network.api_key), base_url=self.network.url)

    def pipeline(self) -> Pipeline:
        """Built anew, as a restarted program does: files are read again."""
        return plex_stedi.pipeline(
            self.plex, self.stedi, store=self.store, partners=self.folder / "partners.toml"
        )

    def order(self, number: str = "PO-1", **known: Any) -> None:
        usual: dict[str, Any] = {
            "supplier": "ACME",
            "lines": [
                {"part": "WB-100", "quantity": 24, "price": "3.15"},
                {"part": "RR-52", "quantity": 500, "price": "0.42"},
            ],
        }
        self.erp.add_purchase_order(number, **{**usual, **known})

    def fields(self, number: str = "PO-1") -> dict[str, Any]:
        """The custom fields of an order in Plex."""
        return dict(self.erp.order(number)["customFields"])

    def later(self, seconds: float = 120) -> None:
        self.time.advance(seconds)

    def close(self) -> None:
        self.plex.close()
        self.stedi.close()
        self.store.close()


@pytest.fixture
def company(
    simulator_time: VirtualTime,
    plex_simulator: PlexSimulator,
    stedi_simulator: StediSimulator,
    tmp_path: Path,
) -> Iterator[Company]:
    made = Company(simulator_time, plex_simulator, stedi_simulator, tmp_path)
    made.sync.baseline()
    made.later()
    yield made
    made.close()


@pytest.fixture(params=["wsgi", "asgi"])
def webhooks(company: Company, request: pytest.FixtureRequest) -> Iterator[str]:
    """The pipeline's webhook endpoint under a real server; its URL."""
    receiver = Receiver(
        parser=StediWebhook(secret=Secret(KEY), header="x-api-key"),
        admit=company.sync.receive,
        clock=company.time,
    )
    with served_wsgi(receiver) if request.param == "wsgi" else served_asgi(receiver) as url:
        yield url


@contextmanager
def served_asgi(receiver: Receiver) -> Iterator[str]:
    server = LocalServer(asgi_app(receiver))
    server.start()
    try:
        yield f"{server.origin}/"
    finally:
        server.stop()


@contextmanager
def served_wsgi(receiver: Receiver) -> Iterator[str]:
    class Quiet(WSGIRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

    with make_server("127.0.0.1", 0, wsgi_app(receiver), handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()
