"""The difference of two orders, and what it makes of an order.

Once a supplier has an order, an edit of it is not a second order: it is what changed. Both directions are
here, and one is the other's inverse::

    change = order_change(before, after, change_sequence=1, changed_on=day)
    assert change is None or changed_order(before, change) == after

Two things of an order are no part of what it orders: ``purpose``, which says how it was sent, and the
sequence of its lines, which are known by their numbers. `changed_order` gives purpose ``00`` and the lines
by number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from mlconnector_sdk.errors import InvalidDocument
from mlconnector_sdk.mapping.documents import (
    LineChange,
    OrderLine,
    PurchaseOrder,
    PurchaseOrderChange,
    WhatChanged,
)

__all__ = ["by_number", "cancellation", "changed_order", "order_change", "what_changed"]

_ORIGINAL = "00"
_CANCELLATION = "01"
_CHANGE = "04"


def order_change(
    before: PurchaseOrder, after: PurchaseOrder, *, change_sequence: int, changed_on: date
) -> PurchaseOrderChange | None:
    """What must be told to somebody who has one order, so that he has the other.

    Lines are matched by number. Each changed line is given completely, as it shall be. Parties, references,
    notes and currency of the change are those of ``after``.

    Args:
        before: The order as the supplier has it.
        after: The order as it shall be.
        change_sequence: 1 for the first change of the order that the supplier is sent, then 2, 3 ...
        changed_on: The date of the change.

    Returns:
        The change, its lines by number; None where nothing that matters differs.

    Raises:
        InvalidDocument: No change can tell the difference: another number, date or type of the order, or an
            order that was cancelled. Or two lines have the same number.
    """
    _refuse_cancelled(before)
    for field in ("number", "dated", "order_type"):
        old, new = getattr(before, field), getattr(after, field)
        if old != new:
            raise InvalidDocument(
                f"order {before.number} was sent with {field} {old}, and has {new} now: "
                "that identifies an order, so no change can tell it",
                path=field,
                remedy=f"set {field} back to {old}, or cancel the order and place a new one",
            )
    old_lines = {line.number: line for line in _distinct(before.lines)}
    new_lines = {line.number: line for line in _distinct(after.lines)}
    changes = [
        LineChange(what=WhatChanged.DELETED, line=line, before=line)
        for number, line in old_lines.items()
        if number not in new_lines
    ]
    for number, line in new_lines.items():
        old_line = old_lines.get(number)
        if old_line is None:
            changes.append(LineChange(what=WhatChanged.ADDED, line=line))
        elif (what := what_changed(old_line, line)) is not None:
            changes.append(LineChange(what=what, line=line, before=old_line))
    if not changes and _heading(before) == _heading(after):
        return None
    return PurchaseOrderChange(
        number=after.number,
        dated=after.dated,
        parties=after.parties,
        references=after.references,
        notes=after.notes,
        purpose=_CHANGE,
        order_type=after.order_type,
        currency=after.currency,
        change_sequence=change_sequence,
        changed_on=changed_on,
        lines=tuple(sorted(changes, key=lambda change: _number_key(change.line.number))),
    )


def cancellation(before: PurchaseOrder, *, change_sequence: int, changed_on: date) -> PurchaseOrderChange:
    """The change that cancels a whole order: purpose ``01``, no lines, the heading as it was.

    Args:
        before: The order as the supplier has it.
        change_sequence: One more than that of the latest change that the supplier was sent.
        changed_on: The date of the cancellation.
    """
    return PurchaseOrderChange(
        number=before.number,
        dated=before.dated,
        parties=before.parties,
        references=before.references,
        notes=before.notes,
        purpose=_CANCELLATION,
        order_type=before.order_type,
        currency=before.currency,
        change_sequence=change_sequence,
        changed_on=changed_on,
    )


def changed_order(before: PurchaseOrder, change: PurchaseOrderChange) -> PurchaseOrder:
    """The order that somebody has after a change.

    Nothing is used that an 860 does not carry: of a changed line ``what`` and ``line``, never ``before``.

    Returns:
        The order with purpose ``00`` and its lines by number. After a cancellation (change purpose ``01``):
        purpose ``01``, the heading, and no lines.

    Raises:
        InvalidDocument: The change is of another order or of one that was cancelled, its purpose is neither
            ``04`` nor ``01``, it adds a line that is there, or changes or deletes one that is not.
    """
    _refuse_cancelled(before)
    for field in ("number", "dated", "order_type"):
        if getattr(before, field) != getattr(change, field):
            raise InvalidDocument(
                f"the change is of an order with {field} {getattr(change, field)}, "
                f"but this one has {getattr(before, field)}",
                path=field,
            )
    if change.purpose not in (_CHANGE, _CANCELLATION):
        raise InvalidDocument(
            f"a change with purpose {change.purpose!r} cannot be applied, "
            f"only {_CHANGE} (change) and {_CANCELLATION} (cancellation)",
            path="purpose",
        )
    cancelled = change.purpose == _CANCELLATION
    return PurchaseOrder(
        number=before.number,
        dated=before.dated,
        parties=change.parties,
        references=change.references,
        notes=change.notes,
        purpose=_CANCELLATION if cancelled else _ORIGINAL,
        order_type=before.order_type,
        currency=change.currency,
        lines=() if cancelled else _changed_lines(before.lines, change.lines),
    )


def by_number(lines: Iterable[OrderLine]) -> tuple[OrderLine, ...]:
    """Lines in the sequence of their numbers; digits count as numbers, so that 9 stands before 10."""
    return tuple(sorted(lines, key=lambda line: _number_key(line.number)))


def what_changed(before: OrderLine, after: OrderLine) -> WhatChanged | None:
    """How a line differs from what it was; None where it does not.

    A new price basis is a new price. The dates differ where something is due on another day, or, while the
    quantity of the line stays, where another part of it is due on a day. A difference that has no word of
    its own, and a combination that has none, is `WhatChanged.OTHER`.
    """
    if before == after:
        return None
    old, new = before.schedules, after.schedules
    quantity = before.quantity != after.quantity
    price = (before.unit_price, before.price_basis) != (after.unit_price, after.price_basis)
    days = [schedule.due for schedule in old] != [schedule.due for schedule in new]
    parts = [schedule.quantity for schedule in old] != [schedule.quantity for schedule in new]
    renumbered = not days and [schedule.number for schedule in old] != [schedule.number for schedule in new]
    dates = days or (parts and not quantity)
    if renumbered or _item(before) != _item(after):
        return WhatChanged.OTHER
    match quantity, price, dates:
        case True, False, False:
            return WhatChanged.QUANTITY_UP if after.quantity > before.quantity else WhatChanged.QUANTITY_DOWN
        case False, True, False:
            return WhatChanged.PRICE
        case True, True, False:
            return WhatChanged.QUANTITY_AND_PRICE
        case False, False, True:
            return WhatChanged.DATES
        case True, False, True:
            return WhatChanged.QUANTITY_AND_DATES
        case _:
            return WhatChanged.OTHER


def _item(line: OrderLine) -> tuple[str, ...]:
    """What is ordered, and how it is called: a change of it has no word of its own."""
    return (line.unit, line.buyer_part, line.vendor_part, line.description)


def _heading(order: PurchaseOrder) -> tuple[object, ...]:
    """What of an order stands in its heading and can change."""
    return (order.parties, order.references, order.notes, order.currency)


def _changed_lines(lines: tuple[OrderLine, ...], changes: tuple[LineChange, ...]) -> tuple[OrderLine, ...]:
    standing = {line.number: line for line in _distinct(lines)}
    _distinct(tuple(change.line for change in changes))
    for index, change in enumerate(changes):
        number = change.line.number
        if (change.what is WhatChanged.ADDED) == (number in standing):
            there = "has it already" if number in standing else "does not have it"
            raise InvalidDocument(
                f"line {number} is {change.what.value}, but the order {there}",
                path=f"lines[{index}].number",
                remedy="compare the order with what the other side has; a change may be missing in between",
            )
        if change.what is WhatChanged.DELETED:
            del standing[number]
        else:
            standing[number] = change.line
    return by_number(standing.values())


def _distinct(lines: tuple[OrderLine, ...]) -> tuple[OrderLine, ...]:
    """The lines, if each has a number of its own."""
    seen: set[str] = set()
    for index, line in enumerate(lines):
        if line.number in seen:
            raise InvalidDocument(
                f"two lines have the number {line.number!r}: a change could not tell them apart",
                path=f"lines[{index}].number",
                remedy="give every line of the order a number of its own",
            )
        seen.add(line.number)
    return lines


def _refuse_cancelled(order: PurchaseOrder) -> None:
    if order.purpose == _CANCELLATION:
        raise InvalidDocument(
            f"order {order.number} is cancelled: no change brings it back",
            path="purpose",
            remedy="place a new order, under a number of its own unless the supplier agrees otherwise",
        )


_PARTS = re.compile(r"([0-9]+)|([^0-9]+)")


def _number_key(number: str) -> tuple[object, ...]:
    """Sorts 9 before 10 and 1.9 before 1.10, without turning a hostile text into a huge integer."""
    parts = []
    for digits, other in _PARTS.findall(number):
        significant = digits.lstrip("0")
        parts.append((0, len(significant), significant) if digits else (1, 0, other))
    return (parts, number)
