"""Plex's invoices go to customers as 810, where the partner file says so."""

from __future__ import annotations

from typing import Any

import pytest

from mlconnector_sdk.pipelines import plex_stedi
from mlconnector_sdk.records import Entry, State
from mlconnector_sdk.simulators.stedi.translator import Complaint

from .conftest import PARTNERS, Company

CUSTOMERS = """
[partners.BIGCO]
customer = "BIGCO"
buyer = { id = "BIG-1", qualifier = "92" }
account = { id = "V-77", qualifier = "92" }
parts = "bigco.csv"

[partners.BIGCO.limits]
acknowledged = "1d"

[partners.BIGCO.stedi]
partnership = "us_bigco"
settings = { 810 = "us_bigco-810" }
"""
PARTS = "number,revision,buyer_part,vendor_part\nWB-100,*,BIG-A,WB-100\n"
GOODS = {"part": "WB-100", "quantity": 10, "price": "9.99"}
FREIGHT = {"type": "Freight", "amount": "12.50"}


@pytest.fixture
def seller(company: Company) -> Company:
    """The company, which also sells to somebody who takes 810."""
    (company.folder / "partners.toml").write_text(PARTNERS + CUSTOMERS)
    (company.folder / "bigco.csv").write_text(PARTS)
    company.network.add_partnership("us_bigco", sender="us", receiver="bigco")
    company.sync = company.pipeline()
    company.sync.baseline()
    company.later()
    return company


def invoiced(company: Company, number: str = "INV-1", **known: Any) -> None:
    usual: dict[str, Any] = {"customer": "BIGCO", "lines": [GOODS, FREIGHT], "order": "C-4711"}
    company.erp.add_invoice(number, **{**usual, **known})


def invoices(company: Company, number: str = "INV-1") -> list[Entry]:
    return list(company.store.find(flow=plex_stedi.INVOICES, number=number))


def run(company: Company) -> None:
    company.later()
    company.sync.run().raise_for_problems()


def test_an_invoice_goes_out_as_its_customer_knows_things(seller: Company) -> None:
    invoiced(seller)
    run(seller)
    [sent] = seller.network.sent
    segments = sent.x12.split("~")
    assert (sent.set_id, sent.partnership, sent.number) == ("810", "us_bigco", "INV-1")
    assert any(each.startswith("BIG*") and "*INV-1*" in each and "*C-4711" in each for each in segments)
    assert "N1*BY**92*BIG-1" in segments
    assert "N1*SE**92*V-77" in segments
    assert any(
        each.startswith("IT1*") and "*10*EA*9.99" in each and "*BP*BIG-A*" in each for each in segments
    )
    assert "TDS*11240" in segments  # in cents: 10 at 9.99, and the freight
    assert any(each.startswith("SAC*C*D240") and "*1250" in each for each in segments)
    run(seller)
    assert [each.state for each in invoices(seller)] == [State.DELIVERED]
    assert "810 for BIGCO: 112.40 USD" in str(seller.sync.trail("INV-1"))


def test_an_invoice_is_acknowledged_or_rejected_like_an_order(seller: Company) -> None:
    translator = seller.network.supplier("us_bigco").translator
    translator.acknowledges()
    translator.rejects("810", because=[Complaint(segment="IT1", position=6)])
    invoiced(seller)
    invoiced(seller, "INV-2")
    run(seller)
    run(seller)
    found = [invoices(seller, number)[0].state for number in ("INV-1", "INV-2")]
    assert sorted(state.value for state in found) == ["acknowledged", "rejected"]
    [letter] = seller.sync.dead_letters()
    assert "segment 6 IT1" in letter.reason


def test_nothing_goes_where_nobody_asked_for_it(seller: Company) -> None:
    invoiced(seller, customer="OTHER")
    run(seller)
    assert seller.network.sent == []
    assert [each.state for each in invoices(seller)] == [State.UNCHANGED]
    assert seller.sync.health().ok


def test_without_a_customer_who_takes_810_there_is_no_such_flow(company: Company) -> None:
    assert plex_stedi.INVOICES not in company.sync.flows
    invoiced(company)
    run(company)
    assert company.network.sent == []
    no_setting = PARTNERS + CUSTOMERS.replace('810 = "us_bigco-810"', '855 = "x"')
    (company.folder / "bigco.csv").write_text(PARTS)
    (company.folder / "partners.toml").write_text(no_setting)
    assert plex_stedi.INVOICES not in company.pipeline().flows


def test_drafts_and_what_was_there_before_go_live_are_not_sent(company: Company) -> None:
    invoiced(company, "OLD")
    (company.folder / "partners.toml").write_text(PARTNERS + CUSTOMERS)
    (company.folder / "bigco.csv").write_text(PARTS)
    company.network.add_partnership("us_bigco", sender="us", receiver="bigco")
    company.sync = company.pipeline()
    company.sync.baseline()
    company.later()
    company.erp.edit_invoice("OLD", customerPONo="C-9")
    invoiced(company, "DRAFT", booked=False)
    run(company)
    assert company.network.sent == []
    company.erp.edit_invoice("DRAFT", booked=True)
    run(company)
    assert [each.number for each in company.network.sent] == ["DRAFT"]


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (lambda erp: erp.edit_invoice("INV-1", customerPONo="C-4712"), "was edited after"),
        (lambda erp: erp.void_invoice("INV-1"), "was made void after"),
    ],
)
def test_an_invoice_that_the_customer_has_is_a_matter_for_a_person(
    seller: Company, act: Any, said: str
) -> None:
    invoiced(seller)
    run(seller)
    act(seller.erp)
    for _ in range(3):
        run(seller)
    assert len(seller.network.sent) == 1
    [letter] = seller.sync.dead_letters()
    assert letter.state is State.HELD
    assert said in letter.reason
    assert "credit memo" in letter.remedy
    seller.sync.dismiss("INV-1", by="Kim", reason="a credit memo went by mail")
    for _ in range(3):
        run(seller)
    assert seller.sync.health().ok


def test_a_payment_is_no_edit(seller: Company) -> None:
    invoiced(seller)
    run(seller)
    seller.erp.pay_invoice("INV-1")
    run(seller)
    assert seller.sync.dead_letters() == []
    assert len(invoices(seller)) == 1


def test_what_was_void_before_it_was_sent_is_never_sent(seller: Company) -> None:
    invoiced(seller)
    seller.erp.void_invoice("INV-1")
    run(seller)
    assert seller.network.sent == []
    assert seller.sync.health().ok


def test_an_edit_before_it_was_sent_sends_the_newest_state_once(seller: Company) -> None:
    seller.network.revoke_key(seller.network.api_key)
    invoiced(seller)
    seller.later()
    seller.sync.run()
    seller.erp.edit_invoice("INV-1", customerPONo="C-4712")
    seller.later()
    seller.sync.run()
    seller.network.add_key(seller.network.api_key)
    seller.later(600)
    seller.sync.run()
    assert len(seller.network.sent) == 1
    assert "C-4712" in seller.network.sent[0].x12


def test_a_credit_memo_is_one(seller: Company) -> None:
    returned = {"part": "WB-100", "quantity": -3, "price": "9.99"}
    invoiced(seller, "CM-1", lines=[returned], type="Credit Memo")
    run(seller)
    [sent] = seller.network.sent
    assert "TDS*-2997~" in sent.x12
    [heading] = [each for each in sent.x12.split("~") if each.startswith("BIG*")]
    assert heading.split("*")[7] == "CR"


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ({"customer": ""}, "names no customer"),
        ({"currencyAmount": 1}, "states a total of 1"),
        ({"lines": []}, "has no lines"),
        ({"lines": [{**GOODS, "part": "XX-9"}]}, "bigco.csv has no row for part 'XX-9'"),
        ({"lines": [{"part": "WB-100", "quantity": -3, "price": "9.99"}]}, "is no credit memo"),
    ],
)
def test_an_invoice_that_cannot_go_is_a_letter_and_stops_alone(
    seller: Company, known: dict[str, Any], said: str
) -> None:
    empty = {"customerCode": None} if known.get("customer") == "" else {}
    invoiced(seller, "BAD", **{**known, "customer": "BIGCO"}, **empty)
    invoiced(seller)
    run(seller)
    assert [each.number for each in seller.network.sent] == ["INV-1"]
    [letter] = seller.sync.dead_letters()
    assert letter.number == "BAD"
    assert said in letter.reason
    assert letter.remedy


def test_invoices_are_overdue_by_the_limits_of_the_customer(seller: Company) -> None:
    invoiced(seller)
    run(seller)
    run(seller)
    seller.later(86_400 + 60)
    [overdue] = seller.sync.overdue([plex_stedi.INVOICES])
    assert overdue.waits_for == "acknowledged"
