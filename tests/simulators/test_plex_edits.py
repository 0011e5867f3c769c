"""Editing an order in the simulated Plex: which dates move, and what is wanted afterwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlconnector_sdk.adapters.plex import convert
from mlconnector_sdk.errors import ConfigurationError, InvalidDocument, NotFound
from mlconnector_sdk.simulators import PlexRules, PlexSimulator
from mlconnector_sdk.simulators.plex.edits import (
    AddLine,
    AddRelease,
    CancelLine,
    CancelOrder,
    CancelRelease,
    CloseOrder,
    DeleteLine,
    DeleteRelease,
    Edit,
    ReopenOrder,
    SetDueDate,
    SetNote,
    SetPrice,
    SetQuantity,
    SetSupplier,
)
from mlconnector_sdk.simulators.plex.wanted import WantedLine, WantedOrder, WantedSchedule

MARCH, APRIL = date(2026, 3, 20), date(2026, 4, 3)
LINES: list[dict[str, Any]] = [
    {"part": "WB-100", "quantity": 24, "price": "3.15", "due": MARCH},
    {"part": "WB-200", "releases": [("5.5", MARCH), (6, APRIL)], "unit": "LB", "supplier_part": "V-2"},
]


@pytest.fixture
def erp() -> PlexSimulator:
    simulator = PlexSimulator(rules=PlexRules(time_zone="America/Detroit"))
    simulator.add_purchase_order("PO-1", supplier="ACME", lines=LINES, dated="2026-03-01", note="dock 4")
    return simulator


def dates(order: dict[str, Any]) -> dict[str, str]:
    """The time of change of every record that there is, by a short name."""
    found = {"order": order["modifiedDate"]}
    found |= {f"line {row['lineItemNumber']}": row["modifiedDate"] for row in order["lineItems"]}
    for row in order["releases"]:
        found[f"release {row['lineItemNo']}/{row['releaseLineNumber']}"] = row["modifiedDateTime"]
    return found


ALL = {"order", "line 1", "line 2", "release 1/1", "release 2/1", "release 2/2"}


@pytest.mark.parametrize(
    ("edit", "moved"),
    [
        (AddLine(part="C", quantity=1, due=APRIL), {"order", "line 3", "release 3/1"}),
        (DeleteLine(line=2), {"order"}),
        (CancelLine(line=2), {"order", "line 2", "release 2/1", "release 2/2"}),
        (AddRelease(line=1, quantity=1, due=APRIL), {"release 1/2"}),
        (DeleteRelease(line=2), {"order", "line 2"}),
        (DeleteRelease(line=2, quietly=True), set()),
        (CancelRelease(line=2, release=2), {"release 2/2"}),
        (SetQuantity(line=1, quantity=30), {"release 1/1"}),
        (SetDueDate(line=2, release=2, due=MARCH), {"release 2/2"}),
        (SetPrice(line=2, price="1.10"), {"order", "line 2"}),
        (SetNote(note="by rail"), {"order"}),
        (SetNote(note="by rail", line=1), {"order", "line 1"}),
        (SetSupplier(supplier="BOLT"), {"order"}),
        (CancelOrder(), ALL),
        (CloseOrder(), ALL),
        (ReopenOrder(), ALL),
    ],
)
def test_each_edit_moves_the_dates_that_it_would_in_plex(
    erp: PlexSimulator, edit: Edit, moved: set[str]
) -> None:
    before = dates(erp.order("PO-1"))
    erp.advance(60)
    erp.change_order("PO-1", edit)
    after = dates(erp.order("PO-1"))
    assert {name for name in after if after[name] != before.get(name)} == moved


def test_what_is_wanted(erp: PlexSimulator) -> None:
    assert erp.wanted("PO-1") == WantedOrder(
        number="PO-1",
        supplier="ACME",
        currency="USD",
        cancelled=False,
        closed=False,
        note="dock 4",
        lines={
            "1": WantedLine(
                quantity=Decimal(24),
                unit="EA",
                price=Decimal("3.15"),
                part="WB-100",
                supplier_part="",
                schedules=(WantedSchedule(due=MARCH, quantity=Decimal(24)),),
                note="",
            ),
            "2": WantedLine(
                quantity=Decimal("11.5"),
                unit="LB",
                price=None,
                part="WB-200",
                supplier_part="V-2",
                schedules=(
                    WantedSchedule(due=MARCH, quantity=Decimal("5.5")),
                    WantedSchedule(due=APRIL, quantity=Decimal(6)),
                ),
                note="",
            ),
        },
    )
    elsewhere = erp.wanted("PO-1", time_zone="America/Los_Angeles").lines["1"]
    assert elsewhere.schedules[0].due == date(2026, 3, 19)


@pytest.mark.parametrize(
    ("edit", "look", "seen"),
    [
        (AddLine(part="C", quantity=7, due=APRIL), lambda order: list(order.lines), ["1", "2", "3"]),
        (DeleteLine(line=2), lambda order: list(order.lines), ["1"]),
        (CancelLine(line=1), lambda order: list(order.lines), ["2"]),
        (CancelRelease(line=1), lambda order: list(order.lines), ["2"]),
        (AddRelease(line=1, quantity=1, due=APRIL), lambda order: order.lines["1"].quantity, 25),
        (DeleteRelease(line=2), lambda order: order.lines["2"].quantity, 6),
        (CancelRelease(line=2), lambda order: order.lines["2"].quantity, 6),
        (SetQuantity(line=2, release=2, quantity=1), lambda order: order.lines["2"].quantity, Decimal("6.5")),
        (SetDueDate(line=1, due=APRIL), lambda order: order.lines["1"].schedules[0].due, APRIL),
        (SetPrice(line=2, price="1.10"), lambda order: order.lines["2"].price, Decimal("1.10")),
        (SetPrice(line=1, price=None), lambda order: order.lines["1"].price, None),
        (SetNote(note=None), lambda order: order.note, ""),
        (SetNote(note="fragile", line=2), lambda order: order.lines["2"].note, "fragile"),
        (SetSupplier(supplier="BOLT"), lambda order: order.supplier, "BOLT"),
        (CancelOrder(), lambda order: (order.cancelled, order.closed, len(order.lines)), (True, False, 0)),
        (CloseOrder(), lambda order: (order.cancelled, order.closed, len(order.lines)), (False, True, 2)),
    ],
)
def test_each_edit_changes_what_is_wanted(
    erp: PlexSimulator, edit: Edit, look: Callable[[WantedOrder], object], seen: object
) -> None:
    assert look(erp.wanted("PO-1")) != seen
    erp.change_order("PO-1", edit)
    assert look(erp.wanted("PO-1")) == seen


def test_the_total_and_the_releases_follow(erp: PlexSimulator) -> None:
    erp.change_order(
        "PO-1", SetQuantity(line=1, quantity=10), DeleteLine(line=2), SetSupplier(supplier="BOLT")
    )
    order = erp.order("PO-1")
    assert (order["lineItemCount"], order["lineItemTotal"]) == (1, Decimal("31.50"))
    assert [row["supplierCode"] for row in order["releases"]] == ["BOLT"]


def test_reopened_is_as_it_was_before_it_was_ended(erp: PlexSimulator) -> None:
    erp.change_order("PO-1", CancelLine(line=1))
    before = erp.wanted("PO-1")
    erp.change_order("PO-1", CancelOrder(), CloseOrder(), ReopenOrder())
    assert erp.wanted("PO-1") == before
    order = erp.order("PO-1")
    assert (order["status"], order["active"]) == ("On Order", True)


def test_numbers_and_ids_are_not_used_twice(erp: PlexSimulator) -> None:
    old = erp.order("PO-1")
    erp.change_order("PO-1", DeleteLine(line=2), AddLine(part="C", quantity=1, due=APRIL))
    assert list(erp.wanted("PO-1").lines) == ["1", "3"]
    erp.change_order("PO-1", AddLine(part="D", quantity=1, due=APRIL, number=2))
    again = next(row for row in erp.order("PO-1")["lineItems"] if row["lineItemNumber"] == 2)
    assert again["id"] not in {row["id"] for row in old["lineItems"]}
    erp.change_order("PO-1", AddRelease(line=1, quantity=1, due=APRIL), DeleteRelease(line=1, release=2))
    erp.change_order("PO-1", AddRelease(line=1, quantity=1, due=APRIL))
    assert [r["releaseLineNumber"] for r in erp.order("PO-1")["releases"] if r["lineItemNo"] == 1] == [1, 3]


def test_edits_that_cannot_be(erp: PlexSimulator) -> None:
    before = erp.order("PO-1")
    for edit in (DeleteLine(line=9), SetQuantity(line=1, release=2, quantity=1), CancelRelease(line=9)):
        with pytest.raises(NotFound):
            erp.change_order("PO-1", edit)
    with pytest.raises(InvalidDocument, match="line 2 already"):
        erp.change_order("PO-1", AddLine(part="C", quantity=1, due=APRIL, number=2))
    with pytest.raises(ConfigurationError):
        erp.change_order("PO-1", SetQuantity(line=1, quantity="many"))
    with pytest.raises(NotFound):
        erp.change_order("PO-9", CancelOrder())
    assert erp.order("PO-1") == before


def test_an_order_that_was_loaded_is_edited_alike(erp: PlexSimulator) -> None:
    other = PlexSimulator(rules=erp.rules)
    other.load([erp.order("PO-1")])
    steps = (
        AddLine(part="C", quantity=1, due=APRIL),
        AddRelease(line=2, quantity=9, due=MARCH),
        CloseOrder(),
        ReopenOrder(),
    )
    for simulator in (erp, other):
        simulator.change_order("PO-1", *steps)
    assert other.wanted("PO-1") == erp.wanted("PO-1")


def test_edits_from_another_process() -> None:
    with PlexSimulator(admin=True) as erp:

        def ask(command: str, status: int = 200, **arguments: Any) -> Any:
            answer = httpx.post(f"{erp.origin}/_sim/{command}", json=arguments)
            assert answer.status_code == status, answer.text
            return answer.json()

        ask("add_purchase_order", order="PO-1", supplier="ACME", lines=[{"part": "A", "quantity": 5}])
        ask("change_order", number="PO-1", changes=[{"edit": "SetQuantity", "line": 1, "quantity": "7.50"}])
        wanted = ask("wanted", number="PO-1")
        assert wanted["lines"]["1"]["quantity"] == 7.5
        assert wanted["lines"]["1"]["schedules"][0]["due"] == "2026-03-16"
        assert (
            "SetQuantity" in ask("change_order", 400, number="PO-1", changes=[{"edit": "Explode"}])["message"]
        )
        ask("lag", resources=["releases"], seconds=30)
        goods = [{"part": "A", "quantity": 2, "price": "1.50"}]
        assert ask("add_invoice", number="I-1", customer="CUST", lines=goods)["amount"] == 3
        ask("void_invoice", number="I-1")
        assert ask("invoice", number="I-1")["void"] is True


numbers = st.integers(1, 4)
quantities = st.decimals("0.001", 1000, places=3)
days = st.dates(date(2026, 3, 1), date(2026, 12, 31))
prices = st.none() | st.decimals(0, 100, places=4)
notes = st.none() | st.sampled_from(["a", "b"])
EDITS: st.SearchStrategy[Edit] = st.one_of(
    st.builds(AddLine, part=st.sampled_from("ABC"), quantity=quantities, due=days, price=prices),
    st.builds(DeleteLine, line=numbers),
    st.builds(CancelLine, line=numbers),
    st.builds(AddRelease, line=numbers, quantity=quantities, due=days),
    st.builds(DeleteRelease, line=numbers, release=numbers),
    st.builds(CancelRelease, line=numbers, release=numbers),
    st.builds(SetQuantity, line=numbers, release=numbers, quantity=quantities),
    st.builds(SetDueDate, line=numbers, release=numbers, due=days),
    st.builds(SetPrice, line=numbers, price=prices),
    st.builds(SetNote, note=notes, line=st.none() | numbers),
    st.builds(SetSupplier, supplier=st.sampled_from(["ACME", "BOLT"])),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(EDITS, max_size=12))
def test_after_any_edits_the_converter_sees_what_is_wanted(steps: list[Edit]) -> None:
    erp = PlexSimulator(rules=PlexRules(time_zone="America/Detroit"))
    erp.add_purchase_order("PO-1", supplier="ACME", lines=LINES)
    for step in steps:
        try:
            erp.change_order("PO-1", step)
        except NotFound:
            continue
    whole, wanted = erp.order("PO-1"), erp.wanted("PO-1")
    lines, releases = whole.pop("lineItems"), whole.pop("releases")
    read = convert.aggregate(convert.record(whole, lines, releases, wanted.supplier))
    try:
        order = convert.purchase_order(read, time_zone=ZoneInfo("America/Detroit"))
    except InvalidDocument as refused:
        # A line that lost all its releases is no longer wanted, and an order is not sent with such a line.
        assert refused.path.startswith("lines")
        assert not wanted.lines or len(wanted.lines) < len(lines)
        return
    assert {line.number: (line.quantity, line.unit_price, line.buyer_part) for line in order.lines} == {
        number: (line.quantity, line.price, line.part) for number, line in wanted.lines.items()
    }
    assert {line.number: sorted((s.due, s.quantity) for s in line.schedules) for line in order.lines} == {
        number: [(s.due, s.quantity) for s in line.schedules] for number, line in wanted.lines.items()
    }
    assert order.parties[0].id == wanted.supplier
