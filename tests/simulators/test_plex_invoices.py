"""Invoices in the simulated Plex: entered, listed and withdrawn."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import httpx
import pytest

from mlconnector_sdk.errors import ConfigurationError, InvalidDocument, NotFound
from mlconnector_sdk.simulators import PlexRules, PlexSimulator

INVOICES = "/accounting/v1/ar-invoices"
LINES: list[dict[str, Any]] = [
    {"part": "WB-100", "revision": "B", "quantity": 24, "price": "3.15", "order_line": 10},
    {"part": "WB-200", "quantity": "2.5", "price": "0.333", "customer_part": "C-9", "unit": "LB"},
    {"type": "Freight", "amount": "12.50", "description": "By rail"},
]


@pytest.fixture
def erp(plex_simulator: PlexSimulator) -> PlexSimulator:
    """I-1, and ten minutes later I-2."""
    plex_simulator.add_invoice("I-1", customer="CUST", order="C-PO-7", lines=LINES, dated="2026-03-01")
    plex_simulator.advance(600)
    plex_simulator.add_invoice("I-2", customer="OTHER", lines=LINES[:1], type="Credit Memo")
    return plex_simulator


def numbers(answer: httpx.Response) -> list[str]:
    return [invoice["invoiceNumber"] for invoice in answer.json()]


def test_an_invoice_in_short(erp: PlexSimulator) -> None:
    invoice = erp.invoice("I-1")
    assert (invoice["customerCode"], invoice["customerPONo"]) == ("CUST", "C-PO-7")
    assert (invoice["transactionDate"], invoice["dueDate"]) == (
        "2026-03-01T00:00:00Z",
        "2026-03-31T00:00:00Z",
    )
    assert [line["amount"] for line in invoice["lines"]] == [
        Decimal("75.60"),
        Decimal("0.83"),
        Decimal("12.50"),
    ]
    assert invoice["amount"] == invoice["currencyAmount"] == invoice["balance"] == Decimal("88.93")
    assert (invoice["booked"], invoice["void"], invoice["paid"]) == (True, False, False)
    assert invoice["shipperNo"] is None
    assert erp.invoice("I-2")["type"] == "Credit Memo"


def test_the_calendar_is_the_plants() -> None:
    erp = PlexSimulator(rules=PlexRules(time_zone="America/Detroit"))
    invoice = erp.add_invoice("I-1", customer="CUST", lines=LINES[:1], dated="2026-07-01")
    assert invoice["transactionDate"] == "2026-07-01T04:00:00Z"


def test_listed_filtered_and_alone(erp: PlexSimulator, plex: httpx.Client) -> None:
    assert numbers(plex.get(INVOICES)) == ["I-1", "I-2"]
    assert numbers(plex.get(INVOICES, params={"invoiceNumber": "I-2"})) == ["I-2"]
    assert numbers(plex.get(INVOICES, params={"customerCode": "CUST"})) == ["I-1"]
    assert numbers(plex.get(INVOICES, params={"modified_date": "2026-03-02T08:05:00Z"})) == ["I-2"]
    assert numbers(plex.get(INVOICES, params={"created_date": "2026-03-02T08:05:00Z"})) == ["I-2"]
    assert numbers(plex.get(INVOICES, params={"nonsense": "x"})) == ["I-1", "I-2"]
    alone = plex.get(f"{INVOICES}/{erp.invoice('I-1')['id']}")
    assert alone.json() == plex.get(INVOICES).json()[0]
    assert '"unitPrice":0.333,"amount":0.83' in alone.text
    assert plex.get(f"{INVOICES}/{'0' * 36}").status_code == 404
    assert plex.put(f"{INVOICES}/{erp.invoice('I-1')['id']}", json={}).status_code == 405


def test_paid_and_withdrawn(erp: PlexSimulator, plex: httpx.Client) -> None:
    erp.advance(60)
    erp.pay_invoice("I-1")
    erp.void_invoice("I-2")
    paid, void = plex.get(INVOICES, params={"modified_date": "2026-03-02T08:11:00Z"}).json()
    assert (paid["paid"], paid["balance"], paid["status"], paid["amount"]) == (True, 0, "Paid", 88.93)
    assert (void["void"], void["balance"], void["status"]) == (True, 0, "Void")


@pytest.mark.parametrize(
    "line",
    [
        {"part": "A", "quantity": 1},
        {"part": "A", "quantity": 1, "price": 1, "colour": "red"},
        {"type": "Freight"},
        {"type": "Freight", "amount": 1, "part": "A"},
        {"part": "A", "quantity": "many", "price": 1},
    ],
)
def test_wrong_lines_are_refused(erp: PlexSimulator, line: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        erp.add_invoice("I-3", customer="CUST", lines=[line])
    with pytest.raises(NotFound, match="I-3"):
        erp.invoice("I-3")


def test_a_number_is_given_once_and_fields_have_types(erp: PlexSimulator) -> None:
    with pytest.raises(InvalidDocument, match="already"):
        erp.add_invoice("I-1", customer="CUST", lines=LINES)
    with pytest.raises(InvalidDocument):
        erp.edit_invoice("I-1", booked="yes")
    with pytest.raises(InvalidDocument):
        erp.edit_invoice("I-1", lines=["x"])


def test_the_role_is_asked_for(erp: PlexSimulator, plex: httpx.Client) -> None:
    erp.rules.deny["ar-invoices"] = "empty"
    assert plex.get(INVOICES).json() == []
    erp.rules.deny["ar-invoices"] = "403"
    assert plex.get(INVOICES).status_code == 403
