"""Stored webhooks that resist: one of them holds up no other, and never the poll."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from mlconnector_sdk.errors import AuthenticationFailed, ConfigurationError, ConnectorError, VendorUnavailable
from mlconnector_sdk.flow import Observation, Pipeline
from mlconnector_sdk.ports import Store
from mlconnector_sdk.records import Event, State
from mlconnector_sdk.storage.memory import MemoryStore
from mlconnector_sdk.testing.clock import VirtualClock

from .fakes import Answers, Outbox, answer_flow


class Resisting(Answers):
    """`stuck` events cannot be fetched; `puzzling` ones meet a bug."""

    def __init__(self) -> None:
        super().__init__()
        self.stuck: dict[str, ConnectorError] = {}
        self.tried: list[str] = []

    async def observe(self, event: Event) -> Sequence[Observation]:
        self.tried.append(event.event_id)
        if event.event_id in self.stuck:
            raise self.stuck[event.event_id]
        if event.body == b"puzzling":
            raise KeyError("detail")
        return await super().observe(event)


class Office:
    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.store = MemoryStore()
        self.answers, self.erp = Resisting(), Outbox()
        flow = answer_flow(self.answers, self.erp)
        self.sync = Pipeline("office", [flow], store=self.store, clock=self.clock)
        self.sync.baseline()

    def receive(self, event_id: str, *, body: str = "", stuck: ConnectorError | None = None) -> None:
        if not body:
            self.answers.happened[event_id] = "PO-1"
        if stuck is not None:
            self.answers.stuck[event_id] = stuck
        self.sync.receive(
            Event(
                source="edi.answers",
                event_id=event_id,
                body=(body or event_id).encode(),
                received_at=self.clock.now(),
            )
        )

    @property
    def waiting(self) -> list[str]:
        return [event.event_id for event in self.store.pending_events("edi.answers", limit=1000)]


@pytest.fixture
def office() -> Office:
    return Office()


def broken() -> VendorUnavailable:
    return VendorUnavailable("500 for this document, for ever")


def test_an_event_that_can_never_be_fetched_holds_up_neither_the_others_nor_the_poll(office: Office) -> None:
    office.receive("e-1", stuck=broken())
    office.receive("e-2")
    del office.answers.happened["e-1"]
    office.answers.happened["polled"] = "PO-2"
    report = office.sync.run()
    assert sorted(number for number, _ in office.erp.sent) == ["PO-1", "PO-2"]
    assert office.waiting == ["e-1"], "it stays, and is tried again"
    assert "for ever" in str(report), "and it is said"
    office.answers.stuck.clear()
    office.answers.happened["e-1"] = "PO-3"
    assert office.sync.run().ok
    assert office.waiting == []


def test_when_nothing_can_be_fetched_the_vendor_is_left_alone(office: Office) -> None:
    for number in range(300):
        office.receive(f"e-{number:03}", stuck=broken())
    office.sync.run()
    assert len(office.answers.tried) == 3
    assert len(office.waiting) == 300


def test_a_refused_password_is_tried_once(office: Office) -> None:
    for number in range(5):
        office.receive(f"e-{number}", stuck=AuthenticationFailed("refused"))
    office.sync.run()
    assert len(office.answers.tried) == 1


def test_single_ones_between_good_ones_are_all_passed(office: Office) -> None:
    for number in range(250):
        office.receive(f"e-{number:03}", stuck=broken() if number % 2 == 0 else None)
    office.answers.happened = {
        key: number for key, number in office.answers.happened.items() if int(key[2:]) % 2
    }
    office.sync.run()
    assert len(office.erp.sent) == 125
    assert len(office.answers.tried) == 250, "each once"


def test_a_bug_on_one_event_is_a_dead_letter_of_that_event(office: Office) -> None:
    office.receive("e-1", body="puzzling")
    office.receive("e-2")
    office.sync.run()
    assert len(office.erp.sent) == 1
    (letter,) = office.sync.dead_letters()
    assert "KeyError: 'detail'" in letter.reason
    assert office.waiting == []


def test_stopping_ends_a_long_inbox_at_the_next_event(office: Office) -> None:
    from datetime import timedelta

    from mlconnector_sdk.flow import Every

    for number in range(50):
        office.receive(f"e-{number:02}")
    office.sync.run_every(Every(timedelta(minutes=1)), until=lambda: len(office.answers.tried) >= 7)
    assert len(office.answers.tried) == 7
    assert len(office.waiting) == 43


def test_preview_shows_what_cannot_be_read(office: Office) -> None:
    office.receive("e-1", body="puzzling")
    office.receive("e-2", body="rubbish")
    office.receive("e-3")
    assert [item.action for item in office.sync.preview().items] == ["dead letter", "dead letter", "send"]
    assert len(office.waiting) == 3
    assert office.store.find() == []


def test_two_flows_that_would_share_an_inbox_are_refused(store: Store, clock: VirtualClock) -> None:
    from attrs import evolve

    flow = answer_flow(Answers(), Outbox())
    with pytest.raises(ConfigurationError, match=r"edi\.answers"):
        Pipeline("twins", [flow, evolve(flow, name="other")], store=store, clock=clock)


def test_what_begins_dead_is_told_even_if_the_next_moment_is_the_last(office: Office) -> None:
    """See `Witness` for the general rule; here is the line itself."""
    office.receive("e-1", body="rubbish")
    office.sync.run()
    (letter,) = office.sync.dead_letters()
    (line,) = office.store.audit.read(entry_id=letter.id)
    assert (line.kind, letter.state) == ("observed", State.DEAD)
    assert "this event is rubbish" in line.text
