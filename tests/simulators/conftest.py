"""Clients as any HTTP library would be used, and a receiver of webhooks."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from mlconnector_sdk.simulators import PlexSimulator, StediSimulator


def eventually(holds: Callable[[], object]) -> None:
    """Wait for what another thread is about to do; a broken simulator fails here instead of hanging."""
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.001)


def token(plex: PlexSimulator) -> str:
    answer = httpx.post(
        plex.token_url,
        data={
            "grant_type": "client_credentials",
            "client_id": plex.client_id,
            "client_secret": plex.client_secret,
        },
    )
    return str(answer.json()["access_token"])


@pytest.fixture
def plex(plex_simulator: PlexSimulator) -> Iterator[httpx.Client]:
    headers = {
        "Authorization": f"Bearer {token(plex_simulator)}",
        "X-Plex-Connect-Customer-Id": plex_simulator.pcn,
    }
    with httpx.Client(base_url=plex_simulator.url, headers=headers) as client:
        yield client


@pytest.fixture
def stedi(stedi_simulator: StediSimulator) -> Iterator[httpx.Client]:
    stedi_simulator.add_partnership("me_acme", sender="me", receiver="acme")
    headers = {"Authorization": stedi_simulator.api_key}
    with httpx.Client(base_url=stedi_simulator.url, headers=headers) as client:
        yield client


class Receiver:
    """Takes webhooks; answers with ``statuses`` in turn, then 200."""

    def __init__(self) -> None:
        self.bodies: list[Any] = []
        self.headers: list[dict[str, str]] = []
        self.statuses: list[int] = []
        self.hold = threading.Event()
        self.hold.set()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.bodies.append(json.loads(body))
                receiver.headers.append({name.lower(): value for name, value in self.headers.items()})
                receiver.hold.wait()
                self.send_response(receiver.statuses.pop(0) if receiver.statuses else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks?tenant=7"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def close(self) -> None:
        self.hold.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


def guide(number: str = "PO-1", quantity: Any = 24, **po1: Any) -> dict[str, Any]:
    """A small 850 of release 004010."""
    line = {
        "assigned_identification_01": "10",
        "quantity_ordered_02": quantity,
        "unit_or_basis_for_measurement_code_03": "EA",
        "unit_price_04": 3.15,
        "product_service_id_qualifier_06": "BP",
        "product_service_id_07": "WB-100",
        **po1,
    }
    beginning = {
        "transaction_set_purpose_code_01": "00",
        "purchase_order_type_code_02": "SA",
        "purchase_order_number_03": number,
        "date_05": "2026-03-02",
    }
    return {
        "heading": {"beginning_segment_for_purchase_order_BEG": beginning},
        "detail": {"baseline_item_data_PO1_loop": [{"baseline_item_data_PO1": line}]},
        "summary": {
            "transaction_totals_CTT_loop": [{"transaction_totals_CTT": {"number_of_line_items_01": 1}}]
        },
    }


def send(
    stedi: httpx.Client,
    content: dict[str, Any] | None = None,
    *,
    key: str | None = "k-1",
    path: str = "/partnerships/me_acme/transactions/me_acme-850",
    **body: Any,
) -> httpx.Response:
    headers = {} if key is None else {"Idempotency-Key": key}
    return stedi.post(path, json={"transaction": content or guide(), **body}, headers=headers)
