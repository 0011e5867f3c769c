from __future__ import annotations

from datetime import UTC, datetime

import pytest
from attrs import evolve

from mlconnector_sdk.flow.decide import Deliver, Supersede, decide, made_moot
from mlconnector_sdk.records import Entry, Feed, State

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def entry(
    sequence: int, state: State = State.PENDING, *, feed: Feed = Feed.STATE, attempts: int = 0
) -> Entry:
    return Entry(
        id=f"e{sequence}",
        position=sequence,
        flow="orders",
        kind="850",
        feed=feed,
        number="PO-1",
        partner="ACME",
        ordering_key="k",
        sequence=sequence,
        dedupe_key=f"k|{sequence}",
        record=b"{}",
        state=state,
        observed_at=NOW,
        changed_at=NOW,
        attempts=attempts,
    )


def test_a_first_observation_is_delivered_against_nothing() -> None:
    assert decide(entry(1), [entry(1)]) == Deliver()


def test_a_pending_state_gives_way_to_the_newest_pending_one() -> None:
    history = [entry(1), entry(2), entry(3)]
    assert decide(history[0], history) == Supersede(history[2])


def test_a_state_that_may_have_left_never_gives_way() -> None:
    history = [entry(1, attempts=1), entry(2)]
    assert decide(history[0], history) == Deliver()


def test_a_mapping_is_told_what_was_taken_and_then_rejected() -> None:
    rejected = evolve(entry(1, State.REJECTED), accepted_at=NOW)
    assert decide(entry(2), [rejected, entry(2)]) == Deliver(rejected)


def test_it_is_told_so_also_when_a_correction_that_came_to_nothing_has_superseded_it() -> None:
    history = [evolve(entry(1, State.SUPERSEDED), accepted_at=NOW), entry(2, State.DEAD), entry(3)]
    assert decide(history[2], history) == Deliver(history[0])


def test_a_rejection_counts_no_more_once_another_one_was_taken() -> None:
    history = [evolve(entry(1, State.REJECTED), accepted_at=NOW), entry(2, State.ACCEPTED), entry(3)]
    assert decide(history[2], history) == Deliver()


def test_what_never_left_was_not_rejected() -> None:
    history = [entry(1, State.SUPERSEDED), entry(2)]
    assert decide(history[1], history) == Deliver()


def again(sequence: int, original: Entry) -> Entry:
    return evolve(entry(sequence), deliberate=True, parent=original.id)


def test_a_deliberate_repeat_goes() -> None:
    original = entry(1, State.ACCEPTED)
    assert decide(again(2, original), [original, again(2, original)]) == Deliver()


def test_a_deliberate_repeat_gives_way_to_what_was_taken_after_its_original() -> None:
    original, change = entry(1, State.ACCEPTED), entry(2, State.ACCEPTED)
    history = [original, change, again(3, original)]
    assert decide(history[2], history) == Supersede(change)


def test_an_edit_does_not_give_way_to_a_deliberate_repeat_of_what_came_before_it() -> None:
    original = entry(1, State.ACCEPTED)
    history = [original, entry(2), again(3, original)]
    assert decide(history[1], history) == Deliver()


def test_an_event_is_delivered_for_what_it_is() -> None:
    history = [
        entry(1, State.ACCEPTED, feed=Feed.EVENT),
        entry(2, feed=Feed.EVENT),
        entry(3, feed=Feed.EVENT),
    ]
    assert decide(history[1], history) == Deliver()


def test_a_newer_state_answers_older_questions_but_not_uncertain_ones() -> None:
    uncertain = evolve(entry(2, State.DEAD), outcome_unknown=True)
    history = [entry(1, State.DEAD), uncertain, entry(3, State.HELD), entry(4)]
    assert made_moot(history[3], history) == [history[0], history[2]]


def test_an_event_never_answers_another_one() -> None:
    history = [entry(1, State.DEAD, feed=Feed.EVENT), entry(2, feed=Feed.EVENT)]
    assert made_moot(history[1], history) == []


@pytest.mark.parametrize(
    "newer",
    [
        State.PENDING,
        State.IN_FLIGHT,
        State.ACCEPTED,
        State.DELIVERED,
        State.ACKNOWLEDGED,
        State.REJECTED,
        State.UNCHANGED,
        State.HELD,
    ],
)
def test_an_older_state_gives_way_to_a_newer_one_whatever_became_of_that(newer: State) -> None:
    history = [entry(1), entry(2, newer)]
    assert decide(history[0], history) == Supersede(history[1])


@pytest.mark.parametrize("newer", [State.DEAD, State.SUPERSEDED, State.KNOWN, State.DISMISSED])
def test_an_older_state_goes_where_the_newer_one_came_to_nothing(newer: State) -> None:
    history = [entry(1), entry(2, newer)]
    assert decide(history[0], history) == Deliver()


def test_an_older_state_gives_way_to_a_newer_one_that_may_have_arrived() -> None:
    history = [entry(1), evolve(entry(2, State.DEAD), outcome_unknown=True)]
    assert decide(history[0], history) == Supersede(history[1])
