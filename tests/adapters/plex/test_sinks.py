"""Writing acknowledgments back: absolute values, only what differs, and a second look."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from mlconnector_sdk.adapters.plex import (
    AcknowledgmentFields,
    AcknowledgmentSink,
    Plex,
    PlexProfile,
    WriteBack,
)
from mlconnector_sdk.adapters.plex.acknowledgment import write_payload
from mlconnector_sdk.core.events import Answered, Hooks
from mlconnector_sdk.dual import run
from mlconnector_sdk.errors import (
    AuthenticationFailed,
    ConnectorError,
    InvalidDocument,
    NotFound,
    PermissionDenied,
    Reached,
    RequestRefused,
    Scope,
    VendorUnavailable,
)
from mlconnector_sdk.flow.sink import Absent, Found, IfAbsent
from mlconnector_sdk.mapping.documents import (
    AcknowledgedLine,
    Answer,
    Decision,
    LineAnswer,
    OrderAcknowledgment,
)
from mlconnector_sdk.mapping.gathering import Said, gather
from mlconnector_sdk.mapping.policies import PartialAcknowledgments
from mlconnector_sdk.records import Entry, Feed
from mlconnector_sdk.secret import Secret
from mlconnector_sdk.simulators import Answer as Status
from mlconnector_sdk.simulators import LoseAnswer, PlexSimulator
from tests.adapters.conftest import plex_settings

AT = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)


def said(
    number: str = "PO-1",
    *,
    quantity: str = "18",
    reference: str = "t-1",
    at: datetime = AT,
    line: str = "1",
    unit: str = "",
) -> Said:
    answer = LineAnswer(
        answer=Answer.CONFIRMED, code="IQ", quantity=Decimal(quantity), ship=date(2026, 3, 20)
    )
    return Said(
        acknowledgment=OrderAcknowledgment(
            number=number,
            dated=date(2026, 3, 3),
            decision=Decision.CHANGED,
            code="AC",
            lines=(AcknowledgedLine(number=line, unit=unit, answers=(answer,)),),
        ),
        reference=reference,
        as_of=at,
        received_at=at,
    )


def write_back(*documents: Said, **known: Any) -> WriteBack:
    """For the sake of the last one; without any, of one made of ``known``."""
    documents = documents or (said(**known),)
    own = documents[-1]
    return WriteBack(number=own.acknowledgment.number, reference=own.reference, said=gather(documents).said)


def entry(write: WriteBack | None = None, **changes: Any) -> Entry:
    write = write or write_back()
    blank = Entry(
        id="e",
        position=1,
        flow="acknowledgments",
        kind="acknowledgment",
        feed=Feed.EVENT,
        number=write.number,
        partner="us_acme",
        ordering_key="k",
        sequence=1,
        dedupe_key="d",
        record=b"{}",
        observed_at=AT,
        changed_at=AT,
        payload=write_payload(write),
    )
    return evolve(blank, **changes)


@pytest.fixture
def orders(plex_simulator: PlexSimulator) -> PlexSimulator:
    """PO-1: 24 EA of A; and PO-2, of the same supplier."""
    plex_simulator.add_purchase_order("PO-1", supplier="ACME", lines=[{"part": "A", "quantity": 24}])
    plex_simulator.add_purchase_order("PO-2", supplier="ACME", lines=[{"part": "B", "quantity": 1}])
    return plex_simulator


def fields(simulator: PlexSimulator, number: str = "PO-1") -> dict[str, Any]:
    found: dict[str, Any] = simulator.order(number)["customFields"]
    return found


def test_the_order_shows_what_the_supplier_said(orders: PlexSimulator, plex: Plex) -> None:
    result = run(AcknowledgmentSink(plex).send(entry()))
    assert fields(orders) == {
        "Acknowledgment_Status": "accepted with changes",
        "Acknowledgment_Code": "AC",
        "Acknowledgment_Date": "2026-03-03",
        "Acknowledgment_Reference": "t-1",
        "Acknowledgment_As_Of": "2026-03-03T10:00:00+00:00 0 t-1",
        "Acknowledgment_Flag": "line 1",
        "Line_1_Code": "IQ",
        "Line_1_Confirmed_Quantity": Decimal(18),
        "Line_1_Backordered_Quantity": Decimal(0),
        "Line_1_Rejected_Quantity": Decimal(0),
        "Line_1_Ship_Date": "2026-03-20",
        "Line_1_Flag": "confirmed 18 of 24 EA",
        "Line_1_As_Of": "2026-03-03T10:00:00+00:00 0 t-1",
    }
    assert fields(orders, "PO-2") == {}
    assert result.references == {"plex order": orders.order("PO-1")["id"]}
    assert "13 fields written; line 1: confirmed 18 of 24 EA" in result.summary
    assert len(orders.writes) == 1


@pytest.mark.parametrize("ignored", [False, True])
def test_a_repeat_writes_nothing(orders: PlexSimulator, plex: Plex, ignored: bool) -> None:
    orders.rules.ignore_filters = ignored
    sink = AcknowledgmentSink(plex)
    for _ in range(3):
        result = run(sink.send(entry()))
    assert len(orders.writes) == 1
    assert "already" in result.summary


def test_only_what_differs_is_written(orders: PlexSimulator, plex: Plex) -> None:
    sink = AcknowledgmentSink(plex)
    run(sink.send(entry()))
    run(sink.send(entry(write_back(quantity="20", reference="t-2", at=AT + timedelta(hours=1)))))
    assert set(orders.writes[-1].body["customFields"]) == {
        "Acknowledgment_Reference",
        "Acknowledgment_As_Of",
        "Line_1_Confirmed_Quantity",
        "Line_1_Flag",
        "Line_1_As_Of",
    }
    run(sink.send(entry()))  # the older one, once more
    assert len(orders.writes) == 2
    assert fields(orders)["Line_1_Confirmed_Quantity"] == 20


def test_a_late_part_completes_the_line(orders: PlexSimulator, plex: Plex) -> None:
    sink = AcknowledgmentSink(plex)
    late = said(quantity="6")
    second = said(quantity="18", reference="t-2", at=AT + timedelta(hours=1))
    for documents in ((second,), (second, late), (late, second)):
        write = evolve(write_back(*documents), partial=PartialAcknowledgments.ADD)
        result = run(sink.send(entry(write)))
    assert fields(orders)["Line_1_Confirmed_Quantity"] == 24
    assert fields(orders)["Acknowledgment_Reference"] == "t-2"
    assert orders.writes[-1].body["customFields"] == {
        "Acknowledgment_Flag": None,
        "Line_1_Confirmed_Quantity": 24,
        "Line_1_Flag": None,
    }
    assert len(orders.writes) == 2
    assert result.summary.endswith("already what the supplier answered")


def test_one_that_does_not_fit_does_not_stop_the_others(orders: PlexSimulator, plex: Plex) -> None:
    bad = said(line="7", reference="t-0", at=AT + timedelta(hours=1))
    with pytest.raises(InvalidDocument, match="acknowledgment t-0 of order PO-1") as caught:
        run(AcknowledgmentSink(plex).send(entry(write_back(said(), bad))))
    assert caught.value.path == "lines[0]"
    assert "remap" in caught.value.remedy
    result = run(AcknowledgmentSink(plex).send(entry(write_back(bad, said()))))
    assert fields(orders)["Acknowledgment_Reference"] == "t-1"
    assert "left out: acknowledgment t-0 of order PO-1 answers line 7" in result.summary


def test_a_line_lost_since_does_not_take_the_others_along(orders: PlexSimulator, plex: Plex) -> None:
    gone = evolve(said(line="7"), taken=True)
    run(AcknowledgmentSink(plex).send(entry(write_back(gone, said(reference="t-2")))))
    assert fields(orders)["Line_1_Confirmed_Quantity"] == 18


def test_an_uncertain_write_is_looked_for(orders: PlexSimulator, plex: Plex) -> None:
    sink = AcknowledgmentSink(plex)
    assert run(sink.find(entry())) == Absent()
    run(sink.send(entry()))
    found = run(sink.find(entry()))
    assert isinstance(found, Found)
    assert not found.references, "its order belongs to all acknowledgments of it"
    assert sink.on_unknown.if_absent is IfAbsent.SEND


def test_a_lost_answer_costs_nothing(orders: PlexSimulator, plex: Plex) -> None:
    orders.faults.add(LoseAnswer(), method="PUT")
    run(AcknowledgmentSink(plex).send(entry()))
    assert fields(orders)["Line_1_Confirmed_Quantity"] == 18


Prepare = Callable[[PlexSimulator], None]


def deny(resource: str, how: Any) -> Prepare:
    return lambda simulator: simulator.rules.deny.update({resource: how})


def fault(status: int, **where: Any) -> Prepare:
    return lambda simulator: simulator.faults.add(Status(status), times=None, **where)


@pytest.mark.parametrize(
    ("prepare", "kind", "scope", "reached"),
    [
        (deny("purchase-orders", "403"), PermissionDenied, Scope.FLOW, Reached.NO),
        (deny("purchase-orders", "read-only"), PermissionDenied, Scope.FLOW, Reached.NO),
        (fault(503, method="GET", path="*/purchase-orders"), VendorUnavailable, Scope.VENDOR, Reached.NO),
        (fault(503, method="PUT"), VendorUnavailable, Scope.VENDOR, Reached.MAYBE),
        (fault(503, method="GET", path="*/purchase-orders/*", nth=3), VendorUnavailable, None, Reached.MAYBE),
        (fault(400, method="PUT"), RequestRefused, Scope.DOCUMENT, Reached.NO),
        (
            lambda simulator: setattr(simulator.rules, "custom_fields", frozenset({"Other"})),
            RequestRefused,
            Scope.DOCUMENT,
            Reached.NO,
        ),
    ],
)
def test_failures_say_what_they_affect_and_whether_it_was_written(
    orders: PlexSimulator,
    plex: Plex,
    prepare: Prepare,
    kind: type[ConnectorError],
    scope: Scope | None,
    reached: Reached,
) -> None:
    prepare(orders)
    with pytest.raises(kind) as caught:
        run(AcknowledgmentSink(plex).send(entry()))
    assert caught.value.scope is (scope or Scope.VENDOR)
    assert caught.value.reached is reached


def test_a_field_that_is_not_defined_is_named(orders: PlexSimulator, plex: Plex) -> None:
    orders.rules.custom_fields = frozenset({"Other"})
    with pytest.raises(RequestRefused) as caught:
        run(AcknowledgmentSink(plex).send(entry()))
    assert "Acknowledgment_Code" in caught.value.remedy
    assert "profile" in caught.value.remedy


def test_a_write_that_is_dropped_without_a_word_is_noticed(orders: PlexSimulator, plex: Plex) -> None:
    orders.faults.add(Status(200, body=b"{}"), method="PUT")
    with pytest.raises(RequestRefused, match="shows other values") as caught:
        run(AcknowledgmentSink(plex).send(entry()))
    assert caught.value.reached is Reached.YES


def test_an_unknown_order_names_the_supplier_and_the_number(orders: PlexSimulator, plex: Plex) -> None:
    sink = AcknowledgmentSink(plex)
    asks: tuple[Callable[[Entry], Any], ...] = (sink.send, sink.find)
    for ask in asks:
        with pytest.raises(NotFound, match="us_acme acknowledges purchase order PO-9") as caught:
            run(ask(entry(write_back(number="PO-9"))))
        assert caught.value.scope is Scope.DOCUMENT
        assert "ask the supplier" in caught.value.remedy


def test_what_does_not_fit_the_order_is_not_written(orders: PlexSimulator, plex: Plex) -> None:
    with pytest.raises(InvalidDocument, match="line 7"):
        run(AcknowledgmentSink(plex).send(entry(write_back(line="7"))))
    with pytest.raises(InvalidDocument, match="ordered in EA"):
        run(AcknowledgmentSink(plex).send(entry(write_back(unit="CA"))))
    assert orders.writes == []


@pytest.mark.parametrize("payload", [None, b"", b"{}", b"not json"])
def test_a_payload_that_is_none(plex: Plex, payload: bytes | None) -> None:
    with pytest.raises(InvalidDocument) as caught:
        run(AcknowledgmentSink(plex).send(entry(payload=payload)))
    assert "remap" in caught.value.remedy


def test_the_names_of_the_fields_are_settings(orders: PlexSimulator) -> None:
    names = AcknowledgmentFields(line_confirmed="Qty_{line}", line_ship="")
    with Plex(plex_settings(orders), clock=orders.time) as plain:
        profile: PlexProfile = evolve(plain.profile, acknowledgment=names)
    with Plex(plex_settings(orders), clock=orders.time, profile=profile) as plex:
        run(AcknowledgmentSink(plex).send(entry()))
    assert fields(orders)["Qty_1"] == 18
    assert "Line_1_Ship_Date" not in fields(orders)


def test_ready_asks_for_a_token_and_nothing_else(orders: PlexSimulator, plex: Plex) -> None:
    run(AcknowledgmentSink(plex).ready())
    assert orders.tokens.issued == 1
    wrong = evolve(plex_settings(orders), client_secret=Secret("wrong"))
    with Plex(wrong, clock=orders.time) as stranger, pytest.raises(AuthenticationFailed):
        run(AcknowledgmentSink(stranger).ready())
    assert not [request for request in orders.requests if "oauth2" not in request.path]


def test_a_slow_plex_is_not_written_to_after_its_time(orders: PlexSimulator) -> None:
    def late(event: Answered) -> None:
        if event.request.endswith("/releases"):
            orders.advance(181)

    with Plex(plex_settings(orders), clock=orders.time, hooks=Hooks(on_response=late)) as plex:
        sink = AcknowledgmentSink(plex)
        assert sink.timeout == timedelta(seconds=360)
        with pytest.raises(VendorUnavailable, match="took longer than 180 s") as caught:
            run(sink.send(entry()))
    assert caught.value.reached is Reached.NO
    assert orders.writes == []
