"""850, the purchase order: document to segments and back."""

from __future__ import annotations

from datetime import date

from mlconnector_sdk.mapping.documents import OrderLine, PurchaseOrder
from mlconnector_sdk.mapping.x12 import heading, lines
from mlconnector_sdk.mapping.x12.conventions import Conventions
from mlconnector_sdk.mapping.x12.envelope import Envelope, Transaction
from mlconnector_sdk.mapping.x12.fields import Composer, Fields
from mlconnector_sdk.mapping.x12.placement import Branch, tree
from mlconnector_sdk.mapping.x12.writer import write

__all__ = ["build_850", "purchase_order", "write_850"]


def build_850(
    order: PurchaseOrder, *, release: str = "004010", conventions: Conventions | None = None
) -> Transaction:
    """The segments of an order, ready for `write` or for Guide JSON.

    Notes become N9 loops with MSG, schedules become SCH with the first ``due`` qualifier, part numbers
    stand in PO1 under the first qualifiers of the conventions.

    Raises:
        InvalidDocument: A field cannot be carried by X12; ``path`` names segment and element.
    """
    agreed = conventions or Conventions()
    out = Composer("850", release)
    out.add("BEG", order.purpose, order.order_type, order.number, None, order.dated)
    if order.currency:
        out.add("CUR", "BY", order.currency)
    heading.add_references(out, order)
    heading.add_notes(out, order)
    heading.add_parties(out, order)
    for line in order.lines:
        _add_line(out, line, agreed)
    out.add("CTT", len(order.lines))
    return out.transaction()


def write_850(order: PurchaseOrder, envelope: Envelope, *, conventions: Conventions | None = None) -> str:
    """An order as a complete X12 file, release 004010 (or that of ``envelope.version``).

    Raises:
        InvalidDocument: A field cannot be carried by X12, or holds a delimiter.

    Example:
        >>> from datetime import date, datetime
        >>> from decimal import Decimal
        >>> from mlconnector_sdk.mapping import x12
        >>> from mlconnector_sdk.mapping.documents import OrderLine, PurchaseOrder
        >>> order = PurchaseOrder(
        ...     number="7731",
        ...     dated=date(2026, 3, 2),
        ...     lines=(OrderLine(number="10", quantity=Decimal(24), unit="EA", buyer_part="WB-100"),),
        ... )
        >>> envelope = x12.Envelope(
        ...     sender=x12.Identity(id="PLEXBUYER"),
        ...     receiver=x12.Identity(id="ACMESUPPLY"),
        ...     control_number=1,
        ...     at=datetime(2026, 3, 2, 9, 58),
        ...     delimiters=x12.Delimiters(line_break="\\n"),
        ... )
        >>> print("\\n".join(x12.write_850(order, envelope).split("\\n")[2:6]))
        ST*850*0001~
        BEG*00*SA*7731**20260302~
        PO1*10*24*EA***BP*WB-100~
        CTT*1~
    """
    release = envelope.version[:6] or "004010"
    return write([build_850(order, release=release, conventions=conventions)], envelope)


def purchase_order(transaction: Transaction, *, conventions: Conventions | None = None) -> PurchaseOrder:
    """The order that an 850 says.

    A line without SCH takes the delivery date of its own DTM, else of the heading's; a line without a
    number gets its position. What a `PurchaseOrder` has no field for stays in ``transaction.segments``.

    Raises:
        InvalidDocument: It is no 850, it was read with an error, a segment that it must have is missing or
            misplaced, or an element that is needed does not hold what it should.
    """
    agreed = conventions or Conventions()
    root = tree(transaction, "850")
    begin = Fields(transaction, root.all("BEG")[0])
    currency = root.first("CUR")
    requested = lines.requested_delivery(transaction, root, agreed)
    return PurchaseOrder(
        purpose=begin.needed_text(1),
        order_type=begin.needed_text(2),
        number=begin.needed_text(3),
        dated=begin.needed_day(5),
        currency=Fields(transaction, currency).text(2) if currency is not None else "",
        parties=heading.parties(transaction, root),
        references=heading.references(transaction, root),
        notes=heading.notes(transaction, root),
        lines=tuple(
            _line(transaction, loop, str(position), requested, agreed)
            for position, loop in enumerate(root.loops("PO1"), 1)
        ),
    )


def _add_line(out: Composer, line: OrderLine, agreed: Conventions) -> None:
    parts = lines.part_numbers(line.buyer_part, line.vendor_part, agreed)
    out.add("PO1", line.number, line.quantity, line.unit, line.unit_price, line.price_basis, *parts)
    if not line.number:
        raise out.refuse("PO1", 1, "a line of an order must have a number")
    if not line.unit:
        raise out.refuse("PO1", 3, "a line of an order must have a unit")
    lines.add_description(out, line.description)
    lines.add_schedules(out, "PO1", 2, line, agreed)


def _line(
    transaction: Transaction, loop: Branch, position: str, requested: date | None, agreed: Conventions
) -> OrderLine:
    item = Fields(transaction, loop.start)
    quantity, unit = item.needed_number(2), item.needed_text(3)
    return OrderLine(
        number=item.text(1) or position,
        quantity=quantity,
        unit=unit,
        unit_price=item.number(4),
        price_basis=item.text(5),
        buyer_part=lines.part_number(item, agreed.buyer_part),
        vendor_part=lines.part_number(item, agreed.vendor_part),
        description=lines.description(transaction, loop),
        schedules=lines.schedules(transaction, loop, quantity, unit, requested, agreed),
    )
