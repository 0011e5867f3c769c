"""What a played supplier believes, what he objects to, and what he answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from mlconnector_sdk.errors import ConfigurationError, NotFound
from mlconnector_sdk.simulators import StediSimulator
from mlconnector_sdk.simulators.stedi.answers import Behaviour, Promise
from mlconnector_sdk.simulators.stedi.orders import SupplierOrder, SupplierSchedule
from mlconnector_sdk.simulators.stedi.supplier import PlayedSupplier
from tests.simulators.conftest import Receiver, guide, send
from tests.simulators.test_stedi_inbound import acknowledged, inbound, two_lines
from tests.simulators.test_stedi_sets import change, invoice, poc, schedule, send_change, send_invoice


@pytest.fixture
def acme(stedi_simulator: StediSimulator, stedi: httpx.Client) -> PlayedSupplier:
    return stedi_simulator.supplier("me_acme")


class Buyer:
    """Sends documents with keys of its own."""

    def __init__(self, stedi: httpx.Client) -> None:
        self.stedi, self.sent = stedi, 0

    def orders(self, content: dict[str, Any]) -> None:
        self.sent += 1
        assert send(self.stedi, content, key=f"k-{self.sent}").status_code == 200

    def changes(self, *lines: dict[str, Any], **more: Any) -> None:
        self.sent += 1
        answer = send_change(self.stedi, change(*lines, **more), key=f"k-{self.sent}")
        assert answer.status_code == 200, answer.text


@pytest.fixture
def buyer(stedi: httpx.Client) -> Buyer:
    return Buyer(stedi)


def rich() -> dict[str, Any]:
    """Two lines; the first with two schedules, the second with the date of the heading."""
    content = two_lines()
    first, second = content["detail"]["baseline_item_data_PO1_loop"]
    first["line_item_schedule_SCH_loop"] = [schedule(18, "2026-03-20"), schedule(6, "2026-04-10")]
    first["product_item_description_PID_loop"] = [
        {"product_item_description_PID": {"item_description_type_01": "F", "description_05": "Wheel"}}
    ]
    del second["line_item_schedule_SCH_loop"]
    content["heading"] |= {
        "currency_CUR": {"entity_identifier_code_01": "BY", "currency_code_02": "USD"},
        "reference_identification_REF": [
            {"reference_identification_qualifier_01": "CT", "reference_identification_02": "C-1"}
        ],
        "reference_identification_N9_loop": [
            {
                "reference_identification_N9": {
                    "reference_identification_qualifier_01": "L1",
                    "reference_identification_02": "1",
                },
                "message_text_MSG": [
                    {"free_form_message_text_01": "Ring"},
                    {"free_form_message_text_01": "twice"},
                ],
            }
        ],
        "name_N1_loop": [
            {
                "name_N1": {
                    "entity_identifier_code_01": "ST",
                    "name_02": "Plant 1",
                    "identification_code_qualifier_03": "92",
                    "identification_code_04": "P1",
                },
                "address_information_N3": [{"address_information_01": "1 Mill Road"}],
                "geographic_location_N4": [
                    {
                        "city_name_01": "Troy",
                        "state_or_province_code_02": "MI",
                        "postal_code_03": "48083",
                        "country_code_04": "US",
                    }
                ],
            }
        ],
    }
    return content


def test_an_order_as_the_supplier_reads_it(acme: PlayedSupplier, buyer: Buyer) -> None:
    assert acme.orders == {}
    buyer.orders(rich())
    order = acme.orders["PO-1"]
    assert (order.number, order.purposes, order.cancelled) == ("PO-1", ("00",), False)
    assert (order.order_type, order.dated, order.currency) == ("SA", date(2026, 3, 2), "USD")
    assert (order.notes, order.references) == (("Ring twice",), (("CT", "C-1"),))
    assert order.ship_to is not None
    assert (order.ship_to.name, order.ship_to.id, order.ship_to.id_qualifier) == ("Plant 1", "P1", "92")
    assert order.ship_to.address == ("1 Mill Road",)
    assert (order.ship_to.city, order.ship_to.state) == ("Troy", "MI")
    assert (order.ship_to.postal_code, order.ship_to.country) == ("48083", "US")
    first, second = order.lines["10"], order.lines["20"]
    assert (first.quantity, first.unit, first.unit_price) == (Decimal(24), "EA", Decimal("3.15"))
    assert (first.parts, first.description) == ({"BP": "WB-100"}, "Wheel")
    assert [(it.quantity, it.date) for it in first.schedules] == [
        (Decimal(18), date(2026, 3, 20)),
        (Decimal(6), date(2026, 4, 10)),
    ]
    assert second.schedules == (
        SupplierSchedule(quantity=Decimal(1), date=date(2026, 3, 20), qualifier="002"),
    )
    assert acme.objections == []


def test_an_order_of_release_005010(stedi_simulator: StediSimulator, stedi: httpx.Client) -> None:
    stedi_simulator.add_partnership("me_five", sender="me", receiver="five", release="005010")
    content = guide()
    line = content["detail"]["baseline_item_data_PO1_loop"][0]["baseline_item_data_PO1"]
    line["quantity_02"] = line.pop("quantity_ordered_02")
    content["heading"]["party_identification_N1_loop"] = [
        {"party_identification_N1": {"entity_identifier_code_01": "ST", "name_02": "Plant 1"}}
    ]
    path = "/partnerships/me_five/transactions/me_five-"
    assert send(stedi, content, path=path + "850").status_code == 200
    altered = change(poc("PC", price=4))
    assert send(stedi, altered, path=path + "860", key="k-2").status_code == 200
    order = stedi_simulator.supplier("me_five").orders["PO-1"]
    assert (order.lines["10"].quantity, order.lines["10"].unit_price) == (Decimal(24), Decimal(4))
    assert order.ship_to is not None


Line = dict[str, Any]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([poc("QI", quantity=30)], {"10": (30, "3.15", 1), "20": (1, "3.15", 1)}),
        ([poc("QD", quantity=3, price=3.15, part="WB-100")], {"10": (3, "3.15", 1), "20": (1, "3.15", 1)}),
        ([poc("PC", price=2.5, quantity=24)], {"10": (24, "2.5", 1), "20": (1, "3.15", 1)}),
        ([poc("PQ", price=2.5, quantity=25)], {"10": (25, "2.5", 1), "20": (1, "3.15", 1)}),
        ([poc("DI", "20")], {"10": (24, "3.15", 1)}),
        (
            [poc("AI", "30", quantity=5, price=1)],
            {"10": (24, "3.15", 1), "20": (1, "3.15", 1), "30": (5, "1", 0)},
        ),
        ([poc("DI", "10"), poc("AI", "10", quantity=7, price=1)], {"20": (1, "3.15", 1), "10": (7, "1", 0)}),
        (
            [poc("RQ", quantity=10, schedules=[(4, "2026-06-01"), (6, "2026-07-01")])],
            {"10": (10, "3.15", 2), "20": (1, "3.15", 1)},
        ),
        ([poc("CA", quantity=9, unit="CA", price=8)], {"10": (9, "8", 1), "20": (1, "3.15", 1)}),
        ([poc("RZ", quantity=9, price=8)], {"10": (9, "8", 0), "20": (1, "3.15", 1)}),
        ([], {"10": (24, "3.15", 1), "20": (1, "3.15", 1)}),
    ],
)
def test_a_change_is_applied(
    acme: PlayedSupplier, buyer: Buyer, lines: list[Line], expected: dict[str, Any]
) -> None:
    buyer.orders(two_lines())
    buyer.changes(*lines)
    order = acme.orders["PO-1"]
    found = {
        number: (line.quantity, str(line.unit_price), len(line.schedules))
        for number, line in order.lines.items()
    }
    assert found == expected
    assert (order.purposes, order.change_sequence, acme.objections) == (("00", "04"), 1, [])
    for line in order.lines.values():
        assert not line.schedules or sum(it.quantity for it in line.schedules) == line.quantity


@pytest.mark.parametrize("code", ["CT", "RS", "RB", "CA"])
def test_dates_change(acme: PlayedSupplier, buyer: Buyer, code: str) -> None:
    buyer.orders(two_lines())
    loop = poc(code)
    loop["date_time_reference_DTM"] = [{"date_time_qualifier_01": "002", "date_02": "2026-08-01"}]
    buyer.changes(loop)
    (schedule,) = acme.orders["PO-1"].lines["10"].schedules
    assert (schedule.quantity, schedule.date) == (Decimal(24), date(2026, 8, 1))
    assert acme.objections == []


def test_all_values_are_replaced(acme: PlayedSupplier, buyer: Buyer) -> None:
    buyer.orders(rich())
    buyer.changes(poc("RZ", quantity=2, part="WB-101"))
    line = acme.orders["PO-1"].lines["10"]
    assert (line.quantity, line.unit_price, line.parts) == (Decimal(2), None, {"BP": "WB-101"})
    assert (line.description, line.schedules) == ("", ())


def test_the_heading_of_a_change(acme: PlayedSupplier, buyer: Buyer) -> None:
    buyer.orders(rich())
    content = change()
    elsewhere = {"entity_identifier_code_01": "ST", "name_02": "Plant 2"}
    content["heading"]["name_N1_loop"] = [
        {"name_N1": elsewhere},
        {"name_N1": {"entity_identifier_code_01": "BT", "name_02": "Office"}},
    ]
    assert send_change(buyer.stedi, content, key="h").status_code == 200
    order = acme.orders["PO-1"]
    assert {role: party.name for role, party in order.parties.items()} == {"ST": "Plant 2", "BT": "Office"}
    assert (order.notes, order.currency) == (("Ring twice",), "USD"), "what is not named stays"
    assert acme.objections == []


def test_edits_there_and_back(acme: PlayedSupplier, buyer: Buyer) -> None:
    buyer.orders(guide())
    before = acme.orders["PO-1"]
    buyer.changes(poc("QI", quantity=30), sequence=1)
    buyer.changes(poc("QD", quantity=24), sequence=2)
    after = acme.orders["PO-1"]
    assert after.lines == before.lines
    assert (after.purposes, after.change_sequence) == (("00", "04", "04"), 2)
    assert before.purposes == ("00",), "what was read earlier does not change"


def test_a_cancelled_order(acme: PlayedSupplier, buyer: Buyer) -> None:
    buyer.orders(guide())
    buyer.changes(purpose="01")
    assert acme.orders["PO-1"].cancelled
    assert acme.objections == []
    buyer.changes(poc("QI", quantity=30), sequence=2)
    assert acme.orders["PO-1"].purposes == ("00", "01")
    assert [it.sentence for it in acme.objections] == ["an 860 for an order that was cancelled"]


def test_an_order_that_is_replaced(acme: PlayedSupplier, buyer: Buyer) -> None:
    buyer.orders(two_lines())
    buyer.changes(poc("QI", quantity=30))
    content = guide(quantity=7)
    content["heading"]["beginning_segment_for_purchase_order_BEG"]["transaction_set_purpose_code_01"] = "05"
    buyer.orders(content)
    order = acme.orders["PO-1"]
    assert (order.purposes, order.change_sequence) == (("00", "04", "05"), None)
    assert {number: line.quantity for number, line in order.lines.items()} == {"10": 7}
    buyer.changes(poc("QI", quantity=8), sequence=1)
    buyer.changes(poc("AI", "90", quantity=1), sequence=2, purpose="05")
    assert set(acme.orders["PO-1"].lines) == {"90"}
    assert acme.objections == []


Act = Callable[[Buyer], None]


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        (lambda b: b.orders(guide(quantity=1)), "a doubled order"),
        (lambda b: b.changes(number="PO-2"), "not known"),
        (lambda b: b.changes(sequence=0), "'0' does not go up: the last one was 0"),
        (lambda b: b.changes(sequence=None), "'' does not go up"),
        (lambda b: b.changes(poc("QI", "30", quantity=30)), "line 30 is changed (QI), but it does not exist"),
        (lambda b: b.changes(poc("DI", "30")), "line 30 is changed (DI), but it does not exist"),
        (lambda b: b.changes(poc("AI", quantity=30)), "line 10 is added, but it exists"),
        (lambda b: b.changes(poc("QI", quantity=23)), "QI, but the quantity goes from 24 to 23"),
        (lambda b: b.changes(poc("QD", quantity=24)), "QD, but the quantity goes from 24 to 24"),
        (lambda b: b.changes(poc("QD")), "QD, but the quantity goes from 24 to None"),
        (lambda b: b.changes(poc("QI", quantity=25, price=9)), "QI does not change unit_price"),
        (lambda b: b.changes(poc("QI", quantity=25, unit="CA")), "QI does not change unit, but it is CA"),
        (lambda b: b.changes(poc("PC", price=9, quantity=25)), "PC does not change quantity"),
        (lambda b: b.changes(poc("PC", price=9, part="X")), "PC does not change parts"),
        (lambda b: b.changes(poc("PC", price=9, schedules=[(24, "2026-09-09")])), "does not change dates"),
        (lambda b: b.changes(poc("NC", price=9)), "NC does not change unit_price"),
        (lambda b: b.changes(poc("CF", price=9)), "the code CF was not agreed"),
        (lambda b: b.changes(purpose="03"), "purpose 03"),
    ],
)
def test_what_a_careful_supplier_objects_to(
    acme: PlayedSupplier, buyer: Buyer, act: Act, sentence: str
) -> None:
    buyer.orders(two_lines())
    before = acme.orders["PO-1"].lines
    act(buyer)
    (objection,) = acme.objections
    assert sentence in objection.sentence
    assert objection.filename
    assert acme.orders["PO-1"].lines == before, "what he objects to he does not apply"


def test_change_sequences_go_up(acme: PlayedSupplier, buyer: Buyer) -> None:
    buyer.orders(guide())
    buyer.changes(poc("QI", quantity=30), sequence=2)
    buyer.changes(poc("QI", quantity=40), sequence=2)
    buyer.changes(poc("QI", quantity=50), sequence=1)
    buyer.changes(poc("QI", quantity=60), sequence=10)
    assert len(acme.objections) == 2
    assert acme.orders["PO-1"].lines["10"].quantity == 60


def test_schedules_that_do_not_add_up(acme: PlayedSupplier, buyer: Buyer) -> None:
    content = guide()
    content["detail"]["baseline_item_data_PO1_loop"][0]["line_item_schedule_SCH_loop"] = [
        schedule(18, "2026-03-20"),
        schedule(6, "2026-04-10"),
    ]
    buyer.orders(content)
    buyer.changes(poc("QI", quantity=30))
    (objection,) = acme.objections
    assert objection.sentence == "line 10 is for 30, but its schedules add up to 24"


def test_one_bad_line_does_not_hold_up_the_others(acme: PlayedSupplier, buyer: Buyer) -> None:
    buyer.orders(two_lines())
    buyer.changes(poc("QD", quantity=99), poc("QI", "20", quantity=2))
    lines = acme.orders["PO-1"].lines
    assert (lines["10"].quantity, lines["20"].quantity) == (Decimal(24), Decimal(2))
    assert len(acme.objections) == 1


def test_only_what_is_delivered_is_known(
    stedi_simulator: StediSimulator, acme: PlayedSupplier, buyer: Buyer
) -> None:
    stedi_simulator.transport("me_acme").fails()
    buyer.orders(guide())
    stedi_simulator.advance(720)
    assert (acme.orders, acme.received) == ({}, [])
    stedi_simulator.transport("me_acme").recovers()
    stedi_simulator.retry(stedi_simulator.executions[0].id)
    assert acme.orders["PO-1"].purposes == ("00",)
    assert [(it.set_id, it.control_number) for it in acme.received] == [("850", 1)]
    assert acme.objections == []


def test_invoices_are_received_and_change_no_order(acme: PlayedSupplier, stedi: httpx.Client) -> None:
    assert send_invoice(stedi, invoice()).status_code == 200
    assert [it.set_id for it in acme.received] == ["810"]
    assert (acme.orders, acme.objections) == ({}, [])


def header(answer: dict[str, Any]) -> str:
    beginning = answer["heading"]["beginning_segment_for_purchase_order_acknowledgment_BAK"]
    return str(beginning["acknowledgment_type_02"])


@pytest.mark.parametrize(
    ("behaviour", "documents"),
    [
        ("by line", [("AC", [[("IA", 24, "2026-03-20")]]), ("AC", [[("IA", 1, "2026-05-01")]])]),
        ("partial", [("AC", [[("BP", 18, "2026-03-20")], [("IA", 1, "2026-05-01")]])]),
        (
            "two dates",
            [("AC", [[("IA", 18, "2026-03-20"), ("IA", 6, "2026-03-27")], [("IA", 1, "2026-05-01")]])],
        ),
        ("hold", [("AH", [[("IH", 24, "2026-03-20")], [("IH", 1, "2026-05-01")]])]),
    ],
)
def test_answers_in_parts(
    stedi_simulator: StediSimulator, acme: PlayedSupplier, buyer: Buyer, behaviour: Behaviour, documents: Any
) -> None:
    acme.answers(behaviour)
    buyer.orders(two_lines())
    assert [(header(it), acknowledged(it)) for it in inbound(stedi_simulator)] == documents


def test_an_answer_without_lines(stedi_simulator: StediSimulator, acme: PlayedSupplier, buyer: Buyer) -> None:
    acme.answers("header only")
    buyer.orders(two_lines())
    (answer,) = inbound(stedi_simulator)
    assert (header(answer), answer["detail"]) == ("AT", {})


def test_answers_one_after_the_other(
    stedi_simulator: StediSimulator, acme: PlayedSupplier, buyer: Buyer
) -> None:
    acme.answers("hold", delay=60)
    acme.also_answers("by line", delay=120, interval=30)
    acme.also_answers("reject", number="PO-9")
    buyer.orders(two_lines())
    seen = []
    for _ in range(5):
        seen.append(len(inbound(stedi_simulator)))
        stedi_simulator.advance(30)
    assert seen == [0, 0, 1, 1, 2]
    assert [header(it) for it in inbound(stedi_simulator)] == ["AH", "AC", "AC"]
    buyer.orders(guide("PO-9"))
    assert header(inbound(stedi_simulator)[-1]) == "RD"
    with pytest.raises(ConfigurationError, match="'dance'"):
        acme.answers("dance")  # type: ignore[arg-type]  # what is tested


def test_changes_are_answered_where_that_was_told(
    stedi_simulator: StediSimulator, acme: PlayedSupplier, buyer: Buyer
) -> None:
    acme.answers("accept", to=("850", "860"))
    buyer.orders(guide())
    buyer.changes(poc("QI", quantity=30))
    assert [acknowledged(it)[0][0][1] for it in inbound(stedi_simulator)] == [24, 30]
    buyer.changes(purpose="01", sequence=2)
    assert len(inbound(stedi_simulator)) == 2


def test_a_late_answer_is_to_the_order_as_it_was(
    stedi_simulator: StediSimulator, acme: PlayedSupplier, buyer: Buyer
) -> None:
    acme.answers("accept", delay=3600)
    buyer.orders(guide())
    buyer.changes(poc("QI", quantity=30))
    stedi_simulator.advance(3600)
    (answer,) = inbound(stedi_simulator)
    assert acknowledged(answer) == [[("IA", 24, "2026-03-16")]]


def test_the_same_transaction_is_announced_again(
    stedi_simulator: StediSimulator, acme: PlayedSupplier, buyer: Buyer, receiver: Receiver
) -> None:
    acme.answers("accept", announced=2)
    stedi_simulator.webhook(receiver.url)
    buyer.orders(guide())
    stedi_simulator.deliver_webhooks()
    about = stedi_simulator.transactions[-1].id
    assert stedi_simulator.announce_again(about) != stedi_simulator.announce_again(about)
    stedi_simulator.deliver_webhooks()
    events = [body["event"] for body in receiver.bodies if body["event"]["detail"]["direction"] == "INBOUND"]
    assert len({event["id"] for event in events}) == 4
    assert {event["detail"]["transactionId"] for event in events} == {about}
    with pytest.raises(NotFound):
        stedi_simulator.announce_again("nothing")


def test_an_answer_by_hand(stedi_simulator: StediSimulator, acme: PlayedSupplier, buyer: Buyer) -> None:
    buyer.orders(two_lines())
    parts = [
        Promise(code="IA", quantity=Decimal(10), ship=date(2026, 3, 20)),
        Promise(code="IQ", quantity=Decimal(8), ship=date(2026, 4, 1), delivery=date(2026, 4, 5)),
        Promise(code="IB", quantity=Decimal(6), ship=date(2026, 5, 1)),
    ]
    acme.acknowledge("PO-1", lines={"10": parts, "20": "R1"}, prices={"10": "3.20"})
    (answer,) = inbound(stedi_simulator)
    assert header(answer) == "AC"
    assert acknowledged(answer) == [
        [("IA", 10, "2026-03-20"), ("IQ", 8, "2026-04-01"), ("IB", 6, "2026-05-01")],
        [("R1", 1, "2026-05-01")],
    ]
    first = answer["detail"]["baseline_item_data_PO1_loop"][0]
    assert first["baseline_item_data_PO1"]["unit_price_04"] == Decimal("3.2")
    assert first["line_item_acknowledgment_ACK_loop"][1]["date_time_reference_DTM"]["date_02"] == "2026-04-05"
    with pytest.raises(NotFound, match="no order 'PO-2'"):
        acme.acknowledge("PO-2")


@pytest.mark.parametrize(
    ("told", "code", "answered"),
    [
        ({}, "AD", 2),
        ({"lines": {"10": "IA"}}, "AC", 1),
        ({"lines": {"10": "IR", "20": "R2"}}, "RD", 2),
        ({"lines": {"10": "IA", "20": "IA"}, "prices": {"10": 9}}, "AC", 2),
        ({"lines": {"10": Promise(code="IA", quantity=Decimal(24)), "20": "IA"}}, "AD", 2),
        ({"lines": {"10": Promise(code="IA", quantity=Decimal(23)), "20": "IA"}}, "AC", 2),
        ({"lines": {"99": "IA"}}, "AC", 1),
        ({"lines": {}}, "AT", 0),
        ({"header": "AE", "lines": {"20": "IB"}}, "AE", 1),
    ],
)
def test_the_header_follows_from_the_lines(
    stedi_simulator: StediSimulator,
    acme: PlayedSupplier,
    buyer: Buyer,
    told: dict[str, Any],
    code: str,
    answered: int,
) -> None:
    buyer.orders(two_lines())
    acme.acknowledge("PO-1", **told)
    (answer,) = inbound(stedi_simulator)
    assert header(answer) == code
    assert len(answer["detail"].get("baseline_item_data_PO1_loop", [])) == answered


def test_the_second_answer_was_made_earlier(
    stedi_simulator: StediSimulator, acme: PlayedSupplier, buyer: Buyer
) -> None:
    buyer.orders(guide())
    now = stedi_simulator.time.now()
    acme.acknowledge("PO-1", lines={"10": "IA"}, delay=3600)
    acme.acknowledge("PO-1", lines={"10": "IR"}, delay=60, times=2)
    stedi_simulator.advance(3600)
    acme.acknowledge("PO-1", lines={"10": "IB"}, made_at=now - timedelta(days=1))
    answers = [it for it in stedi_simulator.transactions if it.direction == "INBOUND"]
    made = [
        (it.metadata["functionalGroup"]["controlNumber"], it.metadata["functionalGroup"]["date"])
        for it in answers
    ]
    assert made == [(2, "2026-03-02"), (3, "2026-03-02"), (1, "2026-03-02"), (4, "2026-03-01")]
    assert len({it.id for it in answers}) == 4
    assert [acknowledged(it)[0][0][0] for it in inbound(stedi_simulator)] == ["IR", "IR", "IA", "IB"]


def test_orders_without_lines_numbers_are_counted(acme: PlayedSupplier, buyer: Buyer) -> None:
    content = two_lines()
    for loop in content["detail"]["baseline_item_data_PO1_loop"]:
        del loop["baseline_item_data_PO1"]["assigned_identification_01"]
    buyer.orders(content)
    order: SupplierOrder = acme.orders["PO-1"]
    assert list(order.lines) == ["1", "2"]
    twice = two_lines()
    twice["heading"]["beginning_segment_for_purchase_order_BEG"]["purchase_order_number_03"] = "PO-2"
    line = twice["detail"]["baseline_item_data_PO1_loop"][1]["baseline_item_data_PO1"]
    line["assigned_identification_01"] = "10"
    buyer.orders(twice)
    assert [it.sentence for it in acme.objections] == ["line 10 stands there twice"]
