"""Everything that can be made to go wrong, over real sockets; and that nothing is left behind."""

from __future__ import annotations

import socket
import threading
import time

import httpx
import pytest

from mlconnector_sdk.errors import ConfigurationError
from mlconnector_sdk.simulators import (
    Answer,
    Delay,
    Drop,
    Hang,
    LoseAnswer,
    PlexSimulator,
    SlowWork,
    Truncate,
    WebPage,
)
from tests.simulators.conftest import eventually

IMPATIENT = httpx.Timeout(10, read=0.05)
ORDERS = "/purchasing/v1/purchase-orders"


@pytest.fixture
def order(plex_simulator: PlexSimulator) -> str:
    order = plex_simulator.add_purchase_order(
        "PO-1", supplier="ACME", lines=[{"part": "WB-100", "quantity": 1}]
    )
    return f"{ORDERS}/{order['id']}"


def test_a_status_instead_of_the_work(plex_simulator: PlexSimulator, plex: httpx.Client, order: str) -> None:
    plex_simulator.faults.add(Answer(429, retry_after=7), method="PUT")
    plex_simulator.faults.add(Answer(503, body=b"<h1>busy</h1>", content_type="text/html"), method="PUT")
    refused = plex.put(order, json={"note": "x"})
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "7")
    assert plex_simulator.writes == []
    assert plex.put(order, json={"note": "x"}).status_code == 200


def test_the_nth_request_and_how_many(plex_simulator: PlexSimulator, plex: httpx.Client) -> None:
    plex_simulator.faults.add(Answer(500), path="*/parts", nth=2, times=2)
    statuses = []
    for _ in range(5):
        statuses.append(plex.get("/mdm/v1/parts").status_code)
        statuses.append(plex.get("/mdm/v1/suppliers").status_code)
    assert statuses[::2] == [200, 500, 500, 200, 200]
    assert set(statuses[1::2]) == {200}
    assert len(plex_simulator.faults.struck) == 2


def test_a_fault_for_all_until_it_is_cleared(plex_simulator: PlexSimulator, plex: httpx.Client) -> None:
    plex_simulator.faults.add(Answer(502), times=None)
    assert {plex.get("/mdm/v1/parts").status_code for _ in range(3)} == {502}
    plex_simulator.faults.clear()
    assert plex.get("/mdm/v1/parts").status_code == 200


@pytest.mark.parametrize("when", ["before reading", "before answering"])
def test_a_dropped_connection_does_no_work(
    plex_simulator: PlexSimulator, plex: httpx.Client, order: str, when: str
) -> None:
    plex_simulator.faults.add(Drop(when), method="PUT")  # type: ignore[arg-type]  # from the parameters
    with pytest.raises(httpx.TransportError):
        plex.put(order, json={"note": "x"})
    assert plex_simulator.writes == []


def test_a_connection_is_dropped_before_or_after_the_body_was_read(plex_simulator: PlexSimulator) -> None:
    address = ("127.0.0.1", int(plex_simulator.origin.rpartition(":")[2]))
    head = b"PUT / HTTP/1.1\r\nHost: here\r\nContent-Length: 2\r\n\r\n"
    plex_simulator.faults.add(Drop("before reading"))
    with socket.create_connection(address, timeout=5) as raw, pytest.raises(ConnectionResetError):
        raw.sendall(head)
        raw.recv(1)
    plex_simulator.faults.add(Drop("before answering"))
    with socket.create_connection(address) as raw:
        raw.sendall(head)
        raw.settimeout(0.05)
        with pytest.raises(TimeoutError):
            raw.recv(1)
        raw.sendall(b"{}")
        raw.settimeout(5)
        with pytest.raises(ConnectionResetError):
            raw.recv(1)


def test_a_lost_answer_leaves_its_effect(
    plex_simulator: PlexSimulator, plex: httpx.Client, order: str
) -> None:
    plex_simulator.faults.add(LoseAnswer(), method="PUT")
    with pytest.raises(httpx.ReadError, match="reset"):
        plex.put(order, json={"note": "x"})
    assert [write.body for write in plex_simulator.writes] == [{"note": "x"}]
    assert plex_simulator.requests[-1].status == 200
    plex_simulator.faults.add(LoseAnswer("close"), method="PUT")
    with pytest.raises(httpx.RemoteProtocolError, match="without sending"):
        plex.put(order, json={"note": "y"})
    plex_simulator.faults.add(LoseAnswer("hang"), method="PUT")
    with pytest.raises(httpx.ReadTimeout):
        plex.put(order, json={"note": "z"}, timeout=IMPATIENT)
    eventually(lambda: len(plex_simulator.writes) == 3)  # the client has given up, the vendor has not


def test_a_time_out_without_work(plex_simulator: PlexSimulator, plex: httpx.Client, order: str) -> None:
    plex_simulator.faults.add(Hang(), method="PUT")
    with pytest.raises(httpx.ReadTimeout):
        plex.put(order, json={"note": "x"}, timeout=IMPATIENT)
    assert plex_simulator.writes == []


@pytest.mark.parametrize("fault", [Delay(0.1), SlowWork(0.1)])
def test_a_late_answer(
    plex_simulator: PlexSimulator, plex: httpx.Client, order: str, fault: Delay | SlowWork
) -> None:
    plex_simulator.faults.add(fault, method="PUT")
    began = time.monotonic()
    assert plex.put(order, json={"note": "x"}).status_code == 200
    assert time.monotonic() - began >= 0.1


def test_a_truncated_body(plex_simulator: PlexSimulator, plex: httpx.Client, order: str) -> None:
    plex_simulator.faults.add(Truncate())
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
        plex.get(order)


def test_a_web_page_with_200(plex_simulator: PlexSimulator, plex: httpx.Client, order: str) -> None:
    plex_simulator.faults.add(WebPage())
    answer = plex.get(order)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")


def test_an_outage_keeps_port_and_data(plex_simulator: PlexSimulator, plex: httpx.Client, order: str) -> None:
    plex_simulator.stop()
    with pytest.raises(httpx.ConnectError):
        plex.get(order)
    with pytest.raises(ConfigurationError, match="does not run"):
        _ = plex_simulator.url
    plex_simulator.start()
    assert plex.get(order).status_code == 200


def test_nothing_is_left_behind() -> None:
    before = set(threading.enumerate())
    with PlexSimulator() as plex:
        port = int(plex.origin.rpartition(":")[2])
        assert set(threading.enumerate()) - before
        plex.faults.add(Hang())
        with pytest.raises(httpx.ReadTimeout), httpx.Client(timeout=IMPATIENT) as client:
            client.get(plex.url)
        plex.faults.add(Delay(60))
        raw = socket.create_connection(("127.0.0.1", port))
        raw.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
        eventually(lambda: plex.faults.struck[1:])
    assert set(threading.enumerate()) == before
    raw.close()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_taken_port_is_said_so() -> None:
    with PlexSimulator() as plex:
        port = int(plex.origin.rpartition(":")[2])
        with pytest.raises(ConfigurationError, match=f"port {port}"):
            PlexSimulator(port=port).start()
