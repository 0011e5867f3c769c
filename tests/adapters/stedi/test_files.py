"""What became of files: delivered, failed, retried."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from mlconnector_sdk.adapters.stedi import FileSource, Stedi, TransactionSink
from mlconnector_sdk.adapters.stedi.confirmations import file_confirmations, map_file
from mlconnector_sdk.dual import run
from mlconnector_sdk.errors import InvalidDocument, UnreadableAnswer, VendorUnavailable
from mlconnector_sdk.flow.confirmation import Confirmation, read_confirmations
from mlconnector_sdk.flow.mapped import Send
from mlconnector_sdk.flow.source import Observation, Window
from mlconnector_sdk.flow.standing import Standing
from mlconnector_sdk.records import State
from mlconnector_sdk.simulators import Answer, StediSimulator
from tests.adapters.stedi.orders import entry, payload
from tests.adapters.stedi.walking import observed, told, walked


@pytest.fixture
def account(stedi_simulator: StediSimulator) -> StediSimulator:
    stedi_simulator.add_partnership("us_acme", sender="us", receiver="acme")
    return stedi_simulator


def send(stedi: Stedi, key: str = "key-1", **changes: Any) -> str:
    """Send an order; the id of its execution."""
    result = run(TransactionSink(stedi).send(entry(idempotency_key=key, **changes)))
    return result.references["execution"]


def said(seen: Observation) -> Confirmation:
    (confirmation,) = file_confirmations(seen.record)
    return confirmation


def test_a_delivered_file_is_told_of_by_listing_and_webhook_alike(
    account: StediSimulator, stedi: Stedi
) -> None:
    execution = send(stedi)
    source = FileSource(stedi)
    (polled,), cursors = walked(source, Window())
    (heard,) = observed(source, told(account))
    assert polled.event_id == heard.event_id == f"{execution}/COMPLETED"
    assert polled.number == heard.number == execution
    assert polled.partner == heard.partner == "us_acme"
    for each in (said(polled), said(heard)):
        assert each.reference == ("execution", execution)
        assert each.state is State.DELIVERED
        assert each.at == account.time.now()
        assert "850-PO-7731-1-" in each.text
        assert "us_acme was delivered" in each.text
        assert not each.ours
        assert not each.remedy
    assert walked(source, Window(cursors=cursors)) == ([], cursors)


def test_a_file_that_failed_is_rejected_with_every_reason(account: StediSimulator, stedi: Stedi) -> None:
    account.transport("us_acme").fails(message="refused by sftp://user:secret@acme.example")
    execution = send(stedi)
    source = FileSource(stedi)
    assert walked(source, Window())[0] == []  # it is tried again
    account.advance(800)
    (polled,), _ = walked(source, Window())
    (heard,) = observed(source, told(account))
    assert polled.event_id == heard.event_id == f"{execution}/FAILED"
    for each in (said(polled), said(heard)):
        assert each.state is State.REJECTED
        assert each.ours
        assert "DELIVERY_FAILURE: refused by" in each.text
        assert "attempt 3: refused by" in each.text
        assert "user" not in each.text
        assert "secret" not in each.text
        assert "Stedi portal" in each.remedy
        assert "resend(" in each.remedy
        assert each.at == account.time.now() - timedelta(seconds=80)


def test_a_retry_speaks_for_the_first_execution(account: StediSimulator, stedi: Stedi) -> None:
    account.transport("us_acme").fails()
    first = send(stedi)
    source = FileSource(stedi)
    account.advance(800)
    second = account.retry(first)
    account.advance(800)
    before = told(account)
    account.transport("us_acme").recovers()
    third = account.retry(second.id)
    account.advance(60)
    (polled,), _ = walked(source, Window())
    assert (polled.event_id, polled.number) == (f"{third.id}/COMPLETED", first)
    heard = observed(source, told(account))
    assert [each.event_id for each in heard] == [polled.event_id]
    assert said(polled).reference == ("execution", first)
    assert f"retried as execution {third.id}" in said(polled).text
    # What is told late of a file that was retried since says nothing that still holds.
    assert [each for each in before if each.source == source.name]
    assert observed(source, before) == []


def test_a_file_on_its_way_is_waited_for_though_newer_ones_have_come(
    account: StediSimulator, stedi: Stedi
) -> None:
    account.transport("us_acme").takes(7_200)
    slow = send(stedi)
    account.transport("us_acme").takes(0)
    source = FileSource(stedi)
    cursors: Any = {}
    found = []
    for number in range(5):
        account.advance(1_000)
        send(stedi, f"quick-{number}", payload=payload(sequence=number + 2))
        seen, cursors = walked(source, Window(cursors=cursors))
        found += [each.number for each in seen]
    assert slow not in found
    assert len(set(found)) == len(found) == 5
    account.advance(3_000)
    seen, cursors = walked(source, Window(cursors=cursors))
    assert [each.number for each in seen] == [slow]
    assert walked(source, Window(cursors=cursors))[0] == []


def test_a_file_that_never_ends_is_not_waited_for_for_ever(account: StediSimulator, stedi: Stedi) -> None:
    account.transport("us_acme").takes(10**9)
    send(stedi)
    account.transport("us_acme").takes(0)
    account.advance(10 * 86_400)
    send(stedi, "key-2", payload=payload(sequence=2))
    _, cursors = walked(FileSource(stedi), Window())
    assert cursors["executions"] == "2026-03-11T08:00:00Z"  # a day behind the newest


def test_only_outbound_files_of_our_mode(account: StediSimulator, stedi: Stedi) -> None:
    account.supplier("us_acme").answers("accept")
    send(stedi)
    account.drop("ISA*nonsense")
    account.advance(60)
    assert {each.direction for each in account.executions} == {"INBOUND", "OUTBOUND"}
    source = FileSource(stedi)
    assert len(walked(source, Window())[0]) == len(observed(source, told(account))) == 1
    tests = FileSource(stedi, mode="test")
    assert walked(tests, Window())[0] == observed(tests, told(account)) == []
    assert len(walked(FileSource(stedi, mode=""), Window())[0]) == 1


def test_an_execution_that_stedi_does_not_show_is_taken_as_told(
    account: StediSimulator, stedi: Stedi
) -> None:
    execution = send(stedi)
    events = told(account)
    account.faults.add(Answer(404), path="*/executions/*", times=None)
    (heard,) = observed(FileSource(stedi), events)
    assert said(heard).reference == ("execution", execution)
    assert said(heard).state is State.DELIVERED
    assert "850-PO-7731-1-" in said(heard).text


def test_a_first_execution_that_is_gone_ends_the_chain(account: StediSimulator, stedi: Stedi) -> None:
    account.transport("us_acme").fails(3)
    first = send(stedi)
    account.advance(800)
    account.retry(first)
    account.faults.add(Answer(404), path=f"*/executions/{first}", times=None)
    (polled,), _ = walked(FileSource(stedi), Window())
    assert polled.number == first


def test_executions_that_go_in_circles_end(account: StediSimulator, stedi: Stedi) -> None:
    first = send(stedi)
    second = send(stedi, "key-2", payload=payload(sequence=2))
    one, other = account.executions
    one.parent_id, other.parent_id = second, first
    seen, _ = walked(FileSource(stedi), Window())
    assert {each.number for each in seen} == {first, second}


def test_an_outage_leaves_the_event_and_the_window(account: StediSimulator, stedi: Stedi) -> None:
    account.transport("us_acme").fails()
    send(stedi)
    account.advance(800)
    source = FileSource(stedi)
    events = [each for each in told(account) if each.source == source.name]
    account.faults.add(Answer(503), path="*/executions/*", times=None)
    with pytest.raises(VendorUnavailable):
        run(source.observe(events[0]))
    with pytest.raises(VendorUnavailable):
        walked(source, Window())


def test_an_unreadable_execution_is_taken_as_told_after_a_while(
    account: StediSimulator, stedi: Stedi
) -> None:
    account.transport("us_acme").fails()
    execution = send(stedi)
    account.advance(800)
    source = FileSource(stedi)
    (event,) = (each for each in told(account) if each.source == source.name)
    account.faults.add(
        Answer(200, body=b"<html>", content_type="text/html"), path="*/executions/*", times=None
    )
    with pytest.raises(UnreadableAnswer):
        run(source.observe(event))
    account.advance(stedi.profile.patience.total_seconds())
    (heard,) = run(source.observe(event))
    (polled,), _ = walked(source, Window())
    assert heard.event_id == polled.event_id == f"{execution}/FAILED"
    assert "DELIVERY_FAILURE" in said(heard).text
    assert "DELIVERY_FAILURE" in said(polled).text


def test_webhooks_of_other_kinds_are_of_no_interest(account: StediSimulator, stedi: Stedi) -> None:
    send(stedi)
    source = FileSource(stedi)
    others = [evolve(each, source=source.name) for each in told(account) if each.source != source.name]
    assert others
    assert observed(source, others) == []


def test_the_mapping(account: StediSimulator, stedi: Stedi) -> None:
    send(stedi)
    (seen,), _ = walked(FileSource(stedi), Window())
    mapped = map_file(entry(record=seen.record), Standing())
    assert isinstance(mapped, Send)
    assert read_confirmations(mapped.payload) == (said(seen),)
    assert mapped.summary == said(seen).text


@pytest.mark.parametrize(
    "record",
    [
        b"",
        b"{}",
        b'{"root":"r","status":"FAILED","execution":{}}',
        json.dumps({"root": "r", "status": "FAILED", "execution": {"executionId": "e"}}).encode(),
    ],
)
def test_a_record_that_is_none(record: bytes) -> None:
    with pytest.raises(InvalidDocument) as caught:
        file_confirmations(record)
    assert "portal" in caught.value.remedy
