"""How an edit of a purchase order is carried out, and which times of change it moves."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from mlconnector_sdk.mapping.documents import OrderLine, Schedule
from mlconnector_sdk.simulators.plex import edits, instants, orders, seeds
from mlconnector_sdk.simulators.plex.data import PlexData
from mlconnector_sdk.simulators.plex.table import Record

__all__ = ["add_release", "carry_out", "edit_line", "edit_release"]

_CANCELLED = "Cancelled"


def carry_out(data: PlexData, number: str, edit: edits.Edit) -> None:
    """Change an order.

    Raises:
        NotFound: There is no such order, line or release.
        InvalidDocument: The new line's number is taken.
        ConfigurationError: A quantity or a price is no number, a due date no date.
    """
    match edit:
        case edits.AddLine():
            _add_line(data, number, edit)
        case edits.DeleteLine(line=line):
            _delete_line(data, number, line)
        case edits.CancelLine(line=line):
            for record in data.releases_of(data.line(number, line)):
                data.touch(data.releases, record, status=_CANCELLED)
            edit_line(data, number, line, status=_CANCELLED)
        case edits.AddRelease(line=line, quantity=quantity, due=due):
            add_release(data, number, line, quantity=quantity, due=due)
        case edits.DeleteRelease(line=line, release=release):
            data.releases.remove(data.release(number, line, release))
            if edit.quietly:
                orders.recount(data, data.order(number))
            else:
                edit_line(data, number, line)
        case edits.CancelRelease(line=line, release=release):
            edit_release(data, number, line, release, status=_CANCELLED)
        case edits.SetQuantity(line=line, release=release, quantity=quantity):
            edit_release(data, number, line, release, quantity=seeds.number(quantity))
        case edits.SetDueDate(line=line, release=release, due=due):
            edit_release(data, number, line, release, dueDateTime=_midnight(data, due))
        case edits.SetPrice(line=line, price=price):
            edit_line(data, number, line, unitPrice=None if price is None else seeds.number(price))
        case edits.SetNote(line=None, note=note):
            data.touch(data.orders, data.order(number), note=note)
        case edits.SetNote(line=int(line), note=note):
            edit_line(data, number, line, note=note)
        case edits.SetSupplier(supplier=supplier):
            _set_supplier(data, data.order(number), supplier)
        case edits.CancelOrder():
            orders.end(data, number, _CANCELLED)
        case edits.CloseOrder():
            orders.end(data, number, "Closed")
        case edits.ReopenOrder(status=status):
            orders.reopen(data, number, status)


def edit_line(data: PlexData, number: str, line: int, *, touch_order: bool = True, **values: Any) -> None:
    """Change fields of a line, given by their wire names."""
    data.touch(data.lines, data.line(number, line), **values)
    _changed(data, number, touch_order=touch_order)


def edit_release(
    data: PlexData, number: str, line: int, release: int, *, touch_order: bool = False, **values: Any
) -> None:
    """Change fields of a release, given by their wire names."""
    data.touch(data.releases, data.release(number, line, release), **values)
    _changed(data, number, touch_order=touch_order)


def add_release(
    data: PlexData, number: str, line: int, *, quantity: Decimal | int | str, due: date | str
) -> Record:
    """Enter a further release of a line; its number was never used on the line."""
    schedule = Schedule(quantity=seeds.number(quantity), due=seeds.day(due))
    order, record = data.order(number), data.line(number, line)
    added = orders.release(data, order, record, schedule, data.next_number(record.data["id"]))
    _changed(data, number, touch_order=False)
    return added


def _add_line(data: PlexData, number: str, edit: edits.AddLine) -> None:
    order = data.order(number)
    place = data.next_number(order.data["id"]) if edit.number is None else edit.number
    quantity = seeds.number(edit.quantity)
    line = OrderLine(
        number=str(place),
        quantity=quantity,
        unit=edit.unit,
        unit_price=None if edit.price is None else seeds.number(edit.price),
        buyer_part=edit.part,
        description=edit.description,
        schedules=(Schedule(quantity=quantity, due=seeds.day(edit.due)),),
    )
    orders.enter_line(data, order, line)
    _changed(data, number, touch_order=True)


def _delete_line(data: PlexData, number: str, line: int) -> None:
    record = data.line(number, line)
    for release in data.releases_of(record):
        data.releases.remove(release)
    data.lines.remove(record)
    _changed(data, number, touch_order=True)


def _set_supplier(data: PlexData, order: Record, code: str) -> None:
    seller = orders.supplier(data, code).data["id"]
    for record in list(data.releases.find("poId", (order.data["id"],))):
        # What a release repeats of its order is derived: it moves no date of the release.
        data.releases.change(record, {"supplierId": seller, "supplierCode": code})
    data.touch(data.orders, order, supplierId=seller)


def _changed(data: PlexData, number: str, *, touch_order: bool) -> None:
    order = data.order(number)
    orders.recount(data, order)
    if touch_order:
        data.touch(data.orders, order)


def _midnight(data: PlexData, due: date | str) -> str:
    return instants.write(instants.start_of_day(seeds.day(due), data.rules.time_zone))
