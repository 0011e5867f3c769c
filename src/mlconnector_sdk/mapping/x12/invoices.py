"""810, the invoice: document to segments and back.

Money is never rounded silently. The amount of a line is its quantity times its unit price. The amounts and
the charges add up to the total exactly, either as they are or with the amount of every line rounded to the
cent, half away from zero; or the invoice is not written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import ROUND_HALF_UP, Context, Decimal

from mlconnector_sdk.mapping.documents import Charge, Invoice, InvoiceLine, PaymentTerms
from mlconnector_sdk.mapping.quantities import total
from mlconnector_sdk.mapping.x12 import heading, lines
from mlconnector_sdk.mapping.x12.conventions import Conventions
from mlconnector_sdk.mapping.x12.envelope import Envelope, Transaction
from mlconnector_sdk.mapping.x12.fields import Composer, Fields
from mlconnector_sdk.mapping.x12.placement import Branch, tree
from mlconnector_sdk.mapping.x12.writer import write

__all__ = ["adds_up", "build_810", "invoice", "write_810"]

_CENT = Decimal("0.01")
_EXACT = Context(prec=200, rounding=ROUND_HALF_UP)
"""Wide enough that a product of two elements is exact before it is rounded to the cent."""

_NOTE_WIDTH = 80  # NTE02
_TEXT_WIDTH = 264  # MSG01
_MUTUALLY_DEFINED = "ZZZZ"  # element 1300: only the description says what the charge is for
_PER_UNIT = ("", "CT", "LC", "NT", "PE", "QT", "TE", "UM")
"""Element 639 where the price is for one unit; others, such as per hundred, would change the amount."""


def adds_up(invoice: Invoice) -> bool:
    """Whether lines and charges add up to the total, with or without rounding each line to the cent.

    Example:
        >>> from datetime import date
        >>> line = InvoiceLine(number="1", quantity=Decimal(3), unit="EA", unit_price=Decimal("0.335"))
        >>> day = date(2026, 3, 20)
        >>> adds_up(Invoice(number="9001", dated=day, lines=(line,), total=Decimal("1.01")))
        True
        >>> adds_up(Invoice(number="9001", dated=day, lines=(line,), total=Decimal("1.00")))
        False
    """
    return invoice.total in (_sum(invoice, _exact_amount), _sum(invoice, _rounded_amount))


def _sum(invoice: Invoice, amount: Callable[[InvoiceLine], Decimal]) -> Decimal:
    return total([*map(amount, invoice.lines), *(charge.amount for charge in invoice.charges)])


def _exact_amount(line: InvoiceLine) -> Decimal:
    return _EXACT.multiply(line.quantity, line.unit_price)


def _rounded_amount(line: InvoiceLine) -> Decimal:
    return _EXACT.quantize(_exact_amount(line), _CENT)


def build_810(
    invoice: Invoice, *, release: str = "004010", conventions: Conventions | None = None
) -> Transaction:
    """The segments of an invoice, ready for `write` or for Guide JSON.

    Charges become SAC of the summary, allowances with indicator ``A`` and without sign; one without a code
    gets ``ZZZZ``, mutually defined. Taxes become TXI, before the other charges; their descriptions are not
    written, for which X12 has no place: the code says what a tax is. Notes become NTE; the last one may be
    longer than its 80 characters and then stands in the one N9 loop of the set.

    Raises:
        InvalidDocument: A field cannot be carried by X12, or the invoice does not add up (path ``TDS-01``);
            ``path`` names segment and element.
    """
    agreed = conventions or Conventions()
    out = Composer("810", release)
    order = (invoice.ordered_on, invoice.order_number, None, None)
    out.add("BIG", invoice.dated, invoice.number, *order, invoice.kind)
    short, long = _notes_by_length(invoice.notes)
    for number, note in enumerate(short, 1):
        if not note:
            raise out.refuse("NTE", 2, f"note {number} is empty", ahead=True)
        out.add("NTE", None, note)
    if invoice.currency:
        out.add("CUR", "SE", invoice.currency)
    heading.add_references(out, invoice)
    heading.add_parties(out, invoice)
    if invoice.terms is not None:
        _add_terms(out, invoice.terms)
    if long:
        out.add("N9", "L1", "1")
        for piece in heading.wrapped(
            long, _TEXT_WIDTH, lambda reason: out.refuse("MSG", 1, reason, ahead=True)
        ):
            out.add("MSG", piece)
    for line in invoice.lines:
        _add_line(out, line, agreed)
    out.add("TDS", invoice.total)
    if not adds_up(invoice):
        computed = _sum(invoice, _rounded_amount)
        raise out.refuse(
            "TDS",
            1,
            f"the invoice says {invoice.total}, but its lines and charges add up to {computed}",
            remedy="correct the invoice where it is kept; every line counts rounded to the cent",
        )
    for charge in sorted(invoice.charges, key=lambda charge: not charge.tax):
        _add_charge(out, charge)
    if invoice.lines:
        out.add("CTT", len(invoice.lines))
    return out.transaction()


def write_810(invoice: Invoice, envelope: Envelope, *, conventions: Conventions | None = None) -> str:
    """An invoice as a complete X12 file, release 004010 (or that of ``envelope.version``).

    Raises:
        InvalidDocument: A field cannot be carried by X12, holds a delimiter, or the invoice does not add up.
    """
    release = envelope.version[:6] or "004010"
    return write([build_810(invoice, release=release, conventions=conventions)], envelope)


def invoice(transaction: Transaction, *, conventions: Conventions | None = None) -> Invoice:
    """The invoice that an 810 says, whether it adds up or not: see `adds_up`.

    * Charges and taxes of lines stand among those of the invoice, before those of the summary.
    * A tax without an amount and a SAC without an effect (indicator ``N``) add nothing and are left out.
    * A charge with code ``ZZZZ``, mutually defined, has no code.
    * A line without a number gets its position. Of several terms of payment the first are taken.

    Raises:
        InvalidDocument: It is no 810, it was read with an error, a segment that it must have is missing or
            misplaced, an element that is needed does not hold what it should, or a price is not per unit.
    """
    agreed = conventions or Conventions()
    root = tree(transaction, "810")
    begin = Fields(transaction, root.all("BIG")[0])
    currency, terms = root.first("CUR"), root.first("ITD")
    items = root.loops("IT1")
    return Invoice(
        dated=begin.needed_day(1),
        number=begin.needed_text(2),
        ordered_on=begin.day(3),
        order_number=begin.text(4),
        kind=begin.text(7),
        currency=Fields(transaction, currency).text(2) if currency is not None else "",
        parties=heading.parties(transaction, root),
        references=heading.references(transaction, root),
        notes=tuple(_notes(transaction, root)),
        terms=_terms(Fields(transaction, terms)) if terms is not None else None,
        lines=tuple(_line(transaction, loop, str(at), agreed) for at, loop in enumerate(items, 1)),
        charges=tuple(charge for branch in (*items, root) for charge in _charges(transaction, branch)),
        total=Fields(transaction, root.all("TDS")[0]).needed_number(1),
    )


def _notes_by_length(notes: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    """The notes for NTE, and the last one where it is too long for it."""
    if notes and len(notes[-1]) > _NOTE_WIDTH:
        return notes[:-1], notes[-1]
    return notes, ""


def _notes(transaction: Transaction, root: Branch) -> Iterator[str]:
    for segment in root.all("NTE"):
        yield Fields(transaction, segment).needed_text(2)
    yield from heading.notes(transaction, root)


def _add_terms(out: Composer, terms: PaymentTerms) -> None:
    if terms == PaymentTerms():
        raise out.refuse("ITD", 12, "terms of payment that say nothing cannot be written", ahead=True)
    until = (terms.due, terms.net_days)
    out.add("ITD", None, None, None, None, None, *until, None, None, None, None, terms.description)


def _terms(fields: Fields) -> PaymentTerms:
    days = fields.number(7)
    return PaymentTerms(
        due=fields.day(6), net_days=int(days) if days is not None else None, description=fields.text(12)
    )


def _add_line(out: Composer, line: InvoiceLine, agreed: Conventions) -> None:
    parts = lines.part_numbers(line.buyer_part, line.vendor_part, agreed)
    out.add("IT1", line.number, line.quantity, line.unit, line.unit_price, None, *parts)
    if not line.number:
        raise out.refuse("IT1", 1, "a line of an invoice must have a number")
    lines.add_description(out, line.description)


def _line(transaction: Transaction, loop: Branch, position: str, agreed: Conventions) -> InvoiceLine:
    item = Fields(transaction, loop.start)
    if item.text(5) not in _PER_UNIT:
        raise item.refuse(5, f"the price is by {item.text(5)!r}, which is not known to be per unit")
    return InvoiceLine(
        number=item.text(1) or position,
        quantity=item.needed_number(2),
        unit=item.needed_text(3),
        unit_price=item.needed_number(4),
        buyer_part=lines.part_number(item, agreed.buyer_part),
        vendor_part=lines.part_number(item, agreed.vendor_part),
        description=lines.description(transaction, loop),
    )


def _add_charge(out: Composer, charge: Charge) -> None:
    if charge.tax:
        out.add("TXI", charge.code, charge.amount)
        return
    if not charge.code and not charge.description:
        raise out.refuse("SAC", 15, "a charge must have a code or a description", ahead=True)
    indicator, code = "A" if charge.amount < 0 else "C", charge.code or _MUTUALLY_DEFINED
    unused = (None,) * 9
    out.add("SAC", indicator, code, None, None, charge.amount.copy_abs(), *unused, charge.description)


def _charges(transaction: Transaction, branch: Branch) -> Iterator[Charge]:
    """The taxes, allowances and charges of a line or of the summary, each with the taxes on it."""
    yield from _taxes(transaction, branch)
    for loop in branch.loops("SAC"):
        fields = Fields(transaction, loop.start)
        indicator = fields.needed_text(1)
        if indicator in ("A", "C"):
            amount, code = fields.needed_number(5), fields.text(2)
            yield Charge(
                amount=amount.copy_negate() if indicator == "A" else amount,
                code="" if code == _MUTUALLY_DEFINED else code,
                description=fields.text(15),
            )
        elif indicator != "N":
            raise fields.refuse(1, f"the indicator {indicator!r} does not say whether to add or to subtract")
        yield from _taxes(transaction, loop)


def _taxes(transaction: Transaction, branch: Branch) -> Iterator[Charge]:
    for segment in branch.all("TXI"):
        fields = Fields(transaction, segment)
        amount = fields.number(2)
        if amount is not None:
            yield Charge(amount=amount, code=fields.needed_text(1), tax=True)
