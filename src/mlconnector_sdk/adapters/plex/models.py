"""What Plex's JSON objects become: the vendor's fields under Python names.

Every field except ``id`` may be null or absent. Fields that no model names stay reachable through
``extra``, and ``raw`` is the record's own JSON. Paths and names follow the public dictionary of the
developer portal; the product pages do not show any.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from attrs import frozen

from mlconnector_sdk.codec import Record, wire

__all__ = [
    "ArInvoice",
    "Part",
    "PurchaseOrder",
    "PurchaseOrderAggregate",
    "PurchaseOrderLine",
    "PurchaseOrderRelease",
    "Supplier",
    "Tenant",
]


@frozen(kw_only=True)
class Tenant(Record):
    """A company (PCN) that the credentials may see."""

    id: str = wire("id")
    code: str | None = wire("code", default=None)


@frozen(kw_only=True)
class Supplier(Record):
    """A supplier. A carrier is a supplier too, of type ``Carrier``."""

    id: str = wire("id")
    code: str | None = wire("code", default=None)
    name: str | None = wire("name", default=None)
    type: str | None = wire("type", default=None)
    status: str | None = wire("status", default=None)
    modified_at: datetime | None = wire("modifiedDate", default=None)


@frozen(kw_only=True)
class Part(Record):
    """A part; its identity is the number *and* the revision."""

    id: str = wire("id")
    number: str | None = wire("number", default=None)
    revision: str | None = wire("revision", default=None)
    name: str | None = wire("name", default=None)
    description: str | None = wire("description", default=None)
    type: str | None = wire("type", default=None)
    status: str | None = wire("status", default=None)
    created_at: datetime | None = wire("createdDate", default=None)
    modified_at: datetime | None = wire("modifiedDate", default=None)


@frozen(kw_only=True)
class PurchaseOrder(Record):
    """The head of a purchase order. Quantities and due dates live on its releases."""

    id: str = wire("id")
    number: str | None = wire("poNumber", default=None)
    status: str | None = wire("status", default=None)
    type: str | None = wire("type", default=None)
    supplier_id: str | None = wire("supplierId", default=None)
    currency: str | None = wire("currencyCode", default=None)
    ordered_at: datetime | None = wire("poDate", default=None)
    due_at: datetime | None = wire("dueDate", default=None)
    terms: str | None = wire("terms", default=None)
    freight_terms: str | None = wire("freightTerms", default=None)
    ship_to: str | None = wire("shipTo", default=None)
    ship_via: str | None = wire("shipVia", default=None)
    fob: str | None = wire("fob", default=None)
    building: str | None = wire("building", default=None)
    blanket: bool | None = wire("blanketOrder", default=None)
    note: str | None = wire("note", default=None)
    internal_note: str | None = wire("internalNote", default=None)
    line_count: int | None = wire("lineItemCount", default=None)
    total: Decimal | None = wire("lineItemTotal", default=None)
    created_at: datetime | None = wire("createdDate", default=None)
    modified_at: datetime | None = wire("modifiedDate", default=None)


@frozen(kw_only=True)
class PurchaseOrderLine(Record):
    """One line of a purchase order. It carries no quantity: that is the sum of its releases."""

    id: str = wire("id")
    number: int | None = wire("lineItemNumber", default=None)
    status: str | None = wire("status", default=None)
    unit: str | None = wire("unit", default=None)
    order_unit: str | None = wire("orderUnit", default=None)
    description: str | None = wire("description", default=None)
    unit_price: Decimal | None = wire("unitPrice", default=None)
    part_id: str | None = wire("partId", default=None)
    item_id: str | None = wire("itemId", default=None)
    supplier_part: str | None = wire("supplierPartNumber", default=None)
    manufacturer_part: str | None = wire("manufacturerPartNumber", default=None)
    note: str | None = wire("note", default=None)
    modified_at: datetime | None = wire("modifiedDate", default=None)


@frozen(kw_only=True)
class PurchaseOrderRelease(Record):
    """How much of a line is due when."""

    id: str = wire("id")
    order_id: str | None = wire("poId", default=None)
    order_number: str | None = wire("poNumber", default=None)
    line_id: str | None = wire("poLineItemId", default=None)
    line_number: int | None = wire("lineItemNo", default=None)
    number: int | None = wire("releaseLineNumber", default=None)
    status: str | None = wire("status", default=None)
    type: str | None = wire("type", default=None)
    quantity: Decimal | None = wire("quantity", default=None)
    due_at: datetime | None = wire("dueDateTime", default=None)
    part_id: str | None = wire("partId", default=None)
    part_number: str | None = wire("partNumber", default=None)
    part_revision: str | None = wire("partRevision", default=None)
    supplier_id: str | None = wire("supplierId", default=None)
    supplier_code: str | None = wire("supplierCode", default=None)
    ship_to: str | None = wire("poShipTo", default=None)
    building: str | None = wire("buildingCode", default=None)
    note: str | None = wire("note", default=None)
    created_at: datetime | None = wire("createdDateTime", default=None)
    modified_at: datetime | None = wire("modifiedDateTime", default=None)


@frozen(kw_only=True)
class PurchaseOrderAggregate(Record):
    """A purchase order read whole: a changed line or release is a changed order.

    Args:
        order: The head.
        lines: As Plex lists them.
        releases: Of all lines, as Plex lists them.
        supplier_code: The supplier's code, or the empty string where the order names none.
    """

    order: PurchaseOrder
    lines: tuple[PurchaseOrderLine, ...] = ()
    releases: tuple[PurchaseOrderRelease, ...] = ()
    supplier_code: str = wire("supplierCode", default="")


@frozen(kw_only=True)
class ArInvoice(Record):
    """An invoice to a customer, with its lines inside.

    Attributes:
        lines: Word for word: what a line looks like is not public (see `InvoiceLineFields`).
        amount: In the company's own currency.
        currency_amount: The same in the invoice's currency.
    """

    id: str = wire("id")
    number: str | None = wire("invoiceNumber", default=None)
    status: str | None = wire("status", default=None)
    type: str | None = wire("type", default=None)
    customer_id: str | None = wire("customerId", default=None)
    customer_code: str | None = wire("customerCode", default=None)
    customer_order: str | None = wire("customerPONo", default=None)
    shipper: str | None = wire("shipperNo", default=None)
    dated_at: datetime | None = wire("transactionDate", default=None)
    due_at: datetime | None = wire("dueDate", default=None)
    terms: str | None = wire("terms", default=None)
    currency: str | None = wire("currencyCode", default=None)
    exchange_rate: Decimal | None = wire("exchangeRate", default=None)
    amount: Decimal | None = wire("amount", default=None)
    currency_amount: Decimal | None = wire("currencyAmount", default=None)
    balance: Decimal | None = wire("balance", default=None)
    paid: bool | None = wire("paid", default=None)
    void: bool | None = wire("void", default=None)
    booked: bool | None = wire("booked", default=None)
    note: str | None = wire("invoiceNote", default=None)
    lines: tuple[dict[str, Any], ...] | None = wire("lines", default=None)
    created_at: datetime | None = wire("createdDate", default=None)
    modified_at: datetime | None = wire("modifiedDate", default=None)
