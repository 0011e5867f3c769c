from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from mlconnector_sdk.errors import InvalidDocument
from mlconnector_sdk.mapping import x12
from mlconnector_sdk.mapping.documents import OrderLine, Party, PurchaseOrder, Reference, Schedule
from tests.mapping import strategies
from tests.mapping.strategies import ENVELOPE, only, sample

LINE = OrderLine(
    number="10", quantity=Decimal(24), unit="EA", unit_price=Decimal("3.15"), buyer_part="WB-100"
)
ORDER = PurchaseOrder(number="7731", dated=date(2026, 3, 2), lines=(LINE,))


def test_an_order_as_text() -> None:
    schedules = (
        Schedule(quantity=Decimal(18), due=date(2026, 3, 20), number="1"),
        Schedule(quantity=Decimal(6), due=date(2026, 4, 10)),
    )
    order = evolve(
        ORDER,
        currency="USD",
        parties=(
            Party(role="BY", name="Plex Buyer", id="PLEXBUYER", id_qualifier="92"),
            Party(
                role="ST", name="Plant 1", address=("1 Main St", "Dock 4", "Rear"), city="Troy", state="MI"
            ),
        ),
        references=(Reference(qualifier="CT", value="C-1", description="frame contract"),),
        notes=("Pack each release separately.",),
        lines=(
            evolve(LINE, vendor_part="A1", description="Bracket", schedules=schedules),
            OrderLine(number="20", quantity=Decimal("0.50"), unit="LB", vendor_part="AD-7"),
        ),
    )
    text = x12.write_850(order, evolve(ENVELOPE, delimiters=x12.Delimiters(line_break="\n")))
    assert text.splitlines()[2:-2] == [
        "ST*850*0001~",
        "BEG*00*SA*7731**20260302~",
        "CUR*BY*USD~",
        "REF*CT*C-1*frame contract~",
        "N9*L1*1~",
        "MSG*Pack each release separately.~",
        "N1*BY*Plex Buyer*92*PLEXBUYER~",
        "N1*ST*Plant 1~",
        "N3*1 Main St*Dock 4~",
        "N3*Rear~",
        "N4*Troy*MI~",
        "PO1*10*24*EA*3.15**BP*WB-100*VP*A1~",
        "PID*F****Bracket~",
        "SCH*18*EA***002*20260320******1~",
        "SCH*6*EA***002*20260410~",
        "PO1*20*0.5*LB***VP*AD-7~",
        "CTT*2~",
        "SE*18*0001~",
    ]


@settings(max_examples=100, deadline=None)
@given(
    strategies.orders,
    st.sampled_from(["004010", "005010"]),
    st.sampled_from([x12.Delimiters(), x12.Delimiters(element="|", component=":", segment="\n")]),
)
def test_an_order_survives_its_text(order: PurchaseOrder, release: str, delimiters: x12.Delimiters) -> None:
    text = x12.write_850(order, evolve(ENVELOPE, version=release, delimiters=delimiters))
    [transaction] = x12.read(text, strict=True).transactions
    assert not x12.check(transaction)
    assert x12.purchase_order(transaction) == order


FIELDS: list[Callable[[str], dict[str, Any]]] = [
    lambda text: {"number": text},
    lambda text: {"purpose": text},
    lambda text: {"order_type": text},
    lambda text: {"currency": text},
    lambda text: {"notes": (text, "second")},
    lambda text: {"references": (Reference(qualifier="CT", value=text, description=text),)},
    lambda text: {"references": (Reference(qualifier=text, value="1"),)},
    lambda text: {"parties": (Party(role="ST", name=text),)},
    lambda text: {"parties": (Party(role="ST", id=text, id_qualifier="92"),)},
    lambda text: {"parties": (Party(role="ST", name="P", address=(text, "Dock")),)},
    lambda text: {"parties": (Party(role="ST", name="P", city=text, postal_code=text),)},
    lambda text: {"parties": (Party(role="ST", name="P", state=text),)},
    lambda text: {"lines": (evolve(LINE, number=text),)},
    lambda text: {"lines": (evolve(LINE, unit=text),)},
    lambda text: {"lines": (evolve(LINE, price_basis=text),)},
    lambda text: {"lines": (evolve(LINE, buyer_part=text, vendor_part=text),)},
    lambda text: {"lines": (evolve(LINE, description=text),)},
    lambda text: {
        "lines": (
            evolve(LINE, schedules=(Schedule(quantity=Decimal(24), due=date(2026, 1, 1), number=text),)),
        )
    },
]


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(FIELDS), strategies.hostile | strategies.text(300))
def test_a_hostile_text_survives_or_is_refused_but_never_becomes_a_segment(
    into: Callable[[str], dict[str, Any]], text: str
) -> None:
    order = evolve(ORDER, **into(text))
    try:
        written = x12.write_850(order, ENVELOPE)
    except InvalidDocument as error:
        assert error.path
        return
    assert x12.purchase_order(only(written)) == order


@given(st.text(st.sampled_from("ab "), min_size=1, max_size=60).filter(lambda text: text[-1] != " "))
def test_long_texts_are_cut_only_where_a_reader_can_join_them(text: str) -> None:
    order = evolve(ORDER, lines=(evolve(LINE, description=text * 3),))
    try:
        transaction = x12.build_850(order)
    except InvalidDocument as error:
        assert error.path.startswith("PID")
        return
    assert x12.purchase_order(transaction) == order


def test_a_run_of_blanks_is_not_cut() -> None:
    description = "a" * 10 + " " + "b" * 66 + "  " + "c" * 5
    transaction = x12.build_850(evolve(ORDER, lines=(evolve(LINE, description=description),)))
    assert [s.text(5) for s in transaction.segments if s.id == "PID"] == ["a" * 10, description[11:]]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"number": "7*7"}, "BEG-03"),
        ({"number": "7~7"}, "BEG-03"),
        ({"number": ""}, "BEG-03"),
        ({"number": "x" * 23}, "BEG-03"),
        ({"purpose": "o0"}, "BEG-01"),
        ({"lines": ()}, "PO1"),
        ({"lines": (LINE, evolve(LINE, quantity=Decimal("1E+15")))}, "PO1[2]-02"),
        ({"lines": (LINE, evolve(LINE, buyer_part="A\nB"))}, "PO1[2]-07"),
        ({"lines": (evolve(LINE, number=""),)}, "PO1-01"),
        ({"lines": (evolve(LINE, unit="ea"),)}, "PO1-03"),
        ({"lines": (evolve(LINE, unit_price=None, price_basis="PE"),)}, "PO1-04"),
        ({"lines": (evolve(LINE, description="x" * 81),)}, "PID-05"),
        (
            {"lines": (evolve(LINE, schedules=(Schedule(quantity=Decimal(23), due=date(2026, 1, 1)),)),)},
            "PO1-02",
        ),
        ({"parties": (Party(role="ST"),)}, "N1-02"),
        ({"parties": (Party(role="ST", name="x", id="12"),)}, "N1-03"),
        ({"parties": (Party(role="ST", name="x", address=("a", "", "b")),)}, "N1-02"),
        ({"parties": (Party(role="ST", name="x", address=("a", "b", "c", "d", "e")),)}, "N3[3]"),
        ({"notes": ("a", "")}, "N9[2]-02"),
        ({"notes": ("x" * 265,)}, "MSG-01"),
        ({"references": (Reference(qualifier="CT", value=""),)}, "REF-02"),
    ],
)
def test_what_x12_cannot_carry_is_refused_by_name(change: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        x12.write_850(evolve(ORDER, **change), ENVELOPE)
    assert caught.value.path == path
    assert caught.value.remedy


def test_the_sample_order() -> None:
    order = x12.purchase_order(only(sample("850.edi")))
    assert order.number == "PO-10017"
    assert [party.role for party in order.parties] == ["BY", "ST", "SU"]
    assert order.parties[1].address == ("1400 Maple Road", "Dock 4")
    assert order.notes[0].endswith("mark every carton with our order number and line number.")
    first, second = order.lines
    assert [(s.quantity, s.due.isoformat(), s.number) for s in first.schedules] == [
        (Decimal(18), "2026-03-20", "1"),
        (Decimal(6), "2026-04-10", "2"),
    ]
    assert first.price_basis == "PE"
    assert second.description == "Adhesive, two component"  # the colour is a characteristic, not its name
    assert second.schedules == (Schedule(quantity=Decimal("0.5"), due=date(2026, 3, 20)),)  # from the heading


def order_with(*lines: str) -> x12.Transaction:
    begin = ["BEG*00*SA*7731**20260302"]
    segments = [x12.Segment(line.split("*")[0], tuple(line.split("*")[1:])) for line in (*begin, *lines)]
    return x12.Transaction(set_id="850", release="004010", segments=tuple(segments))


def test_a_line_without_a_number_gets_its_position() -> None:
    order = x12.purchase_order(order_with("PO1**1*EA", "PO1**2*EA"))
    assert [line.number for line in order.lines] == ["1", "2"]


def test_other_qualifiers_by_convention() -> None:
    agreed = x12.Conventions(due=("010", "002"), buyer_part=("IN",))
    order = evolve(
        ORDER,
        lines=(evolve(LINE, schedules=(Schedule(quantity=Decimal(24), due=date(2026, 3, 20)),)),),
    )
    text = x12.write_850(order, ENVELOPE, conventions=agreed)
    assert "*IN*WB-100~SCH*24*EA***010*20260320~" in text
    assert x12.purchase_order(only(text), conventions=agreed) == order
    with pytest.raises(InvalidDocument, match="010") as caught:
        x12.purchase_order(only(text))
    assert caught.value.path == "SCH-05"
    assert "Conventions.due" in caught.value.remedy


@pytest.mark.parametrize(
    ("lines", "path"),
    [
        ((), "PO1"),
        (("PO1*1*x*EA",), "PO1-02"),
        (("PO1*1**EA",), "PO1-02"),
        (("PO1*1*2",), "PO1-03"),
        (("PO1*1*2*EA***BP*A*BP*B",), "PO1-09"),
        (("PO1*1*2*EA", "SCH*2*CA***002*20260320"), "SCH-02"),
        (("PO1*1*2*EA", "SCH*2*EA***002*20260230"), "SCH-06"),
        (("BEG*00*SA*7732**20260302", "PO1*1*2*EA"), "BEG[2]"),
        (("SLN*1**I", "PO1*1*2*EA"), "SLN"),
    ],
)
def test_a_malformed_order_is_refused_with_its_place(lines: tuple[str, ...], path: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        x12.purchase_order(order_with(*lines))
    assert caught.value.path == path


def test_an_acknowledgment_is_no_order() -> None:
    with pytest.raises(InvalidDocument, match="855, not 850"):
        x12.purchase_order(only(sample("855_accepted.edi")))
