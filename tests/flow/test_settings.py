"""Files that change while a pipeline lives; contents whose time is over."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve

from mlconnector_sdk.errors import ConfigurationError, DocumentError, Premature
from mlconnector_sdk.flow import Hold, Mapped, Pipeline, Send, Standing
from mlconnector_sdk.records import Entry, State
from mlconnector_sdk.testing.clock import VirtualClock

from .fakes import Answers, Orders, Outbox, edit_order

HOUR = 3600.0


class Files:
    """Settings as a book of partner files has them."""

    def __init__(self) -> None:
        self.unit = "EA"
        self.written = "EA"
        self.error: ConfigurationError | None = None

    def reload(self) -> str:
        if self.error is not None:
            raise self.error
        before, self.unit = self.unit, self.written
        return "" if before == self.unit else f"unit: {before} -> {self.unit}"

    def reload_if_changed(self) -> str:
        return self.reload()


@pytest.fixture
def files(live: Pipeline) -> Files:
    files = Files()
    live.settings = files
    live.flows["orders"] = evolve(
        live.flows["orders"], map=lambda entry, standing: Send(payload=files.unit.encode())
    )
    return files


def settings_lines(pipeline: Pipeline) -> list[str]:
    lines = pipeline.audit.read()
    return [f"{line.kind}: {line.text}" for line in lines if line.kind.startswith("settings")]  # type: ignore[union-attr]


def test_an_edited_file_counts_from_the_next_run_on_and_the_difference_is_told(
    live: Pipeline, files: Files, orders: Orders, outbox: Outbox
) -> None:
    files.written = "PC"
    orders.put("PO-1", "A")
    live.run()
    assert outbox.sent == [("PO-1", b"PC")]
    assert settings_lines(live) == ["settings: the settings have changed:\nunit: EA -> PC"]
    live.run()
    assert len(settings_lines(live)) == 1


def test_a_file_that_cannot_be_used_is_told_and_stops_nothing(
    live: Pipeline, files: Files, orders: Orders, outbox: Outbox
) -> None:
    files.error = ConfigurationError("partners.toml line 9: nobody knows the key", path="partners.ACME.x")
    orders.put("PO-1", "A")
    live.run()
    assert outbox.sent == [("PO-1", b"EA")]
    (line,) = settings_lines(live)
    assert "settings refused: partners.toml line 9" in line
    with pytest.raises(ConfigurationError, match="line 9"):
        live.reload()


def test_a_reload_by_hand_shows_the_difference(live: Pipeline, files: Files) -> None:
    files.written = "PC"
    assert str(live.reload()) == "unit: EA -> PC"
    assert not live.reload()


def test_a_pipeline_without_settings_has_nothing_to_reload(live: Pipeline) -> None:
    assert live.reload() is None


# -- too early -----------------------------------------------------------------------------------------


def test_a_mapping_may_ask_for_time_and_no_attempt_is_counted(
    live: Pipeline, orders: Orders, outbox: Outbox, clock: VirtualClock
) -> None:
    from_now = clock.now() + timedelta(hours=1)

    def early(entry: Entry, standing: Standing) -> Mapped:
        if clock.now() < from_now:
            raise Premature("its contract is not there yet", not_before=from_now)
        return Send(payload=b"now")

    live.flows["orders"] = evolve(live.flows["orders"], map=early)
    orders.put("PO-1", "A")
    orders.put("PO-2", "A")
    live.run()
    waiting = live.store.find(flow="orders")
    assert {(entry.state, entry.attempts, entry.reason) for entry in waiting} == {  # type: ignore[union-attr]
        (State.PENDING, 0, "its contract is not there yet")
    }
    clock.advance(HOUR)
    live.run()
    assert len(outbox.sent) == 2


def test_a_sink_may_ask_for_time_for_one_document(
    live: Pipeline, orders: Orders, outbox: Outbox, clock: VirtualClock
) -> None:
    until = clock.now() + timedelta(hours=1)
    outbox.fails = lambda entry: (
        Premature("the shipper is not there yet", not_before=until)
        if entry.number == "PO-1" and clock.now() < until
        else None
    )
    orders.put("PO-1", "A")
    orders.put("PO-2", "A")
    live.run()
    assert [number for number, _ in outbox.sent] == ["PO-2"]
    clock.advance(HOUR)
    live.run()
    assert [number for number, _ in outbox.sent] == ["PO-2", "PO-1"]
    assert {entry.attempts for entry in live.store.find(flow="orders")} == {1}  # type: ignore[union-attr]


# -- purge ---------------------------------------------------------------------------------------------


def test_what_documents_said_is_forgotten_and_that_they_were_there_is_not(
    live: Pipeline, orders: Orders, answers: Answers, outbox: Outbox, clock: VirtualClock
) -> None:
    live.flows["orders"] = evolve(live.flows["orders"], map=edit_order)
    orders.put("PO-1", "A")
    orders.put("PO-2", "hold")
    answers.happened["t-1"] = "PO-1"
    live.run()
    clock.advance(40 * 24 * HOUR)
    purged = live.purge(timedelta(days=30))
    assert purged.entries == 2
    kept = {entry.number: entry for entry in live.store.find(flow="orders")}  # type: ignore[union-attr]
    gone, held = kept["PO-1"], kept["PO-2"]
    assert (gone.record, gone.payload, gone.document) == (b"", None, None)
    assert gone.purged_at is not None
    assert held.record and held.purged_at is None, "what waits for a person is kept"
    assert [line.kind for line in live.trail("PO-1").events].count("accepted") == 2
    live.run()
    assert len(outbox.sent) == 1, "a purged order is not taken for new"
    assert not live.purge(timedelta(days=30)).entries


def test_what_was_purged_is_not_resent(live: Pipeline, orders: Orders, clock: VirtualClock) -> None:
    orders.put("PO-1", "A")
    live.run()
    clock.advance(40 * 24 * HOUR)
    live.purge(timedelta(days=30))
    with pytest.raises(DocumentError, match="not kept any more"):
        live.resend("PO-1", by="Kim", reason="lost")


def test_a_hold_keeps_what_it_would_have_told(live: Pipeline, orders: Orders) -> None:
    hold = Hold(reason="too late", remedy="call", document=b"the order as it would be")
    live.flows["orders"] = evolve(live.flows["orders"], map=lambda entry, standing: hold)
    orders.put("PO-1", "A")
    live.run()
    (letter,) = live.dead_letters()
    assert letter.document == b"the order as it would be"
