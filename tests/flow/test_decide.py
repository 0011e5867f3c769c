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
    assert decide(entry(1), [entry(1)]) == Deliver(None)


def test_a_pending_state_gives_way_to_the_newest_pending_one() -> None:
    history = [entry(1), entry(2), entry(3)]
    assert decide(history[0], history) == Supersede(history[2])


def test_a_state_that_may_have_left_never_gives_way() -> None:
    history = [entry(1, attempts=1), entry(2)]
    assert decide(history[0], history) == Deliver(None)


@pytest.mark.parametrize("taken", [State.ACCEPTED, State.DELIVERED, State.ACKNOWLEDGED])
def test_an_edit_is_compared_with_the_last_that_was_taken(taken: State) -> None:
    history = [entry(1, State.ACCEPTED), entry(2, taken), entry(3, State.HELD), entry(4)]
    assert decide(history[3], history) == Deliver(history[1])


def test_what_the_partner_rejected_does_not_count_as_taken() -> None:
    history = [entry(1, State.REJECTED), entry(2)]
    assert decide(history[1], history) == Deliver(None)


def test_an_edit_of_what_existed_before_go_live_is_compared_with_that() -> None:
    history = [entry(1, State.KNOWN), entry(2)]
    assert decide(history[1], history) == Deliver(history[0])


def test_an_event_is_delivered_for_what_it_is() -> None:
    history = [
        entry(1, State.ACCEPTED, feed=Feed.EVENT),
        entry(2, feed=Feed.EVENT),
        entry(3, feed=Feed.EVENT),
    ]
    assert decide(history[1], history) == Deliver(None)


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


@pytest.mark.parametrize("newer", [State.DEAD, State.SUPERSEDED, State.KNOWN])
def test_an_older_state_goes_where_the_newer_one_came_to_nothing(newer: State) -> None:
    history = [entry(1), entry(2, newer)]
    assert decide(history[0], history) == Deliver(None)


def test_an_older_state_gives_way_to_a_newer_one_that_may_have_arrived() -> None:
    history = [entry(1), evolve(entry(2, State.DEAD), outcome_unknown=True)]
    assert decide(history[0], history) == Supersede(history[1])
