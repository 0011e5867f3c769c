"""How invoices to customers come into the table.

The fields of the head are the public dictionary's. What an inline line looks like is not public: the names
here are inferred.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, TypeAlias

from mlconnector_sdk.errors import ConfigurationError, InvalidDocument
from mlconnector_sdk.simulators.plex import fields, instants, seeds
from mlconnector_sdk.simulators.plex.data import PlexData
from mlconnector_sdk.simulators.plex.table import Record

__all__ = ["InvoiceLineSeed", "place"]

InvoiceLineSeed: TypeAlias = Mapping[str, Any]
"""A mapping with ``part``, ``quantity`` and ``price`` and, if wanted, ``number``, ``order_line``, ``unit``,
``revision``, ``customer_part`` and ``description``; or, for a charge, with ``type`` (``Freight``, ``Tax``
...), ``amount`` and, if wanted, ``number`` and ``description``."""

_GOODS = {
    "customer_part",
    "description",
    "number",
    "order_line",
    "part",
    "price",
    "quantity",
    "revision",
    "unit",
}
_CHARGE = {"amount", "description", "number", "type"}
_TERM = timedelta(days=30)


def place(
    data: PlexData,
    number: str,
    *,
    customer: str,
    lines: Sequence[InvoiceLineSeed],
    dated: date,
    currency: str,
    order: str,
) -> Record:
    """Enter an invoice, booked and open; its total is what its lines come to.

    Raises:
        InvalidDocument: There is an invoice with this number.
        ConfigurationError: A line is not understood.
    """
    if any(data.ar_invoices.find("invoiceNumber", (number,))):
        raise InvalidDocument(f"there is an invoice {number!r} already", path="number")
    rows = [_row(line, nth) for nth, line in enumerate(lines, 1)]
    amount = _sum(row["amount"] for row in rows)
    return data.enter(
        data.ar_invoices,
        id=data.new_id("ar-invoice", number),
        invoiceNumber=number,
        customerId=data.id_of("customer", customer),
        customerCode=customer,
        customerPONo=order or None,
        transactionDate=_midnight(data, dated),
        dueDate=_midnight(data, dated + _TERM),
        terms="Net 30",
        currencyCode=currency,
        exchangeRate=Decimal(1),
        amount=amount,
        currencyAmount=amount,
        balance=amount,
        status="Open",
        type="Invoice",
        paid=False,
        void=False,
        booked=True,
        lines=rows,
    )


def _row(seed: InvoiceLineSeed, nth: int) -> dict[str, Any]:
    if {"part", "quantity", "price"} <= set(seed) <= _GOODS:
        quantity, price = seeds.number(seed["quantity"]), seeds.number(seed["price"])
        return fields.blank(
            fields.AR_INVOICE_LINE,
            lineNumber=seed.get("number", nth),
            customerPOLineNumber=str(seed["order_line"]) if "order_line" in seed else None,
            type="Part",
            partNumber=seed["part"],
            partRevision=seed.get("revision"),
            customerPartNumber=seed.get("customer_part"),
            description=seed.get("description"),
            quantity=quantity,
            unit=seed.get("unit", "EA"),
            unitPrice=price,
            amount=(quantity * price).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP),
        )
    if {"type", "amount"} <= set(seed) <= _CHARGE:
        return fields.blank(
            fields.AR_INVOICE_LINE,
            lineNumber=seed.get("number", nth),
            type=seed["type"],
            description=seed.get("description"),
            amount=seeds.number(seed["amount"]),
        )
    raise ConfigurationError(
        f"a line has part, quantity, price and maybe {', '.join(sorted(_GOODS))}; a charge has type, amount "
        f"and maybe {', '.join(sorted(_CHARGE))}; this one: {seed}",
        path=f"lines[{nth - 1}]",
    )


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))


def _midnight(data: PlexData, day: date) -> str:
    return instants.write(instants.start_of_day(day, data.rules.time_zone))
