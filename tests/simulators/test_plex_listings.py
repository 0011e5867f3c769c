"""What the listings of the simulated Plex do wrong on request, over HTTP."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

import httpx
import pytest

from mlconnector_sdk.errors import ConfigurationError
from mlconnector_sdk.simulators import PlexSimulator, SlowWork
from mlconnector_sdk.simulators.plex import instants

ORDERS = "/purchasing/v1/purchase-orders"
RELEASES = "/purchasing/v1/releases"
LINES: list[dict[str, Any]] = [{"part": "A", "quantity": 5}, {"part": "B", "quantity": 6}]


@pytest.fixture
def erp(plex_simulator: PlexSimulator) -> PlexSimulator:
    """PO-1, and ten minutes later PO-2."""
    plex_simulator.add_purchase_order("PO-1", supplier="ACME", lines=LINES)
    plex_simulator.advance(600)
    plex_simulator.add_purchase_order("PO-2", supplier="ACME", lines=LINES)
    return plex_simulator


def orders(plex: httpx.Client, since: str = "") -> list[str]:
    answer = plex.get(ORDERS, params={"modified_date": since} if since else {})
    return [order["poNumber"] for order in answer.json()]


def test_filters_may_be_ignored_by_some_resources_only(erp: PlexSimulator, plex: httpx.Client) -> None:
    never = {"modified_date": "2030-01-01T00:00:00Z"}
    erp.rules.ignore_filters = {"releases"}
    assert len(plex.get(RELEASES, params=never).json()) == 4
    assert plex.get(ORDERS, params=never).json() == []
    erp.rules.ignore_filters = True
    lines = plex.get(f"{ORDERS}/{erp.order('PO-1')['id']}/line-items").json()
    assert [line["lineItemNumber"] for line in lines] == [1, 2]  # the order is in the path, and no filter


def test_a_bound_may_be_exclusive(erp: PlexSimulator, plex: httpx.Client) -> None:
    at = erp.order("PO-2")["modifiedDate"]
    assert orders(plex, at) == ["PO-2"]
    erp.rules.exclusive_filters = {"releases"}
    assert orders(plex, at) == ["PO-2"]
    erp.rules.exclusive_filters = True
    assert orders(plex, at) == []
    assert orders(plex, instants.write(instants.parse(at) - 1)) == ["PO-2"]
    answer = plex.get(ORDERS, params={"created_date": erp.order("PO-1")["createdDate"]})
    assert [order["poNumber"] for order in answer.json()] == ["PO-2"]


def test_records_may_come_twice(erp: PlexSimulator, plex: httpx.Client) -> None:
    erp.rules.repeat_records = {"purchase-orders", "line-items"}
    assert orders(plex) == ["PO-1", "PO-2", "PO-1", "PO-2"]
    lines = plex.get(f"{ORDERS}/{erp.order('PO-1')['id']}/line-items").json()
    assert Counter(line["lineItemNumber"] for line in lines) == {1: 2, 2: 2}
    assert len(plex.get(RELEASES).json()) == 4


def test_a_change_may_empty_the_time_of_change(erp: PlexSimulator, plex: httpx.Client) -> None:
    erp.rules.null_changes = True
    erp.edit_order("PO-2", note="x")
    assert plex.get(ORDERS).json()[1]["modifiedDate"] is None
    assert orders(plex, "2000-01-01T00:00:00Z") == ["PO-1"]
    erp.rules.null_changes = False
    erp.edit_order("PO-2", note="y")
    assert orders(plex, "2000-01-01T00:00:00Z") == ["PO-1", "PO-2"]


def test_many_records_may_share_a_time(plex_simulator: PlexSimulator, plex: httpx.Client) -> None:
    plex_simulator.rules.whole_seconds = True
    plex_simulator.advance(0.4)
    for number in range(5):
        plex_simulator.add_purchase_order(f"PO-{number}", supplier="ACME", lines=LINES)
        plex_simulator.advance(0.1)
    assert {order["modifiedDate"] for order in plex.get(ORDERS).json()} == {"2026-03-02T08:00:00Z"}


def test_times_may_all_have_seven_digits(plex_simulator: PlexSimulator, plex: httpx.Client) -> None:
    plex_simulator.rules.seven_digits = True
    for number in range(12):
        plex_simulator.add_purchase_order(f"PO-{number}", supplier="ACME", lines=LINES)
        plex_simulator.advance(0.1)
    found = [order["modifiedDate"] for order in plex.get(ORDERS).json()]
    digits = [text.rstrip("Z").partition(".")[2] for text in found]
    assert all(len(fraction) == 7 and fraction[-1] != "0" for fraction in digits)
    assert len(set(found)) == 12


@pytest.mark.parametrize(("skew", "stamp"), [(90, "2026-03-02T08:11:30"), (-90, "2026-03-02T08:08:30")])
def test_the_clock_of_plex_may_be_wrong(
    erp: PlexSimulator, plex: httpx.Client, skew: float, stamp: str
) -> None:
    erp.rules.clock_skew = skew
    erp.edit_order("PO-1", note="x")
    assert plex.get(ORDERS).json()[0]["modifiedDate"].startswith(stamp)
    erp.rules.clock_skew = 0
    erp.edit_order("PO-1", note="y")
    assert plex.get(ORDERS).json()[0]["modifiedDate"].startswith("2026-03-02T08:10:00")


def test_a_commit_may_come_late(erp: PlexSimulator, plex: httpx.Client) -> None:
    newest = erp.order("PO-2")["modifiedDate"]
    with erp.late(300):
        erp.edit_order("PO-1", note="x")
        erp.add_purchase_order("PO-3", supplier="ACME", lines=LINES)
    assert orders(plex, newest) == ["PO-2"]
    assert orders(plex, "2026-03-02T08:05:00Z") == ["PO-1", "PO-2", "PO-3"]
    erp.edit_order("PO-1", note="y")
    assert orders(plex, newest) == ["PO-1", "PO-2"]


def test_times_differ_however_the_clock_moves(erp: PlexSimulator) -> None:
    seen = []
    for skew in (0, -5, 0, 5, 0, -5):
        erp.rules.clock_skew = skew
        for _ in range(25):
            erp.edit_order("PO-1", note="x")
            seen.append(instants.parse(erp.order("PO-1")["modifiedDate"]))
        erp.advance(0.000001)
    assert len(seen) == len(set(seen))


def test_releases_may_lag_behind_their_order(erp: PlexSimulator, plex: httpx.Client) -> None:
    order = erp.order("PO-1")
    erp.lag("releases", "line-items", seconds=30)
    erp.edit_order("PO-1", note="x")
    erp.edit_release("PO-1", 1, quantity=9)
    erp.edit_line("PO-1", 1, unitPrice=2)
    of_order = {"poId": order["id"]}
    line = f"{ORDERS}/{order['id']}/line-items"

    def seen() -> tuple[Any, ...]:
        lines = plex.get(line).json()
        releases = plex.get(RELEASES, params=of_order).json()
        one = plex.get(f"{line}/{lines[0]['id']}").json()
        return releases[0]["quantity"], lines[0]["unitPrice"], one["unitPrice"]

    assert plex.get(f"{ORDERS}/{order['id']}").json()["note"] == "x"
    assert seen() == (5, None, None)
    erp.advance(29)
    assert seen() == (5, None, None)
    erp.advance(1)
    assert seen() == (9, 2, 2)


def test_what_lags_may_be_deleted_meanwhile(erp: PlexSimulator, plex: httpx.Client) -> None:
    from mlconnector_sdk.simulators.plex.edits import DeleteLine

    erp.lag("releases", seconds=30)
    erp.change_order("PO-1", DeleteLine(line=1))
    order = erp.order("PO-1")
    assert len(plex.get(RELEASES, params={"poId": order["id"]}).json()) == 2
    assert len(plex.get(f"{ORDERS}/{order['id']}/line-items").json()) == 1
    with pytest.raises(ConfigurationError, match="'release'"):
        erp.lag("release", seconds=1)


def test_a_write_meets_the_present_however_far_readers_lag(erp: PlexSimulator, plex: httpx.Client) -> None:
    path = f"{ORDERS}/{erp.order('PO-1')['id']}"
    erp.lag("purchase-orders", seconds=30)
    assert plex.put(path, json={"note": "x"}).json()["note"] == "x"
    assert plex.get(path).json()["note"] is None
    erp.advance(30)
    assert plex.get(path).json()["note"] == "x"


def test_a_slow_listing_shows_what_was_when_it_was_asked_for(erp: PlexSimulator, plex: httpx.Client) -> None:
    erp.faults.add(SlowWork(0.1), path=f"*{ORDERS}")
    began = time.monotonic()
    assert orders(plex) == ["PO-1", "PO-2"]
    assert time.monotonic() - began >= 0.1
