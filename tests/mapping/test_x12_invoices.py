from __future__ import annotations

from datetime import date
from decimal import Context, Decimal, localcontext
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from mlconnector_sdk.errors import InvalidDocument
from mlconnector_sdk.mapping import x12
from mlconnector_sdk.mapping.documents import Charge, Invoice, InvoiceLine, Party, PaymentTerms, Reference
from tests.mapping import strategies
from tests.mapping.strategies import ENVELOPE, only, sample

LINE = InvoiceLine(
    number="10", quantity=Decimal(18), unit="EA", unit_price=Decimal("3.15"), buyer_part="WB-100"
)
INVOICE = Invoice(number="INV-9001", dated=date(2026, 3, 27), lines=(LINE,), total=Decimal("56.70"))


@settings(max_examples=40, deadline=None)
@given(strategies.invoices(), st.sampled_from(["004010", "005010"]))
def test_an_invoice_survives_its_text(invoice: Invoice, release: str) -> None:
    text = x12.write_810(invoice, evolve(ENVELOPE, version=release))
    [transaction] = x12.read(text, strict=True).transactions
    assert not [d for d in x12.check(transaction) if d.severity is not x12.Severity.INFO]
    assert x12.invoice(transaction) == invoice


@settings(max_examples=40, deadline=None)
@given(strategies.invoices(), st.sampled_from(["-0.02", "-0.01", "0.01", "0.005", "1"]))
def test_an_invoice_that_does_not_add_up_is_not_written(invoice: Invoice, off: str) -> None:
    wrong = evolve(invoice, total=invoice.total + Decimal(off))
    if x12.adds_up(wrong):  # by the other rule
        with localcontext(Context(prec=100)):
            amounts = [line.quantity * line.unit_price for line in invoice.lines]
            assert wrong.total == sum(amounts) + sum(charge.amount for charge in invoice.charges)
        return
    with pytest.raises(InvalidDocument) as caught:
        x12.build_810(wrong)
    assert caught.value.path == "TDS-01"
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("prices", "total", "adds_up"),
    [
        (["1.005"], "1.01", True),  # rounded half away from zero
        (["1.005"], "1.00", False),
        (["-1.005"], "-1.01", True),
        (["1.005", "1.005"], "2.02", True),  # each line rounded
        (["1.005", "1.005"], "2.01", True),  # as they are
        (["1.005", "1.005"], "2.00", False),
        (["0.333", "0.333", "0.334"], "1.00", True),  # as they are
        (["0.333", "0.333", "0.334"], "0.99", True),  # each line rounded
        (["0.333", "0.333", "0.334"], "1.01", False),
    ],
)
def test_the_two_ways_of_adding_up(prices: list[str], total: str, adds_up: bool) -> None:
    lines = tuple(evolve(LINE, quantity=Decimal(1), unit_price=Decimal(price)) for price in prices)
    assert x12.adds_up(evolve(INVOICE, lines=lines, total=Decimal(total))) is adds_up


def test_an_invoice_as_text() -> None:
    long = "Goods remain our property until they are paid for in full, and every claim must reach us in time."
    invoice = evolve(
        INVOICE,
        order_number="7731",
        ordered_on=date(2026, 3, 2),
        kind="DI",
        currency="USD",
        parties=(Party(role="RI", name="Acme Supply", id="4711", id_qualifier="92"),),
        references=(Reference(qualifier="BM", value="BL-55812"),),
        notes=("Thank you.", long),
        terms=PaymentTerms(description="2% 10 net 30", net_days=30, due=date(2026, 4, 26)),
        lines=(LINE, evolve(LINE, number="20", quantity=Decimal(1), vendor_part="A1", description="Bracket")),
        charges=(
            Charge(amount=Decimal("7.25"), code="D240", description="Freight"),
            Charge(amount=Decimal("-1.5"), description="Early order"),
            Charge(amount=Decimal("3.40"), code="ST", tax=True),
        ),
        total=Decimal("69.00"),
    )
    text = x12.write_810(invoice, evolve(ENVELOPE, delimiters=x12.Delimiters(line_break="\n")))
    assert text.splitlines()[1:-2] == [
        "GS*IN*PLEXBUYER*ACMESUPPLY*20260302*0958*12*X*004010~",
        "ST*810*0001~",
        "BIG*20260327*INV-9001*20260302*7731***DI~",
        "NTE**Thank you.~",
        "CUR*SE*USD~",
        "REF*BM*BL-55812~",
        "N1*RI*Acme Supply*92*4711~",
        "ITD******20260426*30*****2% 10 net 30~",
        "N9*L1*1~",
        f"MSG*{long}~",
        "IT1*10*18*EA*3.15**BP*WB-100~",
        "IT1*20*1*EA*3.15**BP*WB-100*VP*A1~",
        "PID*F****Bracket~",
        "TDS*6900~",
        "TXI*ST*3.4~",
        "SAC*C*D240***725**********Freight~",
        "SAC*A*ZZZZ***150**********Early order~",
        "CTT*2~",
        "SE*18*0001~",
    ]
    taxes_first = (invoice.charges[2], *invoice.charges[:2])
    assert x12.invoice(only(text)) == evolve(invoice, charges=taxes_first)


def test_the_sample_invoice() -> None:
    invoice = x12.invoice(only(sample("810.edi")))
    assert (invoice.number, invoice.order_number, invoice.kind) == ("INV-9001", "PO-10017", "DI")
    assert invoice.terms == PaymentTerms(description="2% 10 net 30", net_days=30, due=date(2026, 4, 26))
    assert [party.role for party in invoice.parties] == ["RI", "ST"]
    assert [(line.number, line.quantity, line.unit_price) for line in invoice.lines] == [
        ("10", Decimal(18), Decimal("3.15")),
        ("20", Decimal("0.5"), Decimal("41.25")),
    ]
    assert [(charge.amount, charge.code, charge.tax) for charge in invoice.charges] == [
        (Decimal("1.24"), "ST", True),  # of the second line
        (Decimal("1.25"), "G821", False),
        (Decimal("3.4"), "ST", True),
        (Decimal("-1.50"), "C310", False),
        (Decimal("7.25"), "D240", False),
    ]
    assert invoice.total == Decimal("88.97")
    assert x12.adds_up(invoice)
    assert x12.invoice(x12.build_810(invoice)).total == invoice.total


def test_a_credit_memo_is_negative() -> None:
    credit = evolve(
        INVOICE,
        kind="CR",
        lines=(evolve(LINE, quantity=Decimal(-18)),),
        charges=(Charge(amount=Decimal("0.00"), code="D240"),),
        total=Decimal("-56.70"),
    )
    transaction = x12.build_810(credit)
    assert [s.elements for s in transaction.segments if s.id in ("TDS", "SAC")] == [
        ("-5670",),
        ("C", "D240", "", "", "0"),
    ]
    assert x12.invoice(transaction) == credit


def test_the_description_of_a_tax_is_not_carried() -> None:
    tax = Charge(amount=Decimal("0.30"), code="ST", description="Michigan", tax=True)
    invoice = x12.invoice(x12.build_810(evolve(INVOICE, charges=(tax,), total=Decimal(57))))
    assert invoice.charges == (evolve(tax, description=""),)


def test_a_mutually_defined_charge_has_no_code() -> None:
    mutual = Charge(amount=Decimal("0.30"), code="ZZZZ", description="Pallet")
    invoice = x12.invoice(x12.build_810(evolve(INVOICE, charges=(mutual,), total=Decimal(57))))
    assert invoice.charges == (evolve(mutual, code=""),)


def test_an_invoice_that_does_not_add_up_is_read() -> None:
    """Whether to pay it is not the reader's business."""
    transaction = invoice_with("IT1*1*2*EA*3", "TDS*599")
    invoice = x12.invoice(transaction)
    assert invoice.total == Decimal("5.99")
    assert not x12.adds_up(invoice)


def invoice_with(*lines: str, begin: str = "BIG*20260327*INV-9001") -> x12.Transaction:
    segments = [x12.Segment(line.split("*")[0], tuple(line.split("*")[1:])) for line in (begin, *lines)]
    return x12.Transaction(set_id="810", release="004010", segments=tuple(segments))


def test_what_adds_nothing_is_left_out() -> None:
    lines = ("IT1**2*EA*3", "TXI*ST**6", "TDS*600", "SAC*N*D240***900", "TXI*ST*0.5", "SAC*A*ZZZZ***0")
    invoice = x12.invoice(invoice_with(*lines))
    assert [line.number for line in invoice.lines] == ["1"]
    assert invoice.charges == (Charge(amount=Decimal("0.5"), code="ST", tax=True), Charge(amount=Decimal(0)))


@pytest.mark.parametrize(
    ("lines", "path"),
    [
        ((), "TDS"),
        (("TDS*1.00",), "TDS-01"),
        (("IT1*1*2*EA", "TDS*0"), "IT1-04"),
        (("IT1*1*2**3", "TDS*0"), "IT1-03"),
        (("IT1*1*2*EA*3*HP", "TDS*0"), "IT1-05"),
        (("TDS*0", "SAC*C*D240"), "SAC-05"),
        (("TDS*0", "SAC*S*D240***100"), "SAC-01"),
        (("TDS*0", "TXI**1"), "TXI-01"),
        (("ITD*******x", "TDS*0"), "ITD-07"),
        (("TDS*0", "TDS*0"), "TDS[2]"),
    ],
)
def test_a_malformed_invoice_is_refused_with_its_place(lines: tuple[str, ...], path: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        x12.invoice(invoice_with(*lines))
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("edit", "path"),
    [
        ({"number": ""}, "BIG-02"),
        ({"total": Decimal("56.701")}, "TDS-01"),
        ({"total": Decimal("56.71")}, "TDS-01"),
        ({"notes": ("a", "")}, "NTE[2]-02"),
        ({"notes": ("x " * 50 + "x", "short")}, "NTE-02"),
        ({"notes": ("x" * 265,)}, "MSG-01"),
        ({"terms": PaymentTerms()}, "ITD-12"),
        ({"terms": PaymentTerms(net_days=1000)}, "ITD-07"),
        ({"lines": (evolve(LINE, number=""),)}, "IT1-01"),
        ({"lines": (evolve(LINE, unit=""),)}, "IT1-03"),
        ({"lines": (evolve(LINE, quantity=Decimal(10**10)),)}, "IT1-02"),
        ({"charges": (Charge(amount=Decimal(0)),)}, "SAC-15"),
        (
            {"charges": (Charge(amount=Decimal("0.005"), code="D240"),), "total": Decimal("56.705")},
            "TDS-01",
        ),
        (
            {
                "lines": (evolve(LINE, quantity=Decimal(1), unit_price=Decimal("1.005")),),
                "charges": (Charge(amount=Decimal("0.005"), code="D240"),),
                "total": Decimal("1.01"),
            },
            "SAC-05",
        ),
        ({"charges": (Charge(amount=Decimal(0), tax=True),)}, "TXI-01"),
        ({"charges": (Charge(amount=Decimal(0), code="ST", tax=True),) * 11}, "TXI[11]"),
    ],
)
def test_what_an_810_cannot_carry_is_refused_by_name(edit: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        x12.write_810(evolve(INVOICE, **edit), ENVELOPE)
    assert caught.value.path == path
    assert caught.value.remedy


def test_the_quantity_of_an_invoice_is_longer_in_005010() -> None:
    line = evolve(LINE, quantity=Decimal(10**10), unit_price=Decimal(1))
    transaction = x12.build_810(evolve(INVOICE, lines=(line,), total=Decimal(10**10)), release="005010")
    assert x12.invoice(transaction).lines == (line,)
