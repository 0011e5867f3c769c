"""How a company's AR invoices are read, as data. Pure.

The public dictionary lists the fields of an AR invoice's head and says that its lines stand inline; what a
line looks like, and which words the company uses for statuses and types, it does not say. Everything here is
inferred, and can be changed with `attrs.evolve`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from attrs import field, frozen

__all__ = ["ChargeMeaning", "InvoiceLineFields", "InvoiceProfile"]


@frozen(kw_only=True)
class InvoiceLineFields:
    """What the fields of an invoice's inline lines are called (inferred).

    Args:
        number: The line's own number.
        order_line: The line's number on the customer's order; where it is given, it goes on the document.
        type: What kind of line it is; see `InvoiceProfile.charges`.
        part: Our part number.
        revision: Its revision.
        customer_part: The customer's number of the part.
        description: As printed on paper.
        quantity: Invoiced, in ``unit``.
        unit: The unit of the quantity.
        unit_price: Per unit, in the invoice's currency.
        amount: What the line comes to, in the invoice's currency.
    """

    number: str = "lineNumber"
    order_line: str = "customerPOLineNumber"
    type: str = "type"
    part: str = "partNumber"
    revision: str = "partRevision"
    customer_part: str = "customerPartNumber"
    description: str = "description"
    quantity: str = "quantity"
    unit: str = "unit"
    unit_price: str = "unitPrice"
    amount: str = "amount"


@frozen(kw_only=True)
class ChargeMeaning:
    """What a type of line is, where it is no goods.

    Args:
        code: X12 element 1300 (``D240`` freight ...), or for a tax element 963 (``TX`` all taxes ...).
        tax: Whether it is a tax.
    """

    code: str
    tax: bool = False


def _usual_charges() -> Mapping[str, ChargeMeaning]:
    return MappingProxyType(
        {
            "freight": ChargeMeaning(code="D240"),
            "tax": ChargeMeaning(code="TX", tax=True),
        }
    )


@frozen(kw_only=True)
class InvoiceProfile:
    """How AR invoices are understood; words are compared in any case (all of it inferred).

    Args:
        lines: The names of the fields of a line.
        draft: Statuses of invoices that are not yet meant for the customer.
        void: Statuses of invoices that were withdrawn; the field ``void`` says so too.
        settled: Statuses of invoices whose edits nobody waits for: no sweep reads old ones again.
        credit: Types of invoices that are credit memos.
        charges: Types of lines that are charges or taxes, and what they are.
        settlement: Fields that a payment changes, and that no customer is sent: they make no edit.
    """

    lines: InvoiceLineFields = field(factory=InvoiceLineFields)
    draft: frozenset[str] = frozenset({"draft"})
    void: frozenset[str] = frozenset({"void", "voided"})
    settled: frozenset[str] = frozenset({"closed", "paid"})
    credit: frozenset[str] = frozenset({"credit", "credit memo"})
    charges: Mapping[str, ChargeMeaning] = field(factory=_usual_charges)
    settlement: frozenset[str] = frozenset({"balance", "paid", "status"})

    def is_draft(self, status: str | None, booked: bool | None) -> bool:
        """Whether an invoice is not yet meant for the customer: a draft, or said not to be booked."""
        return booked is False or _folded(status) in self.draft

    def is_void(self, status: str | None, void: bool | None) -> bool:
        """Whether an invoice was withdrawn."""
        return void is True or _folded(status) in self.void

    def is_credit(self, kind: str | None) -> bool:
        """Whether a type of invoice is a credit memo."""
        return _folded(kind) in self.credit

    def charge(self, kind: str | None) -> ChargeMeaning | None:
        """What charge a type of line is; None: it is goods."""
        return self.charges.get(_folded(kind))


def _folded(word: str | None) -> str:
    return (word or "").strip().casefold()
