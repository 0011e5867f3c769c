"""Plex's purchase orders to documents, and what identifies their content. Pure: no clock, no network.

(The way back, a supplier's acknowledgment to custom fields, is in `acknowledgment`.)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Any, TypeVar

from mlconnector_sdk.adapters.plex.models import (
    PurchaseOrderAggregate,
    PurchaseOrderLine,
    PurchaseOrderRelease,
)
from mlconnector_sdk.adapters.plex.profile import Statuses
from mlconnector_sdk.codec import decode, encode
from mlconnector_sdk.errors import InvalidDocument, UnreadableAnswer
from mlconnector_sdk.mapping import documents
from mlconnector_sdk.mapping.naming import Naming, PartNumbers
from mlconnector_sdk.records import digest

__all__ = ["aggregate", "buyer_part", "fingerprint", "ordered", "purchase_order", "record"]

T = TypeVar("T")

_IN_PLEX = "complete the purchase order in Plex: the next poll picks it up"
_NO_RELEASE = (
    "if Plex shows one, the integration user lacks the role to read Purchase_Order_Release, or the profile's "
    "path of releases is not the right one: check_access() tells; else complete the order in Plex"
)


def record(
    order: Mapping[str, Any],
    lines: Sequence[Mapping[str, Any]],
    releases: Sequence[Mapping[str, Any]],
    supplier_code: str,
) -> bytes:
    """An order read whole, as one JSON text that holds everything the vendor said, digit for digit."""
    return encode({"order": order, "lines": lines, "releases": releases, "supplierCode": supplier_code})


def aggregate(record: bytes) -> PurchaseOrderAggregate:
    """Read what `record` wrote.

    Raises:
        InvalidDocument: Plex gave a field a value that it cannot have; ``path`` says where.
    """
    try:
        return decode(record, PurchaseOrderAggregate, strict=True)
    except UnreadableAnswer as error:
        raise InvalidDocument(
            f"the purchase order cannot be read: {error.message}", path=error.path, remedy=_IN_PLEX
        ) from error


def fingerprint(record: bytes, *, custom_fields: str = "customFields") -> str:
    """A hash of an aggregate's content, the same however Plex orders lists and keys and writes numbers.

    It leaves out what changes without an edit: ``modified...`` fields, and the custom fields, which hold
    what we write back ourselves.

    Args:
        record: What `record` wrote.
        custom_fields: The key of the custom fields.
    """
    return digest(encode(_content(decode(record, object), custom_fields)))


def purchase_order(
    aggregate: PurchaseOrderAggregate,
    *,
    time_zone: tzinfo,
    naming: Naming | None = None,
    statuses: Statuses | None = None,
) -> documents.PurchaseOrder:
    """The document that a supplier is sent.

    A line's quantity is the sum of its releases, its schedules are the releases. Cancelled lines and
    releases are left out.

    Args:
        aggregate: The order, read whole.
        time_zone: The plant's: Plex keeps instants, papers carry calendar dates.
        naming: What the supplier calls units and parts; None: as Plex does, parts as ``number-revision``.
        statuses: What the company's statuses mean.

    Raises:
        InvalidDocument: Something that an order cannot be without is missing; ``path`` says where.
        UnmappedValue: The supplier's tables have no row for a unit or a part.
    """
    meaning = statuses or Statuses()
    order = aggregate.order
    number = _present(order.number, "order.poNumber", "the purchase order has no number")
    if not aggregate.supplier_code:
        raise InvalidDocument(
            f"purchase order {number} has no supplier that Plex shows us",
            path="order.supplierId",
            remedy="name a supplier with a code in Plex; if it has one, the integration user lacks the role "
            "to read Supplier: ask the Plex administrator",
        )
    lines = list(_lines(aggregate, meaning, time_zone, naming))
    if not lines:
        raise InvalidDocument(
            f"purchase order {number} has no lines that are still wanted",
            path="lines",
            remedy="add a line in Plex, or cancel the order",
        )
    dated = _present(
        order.ordered_at or order.created_at, "order.poDate", f"purchase order {number} has no date"
    )
    return documents.PurchaseOrder(
        number=number,
        dated=_day(dated, time_zone),
        order_type="BK" if order.blanket else "SA",
        currency=order.currency or "",
        parties=tuple(_parties(aggregate)),
        notes=tuple(_notes(aggregate, meaning)),
        lines=tuple(lines),
    )


def ordered(
    aggregate: PurchaseOrderAggregate, *, statuses: Statuses | None = None
) -> dict[str, tuple[PurchaseOrderLine, tuple[PurchaseOrderRelease, ...]]]:
    """The lines that are still wanted, by line number, each with the releases that are still wanted.

    Raises:
        InvalidDocument: A line has no number, a number stands twice, a line has no release at all, or a
            release belongs to no line.
    """
    meaning = statuses or Statuses()
    found: dict[str, tuple[PurchaseOrderLine, tuple[PurchaseOrderRelease, ...]]] = {}
    strays = {release.id: release for release in aggregate.releases}
    for index, line in enumerate(aggregate.lines):
        path = f"lines[{index}]"
        number = str(_present(line.number, f"{path}.lineItemNumber", "a line has no number"))
        releases = [release for release in aggregate.releases if _belongs(release, line)]
        for release in releases:
            strays.pop(release.id, None)
        if meaning.is_cancelled(line.status):
            continue
        if number in found:
            raise InvalidDocument(f"the line number {number} stands twice", path=path, remedy=_IN_PLEX)
        if not releases:
            raise InvalidDocument(
                f"line {number} has no release: its quantity and due date are unknown",
                path=path,
                remedy=_NO_RELEASE,
            )
        wanted = tuple(release for release in releases if not meaning.is_cancelled(release.status))
        if wanted:
            found[number] = (line, wanted)
    if strays:
        raise InvalidDocument(
            f"release {next(iter(strays))} belongs to no line of the order",
            path="releases",
            remedy="the order was probably being edited: the next poll reads it again",
        )
    return dict(sorted(found.items(), key=lambda item: int(item[0])))


def buyer_part(releases: Sequence[PurchaseOrderRelease]) -> str:
    """The part of a line as ``number-revision``, which together identify it in Plex; empty: none is named."""
    for release in releases:
        if release.part_number:
            revision = f"-{release.part_revision}" if release.part_revision else ""
            return release.part_number + revision
    return ""


def _lines(
    aggregate: PurchaseOrderAggregate, meaning: Statuses, time_zone: tzinfo, naming: Naming | None
) -> Iterator[documents.OrderLine]:
    for number, (line, releases) in ordered(aggregate, statuses=meaning).items():
        path = f"lines[{aggregate.lines.index(line)}]"
        schedules = sorted(
            (_schedule(release, number, time_zone) for release in releases),
            key=lambda schedule: (schedule.due, schedule.number.zfill(9)),
        )
        unit = _present(line.order_unit or line.unit, f"{path}.unit", f"line {number} has no unit")
        part = _part(line, releases, naming)
        if not part.buyer and not part.vendor:
            raise InvalidDocument(f"line {number} names no part", path=f"{path}.partId", remedy=_IN_PLEX)
        yield documents.OrderLine(
            number=number,
            quantity=sum((schedule.quantity for schedule in schedules), Decimal(0)),
            unit=naming.unit(unit) if naming else unit,
            unit_price=line.unit_price,
            buyer_part=part.buyer,
            vendor_part=part.vendor,
            description=line.description or "",
            schedules=tuple(schedules),
        )


def _part(
    line: PurchaseOrderLine, releases: Sequence[PurchaseOrderRelease], naming: Naming | None
) -> PartNumbers:
    """What the part of a line is called; where no release names one, only the supplier's number is known."""
    for release in releases:
        if naming and release.part_number:
            named = naming.part(release.part_number, release.part_revision or "")
            return PartNumbers(buyer=named.buyer, vendor=named.vendor or line.supplier_part or "")
    return PartNumbers(buyer=buyer_part(releases), vendor=line.supplier_part or "")


def _schedule(release: PurchaseOrderRelease, line: str, time_zone: tzinfo) -> documents.Schedule:
    path = f"releases[{release.id}]"
    what = f"release {release.number} of line {line}"
    quantity = _present(release.quantity, f"{path}.quantity", f"{what} has no quantity")
    if quantity <= 0:
        raise InvalidDocument(f"{what} has the quantity {quantity}", path=f"{path}.quantity", remedy=_IN_PLEX)
    due = _present(release.due_at, f"{path}.dueDateTime", f"{what} has no due date")
    number = "" if release.number is None else str(release.number)
    return documents.Schedule(quantity=quantity, due=_day(due, time_zone), number=number)


def _parties(aggregate: PurchaseOrderAggregate) -> Iterator[documents.Party]:
    yield documents.Party(role="SU", id=aggregate.supplier_code, id_qualifier="92")
    if aggregate.order.ship_to:
        yield documents.Party(role="ST", id=aggregate.order.ship_to, id_qualifier="92")


def _notes(aggregate: PurchaseOrderAggregate, meaning: Statuses) -> Iterator[str]:
    """What is meant for the supplier; internal notes stay inside."""
    if aggregate.order.note:
        yield from filter(None, map(str.strip, aggregate.order.note.splitlines()))
    for number, (line, releases) in ordered(aggregate, statuses=meaning).items():
        if line.note:
            yield f"Line {number}: {' '.join(line.note.split())}"
        for release in releases:
            if release.note:
                yield f"Line {number}, release {release.number}: {' '.join(release.note.split())}"


def _belongs(release: PurchaseOrderRelease, line: PurchaseOrderLine) -> bool:
    if release.line_id:
        return release.line_id == line.id
    return release.line_number is not None and release.line_number == line.number


def _content(value: Any, custom_fields: str) -> Any:
    """A JSON value in one canonical form, without what changes without an edit."""
    if isinstance(value, dict):
        return {
            key: _content(value[key], custom_fields)
            for key in sorted(value)
            if key != custom_fields and not key.startswith("modified")
        }
    if isinstance(value, list):
        return sorted((_content(item, custom_fields) for item in value), key=encode)
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        text = format(Decimal(value), "f")
        return Decimal(text.rstrip("0").rstrip(".") if "." in text else text)
    return value


def _present(value: T | None, path: str, problem: str) -> T:
    if value is None or value == "":
        raise InvalidDocument(problem, path=path, remedy=_IN_PLEX)
    return value


def _day(instant: datetime, time_zone: tzinfo) -> date:
    return instant.astimezone(time_zone).date()
