"""Plex's purchase orders as documents, and what counts as an edit."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlconnector_sdk.adapters.plex import convert
from mlconnector_sdk.errors import InvalidDocument, UnmappedValue
from mlconnector_sdk.mapping import documents
from mlconnector_sdk.mapping.crossref import CrossReference, table_from_csv
from mlconnector_sdk.mapping.naming import Naming
from mlconnector_sdk.mapping.partners import Identifier, Partner

DETROIT = ZoneInfo("America/Detroit")

ORDER: dict[str, Any] = {
    "order": {
        "id": "o-1",
        "poNumber": "PO-10017",
        "status": "On Order",
        "supplierId": "s-1",
        "currencyCode": "USD",
        "poDate": "2026-03-02T05:00:00.12Z",
        "shipTo": "PLANT-1",
        "note": "Deliver to dock 4\nRing the bell",
        "internalNote": "expensive",
        "lineItemCount": 2,
        "lineItemTotal": 75.6,
        "modifiedDate": "2026-03-02T14:00:00.1234567Z",
        "modifiedById": "u-1",
        "customFields": {"Acknowledgment_Code": "AC"},
    },
    "lines": [
        {
            "id": "l-2",
            "lineItemNumber": 2,
            "unit": "ea",
            "orderUnit": "EA",
            "supplierPartNumber": "V-9",
            "note": "shrink wrap",
        },
        {"id": "l-1", "lineItemNumber": 1, "unit": "EA", "description": "Widget", "unitPrice": 3.150},
    ],
    "releases": [
        {
            "id": "r-2",
            "poId": "o-1",
            "poLineItemId": "l-1",
            "lineItemNo": 1,
            "releaseLineNumber": 2,
            "quantity": 4,
            "dueDateTime": "2026-03-21T03:59:59Z",
            "partNumber": "WB-100",
            "partRevision": "B",
        },
        {
            "id": "r-1",
            "poId": "o-1",
            "poLineItemId": "l-1",
            "lineItemNo": 1,
            "releaseLineNumber": 1,
            "quantity": 20.50,
            "dueDateTime": "2026-03-18T04:00:00Z",
            "partNumber": "WB-100",
            "partRevision": "B",
        },
        {
            "id": "r-3",
            "poId": "o-1",
            "lineItemNo": 2,
            "releaseLineNumber": 1,
            "quantity": 1,
            "dueDateTime": "2026-03-18T04:00:00Z",
        },
    ],
    "supplierCode": "ACME",
}


def text(order: dict[str, Any]) -> bytes:
    return json.dumps(order).encode()


def converted(order: dict[str, Any]) -> documents.PurchaseOrder:
    return convert.purchase_order(convert.aggregate(text(order)), time_zone=DETROIT)


def changed(path: str, value: Any) -> dict[str, Any]:
    """The order with one value replaced: ``releases.0.quantity``."""
    order = deepcopy(ORDER)
    *way, last = path.split(".")
    place: Any = order
    for step in way:
        place = place[int(step)] if step.isdigit() else place[step]
    place[int(last) if last.isdigit() else last] = value
    return order


def test_an_order_is_its_lines_with_the_quantities_and_dates_of_their_releases() -> None:
    assert converted(ORDER) == documents.PurchaseOrder(
        number="PO-10017",
        dated=date(2026, 3, 2),
        currency="USD",
        parties=(
            documents.Party(role="SU", id="ACME", id_qualifier="92"),
            documents.Party(role="ST", id="PLANT-1", id_qualifier="92"),
        ),
        notes=("Deliver to dock 4", "Ring the bell", "Line 2: shrink wrap"),
        lines=(
            documents.OrderLine(
                number="1",
                quantity=Decimal("24.5"),
                unit="EA",
                unit_price=Decimal("3.15"),
                buyer_part="WB-100-B",
                description="Widget",
                schedules=(
                    documents.Schedule(quantity=Decimal("20.5"), due=date(2026, 3, 18), number="1"),
                    # 3:59:59 UTC is one second to midnight in Detroit
                    documents.Schedule(quantity=Decimal(4), due=date(2026, 3, 20), number="2"),
                ),
            ),
            documents.OrderLine(
                number="2",
                quantity=Decimal(1),
                unit="EA",
                vendor_part="V-9",
                schedules=(documents.Schedule(quantity=Decimal(1), due=date(2026, 3, 18), number="1"),),
            ),
        ),
    )


def test_digits_survive_from_the_vendors_text_to_the_document() -> None:
    raw = text(ORDER).replace(b'"quantity": 20.5', b'"quantity": 20.50').replace(b"3.15", b"3.1500")
    order = convert.purchase_order(convert.aggregate(raw), time_zone=DETROIT)
    assert str(order.lines[0].quantity) == "24.50"
    assert str(order.lines[0].unit_price) == "3.1500"


def test_the_record_holds_everything_the_vendor_said_digit_for_digit() -> None:
    order = {"id": "o", "odd": Decimal("1.50"), "more": [{"é": None}]}
    record = convert.record(order, [{"id": "l"}], [{"id": "r", "quantity": Decimal("2.000")}], "ACME")
    assert (
        record
        == (
            '{"order":{"id":"o","odd":1.50,"more":[{"é":null}]},"lines":[{"id":"l"}],'
            '"releases":[{"id":"r","quantity":2.000}],"supplierCode":"ACME"}'
        ).encode()
    )
    aggregate = convert.aggregate(record)
    assert aggregate.order.extra == {"odd": Decimal("1.50"), "more": [{"é": None}]}
    assert (aggregate.lines[0].id, str(aggregate.releases[0].quantity)) == ("l", "2.000")
    assert aggregate.supplier_code == "ACME"


def test_cancelled_lines_and_releases_are_left_out() -> None:
    order = changed("releases.1.status", "Cancelled")
    order["lines"][0]["status"] = "CANCELED "
    document = converted(order)
    assert [line.number for line in document.lines] == ["1"]
    assert document.lines[0].quantity == 4
    assert "Line 2: shrink wrap" not in document.notes


def test_units_and_parts_are_called_what_the_supplier_calls_them() -> None:
    partner = Partner(
        name="ACME",
        supplier="ACME",
        buyer=Identifier(id="B", qualifier="92"),
        account=Identifier(id="A", qualifier="92"),
        units="units.csv",
        parts="parts.csv",
    )
    tables = CrossReference.of(
        table_from_csv("units.csv", "key,value\nEA,PCE\n"),
        table_from_csv(
            "parts.csv", "number,revision,buyer_part,vendor_part\nWB-100,B,WB100B,V-100\n", keys=2
        ),
    )
    order = convert.aggregate(text(ORDER))
    named = convert.purchase_order(order, time_zone=DETROIT, naming=Naming(partner, tables))
    assert [(line.unit, line.buyer_part, line.vendor_part) for line in named.lines] == [
        ("PCE", "WB100B", "V-100"),
        ("PCE", "", "V-9"),
    ]
    other = convert.aggregate(text(changed("releases.0.partRevision", "C")))
    with pytest.raises(UnmappedValue, match=r"parts\.csv"):
        convert.purchase_order(other, time_zone=DETROIT, naming=Naming(partner, tables))


def test_a_blanket_order_says_so() -> None:
    assert converted(changed("order.blanketOrder", True)).order_type == "BK"


@pytest.mark.parametrize(
    ("order", "path", "words"),
    [
        (changed("lines", []) | {"releases": []}, "lines", "has no lines"),
        (changed("lines.0.status", "void") | {"releases": ORDER["releases"][2:]}, "lines[1]", "no release"),
        (changed("order.poNumber", None), "order.poNumber", "no number"),
        (changed("order.poDate", None), "order.poDate", "no date"),
        (changed("supplierCode", ""), "order.supplierId", "no supplier"),
        (changed("releases", ORDER["releases"][:2]), "lines[0]", "line 2 has no release"),
        (changed("releases.0.dueDateTime", None), "releases[r-2].dueDateTime", "no due date"),
        (changed("releases.0.quantity", None), "releases[r-2].quantity", "no quantity"),
        (changed("releases.0.quantity", 0), "releases[r-2].quantity", "has the quantity 0"),
        (changed("lines.1.unit", ""), "lines[1].unit", "no unit"),
        (changed("lines.1.lineItemNumber", 2), "lines[1]", "stands twice"),
        (changed("lines.1.lineItemNumber", None), "lines[1].lineItemNumber", "no number"),
        (changed("lines.0.supplierPartNumber", None), "lines[0].partId", "names no part"),
        (changed("releases.0.poLineItemId", "gone"), "releases", "belongs to no line"),
    ],
)
def test_what_an_order_cannot_be_without_is_named_with_a_remedy(
    order: dict[str, Any], path: str, words: str
) -> None:
    with pytest.raises(InvalidDocument, match=words) as caught:
        converted(order)
    assert caught.value.path == path
    assert caught.value.remedy


def test_a_line_without_a_release_hints_at_the_role() -> None:
    with pytest.raises(InvalidDocument) as caught:
        converted(changed("releases", []))
    assert "Purchase_Order_Release" in caught.value.remedy


def test_an_unreadable_record_says_where() -> None:
    with pytest.raises(InvalidDocument, match="expected a number") as caught:
        convert.aggregate(text(changed("releases.0.quantity", "many")))
    assert caught.value.path == "releases[0].quantity"
    assert caught.value.remedy


@pytest.mark.parametrize(
    "order",
    [
        changed("order.modifiedDate", "2027-01-01T00:00:00Z"),
        changed("order.modifiedById", "u-2"),
        changed("order.customFields", {"Acknowledgment_Code": "RD", "more": 1}),
        changed("releases.0.modifiedDateTime", "2027-01-01T00:00:00Z"),
        changed("lines", ORDER["lines"][::-1]),
        changed("releases", ORDER["releases"][::-1]),
        changed("releases.0.quantity", 4.0),
        {key: ORDER[key] for key in reversed(ORDER)},
    ],
)
def test_what_is_no_edit_leaves_the_fingerprint(order: dict[str, Any]) -> None:
    assert convert.fingerprint(text(order)) == convert.fingerprint(text(ORDER))


@pytest.mark.parametrize(
    "order",
    [
        changed("releases.0.quantity", 5),
        changed("releases.0.dueDateTime", "2026-03-22T03:59:59Z"),
        changed("releases", ORDER["releases"][:2]),
        changed("lines.0.unitPrice", 1),
        changed("order.status", "Cancelled"),
        changed("order.note", ""),
        changed("supplierCode", "OTHER"),
        changed("order.poNumber", 10017),
    ],
)
def test_an_edit_changes_the_fingerprint(order: dict[str, Any]) -> None:
    assert convert.fingerprint(text(order)) != convert.fingerprint(text(ORDER))


def test_the_key_of_custom_fields_is_a_setting() -> None:
    other = changed("order.udf", {"a": 1})
    assert convert.fingerprint(text(other)) != convert.fingerprint(text(ORDER))
    with_udf = changed("order.udf", {"a": 2})
    assert convert.fingerprint(text(other), custom_fields="udf") == convert.fingerprint(
        text(with_udf), custom_fields="udf"
    )


QUANTITIES = st.decimals(min_value="0.001", max_value=10**9, places=3, allow_nan=False, allow_infinity=False)


@given(st.lists(QUANTITIES, min_size=1, max_size=6))
def test_a_lines_quantity_is_the_exact_sum_of_its_releases(quantities: list[Decimal]) -> None:
    releases = ",".join(
        f'{{"id":"r{n}","poLineItemId":"l","releaseLineNumber":{n},"quantity":{quantity},'
        f'"dueDateTime":"2026-03-18T04:00:00Z","partNumber":"P"}}'
        for n, quantity in enumerate(quantities)
    )
    raw = (
        '{"order":{"id":"o","poNumber":"1","poDate":"2026-03-02T05:00:00Z"},'
        f'"lines":[{{"id":"l","lineItemNumber":1,"unit":"EA"}}],"releases":[{releases}],"supplierCode":"A"}}'
    )
    order = convert.purchase_order(convert.aggregate(raw.encode()), time_zone=DETROIT)
    assert order.lines[0].quantity == sum(quantities)
    assert sum(schedule.quantity for schedule in order.lines[0].schedules) == sum(quantities)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=8), JSON, max_size=6), st.randoms(use_true_random=False))
def test_key_order_never_matters(content: dict[str, Any], random: Any) -> None:
    keys = list(content)
    random.shuffle(keys)
    shuffled = {key: content[key] for key in keys}
    assert convert.fingerprint(text(content)) == convert.fingerprint(text(shuffled))
