"""860, the purchase order change: document to segments and back.

A changed line stands in its POC completely, as it shall be, schedules included: whoever reads the change
needs nothing else. POC03 is the whole quantity of the line, never the difference.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from mlconnector_sdk.mapping.documents import LineChange, OrderLine, PurchaseOrderChange, WhatChanged
from mlconnector_sdk.mapping.x12 import heading, lines
from mlconnector_sdk.mapping.x12.conventions import Conventions
from mlconnector_sdk.mapping.x12.envelope import Envelope, Transaction
from mlconnector_sdk.mapping.x12.fields import Composer, Fields
from mlconnector_sdk.mapping.x12.placement import Branch, tree
from mlconnector_sdk.mapping.x12.writer import write

__all__ = ["build_860", "purchase_order_change", "write_860"]

_CODES = {
    WhatChanged.ADDED: ("AI",),
    WhatChanged.DELETED: ("DI",),
    WhatChanged.QUANTITY_UP: ("QI",),
    WhatChanged.QUANTITY_DOWN: ("QD",),
    WhatChanged.PRICE: ("PC",),
    WhatChanged.QUANTITY_AND_PRICE: ("PQ",),
    WhatChanged.DATES: ("CT", "RS", "RB", "CD"),
    WhatChanged.QUANTITY_AND_DATES: ("RQ",),
    WhatChanged.OTHER: ("CA", "MU", "PR", "RE", "RM", "RZ"),
}
"""Element 670. The first is written, all of them are read."""

_NO_CHANGE = "NC"
_PARTS_FROM = 8  # POC08


def build_860(
    change: PurchaseOrderChange, *, release: str = "004010", conventions: Conventions | None = None
) -> Transaction:
    """The segments of a change, ready for `write` or for Guide JSON.

    Notes, schedules and part numbers stand as in an 850. What the lines were before is not written.

    Raises:
        InvalidDocument: A field cannot be carried by X12; ``path`` names segment and element.
    """
    agreed = conventions or Conventions()
    out = Composer("860", release)
    sequence = str(change.change_sequence)
    begin = (change.purpose, change.order_type, change.number, None, sequence, change.dated)
    out.add("BCH", *begin, None, None, None, None, change.changed_on)
    if change.change_sequence < 1:
        raise out.refuse("BCH", 5, f"changes are counted from 1, not from {sequence}")
    if change.purpose == "01" and change.lines:
        raise out.refuse("BCH", 1, "the cancellation of a whole order names no lines")
    if change.currency:
        out.add("CUR", "BY", change.currency)
    heading.add_references(out, change)
    heading.add_notes(out, change)
    heading.add_parties(out, change)
    for each in change.lines:
        _add_line(out, each, agreed)
    if change.lines:
        out.add("CTT", len(change.lines))
    return out.transaction()


def write_860(
    change: PurchaseOrderChange, envelope: Envelope, *, conventions: Conventions | None = None
) -> str:
    """A change as a complete X12 file, release 004010 (or that of ``envelope.version``).

    Raises:
        InvalidDocument: A field cannot be carried by X12, or holds a delimiter.
    """
    release = envelope.version[:6] or "004010"
    return write([build_860(change, release=release, conventions=conventions)], envelope)


def purchase_order_change(
    transaction: Transaction, *, conventions: Conventions | None = None, changed_on: date | None = None
) -> PurchaseOrderChange:
    """The change that an 860 says.

    ``before`` of every line is None: an 860 does not say it. A line that is repeated without a change (code
    ``NC``) is left out. Dates of lines without SCH are taken as from an 850.

    Args:
        changed_on: The date of the change where BCH11 is absent; None takes the date of the group (GS04).

    Raises:
        InvalidDocument: It is no 860, it was read with an error, a segment that it must have is missing or
            misplaced, an element that is needed does not hold what it should, or a line's code says nothing
            about the line itself.
    """
    agreed = conventions or Conventions()
    root = tree(transaction, "860")
    begin = Fields(transaction, root.all("BCH")[0])
    sequence = begin.needed_text(5)
    if not (sequence.isascii() and sequence.isdigit() and int(sequence) > 0):
        raise begin.refuse(5, f"{sequence!r} does not count the changes of the order: 1, 2, 3 ...")
    currency = root.first("CUR")
    day = begin.day(11) or changed_on or (transaction.group.day if transaction.group else None)
    requested = lines.requested_delivery(transaction, root, agreed)
    return PurchaseOrderChange(
        purpose=begin.needed_text(1),
        order_type=begin.needed_text(2),
        number=begin.needed_text(3),
        change_sequence=int(sequence),
        dated=begin.needed_day(6),
        changed_on=day if day is not None else begin.needed_day(11),
        currency=Fields(transaction, currency).text(2) if currency is not None else "",
        parties=heading.parties(transaction, root),
        references=heading.references(transaction, root),
        notes=heading.notes(transaction, root),
        lines=tuple(_lines(transaction, root, requested, agreed)),
    )


def _add_line(out: Composer, change: LineChange, agreed: Conventions) -> None:
    line = change.line
    parts = lines.part_numbers(line.buyer_part, line.vendor_part, agreed)
    item = (line.number, _CODES[change.what][0], line.quantity, None, line.unit)
    out.add("POC", *item, line.unit_price, line.price_basis, *parts)
    if not line.number:
        raise out.refuse("POC", 1, "a line of a change must have a number")
    lines.add_description(out, line.description)
    lines.add_schedules(out, "POC", 3, line, agreed)


def _lines(
    transaction: Transaction, root: Branch, requested: date | None, agreed: Conventions
) -> Iterator[LineChange]:
    for loop in root.loops("POC"):
        item = Fields(transaction, loop.start)
        code = item.needed_text(2)
        if code == _NO_CHANGE:
            continue
        what = next((what for what, codes in _CODES.items() if code in codes), None)
        if what is None:
            raise item.refuse(
                2,
                f"the code {code!r} does not say how the line changes",
                remedy=f"have the sender use one of {', '.join(sorted(sum(_CODES.values(), ())))}",
            )
        yield LineChange(what=what, line=_line(transaction, loop, item, requested, agreed))


def _line(
    transaction: Transaction, loop: Branch, item: Fields, requested: date | None, agreed: Conventions
) -> OrderLine:
    quantity = item.needed_number(3)
    unit = item.unit(5)
    if not unit:
        raise item.refuse(5, "the unit of the quantity is missing")
    return OrderLine(
        number=item.needed_text(1),
        quantity=quantity,
        unit=unit,
        unit_price=item.number(6),
        price_basis=item.text(7),
        buyer_part=lines.part_number(item, agreed.buyer_part, _PARTS_FROM),
        vendor_part=lines.part_number(item, agreed.vendor_part, _PARTS_FROM),
        description=lines.description(transaction, loop),
        schedules=lines.schedules(transaction, loop, quantity, unit, requested, agreed),
    )
