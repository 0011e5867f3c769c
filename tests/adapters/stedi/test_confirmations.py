"""Functional acknowledgments, as confirmations of what they acknowledge."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from mlconnector_sdk.adapters.stedi import OutboundSource, Stedi, TransactionSink, TransactionSource
from mlconnector_sdk.adapters.stedi.confirmations import (
    functional_confirmations,
    map_functional_acknowledgment,
    outbound_confirmations,
)
from mlconnector_sdk.adapters.stedi.webhooks import FUNCTIONAL_ACKNOWLEDGMENTS
from mlconnector_sdk.dual import run
from mlconnector_sdk.errors import InvalidDocument
from mlconnector_sdk.flow.confirmation import read_confirmations
from mlconnector_sdk.flow.mapped import Send
from mlconnector_sdk.flow.source import Window
from mlconnector_sdk.flow.standing import Standing
from mlconnector_sdk.records import State
from mlconnector_sdk.simulators import StediSimulator
from tests.adapters.stedi.orders import entry
from tests.adapters.stedi.walking import observed, told, walked

AK1, AK2 = "functional_group_response_header_AK1", "transaction_set_response_header_AK2"
AK3, AK4 = "data_segment_note_AK3", "data_element_note_AK4"
AK5, AK9 = "transaction_set_response_trailer_AK5", "functional_group_response_trailer_AK9"


def answer(code: str = "A", control: str = "0001", more: Any = None) -> dict[str, Any]:
    """One AK2 loop."""
    header = {"transaction_set_identifier_code_01": "850", "transaction_set_control_number_02": control}
    return {AK2: header, **(more or {}), AK5: {"transaction_set_acknowledgment_code_01": code}}


def record(verdict: str, *sets: dict[str, Any], group: int = 12, partnership: str = "us_acme") -> bytes:
    header = {"functional_identifier_code_01": "PO", "group_control_number_02": group}
    counts = {
        "number_of_transaction_sets_included_02": max(1, len(sets)),
        "number_of_received_transaction_sets_03": max(1, len(sets)),
        "number_of_accepted_transaction_sets_04": 0,
    }
    heading: dict[str, Any] = {
        AK1: header,
        **({f"{AK2}_loop": list(sets)} if sets else {}),
        AK9: {"functional_group_acknowledge_code_01": verdict, **counts},
    }
    made = {"controlNumber": 77, "date": "2026-03-03", "time": "09:58"}
    summary = {
        "transactionId": "t-9",
        "direction": "INBOUND",
        "processedAt": "2026-03-03T10:00:00Z",
        "partnership": {"partnershipId": partnership},
        "x12": {"metadata": {"functionalGroup": made}},
    }
    return json.dumps({"summary": summary, "transaction": {"heading": heading}}).encode()


def outcome(text: bytes) -> list[tuple[tuple[str, str], State | None, bool]]:
    return [(each.reference, each.state, each.ours) for each in functional_confirmations(text)]


GROUP = ("group", "us_acme/12")
FIRST, SECOND = ("control", "us_acme/12/1"), ("control", "us_acme/12/2")
TAKEN, REFUSED = (State.ACKNOWLEDGED, False), (State.REJECTED, True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (record("A"), [(GROUP, *TAKEN)]),
        (record("E"), [(GROUP, *TAKEN)]),
        (record("R"), [(GROUP, *REFUSED)]),
        (record("A", answer()), [(FIRST, *TAKEN), (GROUP, *TAKEN)]),
        (record("E", answer("E", "1")), [(FIRST, *TAKEN), (GROUP, *TAKEN)]),
        (record("R", answer("R")), [(FIRST, *REFUSED), (GROUP, *REFUSED)]),
        (record("P", answer(), answer("R", "0002")), [(FIRST, *TAKEN), (SECOND, *REFUSED)]),
    ],
)
def test_what_each_verdict_comes_to(text: bytes, expected: Any) -> None:
    assert outcome(text) == expected


def test_a_rejection_names_its_faults_and_a_remedy() -> None:
    place = {"segment_id_code_01": "PO1", "segment_position_in_transaction_set_02": 4}
    element = {
        "position_in_segment_01": {"element_position_in_segment_01": 2},
        "data_element_syntax_error_code_03": "5",
        "copy_of_bad_data_element_04": "1234567890123456",
    }
    loop = {f"{AK3}_loop": [{AK3: place, AK4: [element]}]}
    said = functional_confirmations(record("R", answer("R", more=loop)))[0]
    assert said.at == datetime(2026, 3, 3, 9, 58, tzinfo=UTC)
    assert "850 us_acme/12/1: rejected: segment 4 PO1-02: " in said.text
    assert "1234567890123456" in said.text
    assert "(code 5)" in said.text
    assert "resend(" in said.remedy


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (record("Z"), "AK9-01"),
        (record("P"), "AK9-01"),  # in part, and it does not say which part
        (record("A", answer("Q")), "AK5-01"),
    ],
)
def test_a_code_that_says_nothing_certain_goes_before_a_person(text: bytes, path: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        functional_confirmations(text)
    assert caught.value.path == path
    assert "t-9" in caught.value.remedy


@pytest.mark.parametrize("text", [b"", b"{}", b'{"summary":{"transactionId":"t"},"transaction":null}'])
def test_a_record_that_is_none(text: bytes) -> None:
    with pytest.raises(InvalidDocument):
        functional_confirmations(text)


def test_a_text_that_others_wrote_is_cut() -> None:
    many = [
        {AK3: {"segment_id_code_01": "PO1", "segment_position_in_transaction_set_02": n}} for n in range(99)
    ]
    said = functional_confirmations(record("R", answer("R", more={f"{AK3}_loop": many})))[0]
    assert len(said.text) == 1_000


@pytest.fixture
def account(stedi_simulator: StediSimulator) -> StediSimulator:
    stedi_simulator.add_partnership("us_acme", sender="us", receiver="acme")
    return stedi_simulator


@pytest.mark.parametrize("short", [True, False])
@pytest.mark.parametrize("taken", [True, False])
def test_a_997_meets_the_document_through_what_stedi_says_of_it(
    account: StediSimulator, stedi: Stedi, short: bool, taken: bool
) -> None:
    translator = account.supplier("us_acme").translator
    translator.acknowledges(delay=30, short=short)
    if not taken:
        translator.rejects("850", delay=30)
    run(TransactionSink(stedi).send(entry()))
    account.advance(600)
    ((outbound,), _) = walked(OutboundSource(stedi), Window())
    (learned,) = outbound_confirmations(outbound.record)
    source = TransactionSource(stedi, kinds=("997",), name=FUNCTIONAL_ACKNOWLEDGMENTS)
    (polled,), _ = walked(source, Window())
    (heard,) = observed(source, told(account))
    assert (polled.event_id, polled.number) == (heard.event_id, heard.number)
    assert polled.reason == ""
    said = functional_confirmations(polled.record)
    assert said == functional_confirmations(heard.record)
    assert [learned.learned[each.reference[0]] for each in said] == [each.reference[1] for each in said]
    assert {each.state for each in said} == {State.ACKNOWLEDGED if taken else State.REJECTED}


def test_the_mapping() -> None:
    mapped = map_functional_acknowledgment(entry(record=record("A", answer())), Standing())
    assert isinstance(mapped, Send)
    assert read_confirmations(mapped.payload) == functional_confirmations(record("A", answer()))
    assert "us_acme says of 850 us_acme/12/1: accepted" in mapped.summary
