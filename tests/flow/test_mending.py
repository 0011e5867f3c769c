"""What people do with documents: each act does what it says, and refuses what could double or set back."""

from __future__ import annotations

import json

import pytest
from attrs import evolve

from mlconnector_sdk.dual import run
from mlconnector_sdk.errors import ConfigurationError, DocumentError, RequestRefused
from mlconnector_sdk.flow import Pipeline
from mlconnector_sdk.flow.mend import Mending
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


def states(pipeline: Pipeline, number: str = "PO-1") -> list[State]:
    return [entry.state for entry in line(pipeline, number)]


def sent(outbox: Outbox) -> list[dict[str, str]]:
    return [json.loads(payload) for _, payload in outbox.sent]


def rejected(live: Pipeline, entry: Entry) -> None:
    live.settle(entry.id, arrived=False, by="Kim", reason="the supplier has never seen it")


# -- edits ---------------------------------------------------------------------------------------------


def test_there_and_back_again_are_three_documents(live: Pipeline, orders: Orders, outbox: Outbox) -> None:
    for content in "ABA":
        orders.put("PO-1", content)
        live.run()
    live.run()
    assert [next(iter(each.items())) for each in sent(outbox)] == [("850", "A"), ("860", "B"), ("860", "A")]
    assert [entry.kind for entry in line(live)] == ["850", "860", "860"]


def test_accepted_says_what_the_partner_has(live: Pipeline, orders: Orders, outbox: Outbox) -> None:
    orders.put("PO-1", "A")
    live.run()
    orders.put("PO-1", "B")
    outbox.fails = lambda entry: RequestRefused("no such line")
    live.run()
    (accepted,) = live.accepted("PO-1")
    assert (accepted.document, accepted.sequence) == (b"A", 1)


def test_an_order_that_changes_its_partner_is_taken_from_the_old_one(
    live: Pipeline, orders: Orders, outbox: Outbox
) -> None:
    orders.put("PO-1", "A")
    live.run()
    orders.put("PO-1", "A", partner="BOLT")
    live.run()
    orders.put("PO-1", "B", partner="BOLT")
    live.run()
    assert sorted((each["to"], each.get("860") or each["850"]) for each in sent(outbox)) == [
        ("ACME", "A"),
        ("ACME", "cancelled"),
        ("BOLT", "A"),
        ("BOLT", "B"),
    ]
    orders.put("PO-1", "B")
    live.run()
    live.run()
    assert sorted((each["to"], each.get("860") or each["850"]) for each in sent(outbox)[4:]) == [
        ("ACME", "B"),
        ("BOLT", "cancelled"),
    ]


def test_a_hidden_partner_takes_nothing_from_anybody(live: Pipeline, orders: Orders, outbox: Outbox) -> None:
    orders.put("PO-1", "A")
    live.run()
    orders.put("PO-1", "A", partner="")
    live.run()
    assert not [each for each in sent(outbox) if each.get("860") == "cancelled"]


def test_a_preview_shows_who_would_be_told(live: Pipeline, orders: Orders) -> None:
    orders.put("PO-1", "A")
    live.run()
    orders.put("PO-1", "A", partner="BOLT")
    shown = live.preview()
    assert {(item.partner, item.kind, item.action) for item in shown.items} == {
        ("BOLT", "850", "send"),
        ("ACME", "860", "send"),
    }


# -- resend --------------------------------------------------------------------------------------------


def test_a_deliberate_duplicate_goes_once_more_and_is_marked(
    live: Pipeline, orders: Orders, outbox: Outbox
) -> None:
    orders.put("PO-1", "A")
    live.run()
    live.resend("PO-1", by="Kim", reason="the supplier lost it")
    live.run()
    assert sent(outbox) == [{"850": "A", "to": "ACME", "from": None}] * 2
    assert len(outbox.by_key) == 2, "another key, or the vendor would take it for a repeat"
    first, again = line(live)
    assert (again.parent, again.deliberate, again.document) == (first.id, True, b"A")
    assert "Kim has it sent again knowingly: the supplier lost it" in str(live.trail("PO-1"))
    live.run()
    assert len(outbox.sent) == 2


def test_an_edit_after_a_duplicate_is_a_change_of_it(live: Pipeline, orders: Orders, outbox: Outbox) -> None:
    orders.put("PO-1", "A")
    live.run()
    live.resend("PO-1", by="Kim", reason="lost")
    orders.put("PO-1", "B")
    live.run()
    assert [next(iter(each)) for each in sent(outbox)] in (["850", "860"], ["850", "850", "860"])


def test_an_order_is_not_sent_again_after_its_change(live: Pipeline, orders: Orders) -> None:
    orders.put("PO-1", "A")
    live.run()
    orders.put("PO-1", "B")
    live.run()
    with pytest.raises(DocumentError, match="set the partner back"):
        live.resend(line(live)[0].id, by="Kim", reason="lost")


def test_an_order_is_not_sent_again_while_its_change_waits(
    live: Pipeline, orders: Orders, outbox: Outbox
) -> None:
    orders.put("PO-1", "A")
    live.run()
    live.pause("ACME", by="Kim", reason="stock taking")
    orders.put("PO-1", "B")
    live.run()
    with pytest.raises(DocumentError, match="is newer and is pending"):
        live.resend(line(live)[0].id, by="Kim", reason="lost")


@pytest.mark.parametrize(("by", "reason"), [("", "lost"), ("Kim", " ")])
def test_a_duplicate_needs_a_name_and_a_reason(live: Pipeline, by: str, reason: str) -> None:
    with pytest.raises(ConfigurationError, match="is empty"):
        live.resend("PO-1", by=by, reason=reason)


def test_what_was_never_taken_is_not_resent(live: Pipeline, orders: Orders, outbox: Outbox) -> None:
    outbox.fails = lambda entry: RequestRefused("no")
    orders.put("PO-1", "A")
    live.run()
    with pytest.raises(DocumentError, match="was taken by its vendor"):
        live.resend("PO-1", by="Kim", reason="lost")


def test_of_several_documents_the_person_says_which(live: Pipeline, orders: Orders, answers: Answers) -> None:
    orders.put("PO-1", "A")
    answers.happened["t-1"] = "PO-1"
    live.run()
    with pytest.raises(DocumentError, match="several documents were sent"):
        live.resend("PO-1", by="Kim", reason="lost")


# -- remap ---------------------------------------------------------------------------------------------


def test_a_dry_run_shows_the_difference_and_changes_nothing(
    live: Pipeline, orders: Orders, outbox: Outbox
) -> None:
    orders.put("PO-1", "A")
    outbox.fails = lambda entry: RequestRefused("no such unit")
    live.run()
    usual = live.flows["orders"].map
    live.flows["orders"] = evolve(
        live.flows["orders"],
        map=lambda entry, standing: evolve(usual(entry, standing), payload=b'{"850":"mended"}'),  # type: ignore[misc]
    )
    (shown,) = live.remap("PO-1", dry_run=True)
    assert '-  "850": "A"' in str(shown)
    assert '+  "850": "mended"' in str(shown)
    assert states(live) == [State.DEAD]
    outbox.fails = lambda entry: None
    live.remap("PO-1")
    live.run()
    assert outbox.sent == [("PO-1", b'{"850":"mended"}')]


def test_a_rejected_document_goes_as_a_new_one_after_a_remap(
    live: Pipeline, orders: Orders, outbox: Outbox
) -> None:
    orders.put("PO-1", "A")
    live.run()
    rejected(live, line(live)[0])
    with pytest.raises(DocumentError, match="under the same key"):
        live.retry("PO-1")
    live.remap("PO-1")
    live.run()
    assert [next(iter(each)) for each in sent(outbox)] == ["850", "850 again"]
    assert len(outbox.by_key) == 2
    assert states(live) == [State.SUPERSEDED, State.ACCEPTED]
    assert live.dead_letters() == []


def test_a_correction_in_the_source_frees_a_rejected_number_by_itself(
    live: Pipeline, orders: Orders, outbox: Outbox
) -> None:
    orders.put("PO-1", "A")
    live.run()
    rejected(live, line(live)[0])
    orders.put("PO-1", "B")
    live.run()
    assert [next(iter(each)) for each in sent(outbox)] == ["850", "850 again"]
    assert states(live) == [State.SUPERSEDED, State.ACCEPTED]


def test_a_rejected_change_leaves_the_order_as_the_partner_has_it(
    live: Pipeline, orders: Orders, outbox: Outbox
) -> None:
    for content in "AB":
        orders.put("PO-1", content)
        live.run()
    rejected(live, line(live)[1])
    orders.put("PO-1", "C")
    live.run()
    assert sent(outbox)[-1] == {"860 again": "C", "to": "ACME", "from": "A"}


def test_nothing_is_mapped_anew_while_an_older_outcome_is_open(
    live: Pipeline, orders: Orders, outbox: Outbox, clock: VirtualClock
) -> None:
    outbox.loses_answer = True
    orders.put("PO-1", "A")
    live.run()
    clock.advance(HOUR)
    live.run()  # nobody can say whether it arrived
    orders.put("PO-1", "hold")
    live.run()
    (letter,) = live.dead_letters()
    for act in (live.retry, live.remap):
        with pytest.raises(DocumentError, match="may have arrived"):
            act("PO-1")
    with pytest.raises(DocumentError, match="may have arrived"):
        live.dismiss("PO-1", by="Kim", reason="never mind")
    live.settle(letter.id, arrived=True, by="Kim", reason="seen in the portal")
    live.run()
    assert states(live) == [State.ACCEPTED, State.HELD]


# -- settle and dismiss --------------------------------------------------------------------------------


def test_a_held_edit_that_was_told_by_telephone_counts_as_accepted(
    live: Pipeline, orders: Orders, outbox: Outbox
) -> None:
    orders.put("PO-1", "A")
    live.run()
    orders.put("PO-1", "hold")
    live.run()
    (letter,) = live.dead_letters()
    live.settle(letter.id, arrived=True, by="Kim", reason="agreed by telephone")
    orders.put("PO-1", "B")
    live.run()
    assert sent(outbox)[-1] == {"860": "B", "to": "ACME", "from": "hold"}
    assert live.dead_letters() == []


def test_what_is_dismissed_is_not_asked_again_and_not_sent(
    live: Pipeline, orders: Orders, outbox: Outbox
) -> None:
    orders.put("PO-1", "A")
    live.run()
    orders.put("PO-1", "hold")
    live.run()
    live.dismiss("PO-1", by="Kim", reason="the buyer takes it back")
    live.run()
    assert states(live) == [State.ACCEPTED, State.DISMISSED]
    assert live.dead_letters() == []
    assert len(outbox.sent) == 1
    orders.put("PO-1", "B")
    live.run()
    assert sent(outbox)[-1] == {"860": "B", "to": "ACME", "from": "A"}


def test_an_answer_that_changes_nothing_is_refused(live: Pipeline, orders: Orders) -> None:
    orders.put("PO-1", "A")
    live.run()
    with pytest.raises(DocumentError, match="does not wait for the answer"):
        live.settle(line(live)[0].id, arrived=True, by="Kim", reason="seen")


def test_what_a_worker_is_sending_is_not_settled(
    live: Pipeline, orders: Orders, outbox: Outbox, clock: VirtualClock
) -> None:
    """A person who says "it did not arrive" at that moment would have it sent twice."""
    tried: list[str] = []

    def impatient(entry: Entry) -> None:
        tried.append(entry.id)
        with pytest.raises(DocumentError, match="does not wait for the answer"):
            live.settle(entry.id, arrived=False, by="Kim", reason="not in the portal")

    outbox.fails = impatient
    orders.put("PO-1", "A")
    live.run()
    assert len(tried) == 1
    assert len(outbox.sent) == 1


def test_a_store_of_several_pipelines_is_mended_by_each_its_own(live: Pipeline, orders: Orders) -> None:
    orders.put("PO-1", "hold")
    live.run()
    other = Mending(store=live.store, journal=live._journal, flows={})
    assert [letter.number for letter in live.dead_letters()] == ["PO-1"]
    with pytest.raises(DocumentError, match="waits for a person"):
        run(other.dismiss("PO-1", by="Kim", reason="not mine"))


# -- pausing, capping ----------------------------------------------------------------------------------


def test_a_paused_partner_waits_and_the_others_go(live: Pipeline, orders: Orders, outbox: Outbox) -> None:
    live.pause("ACME", by="Kim", reason="stock taking")
    orders.put("PO-1", "A")
    orders.put("PO-2", "A", partner="BOLT")
    live.run()
    assert [number for number, _ in outbox.sent] == ["PO-2"]
    assert any(status.partner == "ACME" and "stock taking (Kim)" in status.reason for status in live.status())
    orders.put("PO-1", "B")
    live.run()
    live.resume("ACME", by="Kim")
    live.run()
    assert sent(outbox)[1:] == [{"850": "B", "to": "ACME", "from": None}]


def test_what_may_have_left_is_looked_after_though_its_partner_is_paused(
    live: Pipeline, orders: Orders, outbox: Outbox, clock: VirtualClock
) -> None:
    outbox.loses_answer = True
    orders.put("PO-1", "A")
    live.run()
    live.pause("ACME", by="Kim", reason="stock taking")
    clock.advance(HOUR)
    live.run()
    assert outbox.looked_for == ["PO-1"]


def test_a_pause_needs_a_partner(live: Pipeline) -> None:
    with pytest.raises(ConfigurationError, match="whole flow"):
        live.pause("", by="Kim", reason="stock taking")


def test_a_run_sends_no_more_than_it_may(live: Pipeline, orders: Orders, outbox: Outbox) -> None:
    for number in range(7):
        orders.put(f"PO-{number}", "A")
    live.flows["orders"] = evolve(live.flows["orders"], batch=5)
    report = live.run(max_sends=3)
    assert len(outbox.sent) == 3
    assert "max_sends" in str(report)
    assert {entry.attempts for entry in live.store.find(states=[State.PENDING])} == {0}  # type: ignore[union-attr]
    live.run(max_sends=0)
    assert len(outbox.sent) == 3
    report = live.run(max_sends=10)
    assert len(outbox.sent) == 7
    assert not report.flows[0].capped
