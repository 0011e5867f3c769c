"""Inbound transactions: by webhook and by poll, met at the same id."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import httpx
import pytest
from attrs import evolve

from mlconnector_sdk.adapters.stedi import Stedi, StediWebhook, TransactionSource, stedi_profile
from mlconnector_sdk.adapters.stedi.convert import received_acknowledgment
from mlconnector_sdk.dual import run
from mlconnector_sdk.errors import (
    ConfigurationError,
    InvalidDocument,
    UnreadableAnswer,
    VendorError,
    VendorUnavailable,
)
from mlconnector_sdk.flow.source import Window
from mlconnector_sdk.mapping.documents import Decision
from mlconnector_sdk.records import Event, Feed
from mlconnector_sdk.secret import Secret
from mlconnector_sdk.simulators import Answer, StediSimulator
from tests.adapters.conftest import stedi_settings
from tests.adapters.stedi.orders import payload
from tests.adapters.stedi.walking import told, walked


class Watched(httpx.HTTPTransport):
    """Knows of which transactions the document was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        *_, transaction, what = request.url.path.split("/")
        if what == "output-url":
            self.fetched.append(transaction)
        return super().handle_request(request)


@pytest.fixture
def watched() -> Watched:
    return Watched()


@pytest.fixture
def stedi(stedi_simulator: StediSimulator, watched: Watched) -> Iterator[Stedi]:
    settings = stedi_settings(stedi_simulator)
    with Stedi(settings, clock=stedi_simulator.time, transport=watched) as client:
        yield client


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
    assert cursors == {
        "transactions": "2026-03-02T08:00:00Z",
        "handed over": json.dumps([seen.event_id]),
    }
    received = received_acknowledgment(seen.record)
    assert received.acknowledgment.decision is Decision.CHANGED
    assert received.reference == seen.event_id
    assert account.leaked_authorizations == 0


def test_a_window_overlaps_the_one_before_and_fetches_nothing_twice(
    account: StediSimulator, stedi: Stedi, watched: Watched
) -> None:
    source = TransactionSource(stedi)
    first, cursors = walked(source, Window())
    assert walked(source, Window(cursors=cursors)) == ([], cursors)
    assert len(watched.fetched) == 1
    only_time = {"transactions": cursors["transactions"]}
    assert walked(source, Window(cursors=only_time)) == (first, cursors)
    order(stedi, "PO-2")
    account.advance(600)
    seen, cursors = walked(source, Window(cursors=cursors))
    assert [each.number for each in seen] == ["PO-2"]
    assert walked(source, Window(cursors=cursors)) == ([], cursors)


def test_what_was_processed_a_moment_ago_is_found(account: StediSimulator, stedi: Stedi) -> None:
    source = TransactionSource(stedi)
    _, cursors = walked(source, Window())
    order(stedi, "PO-2")  # not a minute ago
    seen, _ = walked(source, Window(cursors=cursors))
    assert [each.number for each in seen] == ["PO-2"]
    now = account.time.now()
    assert [each.number for each in walked(source, Window(cursors=cursors, since=now))[0]] == ["PO-2"]


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


def answered(account: StediSimulator, stedi: Stedi, count: int) -> list[str]:
    """So many further orders are answered; the ids of all answers, the oldest first."""
    for number in range(count):
        order(stedi, f"PO-{number}")
        account.advance(1)
    account.advance(600)
    return inbound_ids(account)


async def until_it_fails(source: TransactionSource, cursors: Mapping[str, str]) -> list[str]:
    """What a collector commits that holds the last batch back for the checkpoint, as it may."""
    walk = source.walk(Window(cursors=cursors))
    committed: list[str] = []
    held_back: list[str] = []
    try:
        while (batch := await walk.batch()) is not None:
            committed += held_back
            held_back = [each.event_id for each in batch]
    except VendorError:
        return committed
    return committed + held_back


def test_one_document_that_cannot_be_fetched_holds_up_no_other(account: StediSimulator, stedi: Stedi) -> None:
    ids = answered(account, stedi, 25)
    source = TransactionSource(stedi)
    for position in (0, 10, 25):
        account.faults.clear()
        account.faults.add(Answer(503), path=f"*/{ids[position]}/output-url", times=None)
        assert sorted(run(until_it_fails(source, {}))) == sorted(set(ids) - {ids[position]})
    account.faults.clear()
    assert [each.event_id for each in walked(source, Window())[0]] == ids


@pytest.mark.parametrize("broken", [slice(0, 3), slice(0, 5), slice(4, 8), slice(7, 12)])
def test_several_in_a_row_hold_up_no_other(account: StediSimulator, stedi: Stedi, broken: slice) -> None:
    ids = answered(account, stedi, 11)
    for each in ids[broken]:
        account.faults.add(Answer(503), path=f"*/{each}/output-url", times=None)
    committed = run(until_it_fails(TransactionSource(stedi), {}))
    assert sorted(committed) == sorted(set(ids) - set(ids[broken]))


def test_an_outage_is_not_tried_document_by_document(
    account: StediSimulator, stedi: Stedi, watched: Watched
) -> None:
    answered(account, stedi, 11)
    account.faults.add(Answer(503), path="*/output-url", times=None)
    assert run(until_it_fails(TransactionSource(stedi), {})) == []
    assert len(set(watched.fetched)) == 6


def test_a_throttled_walk_stops_at_once(account: StediSimulator, stedi: Stedi, watched: Watched) -> None:
    ids = answered(account, stedi, 5)
    account.faults.add(Answer(429, retry_after=3_600), path=f"*/{ids[2]}/output-url", times=None)
    assert run(until_it_fails(TransactionSource(stedi), {})) == ids[:2]
    assert set(watched.fetched) == set(ids[:3])


NONSENSE = Answer(200, body=b"<html>", headers={"Content-Type": "text/html"})


def test_an_unreadable_document_is_given_up_after_a_while(account: StediSimulator, stedi: Stedi) -> None:
    ids = answered(account, stedi, 2)
    account.faults.add(NONSENSE, path=f"*/{ids[1]}/output-url", times=None)
    source = TransactionSource(stedi)
    assert run(until_it_fails(source, {})) == [ids[0], ids[2]]  # it may get better
    account.advance(stedi.profile.patience.total_seconds())
    seen, cursors = walked(source, Window())
    assert [each.event_id for each in seen] == [ids[0], ids[2], ids[1]]
    assert ids[1] in seen[2].reason
    assert "unreadable" in seen[2].reason
    assert "portal" in seen[2].remedy
    assert json.loads(seen[2].record)["transaction"] is None
    assert walked(source, Window(cursors=cursors))[0] == []


def test_when_everything_is_unreadable_nothing_is_given_up(account: StediSimulator, stedi: Stedi) -> None:
    answered(account, stedi, 3)
    account.advance(stedi.profile.patience.total_seconds())
    account.faults.add(NONSENSE, path="*/output-url", times=None)
    with pytest.raises(UnreadableAnswer):
        walked(TransactionSource(stedi), Window())


def test_a_webhook_whose_document_is_unreadable_is_given_up_after_a_while(
    account: StediSimulator, stedi: Stedi
) -> None:
    source = TransactionSource(stedi)
    (event,) = (each for each in told(account) if each.source == source.name)
    account.faults.add(NONSENSE, path="*/output-url", times=None)
    with pytest.raises(UnreadableAnswer):
        run(source.observe(event))
    account.advance(stedi.profile.patience.total_seconds())
    (seen,) = run(source.observe(event))
    assert seen.event_id in seen.reason


def test_a_document_that_stedi_refuses_is_dead_on_arrival(account: StediSimulator, stedi: Stedi) -> None:
    account.faults.add(Answer(400, body=b'{"message":"no"}'), path="*/output-url", times=None)
    (seen,), _ = walked(TransactionSource(stedi), Window())
    assert "no document" in seen.reason


def test_a_storage_that_is_not_allowed_is_a_setting(account: StediSimulator) -> None:
    profile = evolve(stedi_profile(), storage_hosts=())
    with Stedi(stedi_settings(account), clock=account.time, profile=profile) as stedi:
        body = b'{"documentDownloadUrl":"https://elsewhere.example/x"}'
        account.faults.add(
            Answer(200, body=body, headers={"Content-Type": "application/json"}), path="*/output-url"
        )
        with pytest.raises(ConfigurationError) as caught:
            walked(TransactionSource(stedi), Window())
    assert "storage_hosts" in caught.value.remedy


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


@pytest.mark.parametrize("cursors", [{"transactions": "yesterday"}, {"handed over": "{}"}])
def test_an_unreadable_cursor_is_named(stedi: Stedi, cursors: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(cursors))):
        TransactionSource(stedi).walk(Window(cursors=cursors))


def webhook_bodies(account: StediSimulator, shape: Any) -> list[bytes]:
    """The bodies of everything that Stedi has to tell, as it would post them in this shape."""
    subscription = account.webhook("http://127.0.0.1:9/", shape=shape, retries=())
    return [subscription.pack(notice) for notice in account._account.events.values()]


@pytest.mark.parametrize("shape", ["event+artifact", "event", "bare"])
def test_webhook_and_poll_meet_at_the_same_id(
    account: StediSimulator, stedi: Stedi, watched: Watched, shape: Any
) -> None:
    source = TransactionSource(stedi)
    hook = StediWebhook(secret=Secret("s"), header="x-key", sources={source.name: ("855",)})
    now = account.time.now()
    events = [
        event
        for body in webhook_bodies(account, shape)
        for event in hook.parse({"x-key": "s"}, body, received_at=now)
    ]
    assert {event.source for event in events} == {source.name}
    observed = [seen for event in events for seen in run(source.observe(event))]
    assert (watched.fetched == []) is (shape == "event+artifact")
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
