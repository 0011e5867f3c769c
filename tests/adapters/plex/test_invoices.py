"""Invoices of Plex: read over a real socket, polled, and turned into documents."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from mlconnector_sdk.adapters.plex import (
    ArInvoice,
    ArInvoices,
    AsyncPlex,
    ChargeMeaning,
    InvoiceLineFields,
    InvoiceProfile,
    InvoiceSource,
    Plex,
)
from mlconnector_sdk.adapters.plex.invoice_convert import ar_invoice, fingerprint, invoice
from mlconnector_sdk.codec import encode
from mlconnector_sdk.core.access import Status
from mlconnector_sdk.core.call import Call
from mlconnector_sdk.dual import run
from mlconnector_sdk.errors import InvalidDocument, NotFound, PermissionDenied, UnmappedValue
from mlconnector_sdk.flow.source import Observation, Window
from mlconnector_sdk.mapping import documents
from mlconnector_sdk.mapping.crossref import CrossReference, table_from_csv
from mlconnector_sdk.mapping.naming import Naming
from mlconnector_sdk.mapping.partners import Identifier, Partner
from mlconnector_sdk.records import Event, Feed
from mlconnector_sdk.simulators import Answer, PlexSimulator
from tests.adapters.conftest import plex_settings

DETROIT = ZoneInfo("America/Detroit")
GOODS: dict[str, Any] = {"part": "WB-100", "revision": "B", "quantity": 24, "price": "3.150"}
SOLD: list[dict[str, Any]] = [
    {**GOODS, "order_line": "10", "customer_part": "C-9", "description": "Widget"},
    {"part": "WB-200", "quantity": "2.5", "price": "0.333", "unit": "LB"},
    {"type": "Freight", "amount": "12.50", "description": "By rail"},
    {"type": "Tax", "amount": "5.34"},
]


def sample(**head: Any) -> dict[str, Any]:
    """An invoice as the simulated Plex writes it; head fields by their wire names."""
    erp = PlexSimulator()
    erp.rules.time_zone = "America/Detroit"
    known = {"invoiceNote": "Thank you\n\nCome again", "shipperNo": "S-1"}
    return erp.add_invoice(
        "I-1", customer="CUST", order="C-PO-7", lines=SOLD, dated="2026-03-01", **{**known, **head}
    )


def converted(content: Mapping[str, Any], **options: Any) -> documents.Invoice:
    return invoice(ar_invoice(encode(content)), time_zone=DETROIT, **options)


def test_the_document() -> None:
    assert converted(sample()) == documents.Invoice(
        number="I-1",
        dated=date(2026, 3, 1),
        parties=(documents.Party(role="BY", id="CUST", id_qualifier="91"),),
        references=(documents.Reference(qualifier="PK", value="S-1"),),
        notes=("Thank you", "Come again"),
        order_number="C-PO-7",
        currency="USD",
        kind="DI",
        terms=documents.PaymentTerms(description="Net 30", due=date(2026, 3, 31)),
        lines=(
            documents.InvoiceLine(
                number="10",
                quantity=Decimal(24),
                unit="EA",
                unit_price=Decimal("3.150"),
                buyer_part="C-9",
                vendor_part="WB-100-B",
                description="Widget",
            ),
            documents.InvoiceLine(
                number="2",
                quantity=Decimal("2.5"),
                unit="LB",
                unit_price=Decimal("0.333"),
                vendor_part="WB-200",
            ),
        ),
        charges=(
            documents.Charge(amount=Decimal("12.50"), code="D240", description="By rail"),
            documents.Charge(amount=Decimal("5.34"), code="TX", description="Tax", tax=True),
        ),
        total=Decimal("94.27"),
    )


def test_an_invoice_that_says_little() -> None:
    bare = {"customerPONo": None, "terms": None, "dueDate": None, "currencyCode": None, "exchangeRate": None}
    found = converted(sample(invoiceNote=None, shipperNo=None, currencyAmount=None, **bare))
    assert (found.order_number, found.terms, found.currency) == ("", None, "")
    assert (found.notes, found.references, found.total) == ((), (), Decimal("94.27"))


def test_dates_are_days_of_the_plant() -> None:
    late = "2026-03-31T03:59:59.9999999Z"
    found = converted(sample(transactionDate=late, dueDate=late))
    assert found.dated == date(2026, 3, 30)
    assert found.terms == documents.PaymentTerms(description="Net 30", due=date(2026, 3, 30))


def test_a_credit_memo_keeps_its_signs() -> None:
    erp = PlexSimulator()
    back = [{**GOODS, "quantity": -2}]
    memo = erp.add_invoice("C-1", customer="CUST", lines=back, type=" credit MEMO ")
    found = converted(memo)
    assert (found.kind, found.total, found.lines[0].quantity) == ("CR", Decimal("-6.300"), Decimal(-2))
    with pytest.raises(InvalidDocument, match="no credit memo") as caught:
        converted({**memo, "type": "Adjustment"})
    assert caught.value.path == "type"
    ours = InvoiceProfile(credit=frozenset({"adjustment"}))
    assert converted({**memo, "type": "Adjustment"}, profile=ours).kind == "CR"


def test_the_names_and_words_are_settings() -> None:
    names = InvoiceLineFields(
        number="lineItemNo",
        order_line="",
        type="lineType",
        part="itemNo",
        revision="",
        customer_part="",
        description="text",
        quantity="qty",
        unit="uom",
        unit_price="price",
        amount="extended",
    )
    profile = InvoiceProfile(lines=names, charges={"pallets": ChargeMeaning(code="F050")})
    lines = [
        {"lineItemNo": 7, "itemNo": "A", "qty": "2", "uom": "EA", "price": 1.5, "extended": 3},
        {"lineType": "Pallets", "extended": 2, "text": "EUR"},
    ]
    found = converted({**sample(currencyAmount=5), "lines": lines}, profile=profile)
    assert (found.lines[0].number, found.lines[0].vendor_part, found.total) == ("7", "A", Decimal(5))
    assert found.charges == (documents.Charge(amount=Decimal(2), code="F050", description="EUR"),)


def test_lines_that_are_rounded_to_cents_may_come_to_the_total() -> None:
    thirds = [{"part": "A", "quantity": 1, "price": "0.335"}, {"part": "B", "quantity": 1, "price": "0.335"}]
    memo = PlexSimulator().add_invoice("I-1", customer="CUST", lines=thirds)
    assert converted(memo).total == Decimal("0.68")
    exact = {**memo, "currencyAmount": Decimal("0.67")}
    assert converted(exact).total == Decimal("0.67")


def line_of(index: int, **values: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def change(content: dict[str, Any]) -> dict[str, Any]:
        lines = [dict(line) for line in content["lines"]]
        lines[index] |= values
        return {**content, "lines": lines}

    return change


def head(**values: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda content: {**content, **values}


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        (head(invoiceNumber=None), "invoiceNumber", "no number"),
        (head(customerCode=None), "customerCode", "no customer"),
        (head(transactionDate=None), "transactionDate", "no date"),
        (head(void=True), "void", "void"),
        (head(status="VOIDED"), "void", "void"),
        (head(lines=[]), "lines", "no lines"),
        (head(lines=None), "lines", "no lines"),
        (head(currencyAmount=None, amount=None), "amount", "no total"),
        (head(currencyAmount=None, exchangeRate=Decimal("1.1")), "currencyAmount", "exchange rate"),
        (head(currencyAmount=Decimal("94.28")), "currencyAmount", "94.28"),
        (head(currencyAmount=None, amount=1), "amount", "comes? to"),
        (line_of(0, quantity=None), "lines[0].quantity", "no quantity"),
        (line_of(0, quantity="some"), "lines[0].quantity", "number"),
        (line_of(0, unitPrice=None), "lines[0].unitPrice", "no price"),
        (line_of(0, unitPrice=True), "lines[0].unitPrice", "number"),
        (line_of(1, unit=" "), "lines[1].unit", "no unit"),
        (line_of(1, lineNumber=None), "lines[1].lineNumber", "no number"),
        (line_of(1, partNumber=None), "lines[1].partNumber", "which part"),
        (line_of(1, partNumber=["A"]), "lines[1].partNumber", "text"),
        (line_of(1, amount=Decimal("0.84")), "lines[1].amount", "0.84"),
        (line_of(2, amount=None), "lines[2].amount", "no amount"),
        (line_of(2, type="Handling"), "lines[2].lineNumber|lines[2].quantity", "no "),
    ],
)
def test_what_an_invoice_cannot_be_without(
    change: Callable[[dict[str, Any]], dict[str, Any]], path: str, words: str
) -> None:
    with pytest.raises(InvalidDocument, match=words) as caught:
        converted(change(sample()))
    assert caught.value.path in path.split("|")
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (b'{"id":"x","amount":"much"}', "amount"),
        (b'{"id":"x","lines":[7]}', "lines[0]"),
        (b'{"id":"x","dueDate":"2026-03-01"}', "dueDate"),
        (b'{"id":"x","amount":1,"amount":2}', "amount"),
    ],
)
def test_an_unreadable_invoice_says_where(text: bytes, path: str) -> None:
    with pytest.raises(InvalidDocument, match="cannot be read") as caught:
        ar_invoice(text)
    assert caught.value.path == path


def naming(parts: str, rows: str = "WB-100,B,TABLE-1,V-1\nWB-200,*,TABLE-2,") -> Naming:
    partner = Partner(
        name="CUST",
        customer="CUST",
        buyer=Identifier(id="B", qualifier="92"),
        account=Identifier(id="A", qualifier="92"),
        units="units.csv",
        parts=parts,
    )
    units = table_from_csv("units.csv", "key,value\nEA,PC\nLB,LBR\n")
    table = table_from_csv("parts.csv", f"number,revision,buyer_part,vendor_part\n{rows}\n", keys=2)
    return Naming(partner, CrossReference.of(units, table))


def parts_of(named: Naming) -> list[tuple[str, str]]:
    return [(line.buyer_part, line.vendor_part) for line in converted(sample(), naming=named).lines]


def test_what_the_customer_calls_units_and_parts() -> None:
    found = converted(sample(), naming=naming("parts.csv"))
    assert [line.unit for line in found.lines] == ["PC", "LBR"]
    assert parts_of(naming("parts.csv")) == [("TABLE-1", "V-1"), ("TABLE-2", "WB-200")]
    assert parts_of(naming("as_is")) == [("C-9", "WB-100-B"), ("WB-200", "WB-200")]
    with pytest.raises(UnmappedValue):
        parts_of(naming("parts.csv", "WB-200,*,X,Y"))


def test_a_payment_is_no_edit_and_a_void_is() -> None:
    before = sample()

    def print_of(**values: Any) -> str:
        return fingerprint(encode({**before, **values}))

    same = print_of()
    assert print_of(balance=0, paid=True, status="Paid", modifiedDate="2027-01-01T00:00:00Z") == same
    assert print_of(customFields={"seen": True}) == same
    assert print_of(lines=before["lines"][::-1]) == same
    assert print_of(void=True) != same
    assert print_of(status="Void") == print_of(void=True)
    assert print_of(invoiceNote="other") != same
    assert print_of(amount=1) != same


@given(st.decimals(-1000, 1000, places=3), st.decimals(0, 100, places=4))
def test_the_total_is_what_the_lines_come_to(quantity: Decimal, price: Decimal) -> None:
    line = {"part": "A", "quantity": quantity, "price": price}
    content = PlexSimulator().add_invoice("I-1", customer="CUST", lines=[line], type="Credit")
    found = converted(content)
    assert found.lines[0].quantity * found.lines[0].unit_price - found.total <= Decimal("0.005")
    for off in (Decimal("0.011"), Decimal("-0.011")):
        with pytest.raises(InvalidDocument, match="total"):
            converted({**content, "currencyAmount": content["amount"] + off})


# Over the wire


@pytest.fixture
def erp(plex_simulator: PlexSimulator) -> PlexSimulator:
    """I-1, and an hour later I-2 of another customer."""
    plex_simulator.add_invoice("I-1", customer="CUST", order="C-PO-7", lines=SOLD)
    plex_simulator.advance(3600)
    plex_simulator.add_invoice("I-2", customer="OTHER", lines=[GOODS])
    plex_simulator.advance(3600)
    return plex_simulator


def test_the_requests(plex: Plex) -> None:
    assert ArInvoices.get(plex.ar_invoices, "a/b") == Call(
        method="GET", path="accounting/v1/ar-invoices/a%2Fb", answer=ArInvoice
    )


@pytest.mark.parametrize("ignored", [False, True])
def test_listed_and_found(erp: PlexSimulator, plex: Plex, ignored: bool) -> None:
    erp.rules.ignore_filters = ignored
    listed = plex.ar_invoices.list
    an_hour_ago = erp.time.now() - timedelta(hours=1)
    assert [each.number for each in listed()] == ["I-1", "I-2"]
    assert [each.number for each in listed(modified_since=an_hour_ago)] == ["I-2"]
    assert [each.number for each in listed(created_since=an_hour_ago)] == ["I-2"]
    assert [each.number for each in listed(number="I-1")] == ["I-1"]
    found = plex.ar_invoices.find("I-1")
    assert plex.ar_invoices.get(found.id) == found
    assert (found.customer_code, found.customer_order, str(found.amount)) == ("CUST", "C-PO-7", "94.27")
    assert invoice(found, time_zone=UTC).total == Decimal("94.27")
    assert invoice(ar_invoice(plex.ar_invoices.record(found.id)), time_zone=UTC).total == Decimal("94.27")
    with pytest.raises(NotFound) as caught:
        plex.ar_invoices.find("I-9")
    assert "AR_Invoice" in caught.value.remedy


def test_the_async_client_has_them_too(erp: PlexSimulator) -> None:
    async def main() -> None:
        async with AsyncPlex(plex_settings(erp)) as plex:
            assert [each.number async for each in plex.ar_invoices.list()] == ["I-1", "I-2"]
            assert (await plex.ar_invoices.find("I-1")).customer_code == "CUST"
            assert (await plex.check_access(invoices=True)).ok is False  # it has no orders at all

    asyncio.run(main())


def test_check_access_asks_for_invoices_where_they_are_sent(erp: PlexSimulator, plex: Plex) -> None:
    def found() -> dict[str, Status]:
        return {each.subject: each.status for each in plex.check_access(invoices=True)}

    assert found()["AR_Invoice: read"] is Status.OK
    erp.rules.deny["ar-invoices"] = "403"
    assert found()["AR_Invoice: read"] is Status.DENIED
    assert "AR_Invoice: read" not in {each.subject for each in plex.check_access()}


def walked(source: InvoiceSource, window: Window) -> tuple[list[Observation], Mapping[str, str]]:
    async def walk() -> tuple[list[Observation], Mapping[str, str]]:
        walk = source.walk(window)
        seen: list[Observation] = []
        while (batch := await walk.batch()) is not None:
            seen += batch
        await walk.close()
        return seen, walk.cursors

    return run(walk())


def numbers(source: InvoiceSource, window: Window) -> list[str]:
    return [each.number for each in walked(source, window)[0]]


def test_everything_there_is(erp: PlexSimulator, plex: Plex) -> None:
    source = InvoiceSource(plex)
    seen, cursors = walked(source, Window())
    assert (source.name, source.feed) == ("plex.ar_invoices", Feed.STATE)
    assert [(each.number, each.partner) for each in seen] == [("I-1", "CUST"), ("I-2", "OTHER")]
    assert all(each.fingerprint and not each.reason and not each.event_id for each in seen)
    assert cursors == {"invoices": "2026-03-02T09:00:00Z", "sweep": "2026-03-02T10:00:00Z"}
    assert invoice(ar_invoice(seen[0].record), time_zone=UTC).number == "I-1"
    assert numbers(source, Window(cursors=cursors)) == ["I-2"]
    assert numbers(InvoiceSource(plex, overlap=timedelta(hours=1)), Window(cursors=cursors)) == ["I-1", "I-2"]


def test_a_flow_that_a_person_had_begin_sends_nothing_older(erp: PlexSimulator, plex: Plex) -> None:
    source = InvoiceSource(plex)
    seen, cursors = walked(source, Window(since=erp.time.now()))
    assert (seen, cursors["start"]) == ([], "2026-03-02T10:00:00Z")
    erp.rules.ignore_filters = True
    erp.advance(2 * 86400)
    assert walked(source, Window(cursors=cursors))[0] == []
    erp.edit_invoice("I-1", invoiceNote="x")
    assert numbers(source, Window(cursors=cursors)) == ["I-1"]


def test_what_was_saved_late_is_found_by_the_sweep(erp: PlexSimulator, plex: Plex) -> None:
    source = InvoiceSource(plex)
    cursors = walked(source, Window())[1]
    with erp.late(3 * 3600):
        erp.add_invoice("I-3", customer="CUST", lines=SOLD)
        erp.edit_invoice("I-1", invoiceNote="x")
    assert numbers(source, Window(cursors=cursors)) == ["I-2"]
    erp.advance(86400)
    assert set(numbers(source, Window(cursors=cursors))) == {"I-1", "I-2", "I-3"}
    assert numbers(InvoiceSource(plex, sweep=None), Window(cursors=cursors)) == ["I-2"]
    erp.advance(5 * 86400)
    erp.pay_invoice("I-2")
    with erp.late(7 * 86400):
        erp.pay_invoice("I-1")
    assert set(numbers(source, Window(cursors=cursors))) == {"I-2", "I-3"}


def test_what_a_payment_and_a_void_look_like(erp: PlexSimulator, plex: Plex) -> None:
    source = InvoiceSource(plex)
    before = {each.number: each.fingerprint for each in walked(source, Window())[0]}
    erp.pay_invoice("I-1")
    erp.void_invoice("I-2")
    after = {each.number: each.fingerprint for each in walked(source, Window())[0]}
    assert after["I-1"] == before["I-1"]
    assert after["I-2"] != before["I-2"]


def test_drafts_and_what_is_not_booked_are_not_observed(erp: PlexSimulator, plex: Plex) -> None:
    erp.add_invoice("I-3", customer="CUST", lines=SOLD, booked=False)
    erp.add_invoice("I-4", customer="CUST", lines=SOLD, status="DRAFT")
    erp.add_invoice("I-5", customer="CUST", lines=SOLD, booked=None)
    erp.add_invoice("I-6", customer="CUST", lines=SOLD, booked=False, void=True)
    window = Window(cursors={"invoices": "2026-03-02T10:00:00Z"})
    assert numbers(InvoiceSource(plex), window) == ["I-5", "I-6"]
    erp.edit_invoice("I-3", booked=True)
    assert numbers(InvoiceSource(plex), window) == ["I-3", "I-5", "I-6"]


def test_a_hostile_listing_changes_nothing(erp: PlexSimulator, plex: Plex) -> None:
    source = InvoiceSource(plex)
    seen, cursors = walked(source, Window())
    erp.rules.repeat_records = erp.rules.ignore_filters = True
    assert walked(source, Window()) == (seen, cursors)
    assert numbers(source, Window(cursors=cursors)) == ["I-2"]
    erp.rules.null_changes = True
    erp.edit_invoice("I-1", invoiceNote="x")
    assert numbers(source, Window(cursors=cursors)) == ["I-1", "I-2"]


def test_what_a_listing_shows_is_read_anew(erp: PlexSimulator, plex: Plex) -> None:
    body = b"[" + encode({**erp.invoice("I-1"), "invoiceNote": "old"}) + b"]"
    erp.faults.add(Answer(200, body=body), path="*/ar-invoices")
    (seen,) = walked(InvoiceSource(plex), Window())[0]
    assert ar_invoice(seen.record).note is None


@pytest.mark.parametrize(
    ("stray", "number", "words"),
    [
        ({"id": "x", "invoiceNumber": None}, "x", "no number"),
        ({"id": None, "invoiceNumber": "I-8"}, "I-8", "no id"),
        ({"id": None, "invoiceNumber": None}, "(no number)", "no id"),
    ],
)
def test_an_invoice_without_identity_goes_before_a_person(
    erp: PlexSimulator, plex: Plex, stray: dict[str, Any], number: str, words: str
) -> None:
    body = b"[" + encode({**erp.invoice("I-1"), **stray}) + b"]"
    erp.faults.add(Answer(200, body=body), path="*/ar-invoices")
    erp.faults.add(Answer(200, body=body[1:-1]), path="*/ar-invoices/x")
    (seen,) = walked(InvoiceSource(plex), Window())[0]
    assert seen.number == number
    assert words in seen.reason
    assert seen.remedy


def test_an_invoice_that_vanished_goes_before_a_person(erp: PlexSimulator, plex: Plex) -> None:
    gone = b'{"code":"RESOURCE_NOT_FOUND","message":"gone"}'
    erp.faults.add(Answer(404, body=gone), path=f"*/ar-invoices/{erp.invoice('I-1')['id']}")
    seen, _ = walked(InvoiceSource(plex), Window())
    assert [(each.number, bool(each.reason)) for each in seen] == [("I-1", True), ("I-2", False)]


def test_a_role_that_was_taken_away_is_noticed(erp: PlexSimulator, plex: Plex) -> None:
    cursors = walked(InvoiceSource(plex), Window())[1]
    erp.rules.deny["ar-invoices"] = "empty"
    with pytest.raises(PermissionDenied, match="AR_Invoice"):
        walked(InvoiceSource(plex), Window(cursors=cursors))


def test_many_invoices_come_in_batches(plex_simulator: PlexSimulator, plex: Plex) -> None:
    for number in range(45):
        plex_simulator.add_invoice(f"I-{number}", customer="CUST", lines=[GOODS])

    async def sizes() -> list[int]:
        walk = InvoiceSource(plex).walk(Window())
        found = []
        while (batch := await walk.batch()) is not None:
            found.append(len(batch))
        await walk.close()
        assert await walk.batch() is None
        return found

    assert run(sizes()) == [20, 20, 5]


def test_there_are_no_webhooks(plex: Plex) -> None:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    event = Event(source="plex.ar_invoices", event_id="e", body=b"", received_at=at)
    assert run(InvoiceSource(plex).observe(event)) == ()


def test_the_path_and_the_filters_are_settings(erp: PlexSimulator) -> None:
    with Plex(plex_settings(erp), clock=erp.time) as plex:
        listing = evolve(plex.profile.ar_invoices, path="accounting/v2/ar-invoices")
        profile = evolve(plex.profile, ar_invoices=listing, missing_is_empty=False)
    with Plex(plex_settings(erp), clock=erp.time, profile=profile) as plex, pytest.raises(NotFound):
        list(plex.ar_invoices.list())
