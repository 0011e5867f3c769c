"""Sending to a partner: once per key, and found again when nobody knows."""

from __future__ import annotations

import json
from datetime import timedelta

import httpx
import pytest
from attrs import evolve

from mlconnector_sdk.adapters.stedi import Stedi, TransactionSink
from mlconnector_sdk.adapters.stedi.convert import change_payload, invoice_payload, order_payload
from mlconnector_sdk.dual import run
from mlconnector_sdk.errors import (
    AuthenticationFailed,
    InvalidDocument,
    NotFound,
    Reached,
    RequestRefused,
    Scope,
    VendorUnavailable,
)
from mlconnector_sdk.flow.sink import Absent, Found, IfAbsent, NotYet
from mlconnector_sdk.simulators import Answer, LoseAnswer, StediSimulator
from tests.adapters.conftest import stedi_settings
from tests.adapters.stedi.orders import CHANGE, INVOICE, ORDER, ROUTE, entry, payload


@pytest.fixture
def account(stedi_simulator: StediSimulator) -> StediSimulator:
    stedi_simulator.add_partnership("us_acme", sender="us", receiver="acme")
    return stedi_simulator


def test_an_order_is_sent_under_its_key(account: StediSimulator, stedi: Stedi) -> None:
    result = run(TransactionSink(stedi).send(entry()))
    (sent,) = account.sent
    assert (sent.number, sent.key) == ("PO-7731", "key-1")
    assert result.references == {"execution": sent.execution_id, "file": sent.filename}
    assert sent.filename in result.summary
    assert "*PO-7731*" in sent.x12


@pytest.mark.parametrize(
    ("kind", "number", "bytes_to_send"),
    [
        ("860", "PO-7731", change_payload(CHANGE, ROUTE, sequence=2)),
        ("810", "INV-1", invoice_payload(INVOICE, ROUTE, sequence=1)),
    ],
)
def test_changes_and_invoices_are_sent_as_what_they_are(
    account: StediSimulator, stedi: Stedi, kind: str, number: str, bytes_to_send: bytes
) -> None:
    result = run(TransactionSink(stedi).send(entry(kind=kind, number=number, payload=bytes_to_send)))
    (sent,) = account.sent
    assert (sent.set_id, sent.number) == (kind, number)
    assert result.references == {"execution": sent.execution_id, "file": sent.filename}
    assert result.summary.startswith(f"{kind} {number} went to us_acme as {kind}-{number}-")


def test_an_order_and_its_changes_are_told_apart(account: StediSimulator, stedi: Stedi) -> None:
    sink = TransactionSink(stedi)
    documents = [
        payload(),
        change_payload(CHANGE, ROUTE, sequence=2),
        change_payload(evolve(CHANGE, change_sequence=2), ROUTE, sequence=3),
    ]
    entries = [
        entry(kind="850" if index == 0 else "860", payload=each, idempotency_key=f"key-{index}")
        for index, each in enumerate(documents)
    ]
    for each in entries[:2]:
        run(sink.send(each))
    account.advance(600)
    for each, sent in zip(entries[:2], account.sent, strict=True):
        found = run(sink.find(each))
        assert isinstance(found, Found)
        assert found.references["execution"] == sent.execution_id
    assert run(sink.find(entries[2])) == Absent()


@pytest.mark.parametrize("listed_under", [(), ("PO-7731",)])
def test_a_document_is_found_whatever_number_stedi_lists_it_under(
    account: StediSimulator, stedi: Stedi, listed_under: tuple[str, ...]
) -> None:
    sink = TransactionSink(stedi)
    invoice = entry(kind="810", number="INV-1", payload=invoice_payload(INVOICE, ROUTE, sequence=1))
    run(sink.send(invoice))
    account.advance(600)
    transaction = account.transactions[0]
    transaction.identifiers = tuple(
        evolve(transaction.identifiers[0], value=number) for number in listed_under
    )
    assert isinstance(run(sink.find(invoice)), Found)


def test_a_repeat_arrives_once(account: StediSimulator, stedi: Stedi) -> None:
    sink = TransactionSink(stedi)
    assert run(sink.send(entry())).references == run(sink.send(entry())).references
    assert len(account.sent) == 1


def test_a_lost_answer_is_asked_for_again_with_the_same_key(account: StediSimulator, stedi: Stedi) -> None:
    account.faults.add(LoseAnswer(), method="POST")
    run(TransactionSink(stedi).send(entry()))
    assert len(account.sent) == 1


def test_an_outage_after_it_left_leaves_the_outcome_open(account: StediSimulator, stedi: Stedi) -> None:
    account.faults.add(LoseAnswer(), method="POST", times=None)
    sink = TransactionSink(stedi)
    with pytest.raises(VendorUnavailable) as caught:
        run(sink.send(entry()))
    assert caught.value.reached is Reached.MAYBE
    account.advance(600)
    found = run(sink.find(entry()))
    assert isinstance(found, Found)
    (sent,) = account.sent
    assert found.references == {
        "transaction": sent.transaction_id,
        "execution": sent.execution_id,
        "file": sent.filename,
        "group": f"us_acme/{sent.control_number}",
        "control": f"us_acme/{sent.control_number}/1",
    }


def test_what_never_arrived_is_absent_once_it_would_be_listed(account: StediSimulator, stedi: Stedi) -> None:
    sink = TransactionSink(stedi)
    assert run(sink.find(entry())) == NotYet()
    account.advance(sink.on_unknown.settle.total_seconds())
    assert run(sink.find(entry())) == Absent()


def test_a_file_in_progress_is_waited_for(account: StediSimulator, stedi: Stedi) -> None:
    sink = TransactionSink(stedi)
    run(sink.send(entry()))
    account.executions[0].status = "IN_PROGRESS"
    account._account.transactions.clear()
    account.advance(600)
    assert run(sink.find(entry())) == NotYet()
    account.executions[0].status = "FAILED"
    assert run(sink.find(entry())) == Absent()


def test_another_document_of_the_same_number_is_not_taken_for_ours(
    account: StediSimulator, stedi: Stedi
) -> None:
    account.add_partnership("other", sender="us", receiver="other")
    sink = TransactionSink(stedi)
    run(sink.send(entry()))
    account.advance(600)
    changed = payload(evolve(ORDER, currency="EUR"))
    assert run(sink.find(entry(payload=changed))) == Absent()
    elsewhere = order_payload(
        ORDER, evolve(ROUTE, partnership="other", settings={"850": "other-850"}), sequence=1
    )
    assert run(sink.find(entry(payload=elsewhere))) == Absent()
    later = account.time.now()
    account.advance(600)
    assert run(sink.find(entry(first_sent_at=later))) == Absent()
    assert isinstance(run(sink.find(entry())), Found)


class DeafToFilters(httpx.HTTPTransport):
    """Lets no filter through to the vendor but the number."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        for name in ("partnershipId", "direction", "from"):
            request.url = request.url.copy_remove_param(name)
        return super().handle_request(request)


def test_an_ignored_filter_leads_to_no_other_document(account: StediSimulator) -> None:
    account.add_partnership("other", sender="us", receiver="other")
    account.supplier("us_acme").answers("accept")
    with Stedi(stedi_settings(account), clock=account.time, transport=DeafToFilters()) as stedi:
        sink = TransactionSink(stedi)
        run(sink.send(entry()))
        account.advance(600)
        elsewhere = evolve(ROUTE, partnership="other")
        assert run(sink.find(entry(payload=order_payload(ORDER, elsewhere, sequence=1)))) == Absent()
        assert run(sink.find(entry(first_sent_at=account.time.now()))) == NotYet()
        assert isinstance(run(sink.find(entry())), Found)


def test_the_frozen_bytes_are_what_is_posted(account: StediSimulator) -> None:
    posted: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        posted.append(request)
        return httpx.Response(200, json={"fileExecutionId": "e-1"})

    body = b'{ "filename":"x.edi","transaction":{"b":1.50,"a":1e2} }'
    frozen = b'{"partnership":"p","setting":"s","body":%s}' % body
    with Stedi(stedi_settings(account), transport=httpx.MockTransport(answer)) as stedi:
        run(TransactionSink(stedi).send(entry(payload=frozen)))
    (request,) = posted
    assert request.content == body
    assert request.url.path.endswith("/partnerships/p/transactions/s")
    assert request.headers["idempotency-key"] == "key-1"


def test_the_document_may_have_gained_what_we_left_out(account: StediSimulator, stedi: Stedi) -> None:
    sink = TransactionSink(stedi)
    run(sink.send(entry()))
    account.advance(600)
    posted = json.loads(account.transactions[0].input)
    posted["summary"]["transaction_set_trailer_SE"] = {"number_of_included_segments_01": 8}
    account.transactions[0].input = json.dumps(posted).encode()
    assert isinstance(run(sink.find(entry())), Found)
    posted["detail"]["baseline_item_data_PO1_loop"].append({})
    account.transactions[0].input = json.dumps(posted).encode()
    assert run(sink.find(entry())) == Absent()


@pytest.mark.parametrize("content", [b"", b"ISA*00*", b"[]"])
def test_what_cannot_be_compared_goes_before_a_person(
    account: StediSimulator, stedi: Stedi, content: bytes
) -> None:
    sink = TransactionSink(stedi)
    run(sink.send(entry()))
    account.transactions[0].input = content
    with pytest.raises(InvalidDocument, match="cannot be compared") as caught:
        run(sink.find(entry()))
    assert caught.value.scope is Scope.DOCUMENT
    assert "portal" in caught.value.remedy


def test_another_document_that_cannot_be_compared_is_no_obstacle(
    account: StediSimulator, stedi: Stedi
) -> None:
    sink = TransactionSink(stedi)
    run(sink.send(entry()))
    account.transactions[0].input = b""
    other = payload(evolve(ORDER, number="PO-1"))
    account.advance(600)
    assert run(sink.find(entry(number="PO-1", payload=other))) == Absent()


def test_an_outage_while_looking_is_no_answer(account: StediSimulator, stedi: Stedi) -> None:
    account.faults.add(Answer(503), times=None)
    with pytest.raises(VendorUnavailable):
        run(TransactionSink(stedi).find(entry()))


def test_a_key_used_for_other_bytes_is_never_sent_again(account: StediSimulator, stedi: Stedi) -> None:
    sink = TransactionSink(stedi)
    run(sink.send(entry()))
    with pytest.raises(RequestRefused) as caught:
        run(sink.send(entry(payload=payload(sequence=2))))
    assert caught.value.scope is Scope.DOCUMENT
    assert len(account.sent) == 1


def test_an_unknown_partnership_names_both_ids(account: StediSimulator, stedi: Stedi) -> None:
    lost = order_payload(ORDER, evolve(ROUTE, partnership="nobody"), sequence=1)
    with pytest.raises(NotFound) as caught:
        run(TransactionSink(stedi).send(entry(payload=lost)))
    assert "nobody" in caught.value.remedy
    assert "us_acme-850" in caught.value.remedy


def test_a_document_that_was_not_mapped(stedi: Stedi) -> None:
    sink = TransactionSink(stedi)
    for call in (sink.send(entry(payload=None)), sink.send(entry(payload=b"{}"))):
        with pytest.raises(InvalidDocument) as caught:
            run(call)
        assert "remap" in caught.value.remedy


def test_the_policy_stays_within_what_stedi_promises(stedi: Stedi) -> None:
    sink = TransactionSink(stedi)
    assert sink.on_unknown.same_key_for < timedelta(hours=24)
    assert sink.on_unknown.if_absent is IfAbsent.SEND
    assert sink.timeout >= timedelta(seconds=stedi.profile.deadline)


def test_ready_sends_nothing(account: StediSimulator, stedi: Stedi) -> None:
    run(TransactionSink(stedi).ready())
    assert account.requests == []


def test_a_revoked_key_stops_the_flow(account: StediSimulator, stedi: Stedi) -> None:
    account.revoke_key(account.api_key)
    with pytest.raises(AuthenticationFailed) as caught:
        run(TransactionSink(stedi).send(entry()))
    assert (caught.value.scope, caught.value.reached) == (Scope.FLOW, Reached.NO)
