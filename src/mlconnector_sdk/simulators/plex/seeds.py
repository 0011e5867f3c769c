"""Purchase orders in short: plain Python values become the document that the rest works on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from mlconnector_sdk.errors import ConfigurationError
from mlconnector_sdk.mapping.documents import OrderLine, Party, PurchaseOrder, Schedule

__all__ = ["LineSeed", "day", "number", "purchase_order"]

LineSeed = OrderLine | Mapping[str, Any]
"""An `OrderLine`, or a mapping with ``part`` and ``quantity`` and, if wanted, ``number``, ``unit``,
``price``, ``supplier_part``, ``description``, ``due``, ``releases`` (pairs of quantity and due date)."""

_KEYS = {
    "description",
    "due",
    "number",
    "part",
    "price",
    "quantity",
    "releases",
    "supplier_part",
    "unit",
}
_LEAD_TIME = timedelta(days=14)


def purchase_order(
    order_number: str, supplier: str, lines: Sequence[LineSeed], *, dated: date, currency: str
) -> PurchaseOrder:
    """A document from a few values; a line without a due date is due two weeks after the order's date.

    Raises:
        ConfigurationError: A line has an unknown key, or lacks its part or quantity.
    """
    return PurchaseOrder(
        number=order_number,
        dated=dated,
        currency=currency,
        parties=(Party(role="SU", id=supplier),),
        lines=tuple(
            line if isinstance(line, OrderLine) else _line(line, place, dated)
            for place, line in enumerate(lines, 1)
        ),
    )


def number(value: Decimal | int | float | str) -> Decimal:
    """A quantity or an amount of money, with the digits as written.

    Raises:
        ConfigurationError: It is not a finite number.
    """
    try:
        result = Decimal(str(value))
    except InvalidOperation as problem:
        raise ConfigurationError(f"{value!r} is not a number") from problem
    if not result.is_finite():
        raise ConfigurationError(f"{value!r} is not a finite number")
    return result


def day(value: date | str) -> date:
    """A calendar day, or its ISO text.

    Raises:
        ConfigurationError: It is not one.
    """
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except ValueError as problem:
        raise ConfigurationError(f"{value!r} is not a date, e.g. 2026-03-20") from problem


def _line(seed: Mapping[str, Any], place: int, dated: date) -> OrderLine:
    unknown = sorted(set(seed) - _KEYS)
    if unknown or "part" not in seed or not {"quantity", "releases"} & set(seed):
        raise ConfigurationError(
            f"a line has part, quantity (or releases) and maybe {', '.join(sorted(_KEYS))}; this one: {seed}",
            path=f"lines[{place - 1}]",
        )
    due = day(seed.get("due", dated + _LEAD_TIME))
    schedules = tuple(
        Schedule(number=str(nth), quantity=number(quantity), due=day(when))
        for nth, (quantity, when) in enumerate(seed.get("releases", ()), 1)
    ) or (Schedule(number="1", quantity=number(seed["quantity"]), due=due),)
    return OrderLine(
        number=str(seed.get("number", place)),
        quantity=sum((schedule.quantity for schedule in schedules), Decimal(0)),
        unit=seed.get("unit", "EA"),
        unit_price=number(seed["price"]) if "price" in seed else None,
        buyer_part=seed["part"],
        vendor_part=seed.get("supplier_part", ""),
        description=seed.get("description", ""),
        schedules=schedules,
    )
