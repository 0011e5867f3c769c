"""What Stedi made of what was sent: by webhook and by poll, and what it teaches the documents."""

from __future__ import annotations

import json

import pytest
from attrs import evolve

from mlconnector_sdk.adapters.stedi import OutboundSource, Stedi, TransactionSink
from mlconnector_sdk.adapters.stedi.confirmations import map_outbound, outbound_confirmations
from mlconnector_sdk.adapters.stedi.convert import change_payload
from mlconnector_sdk.dual import run
from mlconnector_sdk.errors import InvalidDocument
from mlconnector_sdk.flow.confirmation import read_confirmations
from mlconnector_sdk.flow.mapped import Send, Unchanged
from mlconnector_sdk.flow.source import Window
from mlconnector_sdk.flow.standing import Standing
from mlconnector_sdk.records import Event, State
from mlconnector_sdk.simulators import StediSimulator
from tests.adapters.stedi.orders import CHANGE, ROUTE, entry
from tests.adapters.stedi.walking import observed, told, walked


@pytest.fixture
def account(stedi_simulator: StediSimulator, stedi: Stedi) -> StediSimulator:
    """An order and a change were sent; the supplier has answered."""
    stedi_simulator.add_partnership("us_acme", sender="us", receiver="acme")
    stedi_simulator.supplier("us_acme").answers("accept")
    sink = TransactionSink(stedi)
    run(sink.send(entry()))
    payload = change_payload(CHANGE, ROUTE, sequence=2)
    run(sink.send(entry(kind="860", payload=payload, idempotency_key="key-2")))
    stedi_simulator.advance(600)
    return stedi_simulator


def test_poll_and_webhook_teach_the_same(account: StediSimulator, stedi: Stedi) -> None:
    source = OutboundSource(stedi)
    polled, cursors = walked(source, Window())
    heard = observed(source, told(account))
    assert [each.event_id for each in polled] == [each.transaction_id for each in account.sent]
    assert [each.event_id for each in heard] == [each.event_id for each in polled]
    assert [each.number for each in polled] == [each.execution_id for each in account.sent]
    assert {each.partner for each in polled} == {"us_acme"}
    for one, other, sent in zip(polled, heard, account.sent, strict=True):
        (confirmation,) = outbound_confirmations(one.record)
        assert (confirmation,) == outbound_confirmations(other.record)
        assert confirmation.reference == ("execution", sent.execution_id)
        assert confirmation.state is None
        assert not confirmation.ours
        assert confirmation.learned == {
            "transaction": sent.transaction_id,
            "group": f"us_acme/{sent.control_number}",
            "control": f"us_acme/{sent.control_number}/1",
        }
        assert confirmation.at == sent.at
    assert walked(source, Window(cursors=cursors))[0] == []


def test_what_the_sink_finds_and_what_is_learned_agree(account: StediSimulator, stedi: Stedi) -> None:
    found = run(TransactionSink(stedi).find(entry()))
    (first, _), _ = walked(OutboundSource(stedi), Window())
    (confirmation,) = outbound_confirmations(first.record)
    assert confirmation.learned.items() <= found.references.items()  # type: ignore[union-attr]  # Found


def test_only_what_we_send_and_in_our_mode(account: StediSimulator, stedi: Stedi) -> None:
    assert len(walked(OutboundSource(stedi, kinds=("860",)), Window())[0]) == 1
    assert walked(OutboundSource(stedi, mode="test"), Window())[0] == []
    assert walked(OutboundSource(stedi, kinds=("997",)), Window())[0] == []


def test_a_failed_one_is_rejected_even_when_the_webhook_said_nothing_of_it(
    account: StediSimulator, stedi: Stedi
) -> None:
    source = OutboundSource(stedi)
    heard = observed(source, told(account))
    account.transactions[0].errors = ({"message": "data element too long"}, {"message": "and more"})
    polled, _ = walked(source, Window())
    assert polled[0].event_id == f"{heard[0].event_id}/failed"
    (confirmation,) = outbound_confirmations(polled[0].record)
    assert confirmation.state is State.REJECTED
    assert confirmation.ours
    assert "data element too long; and more" in confirmation.text
    assert "resend" in confirmation.remedy


def test_the_mapping(account: StediSimulator, stedi: Stedi) -> None:
    (seen, _), _ = walked(OutboundSource(stedi), Window())
    mapped = map_outbound(entry(record=seen.record), Standing())
    assert isinstance(mapped, Send)
    assert read_confirmations(mapped.payload) == outbound_confirmations(seen.record)
    assert "us_acme/1/1" in mapped.summary
    orphan = json.loads(seen.record)
    orphan["summary"]["fileExecutionId"] = None
    mapped = map_outbound(entry(record=json.dumps(orphan).encode()), Standing())
    assert isinstance(mapped, Unchanged)


def test_control_numbers_may_be_missing(account: StediSimulator, stedi: Stedi) -> None:
    (seen, _), _ = walked(OutboundSource(stedi), Window())
    content = json.loads(seen.record)
    del content["summary"]["x12"]["metadata"]["functionalGroup"]
    (confirmation,) = outbound_confirmations(json.dumps(content).encode())
    assert confirmation.learned == {"transaction": account.sent[0].transaction_id}


@pytest.mark.parametrize(
    "record", [b"", b"{}", b'{"summary":{}}', b'{"summary":{"transactionId":"t","fileExecutionId":"e"}}']
)
def test_a_record_that_is_none(record: bytes) -> None:
    with pytest.raises(InvalidDocument) as caught:
        outbound_confirmations(record)
    assert caught.value.remedy


def test_a_webhook_of_no_interest(account: StediSimulator, stedi: Stedi) -> None:
    source = OutboundSource(stedi)
    others = [evolve(each, source=source.name) for each in told(account) if each.source != source.name]
    assert others
    assert observed(source, others) == []
    with pytest.raises(InvalidDocument):
        run(source.observe(Event(source=source.name, event_id="e", body=b"", received_at=account.time.now())))
