"""How purchase orders, their lines and their releases come into the tables and change there."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from mlconnector_sdk.errors import InvalidDocument
from mlconnector_sdk.mapping.documents import OrderLine, PurchaseOrder, Schedule
from mlconnector_sdk.simulators.plex import fields, instants
from mlconnector_sdk.simulators.plex.data import PlexData
from mlconnector_sdk.simulators.plex.table import Record, Table

__all__ = ["end", "enter_line", "load", "part", "place", "recount", "release", "reopen", "supplier"]


def supplier(data: PlexData, code: str, **known: Any) -> Record:
    """The supplier with this code; entered if there is none yet."""
    for record in data.suppliers.find("code", (code,)):
        return record
    known = {"name": code, "type": "Supplier", "status": "Active", **known}
    return data.enter(data.suppliers, **{"id": data.id_of("supplier", code), "code": code, **known})


def part(data: PlexData, number: str, **known: Any) -> Record:
    """The part with this number (and revision); entered if there is none yet."""
    revision = known.get("revision")
    for record in data.parts.find("number", (number,)):
        if record.data["revision"] == revision:
            return record
    known = {"name": number, "status": "Production", **known}
    return data.enter(data.parts, **{"id": data.id_of("part", number, revision), "number": number, **known})


def place(data: PlexData, document: PurchaseOrder, *, supplier_code: str, status: str) -> Record:
    """Enter an order with its lines and releases.

    Raises:
        InvalidDocument: There is an order with this number, or a line number is not a number.
    """
    if any(data.orders.find("poNumber", (document.number,))):
        raise InvalidDocument(f"there is a purchase order {document.number!r} already", path="number")
    dated = instants.write(instants.start_of_day(document.dated, data.rules.time_zone))
    ship_to = next((party for party in document.parties if party.role == "ST"), None)
    order = data.enter(
        data.orders,
        id=data.id_of("order", document.number),
        poNumber=document.number,
        currencyCode=document.currency or None,
        status=status,
        active=True,
        receive=True,
        type="Blanket" if document.order_type == "BK" else "Standard",
        blanketOrder=document.order_type == "BK",
        consignment=False,
        supplierId=supplier(data, supplier_code).data["id"],
        poDate=dated,
        orderedDate=dated,
        shipTo=(ship_to.id or ship_to.name) if ship_to else None,
        note="\n".join(document.notes) or None,
    )
    data.orders.change(order, {"customFields": {}})
    for line in document.lines:
        enter_line(data, order, line)
    recount(data, order)
    return order


def release(data: PlexData, order: Record, line: Record, schedule: Schedule, number: int) -> Record:
    """Enter a release of a line."""
    data.use_number(line.data["id"], number)
    seller = data.suppliers.get(order.data["supplierId"])
    ordered = data.parts.get(line.data["partId"] or "")
    due = instants.write(instants.start_of_day(schedule.due, data.rules.time_zone))
    return data.enter(
        data.releases,
        id=data.new_id("release", order.data["poNumber"], line.data["lineItemNumber"], number),
        poLineItemId=line.data["id"],
        poId=order.data["id"],
        poNumber=order.data["poNumber"],
        lineItemNo=line.data["lineItemNumber"],
        releaseLineNumber=number,
        status="Open",
        type="Firm",
        quantity=schedule.quantity,
        releaseDateTime=order.data["poDate"],
        dueDateTime=due,
        originalDueDateTime=due,
        partId=line.data["partId"],
        partNumber=ordered.data["number"] if ordered else None,
        partRevision=ordered.data["revision"] if ordered else None,
        partNumberRevision=_number_and_revision(ordered),
        supplierId=order.data["supplierId"],
        supplierCode=seller.data["code"] if seller else None,
        poShipTo=order.data["shipTo"],
    )


def recount(data: PlexData, order: Record) -> None:
    """Bring the order's line count and total up to date; a derived figure moves no modified date."""
    lines = {record.data["id"]: record for record in data.lines.find("poId", (order.data["id"],))}
    total = Decimal(0)
    for record in data.releases.find("poId", (order.data["id"],)):
        price = lines[record.data["poLineItemId"]].data["unitPrice"]
        total += (record.data["quantity"] or Decimal(0)) * (price or Decimal(0))
    data.orders.change(order, {"lineItemCount": len(lines), "lineItemTotal": total})


def end(data: PlexData, number: str, status: str) -> None:
    """Cancel or close an order with all its lines and releases."""
    order = data.order(number)
    rows = _rows(data, order)
    data.before_end.setdefault(order.data["id"], {row.data["id"]: row.data["status"] for _, row in rows})
    for table, record in rows:
        data.touch(table, record, status=status)
    data.touch(data.orders, order, status=status, active=False)


def reopen(data: PlexData, number: str, status: str) -> None:
    """Make an ended order wanted again: lines and releases get back the statuses that they had before."""
    order = data.order(number)
    before = data.before_end.pop(order.data["id"], {})
    for table, record in _rows(data, order):
        data.touch(table, record, status=before.get(record.data["id"], "Open"))
    data.touch(data.orders, order, status=status, active=True)


def load(data: PlexData, content: Any) -> list[str]:
    """Take purchase orders as Plex returned them, each with ``lineItems`` and ``releases`` inside.

    Ids, dates and fields unknown here are kept. Suppliers and parts that the orders speak of are entered
    under the codes and numbers that their releases name.

    Raises:
        InvalidDocument: It is not a list of such objects; ``path`` says where.

    Returns:
        The order numbers.
    """
    if not isinstance(content, list):
        raise InvalidDocument("expected a JSON array of purchase orders")
    return [_load_order(data, item, f"[{place}]") for place, item in enumerate(content)]


def _rows(data: PlexData, order: Record) -> list[tuple[Table, Record]]:
    return [
        (table, record)
        for table in (data.lines, data.releases)
        for record in table.find("poId", (order.data["id"],))
    ]


def _load_order(data: PlexData, item: Any, path: str) -> str:
    if not isinstance(item, Mapping) or not isinstance(item.get("poNumber"), str):
        raise InvalidDocument("expected a purchase order with a poNumber", path=path)
    item = dict(item)
    lines, releases = item.pop("lineItems", []), item.pop("releases", [])
    number = item["poNumber"]
    order_id = item.setdefault("id", data.id_of("order", number))
    seller = item.get("supplierId")
    for release_item in releases:  # only releases carry codes; the ids may stand at the order alone
        _load_owners(data, {"supplierId": seller, **release_item})
    if seller and data.suppliers.get(seller) is None:
        supplier(data, f"SUPPLIER-{seller}", id=seller)
    _take(data.orders, {"customFields": {}, **item}, path)
    numbers = {}
    for nth, line in enumerate(lines):
        line_id = line.get("id") or data.id_of("line", number, line.get("lineItemNumber"))
        numbers[line.get("lineItemNumber")] = line_id
        _take(data.lines, {**line, "id": line_id, "poId": order_id}, f"{path}.lineItems[{nth}]")
        data.use_number(order_id, line.get("lineItemNumber"))
    for nth, row in enumerate(releases):
        known = {
            "id": data.id_of("release", number, row.get("lineItemNo"), row.get("releaseLineNumber")),
            "poLineItemId": numbers.get(row.get("lineItemNo")),
            "poNumber": number,
        }
        taken = {**known, **row, "poId": order_id}
        _take(data.releases, taken, f"{path}.releases[{nth}]")
        data.use_number(taken["poLineItemId"], row.get("releaseLineNumber"))
    return str(number)


def _load_owners(data: PlexData, row: Mapping[str, Any]) -> None:
    if row.get("supplierId") and data.suppliers.get(row["supplierId"]) is None:
        supplier(data, row.get("supplierCode") or row["supplierId"], id=row["supplierId"])
    if row.get("partId") and data.parts.get(row["partId"]) is None:
        known = {"id": row["partId"], "revision": row.get("partRevision")}
        part(data, row.get("partNumber") or row["partId"], **known)


def _take(table: Table, record: Mapping[str, Any], path: str) -> None:
    """Keep a record word for word; fields of its kind that it lacks are null."""
    known = {name: value for name, value in record.items() if name in table.kind}
    try:
        table.add({**fields.blank(table.kind, **known), **record})
    except InvalidDocument as problem:
        raise InvalidDocument(problem.message, path=f"{path}.{problem.path}") from problem


def enter_line(data: PlexData, order: Record, line: OrderLine) -> None:
    """Enter a line of an order with its releases.

    Raises:
        InvalidDocument: Its number is no number, or stands on the order already.
    """
    if not line.number.isdigit():
        raise InvalidDocument(f"Plex numbers lines with integers, not {line.number!r}", path="lines.number")
    there = data.lines.find("poId", (order.data["id"],))
    if any(record.data["lineItemNumber"] == int(line.number) for record in there):
        raise InvalidDocument(f"there is a line {line.number} already", path="lines.number")
    data.use_number(order.data["id"], int(line.number))
    record = data.enter(
        data.lines,
        id=data.new_id("line", order.data["poNumber"], line.number),
        poId=order.data["id"],
        lineItemNumber=int(line.number),
        status="Open",
        unit=line.unit,
        orderUnit=line.unit,
        description=line.description or None,
        unitPrice=line.unit_price,
        estimatedPrice=False,
        supplierPartNumber=line.vendor_part or None,
        partId=part(data, line.buyer_part).data["id"] if line.buyer_part else None,
    )
    for number, schedule in enumerate(line.schedules, 1):
        release(data, order, record, schedule, number)


def _number_and_revision(record: Record | None) -> str | None:
    if record is None:
        return None
    revision = record.data["revision"]
    return f"{record.data['number']}-{revision}" if revision else str(record.data["number"])
