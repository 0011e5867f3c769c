"""Seeding the simulated Plex and editing it as a buyer does."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlconnector_sdk.errors import ConfigurationError, InvalidDocument, NotFound
from mlconnector_sdk.mapping.documents import OrderLine, Party, PurchaseOrder, Schedule
from mlconnector_sdk.simulators import PlexRules, PlexSimulator, wire
from mlconnector_sdk.simulators.plex import instants

LINES: list[dict[str, Any]] = [
    {"part": "WB-100", "quantity": 24, "price": "3.15"},
    {"part": "WB-200", "quantity": 6},
]


@pytest.fixture
def plex() -> PlexSimulator:
    simulator = PlexSimulator()
    simulator.add_purchase_order("PO-1", supplier="ACME", lines=LINES, dated="2026-03-01", terms="Net 30")
    return simulator


def changed(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    """Which modified dates moved."""
    rows = {"order": (before, after)}
    for kind in ("lineItems", "releases"):
        for one, other in zip(before[kind], after[kind], strict=True):
            rows[f"{kind} {one.get('lineItemNumber', one.get('lineItemNo'))}"] = (one, other)
    return {
        name
        for name, (one, other) in rows.items()
        if any(one[f] != other[f] for f in ("modifiedDate", "modifiedDateTime") if f in one)
    }


def test_an_order_in_short(plex: PlexSimulator) -> None:
    order = plex.order("PO-1")
    assert (order["poDate"], order["terms"]) == ("2026-03-01T00:00:00Z", "Net 30")
    assert order["releases"][0]["dueDateTime"] == "2026-03-15T00:00:00Z"
    assert order["releases"][0]["supplierCode"] == "ACME"
    assert order["releases"][1]["partNumberRevision"] == "WB-200"
    assert order["lineItems"][1]["unitPrice"] is None
    assert len(order["id"]) == 36


def test_an_order_as_a_document() -> None:
    plex = PlexSimulator(rules=PlexRules(time_zone="America/Detroit"))
    line = OrderLine(
        number="20",
        quantity=Decimal(5),
        unit="CA",
        buyer_part="WB-9",
        vendor_part="A9",
        schedules=(Schedule(quantity=Decimal(5), due=date(2026, 7, 1)),),
    )
    document = PurchaseOrder(
        number="PO-9",
        dated=date(2026, 3, 1),
        parties=(Party(role="SU", id="ACME"), Party(role="ST", id="DOCK-4")),
        order_type="BK",
        currency="CAD",
        lines=(line,),
    )
    order = plex.add_purchase_order(document)
    assert (order["currencyCode"], order["blanketOrder"], order["shipTo"]) == ("CAD", True, "DOCK-4")
    assert order["lineItems"][0]["supplierPartNumber"] == "A9"
    assert order["releases"][0]["dueDateTime"] == "2026-07-01T04:00:00Z"
    assert order["releases"][0]["supplierCode"] == "ACME"


def test_wrong_seeds_are_refused(plex: PlexSimulator) -> None:
    with pytest.raises(InvalidDocument, match="already"):
        plex.add_purchase_order("PO-1", supplier="ACME")
    for line in ({"part": "X"}, {"quantity": 1}, {"part": "X", "quantity": 1, "colour": "red"}):
        with pytest.raises(ConfigurationError, match="a line has part"):
            plex.add_purchase_order("PO-2", supplier="ACME", lines=[line])
    for wrong in ({"quantity": "many"}, {"quantity": "NaN"}, {"quantity": 1, "due": "soon"}):
        with pytest.raises(ConfigurationError):
            plex.add_purchase_order("PO-2", supplier="ACME", lines=[{"part": "X", **wrong}])
    with pytest.raises(InvalidDocument, match="integers"):
        plex.add_purchase_order("PO-2", supplier="A", lines=[{"part": "X", "quantity": 1, "number": "1a"}])
    with pytest.raises(NotFound, match="PO-7"):
        plex.order("PO-7")
    with pytest.raises(NotFound, match="line 9"):
        plex.edit_line("PO-1", 9, unitPrice=Decimal(1))
    with pytest.raises(NotFound, match="release 4"):
        plex.edit_release("PO-1", 1, 4, quantity=1)
    with pytest.raises(InvalidDocument, match="no field 'colour'"):
        plex.edit_line("PO-1", 1, colour="red")


def test_a_changed_release_moves_its_own_date_only(plex: PlexSimulator) -> None:
    before = plex.order("PO-1")
    plex.edit_release("PO-1", 1, quantity=30, due="2026-04-01")
    after = plex.order("PO-1")
    assert changed(before, after) == {"releases 1"}
    assert after["releases"][0]["quantity"] == 30
    assert after["releases"][0]["dueDateTime"] == "2026-04-01T00:00:00Z"
    assert after["releases"][0]["originalDueDateTime"] == "2026-03-15T00:00:00Z"
    assert after["lineItemTotal"] == Decimal("94.50")
    plex.edit_release("PO-1", 1, quantity=24, touch_order=True)
    assert changed(after, plex.order("PO-1")) == {"order", "releases 1"}


def test_a_changed_line_moves_the_order_too(plex: PlexSimulator) -> None:
    before = plex.order("PO-1")
    plex.edit_line("PO-1", 2, unitPrice=Decimal("2.00"))
    after = plex.order("PO-1")
    assert changed(before, after) == {"order", "lineItems 2"}
    assert after["lineItemTotal"] == Decimal("87.60")
    plex.edit_line("PO-1", 2, touch_order=False, note="x")
    assert changed(after, plex.order("PO-1")) == {"lineItems 2"}


def test_an_edit_there_and_back_again_is_three_states(plex: PlexSimulator) -> None:
    dates = [plex.order("PO-1")["modifiedDate"]]
    for note in ("B", "A"):
        plex.edit_order("PO-1", note=note)
        dates.append(plex.order("PO-1")["modifiedDate"])
    assert dates == sorted(set(dates), key=instants.parse)
    assert len(dates) == 3


def test_further_releases_and_the_end_of_an_order(plex: PlexSimulator) -> None:
    assert plex.add_release("PO-1", 1, quantity=6, due="2026-05-01")["releaseLineNumber"] == 2
    assert plex.order("PO-1")["lineItemTotal"] == Decimal("94.50")
    before = plex.order("PO-1")
    plex.cancel("PO-1")
    after = plex.order("PO-1")
    assert (after["status"], after["active"]) == ("Cancelled", False)
    assert {row["status"] for row in after["lineItems"] + after["releases"]} == {"Cancelled"}
    assert changed(before, after) >= {"order", "lineItems 1", "releases 1"}
    plex.close("PO-1")
    assert plex.order("PO-1")["status"] == "Closed"


def test_suppliers_and_parts_are_entered_once(plex: PlexSimulator) -> None:
    known = plex.order("PO-1")["supplierId"]
    assert plex.add_supplier("ACME", "Other name")["id"] == known
    assert plex.add_supplier("NEW", "New Supply", category="Steel")["category"] == "Steel"
    first = plex.add_part("WB-100", revision="B")
    assert first["id"] != plex.order("PO-1")["lineItems"][0]["partId"]
    assert plex.add_part("WB-100", revision="B") == first


def test_what_plex_returned_can_be_loaded_again(plex: PlexSimulator, tmp_path: Path) -> None:
    order = plex.order("PO-1")
    order["plantField"] = {"kept": [1, Decimal("2.50")]}
    file = tmp_path / "orders.json"
    file.write_bytes(wire.dumps([order]))
    other = PlexSimulator()
    assert other.load(file) == ["PO-1"]
    assert other.order("PO-1") == order
    assert other.load([{"poNumber": "PO-2"}]) == ["PO-2"]
    other.edit_order("PO-1", note="still editable")


def test_a_file_of_ones_own_needs_little() -> None:
    plex = PlexSimulator()
    rows = [
        {
            "poNumber": "PO-5",
            "supplierId": "s-1",
            "lineItems": [{"lineItemNumber": 1, "unitPrice": 1.5, "unit": "EA", "partId": "p-1"}],
            "releases": [
                {
                    "lineItemNo": 1,
                    "releaseLineNumber": 1,
                    "quantity": 3,
                    "supplierId": "s-1",
                    "supplierCode": "ACME",
                    "partId": "p-1",
                    "partNumber": "WB-1",
                }
            ],
        }
    ]
    assert plex.load(json.dumps(rows)) == ["PO-5"]
    order = plex.order("PO-5")
    assert order["releases"][0]["poLineItemId"] == order["lineItems"][0]["id"]
    assert plex.add_supplier("ACME")["id"] == "s-1"
    assert plex.add_part("WB-1")["id"] == "p-1"
    plex.edit_release("PO-5", 1, quantity=4)


@pytest.mark.parametrize(
    ("content", "path"),
    [
        ("{}", ""),
        ("[1]", "[0]"),
        ('[{"id":"x"}]', "[0]"),
        ('[{"poNumber":"P","lineItems":[{"lineItemNumber":"1"}]}]', "[0].lineItems[0].lineItemNumber"),
        ('[{"poNumber":"P","releases":[{"dueDateTime":"tomorrow"}]}]', "[0].releases[0].dueDateTime"),
    ],
)
def test_a_file_that_does_not_fit_says_where(content: str, path: str) -> None:
    with pytest.raises(InvalidDocument) as refusal:
        PlexSimulator().load(content)
    assert refusal.value.path == path


@given(st.integers(0, 4 * 10**17), st.integers(0, 7))
def test_instants_survive_text(tick: int, digits: int) -> None:
    assert instants.parse(instants.write(tick, digits)) == tick


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.text()
        | st.decimals(allow_nan=False, allow_infinity=False),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=10,
    )
)
def test_json_keeps_every_digit(value: Any) -> None:
    assert wire.loads(wire.dumps(value)) == value
