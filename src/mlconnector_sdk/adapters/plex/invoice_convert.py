"""Plex's AR invoices to documents, and what identifies their content. Pure: no clock, no network."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, tzinfo
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, TypeVar

from attrs import frozen

from mlconnector_sdk.adapters.plex import convert
from mlconnector_sdk.adapters.plex.invoice_profile import ChargeMeaning, InvoiceProfile
from mlconnector_sdk.adapters.plex.models import ArInvoice
from mlconnector_sdk.codec import decode, encode
from mlconnector_sdk.codec.scalars import kind, number
from mlconnector_sdk.errors import InvalidDocument, UnreadableAnswer
from mlconnector_sdk.mapping import documents
from mlconnector_sdk.mapping.naming import Naming, PartNumbers
from mlconnector_sdk.mapping.partners import AS_IS, AS_IS_WITH_REVISION
from mlconnector_sdk.mapping.quantities import total
from mlconnector_sdk.mapping.x12.invoices import adds_up

__all__ = ["ar_invoice", "fingerprint", "invoice"]

T = TypeVar("T")

_IN_PLEX = "complete the invoice in Plex: the next poll picks it up"
_NAMES = (
    "complete the invoice in Plex; if Plex shows it complete, its lines have other names than the profile's: "
    "set PlexProfile.invoices.lines"
)
_EXACT = Context(prec=200)
_CENT = Decimal("0.01")


def ar_invoice(record: bytes) -> ArInvoice:
    """Read an invoice's JSON text.

    Raises:
        InvalidDocument: Plex gave a field a value that it cannot have; ``path`` says where.
    """
    try:
        return decode(record, ArInvoice, strict=True)
    except UnreadableAnswer as error:
        raise InvalidDocument(
            f"the invoice cannot be read: {error.message}", path=error.path, remedy=_IN_PLEX
        ) from error


def fingerprint(
    record: bytes, *, profile: InvoiceProfile | None = None, custom_fields: str = "customFields"
) -> str:
    """A hash of an invoice's content, the same however Plex orders lists and keys and writes numbers.

    It leaves out what changes without an edit: ``modified...`` fields, custom fields, and what a payment
    moves. That the invoice was made void counts.

    Args:
        record: The invoice's JSON text.
        profile: Which fields a payment moves, and what "void" looks like.
        custom_fields: The key of the custom fields.
    """
    understood = profile or InvoiceProfile()
    content = decode(record, dict[str, Any])
    void = understood.is_void(_text(content.get("status")), content.get("void"))
    kept = {key: value for key, value in content.items() if key not in understood.settlement}
    return convert.fingerprint(encode({**kept, "void": void}), custom_fields=custom_fields)


def invoice(
    record: ArInvoice,
    *,
    time_zone: tzinfo,
    naming: Naming | None = None,
    profile: InvoiceProfile | None = None,
) -> documents.Invoice:
    """The document that a customer is sent.

    Amounts keep the signs that Plex writes, on credit memos too. The due date and Plex's words are the terms;
    the discount is left to those words, because it is not public whether the figure is one offered or taken.

    Args:
        record: The invoice.
        time_zone: The plant's: Plex keeps instants, papers carry calendar dates.
        naming: What the customer calls units and parts; None: as Plex does.
        profile: How the company's invoices are understood.

    Raises:
        InvalidDocument: It is void, something that an invoice cannot be without is missing, or its lines do
            not come to its total; ``path`` says where.
        UnmappedValue: The customer's tables have no row for a unit or a part.
    """
    understood = profile or InvoiceProfile()
    name = _present(record.number, "invoiceNumber", "the invoice has no number")
    what = f"invoice {name}"
    if understood.is_void(record.status, record.void):
        raise InvalidDocument(
            f"{what} is void",
            path="void",
            remedy="nothing is sent for it; if the customer has it already, send a credit memo",
        )
    customer = _present(record.customer_code, "customerCode", f"{what} names no customer")
    rows = [_Row(line, f"lines[{index}]", understood) for index, line in enumerate(record.lines or ())]
    lines = tuple(row.goods(naming) for row in rows if row.charge is None)
    charges = tuple(row.as_charge(row.charge) for row in rows if row.charge is not None)
    if not rows:
        raise InvalidDocument(f"{what} has no lines", path="lines", remedy=_IN_PLEX)
    owed, stated_at = _owed(record, what)
    credit = understood.is_credit(record.type)
    if owed < 0 and not credit:
        raise InvalidDocument(
            f"{what} comes to {owed}, and its type {record.type!r} is no credit memo",
            path="type",
            remedy="add the type to PlexProfile.invoices.credit, or correct the invoice in Plex",
        )
    dated = _present(record.dated_at, "transactionDate", f"{what} has no date")
    document = documents.Invoice(
        number=name,
        dated=_day(dated, time_zone),
        parties=(documents.Party(role="BY", id=customer, id_qualifier="91"),),
        references=(documents.Reference(qualifier="PK", value=record.shipper),) if record.shipper else (),
        notes=tuple(filter(None, map(str.strip, (record.note or "").splitlines()))),
        order_number=record.customer_order or "",
        currency=record.currency or "",
        kind="CR" if credit else "DI",
        terms=_terms(record, time_zone),
        lines=lines,
        charges=charges,
        total=owed,
    )
    _check_total(document, what, stated_at)
    return document


@frozen
class _Row:
    """One of the inline lines, read by the profile's names."""

    content: Mapping[str, Any]
    path: str
    profile: InvoiceProfile

    @property
    def charge(self) -> ChargeMeaning | None:
        return self.profile.charge(self.text(self.profile.lines.type))

    def goods(self, naming: Naming | None) -> documents.InvoiceLine:
        names = self.profile.lines
        line = self.text(names.order_line) or self.required(names.number, "number")
        quantity = self.decimal(names.quantity, "quantity")
        price = self.decimal(names.unit_price, "price")
        unit = self.required(names.unit, "unit")
        part = self.part(naming)
        description = self.text(names.description)
        if not (part.buyer or part.vendor or description):
            raise InvalidDocument(
                f"{self.path} says neither which part it is nor what it is for",
                path=self.at(names.part),
                remedy=_NAMES,
            )
        self.check_amount(_EXACT.multiply(quantity, price))
        return documents.InvoiceLine(
            number=line,
            quantity=quantity,
            unit=naming.unit(unit) if naming else unit,
            unit_price=price,
            buyer_part=part.buyer,
            vendor_part=part.vendor,
            description=description,
        )

    def as_charge(self, meaning: ChargeMeaning) -> documents.Charge:
        names = self.profile.lines
        return documents.Charge(
            amount=self.decimal(names.amount, "amount"),
            code=meaning.code,
            description=self.text(names.description) or self.text(names.type),
            tax=meaning.tax,
        )

    def part(self, naming: Naming | None) -> PartNumbers:
        """Ours is the vendor's number. A table of the customer's parts knows better than the line."""
        names = self.profile.lines
        number, revision = self.text(names.part), self.text(names.revision)
        ours = f"{number}-{revision}" if number and revision else number
        theirs = self.text(names.customer_part)
        if naming is None or not number:
            return PartNumbers(buyer=theirs, vendor=ours)
        named = naming.part(number, revision)
        as_is = naming.partner.parts in (AS_IS, AS_IS_WITH_REVISION)
        return PartNumbers(buyer=theirs if as_is and theirs else named.buyer, vendor=named.vendor or ours)

    def check_amount(self, comes_to: Decimal) -> None:
        """What Plex says that the line comes to, where it says so, must be what it comes to."""
        name = self.profile.lines.amount
        if self.content.get(name) is None:
            return
        stated = self.decimal(name, "amount")
        if stated not in (comes_to, _rounded(comes_to)):
            raise InvalidDocument(
                f"{self.path} comes to {comes_to}, not to {stated}",
                path=self.at(name),
                remedy="correct quantity, price or amount in Plex: the next poll picks it up",
            )

    def text(self, name: str) -> str:
        value = self.content.get(name)
        if value is None:
            return ""
        if isinstance(value, bool | list | dict):
            raise InvalidDocument(
                f"{self.at(name)} should be text, not {kind(value)}", path=self.at(name), remedy=_NAMES
            )
        return str(value).strip()

    def required(self, name: str, what: str) -> str:
        return _present(self.text(name), self.at(name), f"{self.path} has no {what}", _NAMES)

    def decimal(self, name: str, what: str) -> Decimal:
        value = _present(self.content.get(name), self.at(name), f"{self.path} has no {what}", _NAMES)
        try:
            return number(value)
        except ValueError as problem:
            raise InvalidDocument(
                f"{self.at(name)}: {problem}", path=self.at(name), remedy=_NAMES
            ) from problem

    def at(self, name: str) -> str:
        return f"{self.path}.{name}"


def _owed(record: ArInvoice, what: str) -> tuple[Decimal, str]:
    """The total in the invoice's currency, and where it stands; the company's own where they are one."""
    if record.currency_amount is not None:
        return record.currency_amount, "currencyAmount"
    amount = _present(record.amount, "amount", f"{what} has no total")
    if record.exchange_rate not in (None, 1):
        raise InvalidDocument(
            f"{what} has an exchange rate, and no total in its own currency",
            path="currencyAmount",
            remedy=_IN_PLEX,
        )
    return amount, "amount"


def _check_total(document: documents.Invoice, what: str, path: str) -> None:
    """Lines and charges must come to the total: exactly, or with each line rounded to the cent."""
    if adds_up(document):
        return
    products = [_EXACT.multiply(line.quantity, line.unit_price) for line in document.lines]
    exact = total([*products, *(charge.amount for charge in document.charges)])
    raise InvalidDocument(
        f"{what} states a total of {document.total}, and its lines and charges come to {exact}",
        path=path,
        remedy="correct the invoice in Plex; if Plex shows them to agree, a charge or a tax stands outside "
        "the lines, or under a type that PlexProfile.invoices.charges does not name",
    )


def _rounded(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, rounding=ROUND_HALF_UP, context=_EXACT)


def _terms(record: ArInvoice, time_zone: tzinfo) -> documents.PaymentTerms | None:
    if not record.terms and record.due_at is None:
        return None
    due = None if record.due_at is None else _day(record.due_at, time_zone)
    return documents.PaymentTerms(description=record.terms or "", due=due)


def _present(value: T | None, path: str, problem: str, remedy: str = _IN_PLEX) -> T:
    if value is None or value == "":
        raise InvalidDocument(problem, path=path, remedy=remedy)
    return value


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _day(instant: datetime, time_zone: tzinfo) -> date:
    return instant.astimezone(time_zone).date()
