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
    "AcknowledgedSet",
    "Answer",
    "Charge",
    "Decision",
    "Document",
    "FunctionalAcknowledgment",
    "Invoice",
    "InvoiceLine",
    "LineAnswer",
    "LineChange",
    "OrderAcknowledgment",
    "OrderLine",
    "Party",
    "PaymentTerms",
    "PurchaseOrder",
    "PurchaseOrderChange",
    "Reference",
    "Schedule",
    "SetVerdict",
    "SyntaxFault",
    "WhatChanged",
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


class WhatChanged(Enum):
    """How a line of an order differs from what the supplier has accepted."""

    ADDED = "added"
    DELETED = "deleted"
    QUANTITY_UP = "quantity increased"
    QUANTITY_DOWN = "quantity decreased"
    PRICE = "price changed"
    QUANTITY_AND_PRICE = "quantity and price changed"
    DATES = "dates changed"
    QUANTITY_AND_DATES = "quantity and dates changed"
    OTHER = "changed"


@frozen(kw_only=True)
class LineChange:
    """One line of an order that differs from what the supplier has accepted.

    Args:
        what: How it differs; it follows from the two lines.
        line: The line as it shall be; where it is deleted, as it was.
        before: The line as the supplier has it; None where it is added.
    """

    what: WhatChanged
    line: OrderLine
    before: OrderLine | None = None


@frozen(kw_only=True)
class PurchaseOrderChange(Document):
    """What changed in an order that the supplier has (X12 860).

    ``number`` and ``dated`` are those of the order; parties, references and notes are as they shall be.

    Args:
        purpose: X12 element 353: ``04`` change, ``01`` cancellation of the whole order.
        order_type: X12 element 92, as on the order.
        currency: ISO 4217, or the empty string.
        change_sequence: 1 for the first change of the order that the supplier is sent, then 2, 3 ...
        changed_on: The date of the change.
        lines: The lines that differ; none where only the heading does, or where the order is cancelled.
    """

    purpose: str = "04"
    order_type: str = "SA"
    currency: str = ""
    change_sequence: int
    changed_on: date
    lines: tuple[LineChange, ...] = ()


@frozen(kw_only=True)
class PaymentTerms:
    """When an invoice is to be paid.

    Args:
        description: In words, e.g. ``2% 10 net 30``.
        net_days: Days until the whole amount is due, or None.
        due: The date on which it is due, or None.
    """

    description: str = ""
    net_days: int | None = None
    due: date | None = None


@frozen(kw_only=True)
class Charge:
    """An allowance, a charge or a tax of a whole invoice.

    Args:
        amount: In the invoice's currency; an allowance is negative.
        code: What it is for, X12 element 1300 (``D240`` freight ...) or for a tax element 963 (``ST`` ...);
            empty: only the description says it.
        description: In words; X12 carries none for a tax.
        tax: Whether it is a tax.
    """

    amount: Decimal
    code: str = ""
    description: str = ""
    tax: bool = False


@frozen(kw_only=True)
class InvoiceLine:
    """One line of an invoice.

    Args:
        number: The line's number, as on the order where there is one.
        quantity: Invoiced, in ``unit``.
        unit_price: In the invoice's currency, per ``unit``.
    """

    number: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    buyer_part: str = ""
    vendor_part: str = ""
    description: str = ""


@frozen(kw_only=True)
class Invoice(Document):
    """A seller's invoice to a customer (X12 810).

    Args:
        order_number: The customer's purchase order, or the empty string.
        ordered_on: Its date, or None.
        currency: ISO 4217, or the empty string.
        kind: X12 element 640: ``DI`` debit invoice, ``CR`` credit memo ...; or the empty string.
        terms: When it is to be paid, or None.
        lines: In the order of the seller's paper.
        charges: Allowances, charges and taxes of the whole invoice.
        total: What is to be paid: lines and charges add up to it, or it would not be written.
    """

    order_number: str = ""
    ordered_on: date | None = None
    currency: str = ""
    kind: str = ""
    terms: PaymentTerms | None = None
    lines: tuple[InvoiceLine, ...] = ()
    charges: tuple[Charge, ...] = ()
    total: Decimal


class SetVerdict(Enum):
    """What a partner's translator says about a transaction set or a group that it was sent."""

    ACCEPTED = "accepted"
    ACCEPTED_WITH_ERRORS = "accepted with errors"
    PARTLY_ACCEPTED = "partly accepted"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


@frozen(kw_only=True)
class SyntaxFault:
    """One thing that a partner's translator did not like.

    Args:
        path: Where: ``segment 14 PO1``, ``segment 14 PO1-03``; empty for the whole set.
        code: The code of the standard (X12 elements 716, 718, 720, 723).
        sentence: What the code means, in words, with the value where the partner quotes it.
    """

    path: str
    code: str
    sentence: str


@frozen(kw_only=True)
class AcknowledgedSet:
    """What a partner's translator says about one transaction set.

    Args:
        set_id: ``850``.
        control_number: ST02 of the set, as text.
        verdict: What the code comes to.
        code: The code itself (X12 element 717).
        faults: Why.
    """

    set_id: str
    control_number: str
    verdict: SetVerdict
    code: str
    faults: tuple[SyntaxFault, ...] = ()


@frozen(kw_only=True)
class FunctionalAcknowledgment:
    """What a partner's translator says about a group that it was sent (X12 997).

    Args:
        functional_id: Of the group: ``PO`` for 850, ``PC`` for 860, ``IN`` for 810 ...
        group_control_number: GS06 of the group, which tells it apart among those sent to the partner.
        verdict: Of the whole group.
        code: The code itself (X12 element 715).
        sets: What is said about single sets; none where the group's verdict speaks for all of them.
        faults: Why the group as a whole was refused.
    """

    functional_id: str
    group_control_number: int
    verdict: SetVerdict
    code: str
    sets: tuple[AcknowledgedSet, ...] = ()
    faults: tuple[SyntaxFault, ...] = ()


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
