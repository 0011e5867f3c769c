"""What a person asks for and does not get, because it would double a document or set its partner back."""

from __future__ import annotations

import pytest
from attrs import evolve

from mlconnector_sdk.errors import DocumentError, RequestRefused
from mlconnector_sdk.flow import Pipeline, Send
from mlconnector_sdk.records import Entry, State
from mlconnector_sdk.testing.clock import VirtualClock

from .fakes import Answers, Orders, Outbox, edit_order

HOUR = 3600.0


@pytest.fixture
def live(live: Pipeline) -> Pipeline:
    live.flows["orders"] = evolve(live.flows["orders"], map=edit_order)
    return live


def line(pipeline: Pipeline, number: str = "PO-1") -> list[Entry]:
    return [entry for entry in pipeline.trail(number).entries if entry.flow == "orders"]


def test_an_answer_that_may_have_arrived_is_not_tried_again(
    live: Pipeline, answers: Answers, erp: Outbox, clock: VirtualClock
) -> None:
    """Answers are events: nothing else in their line says that this one is open."""
    answers.happened["t-1"] = "PO-1"
    erp.loses_answer = True
    live.run()
    clock.advance(HOUR)
    live.run()
    (letter,) = live.dead_letters()
    assert letter.outcome_unknown
    for act in (live.retry, live.remap):
        with pytest.raises(DocumentError, match="may have arrived"):
            act(letter.id)
    live.run()
    assert len(erp.sent) == 1


def test_a_held_edit_is_not_tried_again_after_a_newer_one_went_by_other_means(
    live: Pipeline, orders: Orders, outbox: Outbox
) -> None:
    orders.put("PO-1", "hold")
    live.run()
    live.pause("ACME", by="Kim", reason="stock taking")
    orders.put("PO-1", "B")
    live.run()
    held, newer = line(live)
    assert (held.state, newer.state) == (State.HELD, State.PENDING)
    live.settle(newer.id, arrived=True, by="Kim", reason="told by telephone")
    live.resume("ACME", by="Kim")
    with pytest.raises(DocumentError, match="would set the partner back"):
        live.retry(held.id)
    live.run()
    assert outbox.sent == []


def test_other_bytes_go_under_another_key(live: Pipeline, orders: Orders, outbox: Outbox) -> None:
    """The vendor may remember the first key together with the bytes that it has refused."""
    orders.put("PO-1", "A")
    outbox.fails = lambda entry: RequestRefused("the price is missing")
    live.run()
    (refused,) = live.dead_letters()
    outbox.fails = lambda entry: None
    live.flows["orders"] = evolve(live.flows["orders"], map=lambda entry, standing: Send(payload=b"mended"))
    live.remap("PO-1")
    live.run()
    (taken,) = line(live)
    assert refused.payload != taken.payload == b"mended"
    assert "" != refused.idempotency_key != taken.idempotency_key != ""
    assert list(outbox.by_key) == [taken.idempotency_key]
