from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from mlconnector_sdk.errors import InvalidDocument
from mlconnector_sdk.mapping import x12
from mlconnector_sdk.mapping.changes import by_number, cancellation, changed_order, order_change
from mlconnector_sdk.mapping.documents import (
    LineChange,
    OrderLine,
    PurchaseOrder,
    PurchaseOrderChange,
    Schedule,
    WhatChanged,
)
from tests.mapping import strategies
from tests.mapping.strategies import ENVELOPE, only, sample

LINE = OrderLine(
    number="10", quantity=Decimal(24), unit="EA", unit_price=Decimal("3.15"), buyer_part="WB-100"
)
ORDER = PurchaseOrder(number="7731", dated=date(2026, 3, 2), lines=(LINE,))
CHANGE = PurchaseOrderChange(
    number="7731",
    dated=date(2026, 3, 2),
    change_sequence=1,
    changed_on=date(2026, 3, 9),
    lines=(LineChange(what=WhatChanged.PRICE, line=LINE),),
)


@settings(max_examples=40, deadline=None)
@given(strategies.changes, st.sampled_from(["004010", "005010"]))
def test_a_change_survives_its_text(change: PurchaseOrderChange, release: str) -> None:
    text = x12.write_860(change, evolve(ENVELOPE, version=release))
    [transaction] = x12.read(text, strict=True).transactions
    assert not [d for d in x12.check(transaction) if d.severity is not x12.Severity.INFO]
    assert x12.purchase_order_change(transaction) == change


@settings(max_examples=20, deadline=None)
@given(strategies.orders, strategies.orders, st.data())
def test_the_supplier_has_the_order_that_we_have(
    before: PurchaseOrder, other: PurchaseOrder, data: st.DataObject
) -> None:
    """An edit goes as 860 over the wire and is applied by somebody who has only what was on the wire."""
    before = evolve(before, purpose="00", lines=tuple({line.number: line for line in before.lines}.values()))
    kept = [line for line in before.lines if data.draw(st.booleans())]
    edited = {line.number: line for line in (*other.lines, *kept)}
    after = evolve(before, notes=other.notes, parties=other.parties, lines=tuple(edited.values()))
    change = order_change(before, after, change_sequence=1, changed_on=date(2026, 3, 9))
    if change is None:
        assert by_number(before.lines) == by_number(after.lines)
        return
    received = x12.purchase_order_change(only(x12.write_860(change, ENVELOPE)))
    assert changed_order(before, received) == evolve(after, lines=by_number(after.lines))


def test_a_change_as_text() -> None:
    schedules = (Schedule(quantity=Decimal(30), due=date(2026, 3, 20), number="1"),)
    more = evolve(LINE, quantity=Decimal(30), description="Bracket", vendor_part="A1", schedules=schedules)
    after = evolve(ORDER, currency="USD", notes=("In haste.",), lines=(more, evolve(LINE, number="20")))
    change = order_change(ORDER, after, change_sequence=3, changed_on=date(2026, 3, 9))
    assert change is not None
    text = x12.write_860(change, evolve(ENVELOPE, delimiters=x12.Delimiters(line_break="\n")))
    assert text.splitlines()[1:-2] == [
        "GS*PC*PLEXBUYER*ACMESUPPLY*20260302*0958*12*X*004010~",
        "ST*860*0001~",
        "BCH*04*SA*7731**3*20260302*****20260309~",
        "CUR*BY*USD~",
        "N9*L1*1~",
        "MSG*In haste.~",
        "POC*10*CA*30**EA*3.15**BP*WB-100*VP*A1~",
        "PID*F****Bracket~",
        "SCH*30*EA***002*20260320******1~",
        "POC*20*AI*24**EA*3.15**BP*WB-100~",
        "CTT*2~",
        "SE*11*0001~",
    ]


def test_a_cancellation_as_text() -> None:
    text = x12.write_860(
        cancellation(ORDER, change_sequence=2, changed_on=date(2026, 3, 9)),
        evolve(ENVELOPE, delimiters=x12.Delimiters(line_break="\n")),
    )
    assert text.splitlines()[2:-2] == [
        "ST*860*0001~",
        "BCH*01*SA*7731**2*20260302*****20260309~",
        "SE*3*0001~",
    ]


def test_the_sample_change() -> None:
    change = x12.purchase_order_change(only(sample("860.edi")))
    assert (change.number, change.change_sequence, change.changed_on) == ("PO-10017", 2, date(2026, 3, 9))
    assert [party.role for party in change.parties] == ["BY", "ST"]
    assert [(each.what.name, each.line.number) for each in change.lines] == [
        ("QUANTITY_UP", "10"),
        ("ADDED", "30"),  # 20 is repeated without a change
        ("DATES", "40"),
        ("DELETED", "50"),
    ]
    more, added, moved, deleted = (each.line for each in change.lines)
    assert [schedule.quantity for schedule in more.schedules] == [Decimal(18), Decimal(12)]
    assert (more.unit, more.price_basis, more.vendor_part) == ("EA", "PE", "ACM-88-A")
    assert added.unit_price == Decimal("0.07")
    assert added.schedules == (Schedule(quantity=Decimal(100), due=date(2026, 3, 24)),)  # from its DTM
    assert moved.schedules == (Schedule(quantity=Decimal(8), due=date(2026, 4, 17)),)
    assert deleted == OrderLine(
        number="50", quantity=Decimal(4), unit="EA", unit_price=Decimal(12), buyer_part="WB-150"
    )
    assert all(each.before is None for each in change.lines)


def change_with(*lines: str, begin: str = "BCH*04*SA*7731**1*20260302*****20260309") -> x12.Transaction:
    segments = [x12.Segment(line.split("*")[0], tuple(line.split("*")[1:])) for line in (begin, *lines)]
    return x12.Transaction(set_id="860", release="004010", segments=tuple(segments))


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("AI", "ADDED"),
        ("DI", "DELETED"),
        ("QI", "QUANTITY_UP"),
        ("QD", "QUANTITY_DOWN"),
        ("PC", "PRICE"),
        ("PQ", "QUANTITY_AND_PRICE"),
        ("CT", "DATES"),
        ("RS", "DATES"),
        ("RB", "DATES"),
        ("RQ", "QUANTITY_AND_DATES"),
        ("CA", "OTHER"),
        ("MU", "OTHER"),
        ("RZ", "OTHER"),
    ],
)
def test_every_code_says_what_changed(code: str, what: str) -> None:
    [line] = x12.purchase_order_change(change_with(f"POC*1*{code}*24**EA")).lines
    assert line.what.name == what


@pytest.mark.parametrize("what", WhatChanged)
def test_what_changed_is_written_as_a_code(what: WhatChanged) -> None:
    change = evolve(CHANGE, lines=(LineChange(what=what, line=LINE),))
    assert x12.purchase_order_change(x12.build_860(change)) == change


def test_the_tenth_part_number_is_found() -> None:
    pairs = "*".join(["ZZ*x"] * 9 + ["BP*WB-100"])
    [change] = x12.purchase_order_change(change_with(f"POC*1*QI*24**EA***{pairs}")).lines
    assert change.line.buyer_part == "WB-100"


def test_a_code_that_does_not_speak_of_the_line_is_not_guessed() -> None:
    with pytest.raises(InvalidDocument, match="'CF'") as caught:
        x12.purchase_order_change(change_with("POC*1*AI*24**EA", "POC*2*CF*24**EA"))
    assert caught.value.path == "POC[2]-02"
    assert "QI" in caught.value.remedy


def test_the_date_of_a_change_without_one() -> None:
    undated = change_with(begin="BCH*04*SA*7731**1*20260302")
    day = date(2026, 3, 10)
    assert x12.purchase_order_change(undated, changed_on=day).changed_on == day
    grouped = evolve(undated, group=only(sample("860.edi")).group)
    assert x12.purchase_order_change(grouped).changed_on == date(2026, 3, 9)
    with pytest.raises(InvalidDocument) as caught:
        x12.purchase_order_change(undated)
    assert caught.value.path == "BCH-11"


@pytest.mark.parametrize(
    ("transaction", "path"),
    [
        (change_with(begin="BCH*04*SA*7731***20260302*****20260309"), "BCH-05"),
        (change_with(begin="BCH*04*SA*7731**A*20260302*****20260309"), "BCH-05"),
        (change_with(begin="BCH*04*SA*7731**0*20260302*****20260309"), "BCH-05"),
        (change_with(begin="BCH*04*SA*7731**1******20260309"), "BCH-06"),
        (change_with("POC**QI*24**EA"), "POC-01"),
        (change_with("POC*1**24**EA"), "POC-02"),
        (change_with("POC*1*QI*x**EA"), "POC-03"),
        (change_with("POC*1*QI***EA"), "POC-03"),
        (change_with("POC*1*QI*24"), "POC-05"),
        (change_with("POC*1*QI*24**EA***BP*A*BP*B"), "POC-11"),
        (change_with("POC*1*QI*24**EA", "SCH*24*CA***002*20260320"), "SCH-02"),
        (change_with("SCH*24*EA***002*20260320"), "SCH"),
    ],
)
def test_a_malformed_change_is_refused_with_its_place(transaction: x12.Transaction, path: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        x12.purchase_order_change(transaction)
    assert caught.value.path == path


@pytest.mark.parametrize("unit", [("EA", "2"), ("EA", "", "12"), ("EA", "", "", "LB"), ("EA",) * 16])
def test_a_unit_that_is_more_than_a_unit_is_not_guessed(unit: tuple[str, ...]) -> None:
    begin, line = change_with("POC*1*QI*24**EA").segments
    line = evolve(line, elements=(*line.elements[:4], unit))
    with pytest.raises(InvalidDocument) as caught:
        x12.purchase_order_change(x12.Transaction(set_id="860", release="004010", segments=(begin, line)))
    assert caught.value.path == "POC-05"


@pytest.mark.parametrize(
    ("edit", "path"),
    [
        ({"number": ""}, "BCH-03"),
        ({"change_sequence": 0}, "BCH-05"),
        ({"change_sequence": 10**8}, "BCH-05"),
        ({"purpose": "01"}, "BCH-01"),
        ({"lines": (LineChange(what=WhatChanged.ADDED, line=evolve(LINE, number="")),)}, "POC-01"),
        ({"lines": (LineChange(what=WhatChanged.ADDED, line=evolve(LINE, unit="")),)}, "POC-05"),
        ({"lines": (LineChange(what=WhatChanged.ADDED, line=evolve(LINE, unit="each")),)}, "POC-05"),
        (
            {
                "lines": (
                    LineChange(
                        what=WhatChanged.ADDED,
                        line=evolve(LINE, schedules=(Schedule(quantity=Decimal(1), due=date(2026, 1, 1)),)),
                    ),
                )
            },
            "POC-03",
        ),
    ],
)
def test_what_an_860_cannot_carry_is_refused_by_name(edit: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        x12.write_860(evolve(CHANGE, **edit), ENVELOPE)
    assert caught.value.path == path
    assert caught.value.remedy
