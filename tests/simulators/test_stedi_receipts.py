"""The 997 of a supplier's translator: accepted, complained about, rejected, late, lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from mlconnector_sdk.simulators import StediSimulator, wire
from mlconnector_sdk.simulators.stedi.records import instant
from mlconnector_sdk.simulators.stedi.translator import Complaint, Translator
from tests.simulators.conftest import Receiver, guide, send
from tests.simulators.test_stedi_sets import change, poc, send_change


@pytest.fixture
def translator(stedi_simulator: StediSimulator, stedi: httpx.Client) -> Translator:
    return stedi_simulator.supplier("me_acme").translator


def receipts(stedi_simulator: StediSimulator) -> list[dict[str, Any]]:
    found = (it for it in stedi_simulator.transactions if it.set_id == "997")
    return [wire.loads(transaction.output)["heading"] for transaction in found]


def verdicts(stedi_simulator: StediSimulator) -> list[tuple[str, int, str]]:
    return [
        (
            it["functional_group_response_header_AK1"]["functional_identifier_code_01"],
            it["functional_group_response_header_AK1"]["group_control_number_02"],
            it["functional_group_response_trailer_AK9"]["functional_group_acknowledge_code_01"],
        )
        for it in receipts(stedi_simulator)
    ]


def test_nothing_is_acknowledged_by_default(stedi_simulator: StediSimulator, stedi: httpx.Client) -> None:
    send(stedi)
    assert receipts(stedi_simulator) == []


def test_a_group_is_acknowledged_after_a_while(
    stedi_simulator: StediSimulator, stedi: httpx.Client, translator: Translator, receiver: Receiver
) -> None:
    translator.acknowledges(delay=60)
    start = instant(stedi_simulator.time.now() - timedelta(hours=1))
    send(stedi)
    stedi_simulator.webhook(receiver.url)
    stedi_simulator.advance(59)
    assert receipts(stedi_simulator) == []
    stedi_simulator.advance(1)
    assert verdicts(stedi_simulator) == [("PO", 1, "A")]
    (receipt,) = receipts(stedi_simulator)
    (about,) = receipt["transaction_set_response_header_AK2_loop"]
    assert about["transaction_set_response_header_AK2"] == {
        "transaction_set_identifier_code_01": "850",
        "transaction_set_control_number_02": "0001",
    }
    assert about["transaction_set_response_trailer_AK5"] == {"transaction_set_acknowledgment_code_01": "A"}
    event = receiver.bodies[0]["event"]
    assert (event["detail-type"], event["detail"]["direction"]) == ("transaction.processed.v2", "INBOUND")
    assert event["detail"]["x12"]["metadata"]["transaction"]["transactionSetIdentifier"] == "997"
    polled = stedi.get("/polling/transactions", params={"startDateTime": start}).json()["items"]
    assert [it["x12"]["metadata"]["transaction"]["transactionSetIdentifier"] for it in polled] == [
        "850",
        "997",
    ]
    assert polled[1]["transactionId"] == event["detail"]["transactionId"]


def test_it_is_delivered_before_it_is_acknowledged(
    stedi_simulator: StediSimulator, stedi: httpx.Client, translator: Translator
) -> None:
    translator.acknowledges(delay=60)
    stedi_simulator.transport("me_acme").fails(attempts=1)
    send(stedi)
    stedi_simulator.advance(419)
    assert receipts(stedi_simulator) == []
    stedi_simulator.advance(1)
    assert len(receipts(stedi_simulator)) == 1


def test_the_short_form(stedi_simulator: StediSimulator, stedi: httpx.Client, translator: Translator) -> None:
    translator.acknowledges(short=True)
    send(stedi)
    (receipt,) = receipts(stedi_simulator)
    assert "transaction_set_response_header_AK2_loop" not in receipt
    trailer = receipt["functional_group_response_trailer_AK9"]
    assert trailer == {
        "functional_group_acknowledge_code_01": "A",
        "number_of_transaction_sets_included_02": 1,
        "number_of_received_transaction_sets_03": 1,
        "number_of_accepted_transaction_sets_04": 1,
    }


def test_a_rejection_with_its_reasons(
    stedi_simulator: StediSimulator, stedi: httpx.Client, translator: Translator
) -> None:
    supplier = stedi_simulator.supplier("me_acme")
    supplier.answers("accept")
    complaint = Complaint(segment="PO1", position=3, element=3, reference=355, element_code="7", value="EA")
    translator.rejects("850", because=[complaint, Complaint(segment="CUR", position=3, code="3")], delay=30)
    send(stedi)
    assert supplier.orders == {}
    assert [it.refused for it in supplier.received] == [True]
    stedi_simulator.advance(30)
    assert verdicts(stedi_simulator) == [("PO", 1, "R")]
    (about,) = receipts(stedi_simulator)[0]["transaction_set_response_header_AK2_loop"]
    assert about["transaction_set_response_trailer_AK5"] == {
        "transaction_set_acknowledgment_code_01": "R",
        "transaction_set_syntax_error_code_02": "5",
    }
    first, second = about["data_segment_note_AK3_loop"]
    assert first["data_segment_note_AK3"]["segment_position_in_transaction_set_02"] == 3
    assert first["data_element_note_AK4"] == [
        {
            "position_in_segment_01": {"element_position_in_segment_01": 3},
            "data_element_reference_number_02": 355,
            "data_element_syntax_error_code_03": "7",
            "copy_of_bad_data_element_04": "EA",
        }
    ]
    assert second == {
        "data_segment_note_AK3": {
            "segment_id_code_01": "CUR",
            "segment_position_in_transaction_set_02": 3,
            "segment_syntax_error_code_04": "3",
        }
    }
    assert len(stedi_simulator.transactions) == 2, "what was rejected is not answered"
    content = guide(quantity=20)
    content["heading"]["beginning_segment_for_purchase_order_BEG"]["transaction_set_purpose_code_01"] = "05"
    send(stedi, content, key="corrected")
    assert supplier.orders["PO-1"].purposes == ("05",)
    assert supplier.objections == []


def test_what_is_said_per_set_and_for_the_next_few(
    stedi_simulator: StediSimulator, stedi: httpx.Client, translator: Translator
) -> None:
    translator.acknowledges()
    translator.accepts_with_errors("860", because=[Complaint(segment="POC", position=3)])
    translator.loses("850")
    translator.rejects("850", group_codes=["4"])
    for number in range(3):
        send(stedi, guide(f"PO-{number}"), key=f"o-{number}")
    for sequence in (1, 2):
        content = change(poc("QI", quantity=30 + sequence), number="PO-0", sequence=sequence)
        assert send_change(stedi, content, key=f"c-{sequence}").status_code == 200
    assert verdicts(stedi_simulator) == [("PO", 2, "R"), ("PO", 3, "A"), ("PC", 4, "E"), ("PC", 5, "A")]
    rejected = receipts(stedi_simulator)[0]["functional_group_response_trailer_AK9"]
    assert rejected["functional_group_syntax_error_code_05"] == "4"
    assert rejected["number_of_accepted_transaction_sets_04"] == 0
    supplier = stedi_simulator.supplier("me_acme")
    assert set(supplier.orders) == {"PO-0", "PO-2"}
    assert supplier.orders["PO-0"].lines["10"].quantity == 32
    translator.rejects(times=None)
    send(stedi, guide("PO-8"), key="o-8")
    translator.silent()
    send(stedi, guide("PO-9"), key="o-9")
    assert verdicts(stedi_simulator)[4:] == [("PO", 6, "R")]


def test_without_a_setting_it_cannot_come_in(
    stedi_simulator: StediSimulator, stedi: httpx.Client, translator: Translator
) -> None:
    del stedi_simulator.partnership("me_acme").settings["997"]
    translator.acknowledges()
    send(stedi)
    assert receipts(stedi_simulator) == []
    assert stedi_simulator.executions[-1].faults[0]["faultCode"] == "FAILED_TO_FIND_GUIDE"
