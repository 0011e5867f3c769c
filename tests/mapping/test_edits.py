"""What a supplier is told of an edited order: every row of the table, and what he has after any story."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from mlconnector_sdk.errors import InvalidDocument
from mlconnector_sdk.mapping.documents import (
    OrderLine,
    Party,
    PurchaseOrder,
    PurchaseOrderChange,
    Schedule,
    WhatChanged,
)
from mlconnector_sdk.mapping.edits import (
    Ask,
    Had,
    Nothing,
    SentOrder,
    TellChange,
    Telling,
    TellOrder,
    tell,
    tell_known,
)
from mlconnector_sdk.mapping.policies import AfterRejection, Changes, KnownOrders, Policies

TODAY = date(2026, 3, 9)
USUAL = Policies()
BY_REPLACEMENT = Policies(changes=Changes.REPLACE)
BY_TELEPHONE = Policies(changes=Changes.HOLD)


def line(number: str, quantity: int = 24, *, price: str | None = "3.15", days: int = 30) -> OrderLine:
    due = TODAY + timedelta(days=days)
    return OrderLine(
        number=number,
        quantity=Decimal(quantity),
        unit="EA",
        unit_price=None if price is None else Decimal(price),
        buyer_part=f"P-{number}",
        schedules=(Schedule(quantity=Decimal(quantity), due=due),),
    )


ORDER = PurchaseOrder(
    number="7731", dated=date(2026, 3, 2), currency="USD", notes=("by rail",), lines=(line("1"), line("2"))
)
MORE = evolve(ORDER, lines=(line("1", 30), line("2")))
SENT = SentOrder(order=ORDER)
CHANGED = SentOrder(order=MORE, change_sequence=3)
CANCELLED = SentOrder(order=evolve(ORDER, purpose="01", lines=()), change_sequence=2)


def told(
    wanted: PurchaseOrder | None,
    sent: SentOrder | None,
    policies: Policies = USUAL,
    *,
    refused: str = "",
    after_rejection: bool = False,
) -> Telling:
    return tell(
        wanted,
        why_not="it was cancelled",
        sent=sent,
        refused=refused,
        after_rejection=after_rejection,
        policies=policies,
        seen_on=TODAY,
    )


def order_of(telling: Telling) -> PurchaseOrder:
    assert isinstance(telling, TellOrder), telling
    return telling.order


def change_of(telling: Telling) -> PurchaseOrderChange:
    assert isinstance(telling, TellChange), telling
    return telling.change


def ask_of(telling: Telling) -> Ask:
    assert isinstance(telling, Ask), telling
    return telling


# -- the first order -----------------------------------------------------------------------------------


@pytest.mark.parametrize("policies", [USUAL, BY_REPLACEMENT, BY_TELEPHONE])
def test_a_first_order_goes_as_one_whatever_was_agreed_on_changes(policies: Policies) -> None:
    telling = told(ORDER, None, policies)
    first = SentOrder(order=ORDER, had=Had.NOTHING)
    assert telling == TellOrder(order=evolve(ORDER, purpose="00"), sent=first)


def test_what_was_never_sent_and_is_not_wanted_is_not_told() -> None:
    assert told(None, None) == Nothing(why="it was cancelled, and the supplier has never been sent it")


@pytest.mark.parametrize(
    ("policy", "purpose"), [(AfterRejection.ORIGINAL, "00"), (AfterRejection.REPLACE, "05")]
)
def test_after_a_rejection_the_partner_file_says_how_it_is_marked(
    policy: AfterRejection, purpose: str
) -> None:
    policies = Policies(after_rejection=policy)
    assert order_of(told(ORDER, None, policies, after_rejection=True)).purpose == purpose
    assert order_of(told(ORDER, None, policies)).purpose == "00", "nothing was rejected"


def test_a_rejected_change_leaves_what_was_there_before_it() -> None:
    change = change_of(
        told(MORE, SENT, Policies(after_rejection=AfterRejection.REPLACE), after_rejection=True)
    )
    assert (change.purpose, change.change_sequence) == ("04", 1)


# -- an edit -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("policies", [USUAL, BY_REPLACEMENT, BY_TELEPHONE, Policies(frozen_days=365)])
def test_what_the_supplier_has_is_not_told_again(policies: Policies) -> None:
    assert told(ORDER, SENT, policies) == Nothing(why="the supplier has exactly this order")
    turned = evolve(ORDER, purpose="05", lines=ORDER.lines[::-1])
    assert isinstance(told(turned, SENT, policies), Nothing)


def test_an_edit_is_a_change_order_with_the_next_sequence() -> None:
    telling = told(ORDER, CHANGED)
    change = change_of(telling)
    assert (change.purpose, change.change_sequence, change.changed_on) == ("04", 4, TODAY)
    assert [(each.what, each.line.number) for each in change.lines] == [(WhatChanged.QUANTITY_DOWN, "1")]
    assert isinstance(telling, TellChange)
    assert telling.sent == SentOrder(order=ORDER, change_sequence=4)


@pytest.mark.parametrize(
    ("edited", "what"),
    [
        ((line("1"), line("2"), line("3")), [(WhatChanged.ADDED, "3")]),
        ((line("2"),), [(WhatChanged.DELETED, "1")]),
        ((line("1", 30), line("2")), [(WhatChanged.QUANTITY_UP, "1")]),
        ((line("1", 5), line("2")), [(WhatChanged.QUANTITY_DOWN, "1")]),
        ((line("1", price="3.20"), line("2")), [(WhatChanged.PRICE, "1")]),
        ((line("1", days=40), line("2")), [(WhatChanged.DATES, "1")]),
        (
            (line("1", 30), line("3")),
            [(WhatChanged.QUANTITY_UP, "1"), (WhatChanged.DELETED, "2"), (WhatChanged.ADDED, "3")],
        ),
    ],
)
def test_each_line_says_how_it_changed(
    edited: tuple[OrderLine, ...], what: list[tuple[WhatChanged, str]]
) -> None:
    change = change_of(told(evolve(ORDER, lines=edited), SENT))
    assert [(each.what, each.line.number) for each in change.lines] == what


def test_another_note_is_a_change_without_lines() -> None:
    change = change_of(told(evolve(ORDER, notes=("by road",)), SENT))
    assert (change.notes, change.lines) == (("by road",), ())


@pytest.mark.parametrize(
    "edited",
    [
        evolve(ORDER, notes=()),
        evolve(ORDER, currency=""),
        evolve(ORDER, lines=(line("1", price=None), line("2"))),
        evolve(ORDER, lines=(evolve(line("1"), schedules=()), line("2"))),
    ],
)
def test_what_is_taken_away_goes_as_a_replacement(edited: PurchaseOrder) -> None:
    telling = told(edited, CHANGED)
    assert order_of(telling) == evolve(edited, purpose="05")
    assert isinstance(telling, TellOrder)
    assert telling.sent == SentOrder(order=edited, change_sequence=3), "the next change is the fourth"


def test_a_supplier_without_860_is_sent_the_whole_order() -> None:
    telling = told(MORE, SENT, BY_REPLACEMENT)
    assert telling == TellOrder(order=evolve(MORE, purpose="05"), sent=SentOrder(order=MORE))


def test_where_a_person_agrees_on_edits_nothing_is_sent() -> None:
    ask = ask_of(told(ORDER, CHANGED, BY_TELEPHONE))
    assert "it was edited" in ask.reason
    assert "settle(..., arrived=True)" in ask.remedy
    assert ask.sent == SentOrder(order=ORDER, change_sequence=3)


@pytest.mark.parametrize("field", ["number", "dated", "order_type"])
def test_what_identifies_an_order_cannot_be_changed(field: str) -> None:
    other = {"number": "7732", "dated": date(2026, 3, 3), "order_type": "BK"}[field]
    with pytest.raises(InvalidDocument) as caught:
        told(evolve(ORDER, **{field: other}), SENT)
    assert caught.value.path == field


# -- too late ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "held"), [(0, True), (5, True), (6, False), (-3, True)])
@pytest.mark.parametrize("changes", [Changes.CHANGE_ORDER, Changes.REPLACE])
def test_what_is_due_within_the_frozen_days_is_put_before_a_person(
    days: int, held: bool, changes: Changes
) -> None:
    before = evolve(ORDER, lines=(line("1", days=days), line("2")))
    after = evolve(ORDER, lines=(line("1", 30, days=days), line("2")))
    telling = told(after, SentOrder(order=before), Policies(frozen_days=5, changes=changes))
    assert isinstance(telling, Ask) is held
    if held:
        assert "too late" in ask_of(telling).reason
        assert ask_of(telling).sent == SentOrder(order=after)


def test_a_line_that_is_not_touched_freezes_nothing() -> None:
    before = evolve(ORDER, lines=(line("1", days=1), line("2")))
    after = evolve(ORDER, lines=(line("1", days=1), line("2", 30)))
    assert isinstance(told(after, SentOrder(order=before), Policies(frozen_days=5)), TellChange)


def test_what_is_moved_out_of_the_frozen_days_is_too_late_as_well() -> None:
    before = evolve(ORDER, lines=(line("1", days=1), line("2")))
    assert "too late" in ask_of(told(ORDER, SentOrder(order=before), Policies(frozen_days=5))).reason


def test_a_cancellation_touches_every_line() -> None:
    before = SentOrder(order=evolve(ORDER, lines=(line("1", days=1), line("2"))))
    ask = ask_of(told(None, before, Policies(frozen_days=5)))
    assert ask.sent is not None
    assert ask.sent.cancelled
    assert isinstance(told(None, SENT, Policies(frozen_days=5)), TellChange)


# -- cancelled, wanted again ---------------------------------------------------------------------------


def test_a_cancellation_is_a_change_order_of_the_whole() -> None:
    telling = told(None, CHANGED)
    change = change_of(telling)
    assert (change.purpose, change.change_sequence, change.lines) == ("01", 4, ())
    assert isinstance(telling, TellChange)
    assert telling.sent.cancelled


def test_a_supplier_without_860_is_sent_the_order_as_cancelled() -> None:
    telling = told(None, SENT, BY_REPLACEMENT)
    assert order_of(telling) == evolve(ORDER, purpose="01")
    assert isinstance(telling, TellOrder)
    assert telling.sent.cancelled


def test_a_cancellation_is_agreed_on_by_telephone_where_edits_are() -> None:
    ask = ask_of(told(None, SENT, BY_TELEPHONE))
    assert ask.reason == "it was cancelled, and the supplier has it"
    assert ask.sent is not None
    assert ask.sent.cancelled


@pytest.mark.parametrize("policies", [USUAL, BY_REPLACEMENT, BY_TELEPHONE])
def test_what_was_cancelled_is_not_cancelled_again(policies: Policies) -> None:
    telling = told(None, CANCELLED, policies)
    assert telling == Nothing(why="it was cancelled, and the supplier knows that it is not wanted")


@pytest.mark.parametrize("policies", [USUAL, BY_REPLACEMENT])
def test_what_is_wanted_again_goes_whole_as_a_replacement(policies: Policies) -> None:
    telling = told(ORDER, CANCELLED, policies)
    assert telling == TellOrder(
        order=evolve(ORDER, purpose="05"),
        sent=SentOrder(order=ORDER, change_sequence=2, had=Had.CANCELLED),
    )


def test_what_is_wanted_again_is_agreed_on_by_telephone_where_edits_are() -> None:
    assert "is wanted again" in ask_of(told(ORDER, CANCELLED, BY_TELEPHONE)).reason


# -- refused after all ---------------------------------------------------------------------------------

BUILT = evolve(CHANGED, builds_on=("order", "change"))


def built_upon(before: SentOrder | None) -> SentOrder:
    """An order that was sent whole when the supplier had this, and changed since."""
    whole = told(ORDER, before)
    assert isinstance(whole, TellOrder)
    telling = told(MORE, whole.sent)
    assert isinstance(telling, TellChange)
    return evolve(telling.sent, builds_on=("order",))


@pytest.mark.parametrize("wanted", [ORDER, MORE])
def test_where_a_change_before_it_was_refused_the_whole_order_goes(wanted: PurchaseOrder) -> None:
    telling = told(wanted, BUILT, refused="change")
    assert order_of(telling) == evolve(wanted, purpose="05")
    assert isinstance(telling, TellOrder)
    assert telling.sent == SentOrder(order=wanted, change_sequence=3)


def test_a_change_of_an_order_that_was_refused_was_a_change_of_nothing() -> None:
    telling = told(MORE, built_upon(None), refused="order")
    assert order_of(telling).purpose == "00"
    assert isinstance(told(None, built_upon(None), refused="order"), Nothing)


def test_so_is_the_cancellation_of_one() -> None:
    order = evolve(MORE, purpose="01", lines=())
    cancelled = evolve(built_upon(None), order=order, builds_on=("order", "change"))
    assert order_of(told(MORE, cancelled, refused="order")).purpose == "00"


def test_what_was_cancelled_is_still_cancelled_where_wanting_it_again_was_refused() -> None:
    assert isinstance(told(None, built_upon(CANCELLED), refused="order"), Nothing)
    assert order_of(told(MORE, built_upon(CANCELLED), refused="order")).purpose == "05"


def test_where_a_replacement_was_refused_the_order_is_there_in_some_state() -> None:
    assert order_of(told(MORE, BUILT, refused="order")).purpose == "05"
    assert change_of(told(None, BUILT, refused="order")).purpose == "01"


def test_a_cancellation_is_one_whatever_was_refused_before_it() -> None:
    cancelled = evolve(CANCELLED, builds_on=("order", "change"))
    assert isinstance(told(None, cancelled, refused="change"), Nothing)
    assert order_of(told(ORDER, cancelled, refused="change")).purpose == "05"


def test_a_doubt_is_put_before_a_person_where_edits_are() -> None:
    assert isinstance(told(MORE, BUILT, BY_TELEPHONE, refused="change"), Ask)


def test_in_doubt_every_line_is_touched() -> None:
    soon = evolve(BUILT, order=evolve(ORDER, lines=(line("1", days=1), line("2"))))
    assert isinstance(told(soon.order, soon, Policies(frozen_days=5), refused="change"), Ask)


# -- from before go-live -------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", list(KnownOrders))
def test_a_known_order_that_is_as_it_was_is_left_alone(policy: KnownOrders) -> None:
    telling = tell_known(evolve(ORDER, purpose="05"), known=ORDER, policies=Policies(known_orders=policy))
    assert telling == Nothing(why="it is as it was before go-live")


@pytest.mark.parametrize("known", [ORDER, None])
def test_an_edited_known_order_is_put_before_a_person(known: PurchaseOrder | None) -> None:
    ask = ask_of(tell_known(MORE, known=known, policies=USUAL))
    assert "before go-live and was edited" in ask.reason
    assert ask.sent == SentOrder(order=MORE)


@pytest.mark.parametrize("known", [ORDER, None])
@pytest.mark.parametrize("policy", [KnownOrders.HOLD, KnownOrders.REPLACE])
def test_a_known_order_that_is_not_wanted_is_put_before_a_person(
    known: PurchaseOrder | None, policy: KnownOrders
) -> None:
    ask = ask_of(
        tell_known(None, known=known, policies=Policies(known_orders=policy), why_not="it was cancelled")
    )
    assert "is not wanted any more" in ask.reason
    assert ask.sent == (None if known is None else SentOrder(order=evolve(ORDER, purpose="01", lines=())))


def test_a_known_order_may_be_replaced_as_a_whole() -> None:
    telling = tell_known(MORE, known=ORDER, policies=Policies(known_orders=KnownOrders.REPLACE))
    assert telling == TellOrder(order=evolve(MORE, purpose="05"), sent=SentOrder(order=MORE))


@pytest.mark.parametrize("wanted", [MORE, None])
def test_known_orders_may_be_left_alone(wanted: PurchaseOrder | None) -> None:
    telling = tell_known(wanted, known=ORDER, policies=Policies(known_orders=KnownOrders.IGNORE))
    assert isinstance(telling, Nothing)


# -- any story -----------------------------------------------------------------------------------------


class Clerk:
    """A supplier's clerk, who goes by what the documents say and by nothing else."""

    def __init__(self) -> None:
        self.order: PurchaseOrder | None = None
        self.cancelled = False
        self.sequence = 0

    def takes(self, telling: Telling) -> None:
        if isinstance(telling, TellOrder):
            self._order(telling.order)
        elif isinstance(telling, TellChange):
            self._change(telling.change)
        elif isinstance(telling, Ask):
            assert telling.sent is not None
            self.cancelled = telling.sent.cancelled
            self.order = self.order if self.cancelled else telling.sent.order

    def _order(self, order: PurchaseOrder) -> None:
        assert (order.purpose == "00") == (self.order is None), "an order twice, or a replacement of nothing"
        self.cancelled = order.purpose == "01"
        self.order = order

    def _change(self, change: PurchaseOrderChange) -> None:
        assert self.order is not None, "a change of nothing"
        assert not self.cancelled, "a change of what was cancelled"
        assert change.change_sequence > self.sequence, "the changes are not counted up"
        self.sequence = change.change_sequence
        if change.purpose == "01":
            self.cancelled = True
            return
        lines = {each.number: each for each in self.order.lines}
        for each in change.lines:
            number, known = each.line.number, lines.pop(each.line.number, None)
            assert (known is None) == (each.what is WhatChanged.ADDED), f"line {number}: {each.what}"
            if each.what is WhatChanged.DELETED:
                continue
            lines[number] = each.line if known is None else self._merged(known, each.line)
        self.order = evolve(
            self.order,
            lines=tuple(lines.values()),
            notes=change.notes or self.order.notes,
            currency=change.currency or self.order.currency,
            parties=tuple({p.role: p for p in (*self.order.parties, *change.parties)}.values()),
        )

    def _merged(self, known: OrderLine, said: OrderLine) -> OrderLine:
        """What is not said stays as it was."""
        return evolve(
            said,
            unit_price=known.unit_price if said.unit_price is None else said.unit_price,
            description=said.description or known.description,
            vendor_part=said.vendor_part or known.vendor_part,
            schedules=said.schedules or known.schedules,
        )


def plain(order: PurchaseOrder) -> object:
    lines = {each.number: each for each in order.lines}
    return lines, order.notes, order.currency, {party.role: party for party in order.parties}


SHIP_TO = [Party(role="ST", id=dock, id_qualifier="92") for dock in ("A", "B")]
lines = st.builds(
    evolve,
    st.builds(
        line,
        st.sampled_from("123"),
        st.sampled_from([5, 24, 30]),
        price=st.sampled_from(["3.15", "2", None]),
        days=st.sampled_from([3, 30, 60]),
    ),
    description=st.sampled_from(["", "bearing"]),
    vendor_part=st.sampled_from(["", "B-1"]),
)
orders = st.builds(
    evolve,
    st.just(ORDER),
    lines=st.lists(lines, min_size=1, max_size=3, unique_by=lambda each: each.number).map(tuple),
    notes=st.sampled_from([(), ("by rail",), ("by road", "call first")]),
    currency=st.sampled_from(["USD", ""]),
    parties=st.sampled_from([(), (SHIP_TO[0],), (SHIP_TO[1],)]),
)
wishes = st.lists(st.none() | orders | orders | orders, min_size=1, max_size=8)
policies = st.builds(
    Policies, changes=st.sampled_from(list(Changes)), frozen_days=st.sampled_from([0, 0, 10])
)


@given(wishes, policies)
@settings(max_examples=300, deadline=None)
def test_after_any_story_the_supplier_has_what_is_wanted(
    story: list[PurchaseOrder | None], agreed: Policies
) -> None:
    clerk, sent = Clerk(), None
    for wanted in story:
        telling = told(wanted, sent, agreed)
        clerk.takes(telling)
        if not isinstance(telling, Nothing):
            sent = telling.sent
        has = None if clerk.cancelled or clerk.order is None else plain(clerk.order)
        assert has == (None if wanted is None else plain(wanted))
        assert isinstance(told(wanted, sent, agreed), Nothing), "he is told once"
        if agreed.changes is not Changes.CHANGE_ORDER:
            assert not isinstance(telling, TellChange)
        if agreed.changes is Changes.HOLD and sent is not None and sent.change_sequence:
            assert clerk.sequence == 0
