"""The fields of the records and their types, as the developer portal's dictionary lists them.

``dt`` is an ISO date-time, ``num`` a JSON number, ``int`` one without a fraction, ``b`` true or false,
``list`` a list of objects, and everything else is text. Every field but the id may be null.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from mlconnector_sdk.errors import InvalidDocument
from mlconnector_sdk.simulators.plex import instants

__all__ = [
    "AR_INVOICE",
    "AR_INVOICE_LINE",
    "LINE",
    "ORDER",
    "PART",
    "RELEASE",
    "SUPPLIER",
    "TENANT",
    "blank",
    "check",
]


def _fields(text: str) -> Mapping[str, str]:
    """``name:type`` words, where a word without a type is text."""
    return {name: kind or "text" for name, _, kind in (word.partition(":") for word in text.split())}


TENANT = _fields("id code name")

ORDER = _fields("""
    id poNumber currencyCode status active:b receive:b type supplierId supplierAddressId issuedById poDate:dt
    terms freightTerms lineItemCount:int lineItemTotal:num shipTo shipVia orderedById orderedDate:dt fob
    dueDate:dt contactId scheduledReceiptDate:dt approvedById approvedDate:dt internalNote note consignment:b
    carrierId building department routeToEmployeeId incoTerms weightQuantityTotal:num blanketOrder:b
    createdById createdDate:dt modifiedById modifiedDate:dt
""")

LINE = _fields("""
    id lineItemNumber:int status expirationDate:dt unit orderUnit description unitPrice:num estimatedPrice:b
    accountId manufacturer manufacturerPartNumber supplierPartNumber itemId taxCode partId operationCode
    partOperationId routeToEmployeeId requestedById weightUnit weightConversion:num internalNote note building
    department blanketQuantity:num createdDate:dt modifiedById modifiedDate:dt
""")

RELEASE = _fields("""
    id poLineItemId poId poNumber lineItemNo:int releaseLineNumber:int status type quantity:num
    weightQuantity:num releaseDateTime:dt dueDateTime:dt originalDueDateTime:dt releaseById
    releaseAuthorizationNumber partId partNumber partRevision partNumberRevision operationCode supplierId
    supplierCode poShipTo buildingCode buildingId note createdDateTime:dt modifiedById modifiedDateTime:dt
""")

SUPPLIER = _fields("""
    id code oldCode name type status category language parentSupplierId webAddress contactNote note
    createdById createdDate:dt modifiedById modifiedDate:dt
""")

PART = _fields("""
    id number revision name description type group source productType status note leadTimeDays:num
    buildingCode createdById createdDate:dt modifiedById modifiedDate:dt
""")

AR_INVOICE = _fields("""
    id invoiceNumber customerId customerCode customerBillToId customerShipToId customerOrderNos customerPONo
    shipperNo poNumber poId transactionDate:dt dueDate:dt terms currencyCode exchangeRate:num amount:num
    currencyAmount:num balance:num status type paid:b void:b booked:b discount:num discountDueDate:dt
    voucherNumber invoiceNote lines:list createdById createdDate:dt modifiedById modifiedDate:dt
""")

AR_INVOICE_LINE = _fields("""
    lineNumber:int customerPOLineNumber type partNumber partRevision customerPartNumber description
    quantity:num unit unitPrice:num amount:num
""")
"""Inferred: the dictionary says that lines stand inside the invoice, and not what they look like."""


def blank(fields: Mapping[str, str], **known: Any) -> dict[str, Any]:
    """A record with every field of its kind: those that are not known are null."""
    check(fields, known)
    return {name: known.get(name) for name in fields}


def check(fields: Mapping[str, str], partial: Mapping[str, Any]) -> None:
    """Check names and types of some fields of a record.

    Raises:
        InvalidDocument: A field is unknown or its value is of another type; ``path`` names it.
    """
    for name, value in partial.items():
        if name not in fields:
            raise InvalidDocument(f"there is no field {name!r} here", path=name)
        if value is not None and not _fits(fields[name], value):
            raise InvalidDocument(f"{name} takes {fields[name]}, not {value!r}", path=name)


def _fits(kind: str, value: Any) -> bool:
    if isinstance(value, bool):
        return kind == "b"
    match kind:
        case "int":
            return isinstance(value, int)
        case "num":
            return isinstance(value, int | Decimal)
        case "dt":
            return isinstance(value, str) and _is_instant(value)
        case "list":
            return isinstance(value, list) and all(isinstance(item, Mapping) for item in value)
        case "text":
            return isinstance(value, str)
    return False


def _is_instant(text: str) -> bool:
    try:
        instants.parse(text)
    except InvalidDocument:
        return False
    return True
