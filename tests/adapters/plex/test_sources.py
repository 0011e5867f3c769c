"""Polling purchase orders: completely, from two feeds, each order once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from mlconnector_sdk.adapters.plex import AcknowledgmentFields, Plex, PurchaseOrderSource, convert
from mlconnector_sdk.adapters.plex.sources import PurchaseOrderWalk
from mlconnector_sdk.adapters.plex.sweep import Sweep
from mlconnector_sdk.codec import encode
from mlconnector_sdk.core.events import Hooks, Sending
from mlconnector_sdk.dual import run
from mlconnector_sdk.errors import ConfigurationError, PermissionDenied, VendorUnavailable
from mlconnector_sdk.flow.source import Observation, Window
from mlconnector_sdk.records import Event, Feed
from mlconnector_sdk.simulators import Answer, PlexSimulator
from tests.adapters.conftest import plex_settings

LINES = [{"part": "A", "quantity": 5}, {"part": "B", "releases": [(1, "2026-03-20"), (2, "2026-04-01")]}]


@pytest.fixture
def orders(plex_simulator: PlexSimulator) -> PlexSimulator:
    """PO-1 and an hour later PO-2."""
    plex_simulator.add_purchase_order("PO-1", supplier="ACME", lines=LINES)
    plex_simulator.advance(3600)
    plex_simulator.add_purchase_order("PO-2", supplier="BOLT", lines=LINES)
    plex_simulator.advance(3600)
    return plex_simulator


def drained(walk: PurchaseOrderWalk) -> list[Observation]:
    async def drain() -> list[Observation]:
        seen: list[Observation] = []
        while (batch := await walk.batch()) is not None:
            seen += batch
        await walk.close()
        return seen

    return run(drain())


def walked(source: PurchaseOrderSource, window: Window) -> tuple[list[Observation], Mapping[str, str]]:
    walk = source.walk(window)
    return drained(walk), walk.cursors


def after(source: PurchaseOrderSource) -> Window:
    """The window after a complete walk."""
    return Window(cursors=walked(source, Window())[1])


def numbers(seen: list[Observation]) -> list[str]:
    return [each.number for each in seen]


def test_everything_there_is(orders: PlexSimulator, plex: Plex) -> None:
    source = PurchaseOrderSource(plex, sweep=None)
    seen, cursors = walked(source, Window())
    assert source.feed is Feed.STATE
    assert [(each.number, each.partner) for each in seen] == [("PO-1", "ACME"), ("PO-2", "BOLT")]
    assert all(each.fingerprint and not each.reason and not each.event_id for each in seen)
    aggregate = convert.aggregate(seen[0].record)
    assert [release.quantity for release in aggregate.releases] == [5, 1, 2]
    assert cursors == {"orders": "2026-03-02T09:00:00Z", "releases": "2026-03-02T09:00:00Z"}


def test_the_cursors_come_from_the_data_and_the_next_window_overlaps(
    orders: PlexSimulator, plex: Plex
) -> None:
    source = PurchaseOrderSource(plex)
    seen, cursors = walked(source, after(source))
    assert numbers(seen) == ["PO-2"]
    assert cursors["orders"] == "2026-03-02T09:00:00Z"
    wide = PurchaseOrderSource(plex, overlap=timedelta(hours=1))
    assert numbers(walked(wide, after(wide))[0]) == ["PO-1", "PO-2"]


def test_an_edited_release_is_an_edited_order(orders: PlexSimulator, plex: Plex) -> None:
    source = PurchaseOrderSource(plex, sweep=None)
    before = {each.number: each.fingerprint for each in walked(source, Window())[0]}
    window = after(source)
    orders.edit_release("PO-1", 2, 1, quantity=9)
    seen, cursors = walked(source, window)
    assert numbers(seen) == ["PO-2", "PO-1"]
    assert seen[0].fingerprint == before["PO-2"]
    assert seen[1].fingerprint != before["PO-1"]
    assert cursors == {"orders": "2026-03-02T09:00:00Z", "releases": "2026-03-02T10:00:00Z"}


def test_an_order_that_both_feeds_lead_to_is_read_once(orders: PlexSimulator) -> None:
    orders.add_purchase_order("PO-3", supplier="BOLT", lines=LINES)
    sent: list[Sending] = []
    settings = plex_settings(orders)
    with Plex(settings, clock=orders.time, hooks=Hooks(on_request=sent.append)) as plex:
        seen, _ = walked(PurchaseOrderSource(plex), Window())
    assert numbers(seen) == ["PO-1", "PO-2", "PO-3"]
    paths = Counter(
        each.request.partition("/v1/")[2].partition("/")[0] for each in sent if "/v1/" in each.request
    )
    assert paths == {
        "purchase-orders": 1 + 3 + 3,  # the feed, then each order and its lines
        "releases": 1 + 3,
        "suppliers": 2,  # each once
    }


def test_a_write_back_changes_no_fingerprint(orders: PlexSimulator, plex: Plex) -> None:
    source = PurchaseOrderSource(plex)
    before = {each.number: each.fingerprint for each in walked(source, Window())[0]}
    order = plex.purchase_orders.find("PO-1")
    plex.purchase_orders.set_custom_fields(order.id, {AcknowledgmentFields().code: "AC"})
    assert {each.number: each.fingerprint for each in walked(source, Window())[0]} == before


def test_ignored_filters_change_nothing(orders: PlexSimulator, plex: Plex) -> None:
    source = PurchaseOrderSource(plex)
    window = after(source)
    orders.rules.ignore_filters = True
    assert numbers(walked(source, window)[0]) == ["PO-2"]


def test_since_replaces_the_cursors(orders: PlexSimulator, plex: Plex) -> None:
    source = PurchaseOrderSource(plex)
    now = orders.time.now()
    window = evolve(after(source), since=now - timedelta(hours=2))
    assert numbers(walked(source, window)[0]) == ["PO-1", "PO-2"]
    seen, cursors = walked(source, Window(since=now))
    assert seen == []
    given = "2026-03-02T10:00:00Z (given)"
    start = "2026-03-02T10:00:00Z"
    assert cursors == {"orders": given, "releases": given, "start": start, "sweep": start}
    assert walked(source, Window(cursors=cursors)) == ([], cursors)
    orders.edit_order("PO-1", note="x")
    seen, cursors = walked(source, Window(cursors=cursors))
    assert numbers(seen) == ["PO-1"]
    assert cursors["orders"] == "2026-03-02T10:00:00Z"


def test_a_null_time_of_change_is_read_every_time(plex_simulator: PlexSimulator, plex: Plex) -> None:
    plex_simulator.rules.null_modified = True
    plex_simulator.rules.ignore_filters = True
    plex_simulator.add_purchase_order("PO-1", supplier="ACME", lines=LINES)
    source = PurchaseOrderSource(plex)
    seen, cursors = walked(source, Window())
    assert cursors["orders"] == "2026-03-02T08:00:00Z"  # created, then; never changed
    again, _ = walked(source, Window(since=plex_simulator.time.now() + timedelta(days=1)))
    assert again == seen


@pytest.mark.parametrize("ahead", ["2026-03-03T05:00:00Z", "2099-01-01T00:00:00Z"])
def test_a_time_of_change_that_has_not_come_does_not_hide_what_comes(
    orders: PlexSimulator, plex: Plex, ahead: str
) -> None:
    order = orders.order("PO-1")
    order.pop("releases"), order.pop("lineItems")
    orders.load([{**order, "id": "x", "poNumber": "PO-X", "modifiedDate": ahead}])
    source = PurchaseOrderSource(plex)
    window = after(source)
    assert window.cursors["orders"] == "2026-03-02T09:00:00Z"
    orders.edit_order("PO-1", note="x")
    assert set(numbers(walked(source, window)[0])) == {"PO-1", "PO-2", "PO-X"}


def test_drafts_are_skipped_and_cancelled_orders_are_not(orders: PlexSimulator, plex: Plex) -> None:
    orders.add_purchase_order("PO-3", supplier="ACME", lines=LINES, status="DRAFT")
    orders.cancel("PO-2")
    assert numbers(walked(PurchaseOrderSource(plex), Window())[0]) == ["PO-1", "PO-2"]
    chosen = PurchaseOrderSource(plex, skip=("Cancelled",))
    assert numbers(walked(chosen, Window())[0]) == ["PO-1", "PO-3"]


def test_an_order_that_cannot_be_converted_is_still_observed(orders: PlexSimulator, plex: Plex) -> None:
    orders.add_purchase_order("PO-3", supplier="ACME", lines=[])
    seen, _ = walked(PurchaseOrderSource(plex), Window())
    assert numbers(seen) == ["PO-1", "PO-2", "PO-3"]
    assert not seen[2].reason  # mapping says what is wrong with it


@pytest.mark.parametrize(
    ("stray", "number", "words"),
    [
        ({"id": "x", "poNumber": None}, "x", "no number"),
        ({"id": None, "poNumber": "PO-8"}, "PO-8", "no id"),
        ({"id": None, "poNumber": None}, "(no number)", "no id"),
    ],
)
def test_an_order_without_identity_goes_before_a_person(
    orders: PlexSimulator, plex: Plex, stray: dict[str, Any], number: str, words: str
) -> None:
    body = b"[" + encode({**orders.order("PO-1"), "modifiedDate": None, **stray}) + b"]"
    orders.faults.add(Answer(200, body=body), path="*/purchase-orders")
    orders.faults.add(Answer(200, body=body[1:-1]), path="*/purchase-orders/x")
    seen, _ = walked(PurchaseOrderSource(plex), Window(since=orders.time.now()))
    assert [each.number for each in seen] == [number]
    assert words in seen[0].reason
    assert seen[0].remedy


def test_an_order_that_vanished_goes_before_a_person(orders: PlexSimulator, plex: Plex) -> None:
    not_there = b'{"code":"RESOURCE_NOT_FOUND","message":"gone"}'
    path = f"*/purchase-orders/{orders.order('PO-1')['id']}"
    orders.faults.add(Answer(404, body=not_there), path=path)
    seen, _ = walked(PurchaseOrderSource(plex), Window())
    assert [(each.number, bool(each.reason)) for each in seen] == [("PO-1", True), ("PO-2", False)]
    assert "not have it any more" in seen[0].reason


def test_an_outage_leaves_the_window_unread(orders: PlexSimulator, plex: Plex) -> None:
    orders.faults.add(Answer(503), path="*/releases", times=None)
    with pytest.raises(VendorUnavailable):
        walked(PurchaseOrderSource(plex), Window())


@pytest.mark.parametrize("resource", ["purchase-orders", "releases"])
def test_a_role_that_was_taken_away_is_noticed(orders: PlexSimulator, plex: Plex, resource: str) -> None:
    source = PurchaseOrderSource(plex)
    window = after(source)
    orders.rules.deny[resource] = "empty"
    with pytest.raises(PermissionDenied, match="shows no Purchase_Order") as caught:
        walked(source, window)
    assert "role" in caught.value.remedy
    orders.rules.deny.clear()
    assert numbers(walked(source, window)[0]) == ["PO-2"]


def test_releases_without_orders_are_a_missing_role_from_the_start(orders: PlexSimulator, plex: Plex) -> None:
    orders.rules.deny["purchase-orders"] = "empty"
    with pytest.raises(PermissionDenied):
        walked(PurchaseOrderSource(plex), Window())


def test_a_deleted_newest_order_is_no_missing_role(orders: PlexSimulator, plex: Plex) -> None:
    source = PurchaseOrderSource(plex)
    window = evolve(
        after(source), cursors={"orders": "2026-03-02T09:30:00Z", "releases": "2026-03-02T09:30:00Z"}
    )
    assert walked(source, window)[0] == []


def test_a_company_without_orders(plex_simulator: PlexSimulator, plex: Plex) -> None:
    assert walked(PurchaseOrderSource(plex, sweep=None), Window()) == ([], {})


def test_a_missing_supplier_role_leaves_the_partner_open(orders: PlexSimulator, plex: Plex) -> None:
    orders.rules.deny["suppliers"] = "empty"
    seen, _ = walked(PurchaseOrderSource(plex), Window())
    assert [each.partner for each in seen] == ["", ""]


def test_many_orders_come_in_batches(plex_simulator: PlexSimulator, plex: Plex) -> None:
    for number in range(25):
        plex_simulator.add_purchase_order(f"PO-{number}", supplier="ACME", lines=LINES[:1])

    async def sizes() -> list[int]:
        walk = PurchaseOrderSource(plex).walk(Window())
        found = []
        while (batch := await walk.batch()) is not None:
            found.append(len(batch))
        return found

    assert run(sizes()) == [10, 10, 5]


def test_a_closed_walk_reads_nothing_more(orders: PlexSimulator, plex: Plex) -> None:
    async def walk() -> object:
        walk = PurchaseOrderSource(plex).walk(Window())
        await walk.close()
        await walk.close()
        return await walk.batch()

    assert run(walk()) is None
    assert orders.requests == []


def test_an_unreadable_cursor_is_named(orders: PlexSimulator, plex: Plex) -> None:
    with pytest.raises(ConfigurationError, match="orders") as caught:
        PurchaseOrderSource(plex).walk(Window(cursors={"orders": "yesterday"}))
    assert "since" in caught.value.remedy


def test_there_are_no_webhooks(orders: PlexSimulator, plex: Plex) -> None:
    event = Event(source="plex.purchase_orders", event_id="e", body=b"", received_at=orders.time.now())
    assert run(PurchaseOrderSource(plex).observe(event)) == ()


def test_a_new_order_without_a_time_of_change_is_found_by_its_creation(
    orders: PlexSimulator, plex: Plex
) -> None:
    source = PurchaseOrderSource(plex, sweep=None)
    window = after(source)
    orders.rules.null_modified = True
    orders.add_purchase_order("PO-3", supplier="ACME", lines=LINES)
    seen, cursors = walked(source, window)
    assert numbers(seen) == ["PO-2", "PO-3"]
    assert cursors == {
        "orders": "2026-03-02T09:00:00Z",
        "orders created": "2026-03-02T10:00:00Z",
        "releases": "2026-03-02T09:00:00Z",
        "releases created": "2026-03-02T10:00:00Z",
    }
    orders.advance(3600)
    assert numbers(walked(source, Window(cursors=cursors))[0]) == ["PO-2", "PO-3"]
    orders.edit_order("PO-3", note="x")
    seen, cursors = walked(source, Window(cursors=cursors))
    assert cursors["orders"] == "2026-03-02T11:00:00Z"
    assert "orders created" not in cursors


def test_what_is_saved_between_the_two_questions_waits_for_the_next_walk(
    orders: PlexSimulator, plex: Plex
) -> None:
    source = PurchaseOrderSource(plex, sweep=None)
    window = after(source)
    orders.rules.null_modified = True
    listings = 0

    def save(sending: Sending) -> None:
        nonlocal listings
        listings += sending.request.endswith("/purchase-orders")
        if listings == 2 and sending.request.endswith("/purchase-orders"):
            orders.edit_order("PO-1", note="x")
            orders.advance(60)  # well within the deadline of the request that is on its way
            orders.add_purchase_order("PO-3", supplier="ACME", lines=LINES)

    with Plex(plex_settings(orders), clock=orders.time, hooks=Hooks(on_request=save)) as busy:
        seen, cursors = walked(PurchaseOrderSource(busy, sweep=None), window)
    assert "PO-3" in numbers(seen)
    assert cursors["orders"] == "2026-03-02T09:00:00Z"  # else the edit of PO-1 would never be seen
    assert "PO-1" in numbers(walked(source, Window(cursors=cursors))[0])


class TestSweeps:
    def silent_edit(self, orders: PlexSimulator, number: str) -> None:
        """One that moves no date."""
        order = orders.order(number)
        order.pop("lineItems"), order.pop("releases")
        orders.load([{**order, "note": "edited without a trace"}])

    def test_what_no_feed_can_show_is_found_within_a_day(self, orders: PlexSimulator, plex: Plex) -> None:
        source = PurchaseOrderSource(plex)
        window = after(source)
        assert window.cursors["sweep"] == "2026-03-02T10:00:00Z"
        self.silent_edit(orders, "PO-1")
        seen, cursors = walked(source, window)
        assert numbers(seen) == ["PO-2"]
        orders.advance(86400)
        seen, cursors = walked(source, Window(cursors=cursors))
        assert numbers(seen) == ["PO-2", "PO-1"]  # what the feed shows comes first
        assert cursors["sweep"] == "2026-03-03T10:00:00Z"
        assert numbers(walked(source, Window(cursors=cursors))[0]) == ["PO-2"]

    def test_without_sweeps_it_is_not(self, orders: PlexSimulator, plex: Plex) -> None:
        source = PurchaseOrderSource(plex, sweep=None)
        window = after(source)
        orders.advance(10 * 86400)
        assert numbers(walked(source, window)[0]) == ["PO-2"]

    def test_a_walk_takes_a_slice_and_the_next_one_goes_on(self, orders: PlexSimulator, plex: Plex) -> None:
        for number in range(3, 8):
            orders.add_purchase_order(f"PO-{number}", supplier="ACME", lines=LINES[:1])
        orders.advance(600)
        orders.add_purchase_order("PO-8", supplier="ACME", lines=LINES[:1])
        source = PurchaseOrderSource(plex, sweep=Sweep(most=3))
        cursors = after(source).cursors
        orders.advance(86400)
        swept: list[str] = []
        sizes = []
        for _ in range(3):
            seen, cursors = walked(source, Window(cursors=cursors))
            assert seen[0].number == "PO-8"
            sizes.append(len(seen))
            swept += numbers(seen)
        assert set(swept) == {f"PO-{number}" for number in range(1, 9)}
        assert max(sizes) <= 4
        assert " up to " not in cursors["sweep"]
        assert numbers(walked(source, Window(cursors=cursors))[0]) == ["PO-8"]

    def test_closed_orders_are_left_alone_unless_they_changed_lately(
        self, orders: PlexSimulator, plex: Plex
    ) -> None:
        orders.cancel("PO-1")
        orders.advance(3 * 86400)
        orders.cancel("PO-2")
        orders.advance(600)
        orders.add_purchase_order("PO-3", supplier="ACME", lines=LINES)
        source = PurchaseOrderSource(plex)
        cursors = after(source).cursors
        orders.advance(86400)
        assert numbers(walked(source, Window(cursors=cursors))[0]) == ["PO-3", "PO-2"]

    def test_a_flow_begun_with_since_never_reaches_behind_it(self, orders: PlexSimulator, plex: Plex) -> None:
        source = PurchaseOrderSource(plex)
        _, cursors = walked(source, Window(since=orders.time.now()))
        orders.advance(60)
        orders.edit_order("PO-2", note="x")
        seen, cursors = walked(source, Window(cursors=cursors))
        assert numbers(seen) == ["PO-2"]
        orders.advance(86400)
        seen, cursors = walked(source, Window(cursors=cursors))
        assert numbers(seen) == ["PO-2"]
        assert cursors["start"] == "2026-03-02T10:00:00Z"

    def test_nor_does_its_overlap(self, orders: PlexSimulator, plex: Plex) -> None:
        orders.advance(-1800)
        source = PurchaseOrderSource(plex, overlap=timedelta(hours=1))
        _, cursors = walked(source, Window(since=orders.time.now()))
        assert numbers(walked(source, Window(cursors=cursors))[0]) == []

    def test_a_checkpoint_that_does_not_say_how_it_began_is_treated_so(
        self, orders: PlexSimulator, plex: Plex
    ) -> None:
        cursors = {"orders": "2026-03-02T09:00:00Z", "releases": "2026-03-02T09:00:00Z"}
        seen, after_it = walked(PurchaseOrderSource(plex), Window(cursors=cursors))
        assert numbers(seen) == ["PO-2"]
        assert after_it["start"] == "2026-03-02T08:58:00Z"
        assert after_it["sweep"] == "2026-03-02T10:00:00Z"
        orders.advance(86400)
        assert numbers(walked(PurchaseOrderSource(plex), Window(cursors=after_it))[0]) == ["PO-2"]

    def test_a_backfill_takes_no_part_in_a_sweep(self, orders: PlexSimulator) -> None:
        sent: list[Sending] = []
        with Plex(plex_settings(orders), clock=orders.time, hooks=Hooks(on_request=sent.append)) as plex:
            source = PurchaseOrderSource(plex)
            window = after(source)
            orders.advance(2 * 86400)
            sent.clear()
            walked(source, evolve(window, since=orders.time.now()))
        listings = [each for each in sent if each.request.endswith("/purchase-orders")]
        assert len(listings) == 2  # what changed, what was created; no third one

    @pytest.mark.parametrize("dated", [True, False], ids=["some changed", "none ever changed"])
    def test_where_plex_sends_everything_what_was_there_before_is_left_out(
        self, plex_simulator: PlexSimulator, plex: Plex, dated: bool
    ) -> None:
        """An order that never changed and was created before the flow began is not for us to send."""
        orders = plex_simulator
        if dated:
            orders.add_purchase_order("PO-1", supplier="ACME", lines=LINES)
        orders.rules.null_modified = True
        orders.add_purchase_order("PO-3", supplier="ACME", lines=LINES)
        orders.advance(3 * 86400)
        orders.rules.ignore_filters = True
        source = PurchaseOrderSource(plex)
        seen, cursors = walked(source, Window(since=orders.time.now()))
        assert seen == []
        orders.add_purchase_order("PO-4", supplier="ACME", lines=LINES)
        assert numbers(walked(source, Window(cursors=cursors))[0]) == ["PO-4"]

    @pytest.mark.parametrize("wrong", [{"every": timedelta(0)}, {"reach": -timedelta(1)}, {"most": 0}])
    def test_a_sweep_that_never_ends_is_refused(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(ConfigurationError, match=next(iter(wrong))):
            Sweep(**wrong)

    def test_an_unreadable_cursor_is_named(self, plex: Plex) -> None:
        with pytest.raises(ConfigurationError, match="'sweep'"):
            PurchaseOrderSource(plex).walk(Window(cursors={"sweep": "soon"}))


class TestRest:
    @pytest.mark.parametrize(("seconds", "rest"), [(0, 0), (1, 20), (16, 320), (60, 900)])
    def test_a_costly_walk_is_followed_by_a_rest(
        self, orders: PlexSimulator, caplog: pytest.LogCaptureFixture, seconds: int, rest: int
    ) -> None:
        """Ignored filters: each of the two listings takes so many seconds."""

        def slow(sending: Sending) -> None:
            if sending.request.endswith(("/purchase-orders", "/releases")) and listing[0]:
                orders.time.sleep(seconds)
                listing[0] -= 1

        listing = [0]
        with Plex(plex_settings(orders), clock=orders.time, hooks=Hooks(on_request=slow)) as plex:
            source = PurchaseOrderSource(plex)
            orders.advance(3 * 86400)
            orders.edit_order("PO-2", note="x")
            orders.edit_release("PO-2", 2, 1, quantity=9)
            window = after(source)
            walk = source.walk(window)
            assert numbers(drained(walk)) == ["PO-2"]
            assert walk.rest == timedelta(0)
            assert caplog.records == []
            orders.rules.ignore_filters = True
            for _ in range(2):
                listing[0] = 2
                walk = source.walk(window)
                assert numbers(drained(walk)) == ["PO-2"]
                assert walk.rest == timedelta(seconds=rest)
        (record,) = caplog.records
        assert (record.name, record.levelname) == ("mlconnector_sdk.adapters.plex", "WARNING")
        assert "ignores a filter" in record.message
