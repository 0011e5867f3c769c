"""Inbound transactions: by webhook and by poll, met at the same id."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from mlconnector_sdk.adapters.stedi import Stedi, StediWebhook, TransactionSource
from mlconnector_sdk.adapters.stedi.convert import received_acknowledgment
from mlconnector_sdk.dual import run
from mlconnector_sdk.errors import ConfigurationError, InvalidDocument, VendorUnavailable
from mlconnector_sdk.flow.source import Observation, Window
from mlconnector_sdk.mapping.documents import Decision
from mlconnector_sdk.records import Event, Feed
from mlconnector_sdk.secret import Secret
from mlconnector_sdk.simulators import Answer, StediSimulator
from tests.adapters.stedi.orders import payload


@pytest.fixture
def account(stedi_simulator: StediSimulator, stedi: Stedi) -> StediSimulator:
    """A supplier who has answered PO-7731."""
    stedi_simulator.add_partnership("us_acme", sender="us", receiver="acme")
    stedi_simulator.supplier("us_acme").answers("change")
    order(stedi, "PO-7731")
    stedi_simulator.advance(600)
    return stedi_simulator


def order(stedi: Stedi, number: str, usage: str = "P") -> None:
    body = json.loads(payload(usage=usage).replace(b"PO-7731", number.encode()))["body"]
    stedi.transactions.create(
        "us_acme", "us_acme-850", body["transaction"], idempotency_key=f"k-{number}", usage=usage
    )


def walked(source: TransactionSource, window: Window) -> tuple[list[Observation], Mapping[str, str]]:
    async def walk() -> tuple[list[Observation], Mapping[str, str]]:
        walk = source.walk(window)
        seen: list[Observation] = []
        while (batch := await walk.batch()) is not None:
            seen += batch
        await walk.close()
        return seen, walk.cursors

    return run(walk())


def inbound_ids(account: StediSimulator) -> list[str]:
    return [each.id for each in account.transactions if each.direction == "INBOUND"]


def test_the_poll_finds_what_the_supplier_sent_and_not_what_we_sent(
    account: StediSimulator, stedi: Stedi
) -> None:
    source = TransactionSource(stedi)
    (seen,), cursors = walked(source, Window())
    assert source.feed is Feed.EVENT
    assert (seen.number, seen.partner, seen.reason) == ("PO-7731", "us_acme", "")
    assert [seen.event_id] == inbound_ids(account)
    assert cursors == {"transactions": "2026-03-02T08:00:00Z"}
    received = received_acknowledgment(seen.record)
    assert received.acknowledgment.decision is Decision.CHANGED
    assert received.reference == seen.event_id
    assert account.leaked_authorizations == 0


def test_a_window_overlaps_the_one_before(account: StediSimulator, stedi: Stedi) -> None:
    source = TransactionSource(stedi)
    first, cursors = walked(source, Window())
    assert walked(source, Window(cursors=cursors)) == (first, cursors)
    order(stedi, "PO-2")
    account.advance(600)
    seen, cursors = walked(source, Window(cursors=cursors))
    assert [each.number for each in seen] == ["PO-7731", "PO-2"]
    seen, _ = walked(source, Window(cursors=cursors))
    assert [each.number for each in seen] == ["PO-2"]


def test_what_was_processed_a_moment_ago_is_found(account: StediSimulator, stedi: Stedi) -> None:
    source = TransactionSource(stedi)
    _, cursors = walked(source, Window())
    order(stedi, "PO-2")  # not a minute ago
    seen, _ = walked(source, Window(cursors=cursors))
    assert [each.number for each in seen] == ["PO-7731", "PO-2"]
    now = account.time.now()
    assert [each.number for each in walked(source, Window(since=now))[0]] == ["PO-2"]


def test_since_and_the_reach_of_a_baseline(account: StediSimulator, stedi: Stedi) -> None:
    source = TransactionSource(stedi)
    assert source.baseline_reach == timedelta(days=14)
    since = account.time.now()
    seen, cursors = walked(source, Window(cursors={"transactions": "2026-01-01T00:00:00Z"}, since=since))
    assert seen == []
    assert cursors == {"transactions": "2026-03-02T08:10:00Z"}


def test_only_wanted_sets_and_modes(account: StediSimulator, stedi: Stedi) -> None:
    order(stedi, "PO-TEST", usage="T")
    assert [each.number for each in walked(TransactionSource(stedi), Window())[0]] == ["PO-7731"]
    tests = TransactionSource(stedi, mode="test")
    assert [each.number for each in walked(tests, Window())[0]] == ["PO-TEST"]
    assert len(walked(TransactionSource(stedi, mode=""), Window())[0]) == 2
    assert walked(TransactionSource(stedi, kinds=("997",)), Window())[0] == []


@pytest.mark.parametrize("guide", [{"heading": {}}, {"interchanges": []}])
def test_a_malformed_document_is_dead_on_arrival_under_its_transaction_id(
    account: StediSimulator, stedi: Stedi, guide: dict[str, Any]
) -> None:
    transaction = account.inject("us_acme", guide)
    account.advance(600)
    source = TransactionSource(stedi, mode="")
    seen = walked(source, Window())[0][-1]
    assert (seen.event_id, seen.number) == (transaction.id, transaction.id)
    assert "no number" in seen.reason
    assert "Stedi portal" in seen.remedy
    assert json.loads(seen.record)["transaction"] == guide


@pytest.mark.parametrize(
    ("body", "words"),
    [(b"ISA*00*", "not JSON"), (b"[]", "expected"), (b'{"heading":{},"heading":{}}', "twice")],
)
def test_a_document_that_is_no_guide_json_is_dead_on_arrival(
    account: StediSimulator, stedi: Stedi, body: bytes, words: str
) -> None:
    transaction = account.transactions[-1]
    transaction.output = body
    (seen,), _ = walked(TransactionSource(stedi), Window())
    assert words in seen.reason
    assert seen.event_id == transaction.id
    assert json.loads(seen.record)["transaction"] is None


def test_a_document_that_is_gone_is_dead_on_arrival(account: StediSimulator, stedi: Stedi) -> None:
    account.transactions[-1].output = b""
    (seen,), _ = walked(TransactionSource(stedi), Window())
    assert "has no document" in seen.reason


def test_a_failed_translation_is_dead_on_arrival_with_its_reason(
    account: StediSimulator, stedi: Stedi
) -> None:
    account.transactions[-1].errors = ({"message": "data element too long"},)
    (seen,), _ = walked(TransactionSource(stedi), Window())
    assert "data element too long" in seen.reason


def test_an_outage_leaves_the_window_unread(account: StediSimulator, stedi: Stedi) -> None:
    account.faults.add(Answer(503), path="*/output-url", times=None)
    with pytest.raises(VendorUnavailable):
        walked(TransactionSource(stedi), Window())


def test_many_transactions_come_in_batches_the_oldest_first(account: StediSimulator, stedi: Stedi) -> None:
    for number in range(25):
        order(stedi, f"PO-{number}")
        account.advance(1)
    account.advance(600)

    async def batches() -> list[list[str]]:
        walk = TransactionSource(stedi).walk(Window())
        found = []
        while (batch := await walk.batch()) is not None:
            found.append([each.number for each in batch])
        return found

    found = run(batches())
    assert [len(each) for each in found] == [20, 6]
    assert found[0][:3] == ["PO-7731", "PO-0", "PO-1"]


def test_a_closed_walk_reads_nothing_more(account: StediSimulator, stedi: Stedi) -> None:
    async def walk() -> object:
        walk = TransactionSource(stedi).walk(Window())
        await walk.close()
        return await walk.batch()

    assert run(walk()) is None


def test_an_unreadable_cursor_is_named(stedi: Stedi) -> None:
    with pytest.raises(ConfigurationError, match="transactions"):
        TransactionSource(stedi).walk(Window(cursors={"transactions": "yesterday"}))


def webhook_bodies(account: StediSimulator, shape: Any) -> list[bytes]:
    """The bodies of everything that Stedi has to tell, as it would post them in this shape."""
    subscription = account.webhook("http://127.0.0.1:9/", shape=shape, retries=())
    return [subscription.pack(notice) for notice in account._account.events.values()]


@pytest.mark.parametrize("shape", ["event+artifact", "event", "bare"])
def test_webhook_and_poll_meet_at_the_same_id(account: StediSimulator, stedi: Stedi, shape: Any) -> None:
    hook = StediWebhook(secret=Secret("s"), header="x-key")
    source = TransactionSource(stedi)
    now = account.time.now()
    events = [
        event
        for body in webhook_bodies(account, shape)
        for event in hook.parse({"x-key": "s"}, body, received_at=now)
    ]
    assert {event.source for event in events} == {source.name}
    fetched = len(account.requests)
    observed = [seen for event in events for seen in run(source.observe(event))]
    assert (len(account.requests) == fetched) is (shape == "event+artifact")
    account.advance(600)
    polled = walked(source, Window())[0]
    assert [each.event_id for each in observed] == [each.event_id for each in polled]
    assert [each.number for each in observed] == [each.number for each in polled]
    for one, other in zip(observed, polled, strict=True):
        assert received_acknowledgment(one.record) == received_acknowledgment(other.record)


def test_a_webhook_of_no_interest_is_no_observation(account: StediSimulator, stedi: Stedi) -> None:
    bodies = webhook_bodies(account, "event")
    source = TransactionSource(stedi, kinds=("997",))
    event = Event(source=source.name, event_id="e", body=bodies[-1], received_at=account.time.now())
    assert run(source.observe(event)) == ()


def test_a_webhook_that_can_never_be_read_is_a_document_error(account: StediSimulator, stedi: Stedi) -> None:
    event = Event(source="s", event_id="e", body=b"{}", received_at=account.time.now())
    with pytest.raises(InvalidDocument) as caught:
        run(TransactionSource(stedi).observe(event))
    assert caught.value.remedy


def test_fragments_are_dead_on_arrival(account: StediSimulator, stedi: Stedi) -> None:
    contents = [json.loads(body) for body in webhook_bodies(account, "event")]
    content = next(each for each in contents if each["event"]["detail"]["direction"] == "INBOUND")
    content["event"]["detail"]["fragments"] = {"fragmentCount": 2}
    body = json.dumps(content).encode()
    (seen,) = run(
        TransactionSource(stedi).observe(
            Event(source="s", event_id="e", body=body, received_at=account.time.now())
        )
    )
    assert "fragments" in seen.reason
    assert "portal" in seen.remedy
