"""Plex's endpoints: the requests they make, and what comes back over a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import NoneType
from typing import Any

import pytest
from attrs import evolve

from mlconnector_sdk.adapters.plex import (
    AsyncPlex,
    Parts,
    Plex,
    PlexSettings,
    PurchaseOrder,
    PurchaseOrders,
    Supplier,
    Suppliers,
    plex_profile,
)
from mlconnector_sdk.adapters.plex.listing import listing_call
from mlconnector_sdk.adapters.plex.models import Part
from mlconnector_sdk.codec import encode
from mlconnector_sdk.core.access import Status
from mlconnector_sdk.core.call import Call, Json
from mlconnector_sdk.errors import (
    AuthenticationFailed,
    ConfigurationError,
    InvalidDocument,
    NotFound,
    PermissionDenied,
)
from mlconnector_sdk.secret import Secret
from mlconnector_sdk.simulators import Answer, PlexSimulator
from tests.adapters.conftest import plex_settings

AT = datetime(2026, 3, 1, 12, 30, 0, 500000, tzinfo=UTC)


def test_the_requests(plex: Plex) -> None:
    orders, suppliers, parts = plex.purchase_orders, plex.suppliers, plex.parts
    assert PurchaseOrders.get(orders, "a/b") == Call(
        method="GET", path="purchasing/v1/purchase-orders/a%2Fb", answer=PurchaseOrder
    )
    assert Suppliers.get(suppliers, "s-1") == Call(method="GET", path="mdm/v1/suppliers/s-1", answer=Supplier)
    assert Parts.get(parts, "p-1") == Call(method="GET", path="mdm/v1/parts/p-1", answer=Part)
    write = PurchaseOrders.set_custom_fields(orders, "o-1", {"Acknowledgment_Code": "AC", "Gone": None})
    assert write == Call(
        method="PUT",
        path="purchasing/v1/purchase-orders/o-1",
        answer=NoneType,
        body=Json({"customFields": {"Acknowledgment_Code": "AC", "Gone": None}}),
        converges=True,
    )
    assert isinstance(write.body, Json)
    assert encode(write.body.value) == b'{"customFields":{"Acknowledgment_Code":"AC","Gone":null}}'


def test_the_request_for_a_listing() -> None:
    call = listing_call(plex_profile().purchase_orders, modified_since=AT, created_since=AT, number="PO 1&x")
    assert call.path == "purchasing/v1/purchase-orders"
    assert call.params == (
        ("modified_date", "2026-03-01T12:30:00.500000Z"),
        ("created_date", "2026-03-01T12:30:00.500000Z"),
        ("pONumber", "PO 1&x"),
    )
    assert listing_call(plex_profile().releases, number="o-1").params == (("poId", "o-1"),)


def test_the_names_of_filters_and_paths_are_settings() -> None:
    listing = evolve(plex_profile().parts, path="mdm/v2/parts", modified="changedAfter")
    call = listing_call(listing, modified_since=AT)
    assert (call.path, call.params) == ("mdm/v2/parts", (("changedAfter", "2026-03-01T12:30:00.500000Z"),))


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="zone") as caught:
        listing_call(plex_profile().parts, modified_since=AT.replace(tzinfo=None))
    assert caught.value.path == "modified_date"


@pytest.fixture
def orders(plex_simulator: PlexSimulator) -> PlexSimulator:
    """PO-1, and a minute later PO-2 of another supplier."""
    plex_simulator.add_purchase_order(
        "PO-1", supplier="ACME", lines=[{"part": "WB-100", "quantity": "24.50", "price": "3.150"}]
    )
    plex_simulator.advance(60)
    plex_simulator.add_purchase_order(
        "PO-2",
        supplier="BOLT",
        lines=[
            {"part": "WB-100", "quantity": 1},
            {"part": "WB-200", "releases": [(5, "2026-03-20"), (7, "2026-04-01")]},
        ],
    )
    return plex_simulator


def numbers(found: Iterable[PurchaseOrder]) -> list[str | None]:
    return [order.number for order in found]


@pytest.mark.parametrize("ignored", [False, True])
def test_listings_hold_only_what_was_asked_for(orders: PlexSimulator, plex: Plex, ignored: bool) -> None:
    orders.rules.ignore_filters = ignored
    now = orders.time.now()
    listed = plex.purchase_orders.list
    assert numbers(listed()) == ["PO-1", "PO-2"]
    assert numbers(listed(modified_since=now)) == ["PO-2"]
    assert numbers(listed(created_since=now)) == ["PO-2"]
    assert numbers(listed(modified_since=now - timedelta(seconds=60))) == ["PO-1", "PO-2"]
    assert numbers(listed(modified_since=now + timedelta(seconds=1))) == []
    assert numbers(listed(number="PO-1")) == ["PO-1"]
    assert [supplier.name for supplier in plex.suppliers.list(code="BOLT")] == ["BOLT"]
    assert [part.number for part in plex.parts.list(number="WB-200")] == ["WB-200"]
    assert {release.quantity for release in plex.releases.list(modified_since=now)} == {1, 5, 7}
    order = plex.purchase_orders.find("PO-2")
    assert order.number == "PO-2"
    assert [line.number for line in plex.purchase_orders.lines(order.id)] == [1, 2]
    assert [release.quantity for release in plex.purchase_orders.releases(order.id)] == [1, 5, 7]
    assert plex.suppliers.find("ACME").code == "ACME"
    assert [release.quantity for release in plex.purchase_orders.aggregate(order.id).releases] == [1, 5, 7]


def test_a_record_without_a_time_of_change_is_never_filtered_away(plex_simulator: PlexSimulator) -> None:
    plex_simulator.rules.null_modified = True
    plex_simulator.rules.ignore_filters = True
    plex_simulator.add_purchase_order("PO-1", supplier="ACME", lines=[{"part": "A", "quantity": 1}])
    with Plex(plex_settings(plex_simulator), clock=plex_simulator.time) as plex:
        later = plex_simulator.time.now() + timedelta(days=1)
        assert numbers(plex.purchase_orders.list(modified_since=later)) == ["PO-1"]


def test_an_order_is_read_whole(orders: PlexSimulator, plex: Plex) -> None:
    aggregate = plex.purchase_orders.aggregate(plex.purchase_orders.find("PO-1").id)
    assert aggregate.order.number == "PO-1"
    assert aggregate.supplier_code == "ACME"
    assert str(aggregate.lines[0].unit_price) == "3.150"
    assert [str(release.quantity) for release in aggregate.releases] == ["24.50"]
    assert aggregate.order.modified_at == orders.time.now() - timedelta(seconds=60)


def test_an_answer_404_to_a_listing_is_an_empty_one(orders: PlexSimulator, plex: Plex) -> None:
    orders.rules.empty_is_404 = True
    assert numbers(plex.purchase_orders.list(number="PO-9")) == []
    strict = evolve(plex.profile, missing_is_empty=False)
    with (
        Plex(plex_settings(orders), clock=orders.time, profile=strict) as client,
        pytest.raises(NotFound),
    ):
        list(client.purchase_orders.list(number="PO-9"))


def test_what_is_not_there_is_named_with_a_remedy(orders: PlexSimulator, plex: Plex) -> None:
    with pytest.raises(NotFound, match="purchase order 'PO-9'") as caught:
        plex.purchase_orders.find("PO-9")
    assert "Purchase_Order" in caught.value.remedy
    with pytest.raises(NotFound, match="supplier 'NOBODY'") as caught:
        plex.suppliers.find("NOBODY")
    assert "read Supplier" in caught.value.remedy
    with pytest.raises(NotFound):
        plex.purchase_orders.get("no-such-id")


def test_a_number_that_stands_twice_is_refused(orders: PlexSimulator, plex: Plex) -> None:
    orders.load([{**orders.order("PO-1"), "id": "another"}])
    with pytest.raises(InvalidDocument, match="2 times"):
        plex.purchase_orders.find("PO-1")


def test_custom_fields_are_merged_and_reachable(orders: PlexSimulator, plex: Plex) -> None:
    order = plex.purchase_orders.find("PO-1")
    plex.purchase_orders.set_custom_fields(order.id, {"A": "x", "B": Decimal("1.50")})
    orders.rules.empty_answer_to_put = True
    plex.purchase_orders.set_custom_fields(order.id, {"A": None})
    assert plex.purchase_orders.get(order.id).extra["customFields"] == {"A": None, "B": Decimal("1.50")}
    assert orders.writes[0].body == {"customFields": {"A": "x", "B": Decimal("1.50")}}


def test_a_write_whose_answer_was_lost_is_repeated(orders: PlexSimulator, plex: Plex) -> None:
    from mlconnector_sdk.simulators import LoseAnswer

    orders.faults.add(LoseAnswer(), method="PUT")
    plex.purchase_orders.set_custom_fields(plex.purchase_orders.find("PO-1").id, {"A": "x"})
    assert [write.body for write in orders.writes] == [{"customFields": {"A": "x"}}] * 2


def test_401_names_all_three_causes(orders: PlexSimulator, plex: Plex) -> None:
    with (
        Plex(evolve(plex_settings(orders), pcn="999"), clock=orders.time) as stranger,
        pytest.raises(AuthenticationFailed) as caught,
    ):
        list(stranger.purchase_orders.list())
    for cause in ("credentials", "PCN", "subscribed"):
        assert cause in caught.value.remedy


def test_wrong_credentials_name_the_variables(orders: PlexSimulator) -> None:
    wrong = evolve(plex_settings(orders), client_secret=Secret("wrong"))
    with Plex(wrong, clock=orders.time) as plex:
        with pytest.raises(AuthenticationFailed) as caught:
            plex.purchase_orders.find("PO-1")
        assert "PLEX_CLIENT_SECRET" in caught.value.remedy
        report = plex.check_access()
    assert not report.ok
    assert [(finding.subject, finding.status) for finding in report] == [("credentials", Status.DENIED)]


def test_a_denied_resource_is_a_permission_error(orders: PlexSimulator, plex: Plex) -> None:
    orders.rules.deny["purchase-orders"] = "403"
    with pytest.raises(PermissionDenied) as caught:
        plex.purchase_orders.find("PO-1")
    assert "Purchase_Order_Release" in caught.value.remedy


def statuses(plex: Plex, write_to: str = "") -> dict[str, Status]:
    report = plex.check_access(write_to=write_to)
    assert all(finding.remedy for finding in report if finding.status is not Status.OK)
    return {finding.subject: finding.status for finding in report}


GOOD = {
    "credentials": Status.OK,
    "Supplier: read": Status.OK,
    "Purchase_Order: read": Status.OK,
    "Purchase_Order_Release: read": Status.OK,
    "Purchase_Order: write custom fields": Status.OK,
}


def test_check_access_when_all_is_well(orders: PlexSimulator, plex: Plex) -> None:
    orders.advance(60 * 86400)  # the last change is older than the window that is tried first
    assert statuses(plex, "PO-1") == GOOD
    assert orders.writes[0].body == {"customFields": {}}


def test_check_access_writes_nothing_unless_allowed(orders: PlexSimulator, plex: Plex) -> None:
    assert statuses(plex)["Purchase_Order: write custom fields"] is Status.UNVERIFIABLE
    assert orders.writes == []


@pytest.mark.parametrize(
    ("deny", "subject", "status"),
    [
        ({"suppliers": "403"}, "Supplier: read", Status.DENIED),
        ({"suppliers": "empty"}, "Supplier: read", Status.EMPTY),
        ({"purchase-orders": "empty"}, "Purchase_Order: read", Status.EMPTY),
        ({"releases": "403"}, "Purchase_Order_Release: read", Status.DENIED),
        ({"releases": "empty"}, "Purchase_Order_Release: read", Status.EMPTY),
        ({"purchase-orders": "read-only"}, "Purchase_Order: write custom fields", Status.DENIED),
        ({"tenants": "403"}, "credentials", Status.OK),
    ],
)
def test_check_access_finds_what_the_role_lacks(
    orders: PlexSimulator, plex: Plex, deny: dict[str, Any], subject: str, status: Status
) -> None:
    orders.rules.deny.update(deny)
    assert statuses(plex, "PO-1")[subject] is status


def test_check_access_during_an_outage_says_so(orders: PlexSimulator, plex: Plex) -> None:
    orders.faults.add(Answer(503), path="*/suppliers", times=None)
    assert statuses(plex, "PO-1") == {**GOOD, "Supplier: read": Status.UNVERIFIABLE}


def test_check_access_with_a_wrong_company_or_order(orders: PlexSimulator, plex: Plex) -> None:
    assert statuses(plex, "PO-9")["Purchase_Order: write custom fields"] is Status.MISSING
    with Plex(evolve(plex_settings(orders), pcn="999"), clock=orders.time) as stranger:
        assert statuses(stranger) == {"credentials": Status.DENIED}


def test_the_async_client_has_the_same_surface(orders: PlexSimulator) -> None:
    async def main() -> None:
        async with AsyncPlex(plex_settings(orders)) as plex:
            assert [order.number async for order in plex.purchase_orders.list()] == ["PO-1", "PO-2"]
            order = await plex.purchase_orders.find("PO-1")
            assert (await plex.purchase_orders.aggregate(order.id)).supplier_code == "ACME"
            await plex.purchase_orders.set_custom_fields(order.id, {"A": "x"})
            assert (await plex.check_access(write_to="PO-1")).ok

    asyncio.run(main())
    assert len(orders.writes) == 2


def test_the_surface_is_one() -> None:
    def public(face: type) -> set[str]:
        return {name for name in dir(face) if not name.startswith("_")}

    assert public(Plex) == public(AsyncPlex)


def test_an_unknown_profile_names_those_there_are() -> None:
    settings = PlexSettings(client_id="a", client_secret=Secret("b"), pcn="1", profile="typo")
    with pytest.raises(ConfigurationError, match="typo") as caught:
        Plex(settings)
    assert "cloud" in caught.value.remedy
