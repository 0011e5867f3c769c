"""What the company wants now: a purchase order put plainly, to compare with what a supplier was told.

It is worked out from the tables alone, by rules of its own, so that it can disagree with a converter.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from attrs import frozen

from mlconnector_sdk.simulators.plex import instants
from mlconnector_sdk.simulators.plex.data import PlexData
from mlconnector_sdk.simulators.plex.table import Record

__all__ = ["WantedLine", "WantedOrder", "WantedSchedule", "wanted"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@frozen(kw_only=True)
class WantedSchedule:
    """So much of a line on a calendar day of the plant."""

    due: date
    quantity: Decimal


@frozen(kw_only=True)
class WantedLine:
    """A line that is still wanted.

    Args:
        quantity: The sum of its schedules.
        part: Number, with the revision behind a hyphen; empty where the line names none.
        supplier_part: The supplier's number, or the empty string.
        schedules: By date, then quantity.
        note: For the supplier, or the empty string.
    """

    quantity: Decimal
    unit: str
    price: Decimal | None
    part: str
    supplier_part: str
    schedules: tuple[WantedSchedule, ...]
    note: str


@frozen(kw_only=True)
class WantedOrder:
    """An order as it is wanted now.

    Args:
        supplier: Its code.
        cancelled: Nothing of it is wanted any more: it has no lines.
        closed: It is finished.
        lines: By line number.
        note: For the supplier, or the empty string.
    """

    number: str
    supplier: str
    currency: str
    cancelled: bool
    closed: bool
    lines: Mapping[str, WantedLine]
    note: str


def wanted(data: PlexData, number: str, time_zone: str) -> WantedOrder:
    """The order as it is wanted now.

    A cancelled line or release is not wanted, nor is a line without any release that is.

    Raises:
        NotFound: There is no such order.
    """
    order = data.order(number).data
    seller = data.suppliers.get(order["supplierId"] or "")
    cancelled = _is_cancelled(order)
    zone = ZoneInfo(time_zone)
    lines = {}
    for record in () if cancelled else data.lines.find("poId", (order["id"],)):
        line = _line(data, record, zone)
        if line is not None:
            lines[str(record.data["lineItemNumber"])] = line
    return WantedOrder(
        number=number,
        supplier=seller.data["code"] if seller else "",
        currency=order["currencyCode"] or "",
        cancelled=cancelled,
        closed=(order["status"] or "").lower() == "closed",
        lines=dict(sorted(lines.items(), key=lambda item: int(item[0]))),
        note=order["note"] or "",
    )


def _line(data: PlexData, record: Record, zone: ZoneInfo) -> WantedLine | None:
    line = record.data
    firm = [each.data for each in data.releases_of(record) if not _is_cancelled(each.data)]
    if _is_cancelled(line) or not firm:
        return None
    schedules = [
        WantedSchedule(due=_day(each["dueDateTime"], zone), quantity=Decimal(each["quantity"]))
        for each in firm
    ]
    part = data.parts.get(line["partId"] or "")
    return WantedLine(
        quantity=sum((schedule.quantity for schedule in schedules), Decimal(0)),
        unit=line["orderUnit"] or line["unit"] or "",
        price=None if line["unitPrice"] is None else Decimal(line["unitPrice"]),
        part="-".join(filter(None, (part.data["number"], part.data["revision"]))) if part else "",
        supplier_part=line["supplierPartNumber"] or "",
        schedules=tuple(sorted(schedules, key=lambda schedule: (schedule.due, schedule.quantity))),
        note=line["note"] or "",
    )


def _is_cancelled(row: Mapping[str, Any]) -> bool:
    return (row["status"] or "").lower() in ("cancelled", "canceled", "void", "voided")


def _day(text: str, zone: ZoneInfo) -> date:
    return (_EPOCH + timedelta(microseconds=instants.parse(text) // 10)).astimezone(zone).date()
