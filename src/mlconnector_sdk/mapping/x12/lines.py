"""What the lines of orders, changes and invoices have alike: part numbers, descriptions, schedules."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from mlconnector_sdk.errors import InvalidDocument
from mlconnector_sdk.mapping.documents import OrderLine, Schedule
from mlconnector_sdk.mapping.quantities import total
from mlconnector_sdk.mapping.x12 import heading
from mlconnector_sdk.mapping.x12.conventions import Conventions
from mlconnector_sdk.mapping.x12.envelope import Transaction
from mlconnector_sdk.mapping.x12.fields import Composer, Fields
from mlconnector_sdk.mapping.x12.placement import Branch

__all__ = [
    "add_description",
    "add_schedules",
    "description",
    "part_number",
    "part_numbers",
    "requested_delivery",
    "schedules",
]

_DESCRIPTION_WIDTH = 80  # PID05
_PAIRS = 10  # PO1, POC and IT1 have room for ten part numbers


def part_numbers(buyer_part: str, vendor_part: str, agreed: Conventions) -> tuple[str, ...]:
    """Qualifier and number in turn, for the end of a PO1, POC or IT1; an empty number is left out."""
    buyer = (agreed.buyer_part[0], buyer_part) if buyer_part else ()
    vendor = (agreed.vendor_part[0], vendor_part) if vendor_part else ()
    return (*buyer, *vendor)


def part_number(fields: Fields, qualifiers: tuple[str, ...], first: int = 6) -> str:
    """The part number that stands under the first of these qualifiers; empty where none does.

    Args:
        fields: PO1, POC or IT1.
        qualifiers: Element 235, the preferred one first.
        first: The position of the first qualifier in the segment.

    Raises:
        InvalidDocument: The same qualifier stands there twice with different numbers.
    """
    for qualifier in qualifiers:
        found = ""
        for position in range(first, first + 2 * _PAIRS, 2):
            number = fields.text(position + 1)
            if fields.text(position) != qualifier or not number:
                continue
            if found and number != found:
                raise fields.refuse(
                    position + 1, f"two part numbers under {qualifier}: {found!r} and {number!r}"
                )
            found = number
        if found:
            return found
    return ""


def add_description(out: Composer, text: str) -> None:
    """A description as free-form PID, as many as it takes; none where it is empty."""

    def refuse(reason: str) -> InvalidDocument:
        return out.refuse("PID", 5, reason, ahead=True)

    for piece in heading.wrapped(text, _DESCRIPTION_WIDTH, refuse) if text else ():
        out.add("PID", "F", None, None, None, piece)


def description(transaction: Transaction, line: Branch) -> str:
    """The description of a line: its free-form PID, joined by blanks."""
    texts = []
    for loop in line.loops("PID"):
        fields = Fields(transaction, loop.start)
        # Other characteristics (73 colour, 91 size ...) are no description; they stay in the segments.
        if fields.text(1) == "F" and fields.text(2) in ("", "08"):
            texts.append(fields.text(5))
    return " ".join(text for text in texts if text)


def add_schedules(out: Composer, start: str, quantity: int, line: OrderLine, agreed: Conventions) -> None:
    """One SCH per schedule.

    Args:
        start: The segment that starts the line, already added.
        quantity: Where it has the line's quantity.

    Raises:
        InvalidDocument: The schedules do not add up to the line's quantity.
    """
    for schedule in line.schedules:
        values = (None, None, agreed.due[0], schedule.due, None, None, None, None, None, schedule.number)
        out.add("SCH", schedule.quantity, line.unit, *values)
    scheduled = total(schedule.quantity for schedule in line.schedules)
    if line.schedules and scheduled != line.quantity:
        raise out.refuse(
            start,
            quantity,
            f"line {line.number} orders {line.quantity}, but its schedules add up to {scheduled}",
        )


def schedules(
    transaction: Transaction,
    loop: Branch,
    quantity: Decimal,
    unit: str,
    requested: date | None,
    agreed: Conventions,
) -> tuple[Schedule, ...]:
    """The schedules of a line; without SCH the whole quantity on the date of its own DTM, or as requested.

    Args:
        requested: The date that the heading requests, or None.
    """
    found = tuple(_schedule(transaction, inner, unit, agreed) for inner in loop.loops("SCH"))
    due = requested_delivery(transaction, loop, agreed) or requested
    if not found and due is not None:
        return (Schedule(quantity=quantity, due=due),)
    return found


def requested_delivery(transaction: Transaction, branch: Branch, agreed: Conventions) -> date | None:
    """The requested delivery of a DTM of the heading or of a line."""
    for segment in branch.all("DTM"):
        fields = Fields(transaction, segment)
        if fields.text(1) in agreed.due:
            return fields.day(2)
    return None


def _schedule(transaction: Transaction, loop: Branch, unit: str, agreed: Conventions) -> Schedule:
    fields = Fields(transaction, loop.start)
    if fields.needed_text(2) != unit:
        raise fields.refuse(2, f"the schedule is in {fields.text(2)}, its line in {unit}")
    for qualifier, day in ((5, 6), (8, 9)):
        if fields.text(qualifier) in agreed.due:
            return Schedule(
                quantity=fields.needed_number(1), due=fields.needed_day(day), number=fields.text(12)
            )
    raise fields.refuse(
        5,
        f"the date has the qualifier {fields.text(5)!r}, not {' or '.join(agreed.due)} (requested delivery)",
        remedy="if that is the date on which the partner wants the goods, add it to Conventions.due",
    )
