"""The hub: vendor-free business documents, one class each.

An ERP is converted to these, and X12, Guide JSON and the other dialects are written from them and read
into them, so that N systems and M dialects need N + M converters. Quantities and money are `Decimal`,
exactly as written by the source; dates are calendar dates of the plant or the partner. Codes are those of
X12 where the field has no better word, because that is what partners agree on; unknown ones are kept.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import Enum

from attrs import frozen

__all__ = [
    "AcknowledgedLine",
    "Answer",
    "Decision",
    "Document",
    "LineAnswer",
    "OrderAcknowledgment",
    "OrderLine",
    "Party",
    "PurchaseOrder",
    "Reference",
    "Schedule",
]


@frozen(kw_only=True)
class Party:
    """Somebody or somewhere that plays a role in a document.

    Args:
        role: X12 element 98: ``BY`` buyer, ``ST`` ship to, ``SU`` supplier, ``BT`` bill to ...
        name: As printed on paper.
        id: The identifier under which the other side knows it, or the empty string.
        id_qualifier: X12 element 66, who assigned the id: ``92`` the buyer, ``91`` the seller, ``1`` DUNS ...
        address: Street lines, at most two of them are carried by most dialects.
        state: State or province code.
        country: ISO 3166 alpha-2, or the empty string.
    """

    role: str
    name: str = ""
    id: str = ""
    id_qualifier: str = ""
    address: tuple[str, ...] = ()
    city: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = ""


@frozen(kw_only=True)
class Reference:
    """A number that somebody else uses for this document (X12 REF: ``CT`` contract ...)."""

    qualifier: str
    value: str
    description: str = ""


@frozen(kw_only=True)
class Document:
    """What every business document has.

    Args:
        number: The number that both sides use to speak of it.
        dated: The document's own date.
        parties: By role.
        references: Further numbers.
        notes: Free text for people.
    """

    number: str
    dated: date
    parties: tuple[Party, ...] = ()
    references: tuple[Reference, ...] = ()
    notes: tuple[str, ...] = ()


@frozen(kw_only=True)
class Schedule:
    """How much of a line is due when (a Plex release, an X12 SCH).

    Args:
        quantity: In the line's unit.
        due: Requested at the dock of the ship-to.
        number: The release's own number, or the empty string.
    """

    quantity: Decimal
    due: date
    number: str = ""


@frozen(kw_only=True)
class OrderLine:
    """One line of an order.

    Args:
        number: The line's number as the buyer prints it.
        quantity: Total of the line, in ``unit``.
        unit: X12 element 355: ``EA``, ``CA``, ``LB`` ...
        unit_price: In the order's currency; None where none is agreed.
        price_basis: X12 element 639, what the price is for: ``PE`` each ...; empty: per ``unit``.
        buyer_part: The buyer's number of the part.
        vendor_part: The supplier's number of the part.
        description: As printed on paper.
        schedules: When how much is due; their quantities add up to ``quantity``.
    """

    number: str
    quantity: Decimal
    unit: str
    unit_price: Decimal | None = None
    price_basis: str = ""
    buyer_part: str = ""
    vendor_part: str = ""
    description: str = ""
    schedules: tuple[Schedule, ...] = ()


@frozen(kw_only=True)
class PurchaseOrder(Document):
    """A buyer's order to a supplier (X12 850).

    Args:
        purpose: X12 element 353: ``00`` original, ``05`` replace ...
        order_type: X12 element 92: ``SA`` stand-alone, ``BK`` blanket ...
        currency: ISO 4217, or the empty string.
        lines: In the order of the buyer's paper.
    """

    purpose: str = "00"
    order_type: str = "SA"
    currency: str = ""
    lines: tuple[OrderLine, ...] = ()


class Decision(Enum):
    """What a supplier says about a whole order."""

    ACCEPTED = "accepted"
    CHANGED = "accepted with changes"
    REJECTED = "rejected"
    HELD = "held"
    UNKNOWN = "unknown"


class Answer(Enum):
    """What a supplier says about a quantity of one line."""

    CONFIRMED = "confirmed"
    BACKORDERED = "backordered"
    REJECTED = "rejected"
    DELETED = "deleted"
    PENDING = "pending"
    UNKNOWN = "unknown"


@frozen(kw_only=True)
class LineAnswer:
    """One of the answers for a line: a split line has several.

    Args:
        answer: What it comes to.
        code: The supplier's own code (X12 element 668); empty where only a schedule or a date speaks.
        quantity: In ``unit``; None where the supplier gave none.
        ship: When it will be shipped, or None.
        delivery: When it will arrive, or None.
        unit_price: The confirmed price, or None.
    """

    answer: Answer
    code: str
    quantity: Decimal | None = None
    unit: str = ""
    ship: date | None = None
    delivery: date | None = None
    unit_price: Decimal | None = None


@frozen(kw_only=True)
class AcknowledgedLine:
    """One line of an acknowledgment, as the supplier repeats and answers it.

    Args:
        number: The buyer's line number; empty where the supplier left it out.
        quantity: The quantity that the supplier repeats (ordered or confirmed: partners differ).
        price_basis: X12 element 639, what the price is for; see `OrderLine`.
        answers: The supplier's answers in file order; none when the header speaks for the line.
    """

    number: str
    quantity: Decimal | None = None
    unit: str = ""
    unit_price: Decimal | None = None
    price_basis: str = ""
    buyer_part: str = ""
    vendor_part: str = ""
    answers: tuple[LineAnswer, ...] = ()


@frozen(kw_only=True)
class OrderAcknowledgment(Document):
    """A supplier's answer to an order (X12 855). ``number`` is the *buyer's* order number.

    Args:
        decision: What the header code comes to.
        code: The header code itself (X12 element 587: ``AD``, ``AC``, ``RD`` ...).
        purpose: X12 element 353.
        supplier_reference: The supplier's own number of the order, or the empty string.
        ordered_on: The date of the order it answers.
        ship: When the whole order will be shipped, where the heading says so; lines repeat it.
        delivery: When the whole order will arrive, where the heading says so; lines repeat it.
        lines: Empty for an acknowledgment without detail.
    """

    decision: Decision
    code: str
    purpose: str = "00"
    supplier_reference: str = ""
    ordered_on: date | None = None
    ship: date | None = None
    delivery: date | None = None
    lines: tuple[AcknowledgedLine, ...] = ()
