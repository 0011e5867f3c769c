"""What a supplier is told about an order, given what it has. The table is in docs: the life of a record.

An edited order is not a second order. It is compared with the order that the supplier has accepted, and only
the difference goes, or what the partner's policies say instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from enum import Enum

from attrs import evolve, frozen

from mlconnector_sdk.mapping.changes import by_number, cancellation, changed_order, order_change
from mlconnector_sdk.mapping.documents import OrderLine, PurchaseOrder, PurchaseOrderChange
from mlconnector_sdk.mapping.policies import AfterRejection, Changes, KnownOrders, Policies

__all__ = ["Ask", "Had", "Nothing", "SentOrder", "TellChange", "TellOrder", "Telling", "tell", "tell_known"]

_ORIGINAL, _CANCELLATION, _REPLACEMENT = "00", "01", "05"
_LINE_VALUES = ("unit_price", "price_basis", "buyer_part", "vendor_part", "description", "schedules")
_EMPTY = (None, "", ())


class Had(Enum):
    """What a supplier had of an order when it was sent to him whole: what he has, should that be refused."""

    NOTHING = "nothing"
    CANCELLED = "cancelled order"
    ORDER = "order"


@frozen(kw_only=True)
class SentOrder:
    """What a supplier has: the order after everything that it has accepted.

    Args:
        order: In the supplier's terms; purpose ``01`` where it was cancelled.
        change_sequence: Of the latest change that the supplier has accepted; 0 before the first one.
        builds_on: What has to have arrived as well, oldest first, where this is the order after a change: the
            documents from the last whole order on, by whatever name their keeper knows them.
        had: What he had before the last whole order.
    """

    order: PurchaseOrder
    change_sequence: int = 0
    builds_on: tuple[str, ...] = ()
    had: Had = Had.ORDER

    @property
    def cancelled(self) -> bool:
        """Whether the supplier was told that the order is not wanted."""
        return self.order.purpose == _CANCELLATION


@frozen(kw_only=True)
class TellOrder:
    """Send an order (850): the first, a replacement of it, or its cancellation where no 860 is taken.

    Args:
        order: With the purpose under which it goes.
        sent: What the supplier has then.
    """

    order: PurchaseOrder
    sent: SentOrder


@frozen(kw_only=True)
class TellChange:
    """Send what changed (860).

    Args:
        change: Purpose ``04``, or ``01`` for a cancellation.
        sent: What the supplier has then.
    """

    change: PurchaseOrderChange
    sent: SentOrder


@frozen(kw_only=True)
class Nothing:
    """Send nothing."""

    why: str


@frozen(kw_only=True)
class Ask:
    """Put it before a person.

    Args:
        sent: What the supplier has if the person tells it.
    """

    reason: str
    remedy: str
    sent: SentOrder | None


Telling = TellOrder | TellChange | Nothing | Ask
"""What a supplier is to be told."""


def tell(
    wanted: PurchaseOrder | None,
    *,
    why_not: str = "",
    sent: SentOrder | None,
    refused: str = "",
    after_rejection: bool = False,
    policies: Policies,
    seen_on: date,
) -> Telling:
    """Decide what to tell.

    An edit that takes a value away without giving another one (the last note, a price) goes as a replacement
    (850, purpose 05): what a change order leaves out stays as it was.

    Args:
        wanted: The order as it shall be, in the supplier's terms; None where it is not wanted any more.
        why_not: Where it is not wanted: why, e.g. ``it was cancelled``.
        sent: What the supplier has; None where it has nothing.
        refused: The first of what ``sent`` builds on that was refused after all; empty: none was. If it was
            the order itself, its changes were changes of nothing; if it was a change, the whole order goes as
            a replacement, for nobody knows exactly what the difference is.
        after_rejection: Whether an order of this number was taken and then refused.
        policies: Of the supplier.
        seen_on: When the edit was seen, as a date of the plant: the date of the change.

    Raises:
        InvalidDocument: The difference is one that no change can tell.
    """
    sent, in_doubt = _after_refusal(sent, refused)
    if sent is None:
        if wanted is None:
            return Nothing(why=f"{why_not}, and the supplier has never been sent it")
        again = after_rejection and policies.after_rejection is AfterRejection.REPLACE
        return _order(wanted, _REPLACEMENT if again else _ORIGINAL, None)
    if sent.cancelled:
        if wanted is None:
            return Nothing(why=f"{why_not}, and the supplier knows that it is not wanted")
        if policies.changes is Changes.HOLD:
            return _held(wanted, sent)
        return _order(wanted, _REPLACEMENT, sent)
    if wanted is None:
        return _cancel(sent, why_not, policies, seen_on)
    if _content(wanted) == _content(sent.order) and not in_doubt:
        return Nothing(why="the supplier has exactly this order")
    if policies.changes is Changes.HOLD:
        return _held(wanted, sent)
    touched = [*sent.order.lines, *wanted.lines] if in_doubt else _touched(sent.order, wanted)
    if (late := _frozen(touched, policies, seen_on)) is not None:
        return _too_late(late, policies, SentOrder(order=wanted, change_sequence=sent.change_sequence))
    if in_doubt or policies.changes is Changes.REPLACE or _takes_away(sent.order, wanted):
        return _order(wanted, _REPLACEMENT, sent)
    change = order_change(sent.order, wanted, change_sequence=sent.change_sequence + 1, changed_on=seen_on)
    if change is None:
        return Nothing(why="the supplier has exactly this order")
    return TellChange(change=change, sent=_changed(sent, change))


def tell_known(
    wanted: PurchaseOrder | None, *, known: PurchaseOrder | None, policies: Policies, why_not: str = ""
) -> Telling:
    """The same for an order from before go-live, of which nobody knows here what the supplier has.

    Args:
        wanted: As of `tell`.
        known: The order as it was at go-live; None where that cannot be read.
        policies: Of the supplier.
        why_not: As of `tell`.
    """
    if wanted is not None and known is not None and _content(wanted) == _content(known):
        return Nothing(why="it is as it was before go-live")
    if policies.known_orders is KnownOrders.IGNORE:
        return Nothing(why="it existed before go-live, and such orders are left alone")
    if policies.known_orders is KnownOrders.REPLACE and wanted is not None:
        return _order(wanted, _REPLACEMENT, SentOrder(order=wanted))
    what = "was edited" if wanted is not None else "is not wanted any more"
    return Ask(
        reason=f"it existed before go-live and {what}: whether the supplier has it, and in which state, "
        "is not known here",
        remedy="agree on it with the supplier, then settle(..., arrived=True) or dismiss(...)",
        sent=_agreed(wanted, known),
    )


def _agreed(wanted: PurchaseOrder | None, known: PurchaseOrder | None) -> SentOrder | None:
    """What the supplier of a known order has once a person has agreed with him on how it shall be."""
    if wanted is not None:
        return SentOrder(order=wanted)
    return None if known is None else SentOrder(order=evolve(known, purpose=_CANCELLATION, lines=()))


def _after_refusal(sent: SentOrder | None, refused: str) -> tuple[SentOrder | None, bool]:
    """What the supplier has after all, and whether that is in doubt."""
    if sent is None or refused not in sent.builds_on:
        return sent, False
    if refused == sent.builds_on[0] and sent.had is Had.NOTHING:
        return None, False
    if refused == sent.builds_on[0] and sent.had is Had.CANCELLED:
        return evolve(sent, order=evolve(sent.order, purpose=_CANCELLATION, lines=())), False
    return sent, not sent.cancelled


def _order(order: PurchaseOrder, purpose: str, before: SentOrder | None) -> TellOrder:
    had = Had.NOTHING if before is None else Had.CANCELLED if before.cancelled else Had.ORDER
    sequence = 0 if before is None else before.change_sequence
    sent = SentOrder(order=evolve(order, purpose=_ORIGINAL), change_sequence=sequence, had=had)
    return TellOrder(order=evolve(order, purpose=purpose), sent=sent)


def _changed(sent: SentOrder, change: PurchaseOrderChange) -> SentOrder:
    order = changed_order(sent.order, change)
    return SentOrder(order=order, change_sequence=change.change_sequence, had=sent.had)


def _cancel(sent: SentOrder, why_not: str, policies: Policies, seen_on: date) -> Telling:
    number = sent.change_sequence + 1
    change = cancellation(sent.order, change_sequence=number, changed_on=seen_on)
    after = _changed(sent, change)
    if policies.changes is Changes.HOLD:
        return Ask(
            reason=f"{why_not}, and the supplier has it",
            remedy="tell the supplier, then settle(..., arrived=True)",
            sent=after,
        )
    if (late := _frozen(list(sent.order.lines), policies, seen_on)) is not None:
        return _too_late(late, policies, after)
    if policies.changes is Changes.REPLACE:  # it takes no 860: the order goes once more, as cancelled
        return TellOrder(order=evolve(sent.order, purpose=_CANCELLATION), sent=after)
    return TellChange(change=change, sent=after)


def _content(order: PurchaseOrder) -> PurchaseOrder:
    """What an order orders, however it was sent and its lines are sorted."""
    return evolve(order, purpose=_ORIGINAL, lines=by_number(order.lines))


def _takes_away(before: PurchaseOrder, after: PurchaseOrder) -> bool:
    """Whether something is to have no value any more: what an 860 leaves out stays as it was."""
    old_lines = {line.number: line for line in before.lines}
    lines = [(old_lines[line.number], line) for line in after.lines if line.number in old_lines]
    return (
        not {party.role for party in before.parties} <= {party.role for party in after.parties}
        or not {each.qualifier for each in before.references} <= {each.qualifier for each in after.references}
        or any(_emptied(before, after, name) for name in ("notes", "currency"))
        or any(_emptied(*pair, name) for pair in lines for name in _LINE_VALUES)
    )


def _emptied(before: object, after: object, name: str) -> bool:
    return getattr(before, name) not in _EMPTY and getattr(after, name) in _EMPTY


def _touched(before: PurchaseOrder, after: PurchaseOrder) -> list[OrderLine]:
    """The lines that differ, as they were and as they shall be."""
    return [
        *(line for line in before.lines if line not in after.lines),
        *(line for line in after.lines if line not in before.lines),
    ]


def _held(wanted: PurchaseOrder, sent: SentOrder) -> Ask:
    what = "it was cancelled at the supplier, and is wanted again" if sent.cancelled else "it was edited"
    return Ask(
        reason=f"{what}; edits of orders that this supplier has are put before a person",
        remedy="agree on the change with the supplier, then settle(..., arrived=True) or dismiss(...)",
        sent=SentOrder(order=wanted, change_sequence=sent.change_sequence),
    )


def _frozen(lines: list[OrderLine], policies: Policies, seen_on: date) -> date | None:
    """The earliest day on which something touched is due, if that is too soon to change it."""
    if not policies.frozen_days:
        return None
    first = min(_due_days(lines), default=None)
    horizon = seen_on + timedelta(days=policies.frozen_days)
    return first if first is not None and first <= horizon else None


def _due_days(lines: list[OrderLine]) -> Iterator[date]:
    for line in lines:
        yield from (schedule.due for schedule in line.schedules)


def _too_late(due: date, policies: Policies, after: SentOrder) -> Ask:
    return Ask(
        reason=f"it was edited too late to be sent: what it touches is due on {due}, and the supplier takes "
        f"no changes within {policies.frozen_days} days",
        remedy="agree on the change with the supplier, then settle(..., arrived=True) or dismiss(...)",
        sent=after,
    )
